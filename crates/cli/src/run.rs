//! `puppet-master run FILE|DIR|-`: one job, its log as it is written, its results as a tree.

mod outcome;
mod source;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use executor::config::ExecutorArgs;
use job_model::{Job, Level, Record};
use serde_json::{Value, json};
use service::TelemetryArgs;
use tokio_util::sync::CancellationToken;

use crate::api::{GatewayArgs, Upload};
use crate::follow::goes_on;
use crate::local::KeepsFiles;
use crate::output::{note, print};
use crate::place::{Ended, Interrupt, Place};
use crate::site::Site;
use crate::terminal::{Logs, Screen};
use crate::{downloads, exit, telemetry};

use source::SourceArgs;

const EXAMPLES: &str = "\
Examples:
  puppet-master run shot.mjs --var url=https://example.org/ --output out
  puppet-master run examples/hello --watch
  echo 'results.sum = 1 + 1' | puppet-master run - --json
  puppet-master run job.ts --server https://jobs.example.org --timeout 5m

";

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}{}", exit::HELP))]
pub(crate) struct RunArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Longest time the code may run: a number of seconds, or with s, m, h. Default: JOB_TIMEOUT of whoever runs the job.
    #[arg(long, value_name = "TIME", value_parser = crate::job_source::timeout)]
    timeout: Option<u32>,
    /// Which Puppeteer the code is written for, 1 (that is 1.20) or 25, where they differ. Default: 1.
    #[arg(long, value_name = "VERSION", value_parser = crate::job_source::api)]
    api: Option<job_model::Api>,
    /// When what the job did is kept among its files: failed, always or never.
    #[arg(long, value_name = "WHEN")]
    record: Option<Record>,
    /// Write the job's files, the pictures among its results, and the job itself as job.json into this folder, which is made.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print the job as the API's JSON.
    #[arg(long)]
    json: bool,
    /// Print the results and nothing else.
    #[arg(short, long)]
    quiet: bool,
    /// Run the job again whenever one of its files is saved.
    #[arg(short, long)]
    watch: bool,
    /// Print the job's debug lines and the places of its error, too.
    #[arg(long)]
    stack: bool,
    /// Serve this folder on 127.0.0.1 while the job runs and give the job its address as `vars.url`.
    #[arg(long, value_name = "FOLDER")]
    serve: Option<PathBuf>,
    /// Print the job's id and do not wait for its end. Needs a gateway.
    #[arg(long, conflicts_with_all = ["watch", "output", "delete"])]
    detach: bool,
    /// Delete the job from the gateway afterwards.
    #[arg(long)]
    delete: bool,
    /// Run the job here, whatever PUPPET_MASTER_ENDPOINT names.
    #[arg(long, conflicts_with = "detach")]
    local: bool,
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(flatten)]
    executor: ExecutorArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// Runs the job, once or again and again.
pub(crate) async fn run(mut args: RunArgs) -> anyhow::Result<ExitCode> {
    if args.local {
        args.gateway.puppet_master_endpoint = None;
    }
    if args.watch && args.source.is_stdin() {
        service::config::refuse("--watch needs a file or a folder: standard input is read once");
    }
    if args.detach && args.gateway.puppet_master_endpoint.is_none() {
        service::config::refuse("--detach needs a gateway: PUPPET_MASTER_ENDPOINT (--server) names none");
    }
    let telemetry = telemetry::init(&args.telemetry)?;
    let stop = service::shutdown_on_signals().context("failed to listen for signals")?;
    // A mistake in the job is told before anything is started.
    let first = exit::or_refuse(args.source.load().await);
    args.output.iter().for_each(|folder| exit::or_refuse(downloads::make_folder(folder)));
    let keeps = if args.output.is_some() { KeepsFiles::Yes } else { KeepsFiles::No };
    let mut place = Place::open(&args.gateway, &args.executor, &telemetry, keeps).await?;
    let code = match args.watch {
        true => watch::run(&mut place, &args, first, &stop).await,
        false => once(&mut place, &args, first, &stop, Interrupt::Leaves).await,
    };
    place.end().await;
    code
}

/// Runs the job to its end.
async fn once(
    place: &mut Place,
    args: &RunArgs,
    mut source: crate::job_source::JobSource,
    stop: &CancellationToken,
    interrupt: Interrupt,
) -> anyhow::Result<ExitCode> {
    let here = place.is_here();
    if !here && source.site.is_some() && args.serve.is_none() && !source.vars.contains_key("url") && !args.quiet {
        note("The folder site is not served for a gateway, which may be on another machine: --serve does");
    }
    let _site = Site::of_job(args.serve.as_deref(), &mut source, here).await?;
    let new: Upload = source.upload(&args.options());
    if args.detach {
        let job = place.gateway().create(&new).await?;
        print(&format!("{}\n", job.uuid))?;
        return Ok(ExitCode::SUCCESS);
    }
    let least = if args.stack { Level::Debug } else { Level::Info };
    let mut screen = Screen::new(Logs::Stderr, least, args.quiet);
    let created = |screen: &mut Screen, job: &Job| {
        if !here {
            screen.note(&format!("Job {}", job.uuid));
        }
    };
    let ended = place.run(&new, &mut screen, stop, interrupt, created, |_, _| {}).await?;
    drop(screen);
    match ended {
        Ended::Done(job) => {
            outcome::show(place, args, &job).await?;
            Ok(exit::of_job(&job.job))
        }
        Ended::Cancelled(job) => {
            outcome::show(place, args, &job).await?;
            Ok(exit::interrupted())
        }
        Ended::Left(uuid) => {
            note(&goes_on(uuid.as_str()));
            Ok(exit::interrupted())
        }
    }
}

impl RunArgs {
    /// What the job's JSON says beside its source.
    fn options(&self) -> [(&'static str, Option<Value>); 3] {
        [
            ("timeout", self.timeout.map(|seconds| json!(seconds))),
            ("api", self.api.map(|api| json!(api))),
            ("record", self.record.map(|record| json!(record))),
        ]
    }
}
