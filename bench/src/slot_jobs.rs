//! What something costs a job: the same jobs by turns with it and without, in slots of this build.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use executor::config::ExecutorArgs;
use executor::protocol::{JobOrder, SlotSettings};
use executor::slot::{Slot, SlotProgram};
use job_model::JobId;
use tokio_util::sync::CancellationToken;

use crate::programs::{self, CHROMIUM_ARGS};
use crate::report::{Aim, Report, median};

/// Jobs of a kind in a round.
const JOBS: usize = 20;
const DEADLINE: Duration = Duration::from_secs(60);

/// A kind of job, its code, and what may become of its time.
pub(crate) type Kind = (&'static str, &'static str, f64);

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    executor: ExecutorArgs,
}

/// What a slot is started with.
pub(crate) struct Start {
    pub(crate) args: ExecutorArgs,
    pub(crate) program: SlotProgram,
    pub(crate) settings: SlotSettings,
}

impl Start {
    /// A slot that keeps what it has in `folder`, with these flags of the executor beside those of the bench.
    pub(crate) fn new(chromium: &Path, folder: &Path, flags: &[&str]) -> anyhow::Result<Self> {
        let chromium_args = serde_json::to_string(&CHROMIUM_ARGS)?;
        let mut all = vec![
            "bench".to_owned(),
            format!("--chromium-executable={}", chromium.display()),
            format!("--chromium-extra-args={chromium_args}"),
        ];
        all.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let args = Arguments::try_parse_from(all).context("failed to read the executor's flags")?.executor;
        let settings = SlotSettings { run_dir: folder.join("slot"), ..executor::slot_settings(&args) };
        let executable = programs::ours("puppet-master-executor")?;
        let program = SlotProgram { executable, args: ["slot", "--log-level=warn"].map(Into::into).to_vec() };
        Ok(Self { args, program, settings })
    }
}

/// Runs each kind of job by turns under both names, and compares the first one's median with the second's. `job` runs one
/// under a name and returns its milliseconds.
pub(crate) async fn compare(
    report: &mut Report,
    section: &'static str,
    names: [&'static str; 2],
    kinds: &[Kind],
    rounds: u32,
    mut job: impl AsyncFnMut(&'static str, &'static str) -> anyhow::Result<f64>,
) -> anyhow::Result<()> {
    for &(kind, code, aim) in kinds {
        let mut samples: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let mut turns = names;
        for _ in 0..rounds as usize * JOBS {
            for name in turns {
                let taken = job(name, code).await?;
                samples.entry(name).or_default().push(taken);
            }
            // Whoever comes second finds processors and caches as the first one has left them.
            turns.reverse();
        }
        for (subject, samples) in &samples {
            report.add(section, kind, subject, median(samples), "ms");
        }
        report.compare(section, kind, names[0], names[1], Some(Aim::AtMost(aim)));
    }
    Ok(())
}

/// The job of a code with this `vars.url`.
pub(crate) fn order(code: &str, url: &str) -> JobOrder {
    let vars = BTreeMap::from([("url".to_owned(), url.to_owned())]);
    JobOrder { vars, ..JobOrder::new(JobId::fresh(), code.to_owned(), DEADLINE) }
}

/// Runs a job and returns its milliseconds; the slot is ready for another one then.
pub(crate) async fn timed(slot: &mut Slot, order: JobOrder) -> anyhow::Result<f64> {
    let began = Instant::now();
    let end = slot.run(order, &CancellationToken::new(), "stopped", |_| {}).await?;
    let taken = began.elapsed().as_secs_f64() * 1000.0;
    anyhow::ensure!(end.error.is_none(), "the job failed: {:?}", end.error);
    slot.ready().await?;
    Ok(taken)
}
