//! `make bench`: our own figures beside those of others in one run on one machine, as ratios.
//!
//! A machine that does other things at the same time changes every figure, so subjects take turns and only ratios within
//! one run say something. What is measured is described in docs/BENCHMARKS.md.

mod calls;
mod gateway_load;
mod guard;
mod jobs;
mod load;
mod machine;
mod one_shots;
mod parts;
mod programs;
mod record;
mod report;
mod slot_jobs;
mod subject;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use testkit::services;

use crate::report::Report;
use crate::subject::Ground;

/// Measures this build.
#[derive(Debug, Parser)]
struct Args {
    /// What to measure; everything when absent.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// How often the subjects take turns.
    #[arg(long, env = "BENCH_ROUNDS", default_value_t = 5)]
    rounds: u32,
    /// File for the figures as JSON.
    #[arg(long, env = "BENCH_JSON")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Puppeteer's calls.
    Calls,
    /// The pieces of a job.
    Parts,
    /// What the guard of the network costs.
    Guard,
    /// What recording costs.
    Record,
    /// The gateway.
    Gateway,
    /// Whole jobs.
    Jobs,
    /// Screenshots in one request.
    Oneshots,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let wanted = |part| args.parts.is_empty() || args.parts.contains(&part);
    let chromium = programs::chromium()?;
    let mut report = Report { machine: machine::describe(&chromium), ..Report::default() };
    println!("{:#}", report.machine);
    if wanted(Part::Calls) {
        // The browser's model lives on one thread.
        tokio::task::LocalSet::new().run_until(calls::run(&mut report, args.rounds, &chromium)).await?;
    }
    if wanted(Part::Parts) {
        tokio::task::LocalSet::new().run_until(parts::run(&mut report, &chromium)).await?;
    }
    if wanted(Part::Guard) {
        guard::run(&mut report, args.rounds, &chromium).await?;
    }
    if wanted(Part::Record) {
        record::run(&mut report, args.rounds, &chromium).await?;
    }
    if wanted(Part::Gateway) || wanted(Part::Jobs) {
        let (broker, couchdb) = (services::private_rabbitmq().await, services::couchdb().await);
        if wanted(Part::Gateway) {
            gateway_load::run(&mut report, &broker, &couchdb).await?;
        }
        if wanted(Part::Jobs) {
            let ground = Ground { broker: &broker, couchdb: &couchdb, chromium: &chromium };
            jobs::run(&mut report, args.rounds, &ground).await?;
        }
    }
    if wanted(Part::Oneshots) {
        one_shots::run(&mut report, args.rounds, &chromium).await?;
    }
    report.machine["load_average_at_end"] = machine::load_average().into();
    report.machine["calls"] = calls::parameters(args.rounds);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))?;
        println!("\nthe figures as JSON: {}", path.display());
    }
    Ok(())
}
