//! What the guard of the network costs: the same jobs in two slots of this build, one behind the guard and one without.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use executor::config::ExecutorArgs;
use executor::network::Network;
use executor::protocol::{JobOrder, SlotSettings};
use executor::slot::{Slot, SlotProgram};
use job_model::JobId;
use tempfile::TempDir;
use testkit::site::Site;
use tokio_util::sync::CancellationToken;

use crate::programs::{self, CHROMIUM_ARGS};
use crate::report::{Aim, Report, median};

const SECTION: &str = "guard";
const GUARDED: &str = "behind the guard";
const STRAIGHT: &str = "without";
/// Jobs of a kind in a round.
const JOBS: usize = 20;
const DEADLINE: Duration = Duration::from_secs(60);

/// A kind of job, its code, and what the guard may make of its time.
const KINDS: [(&str, &str, f64); 3] = [
    ("a trivial job", "results.answer = 42;", 1.05),
    ("a job with 10 gotos", "for (let i = 0; i < 10; i++) await page.goto(vars.url + '/dot.svg?' + i);", 1.05),
    (
        "a job with a page of 60 files",
        "const files = Array.from({length: 60}, (_, i) => `<img src='${vars.url}/dot.svg?${i}'>`).join('');
         await page.setContent(files, {waitUntil: 'load'});
         results.title = await page.title();",
        1.05,
    ),
];

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    executor: ExecutorArgs,
}

struct Subject {
    name: &'static str,
    slot: Slot,
    _folder: TempDir,
}

/// Runs the kinds of jobs by turns in both slots.
pub(crate) async fn run(report: &mut Report, rounds: u32, chromium: &Path) -> anyhow::Result<()> {
    report.section("The guard of the network: medians");
    let site = Site::start();
    let mut subjects = [Subject::start(STRAIGHT, chromium).await?, Subject::start(GUARDED, chromium).await?];
    for (kind, code, aim) in KINDS {
        let mut samples: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for _ in 0..rounds {
            for _ in 0..JOBS {
                for subject in &mut subjects {
                    let taken = subject.job(code, &site.origin()).await?;
                    samples.entry(subject.name).or_default().push(taken);
                }
                // Whoever comes second finds the processors as the first one has left them.
                subjects.reverse();
            }
        }
        for (subject, samples) in &samples {
            report.add(SECTION, kind, subject, median(samples), "ms");
        }
        report.compare(SECTION, kind, GUARDED, STRAIGHT, Some(Aim::AtMost(aim)));
    }
    for subject in subjects {
        subject.slot.kill().await;
    }
    Ok(())
}

impl Subject {
    async fn start(name: &'static str, chromium: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let chromium_args = serde_json::to_string(&CHROMIUM_ARGS)?;
        let flags = [
            "bench".to_owned(),
            "--network-allow=all".to_owned(),
            format!("--chromium-executable={}", chromium.display()),
            format!("--chromium-extra-args={chromium_args}"),
        ];
        let args = Arguments::try_parse_from(flags).context("failed to read the executor's flags")?.executor;
        let settings = SlotSettings { run_dir: folder.path().join("slot"), ..executor::slot_settings(&args) };
        let executable = programs::ours("puppet-master-executor")?;
        let program = SlotProgram { executable, args: ["slot", "--log-level=warn"].map(Into::into).to_vec() };
        let (slot, _) = if name == GUARDED {
            Slot::start_behind(&program, settings, &Network::start(&args).await?).await?
        } else {
            Slot::start(&program, settings).await?
        };
        Ok(Self { name, slot, _folder: folder })
    }

    /// Runs a job and returns its milliseconds; the slot is ready for another one then.
    async fn job(&mut self, code: &str, url: &str) -> anyhow::Result<f64> {
        let vars = BTreeMap::from([("url".to_owned(), url.to_owned())]);
        let order = JobOrder { vars, ..JobOrder::new(JobId::fresh(), code.to_owned(), DEADLINE) };
        let began = Instant::now();
        let end = self.slot.run(order, &CancellationToken::new(), "stopped", |_| {}).await?;
        let taken = began.elapsed().as_secs_f64() * 1000.0;
        anyhow::ensure!(end.error.is_none(), "the job failed: {:?}", end.error);
        self.slot.ready().await?;
        Ok(taken)
    }
}
