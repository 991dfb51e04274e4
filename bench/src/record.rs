//! What recording costs: the same jobs in one slot of this build, by turns recorded and not.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use executor::config::ExecutorArgs;
use executor::protocol::{JobOrder, SlotSettings};
use executor::slot::{Slot, SlotProgram};
use job_model::{JobId, Record};
use tokio_util::sync::CancellationToken;

use crate::calls::bench_site;
use crate::programs::{self, CHROMIUM_ARGS};
use crate::report::{Aim, Report, median};

const SECTION: &str = "record";
const RECORDED: &str = "recorded";
const PLAIN: &str = "never";
/// Jobs of a kind in a round.
const JOBS: usize = 20;
const DEADLINE: Duration = Duration::from_secs(60);

/// A kind of job, its code, and what recording may make of its time.
const KINDS: [(&str, &str, f64); 4] = [
    ("a trivial job", "results.answer = 42;", 1.02),
    (
        "a page job",
        "await page.goto(vars.url);
         results.title = await page.title();
         results.bytes = (await page.screenshot()).length;",
        1.05,
    ),
    (
        "a job with a page of 60 files",
        "const files = Array.from({length: 60}, (_, i) => `<img src='${vars.url}?${i}'>`).join('');
         await page.setContent(files, {waitUntil: 'load'});
         results.title = await page.title();",
        1.05,
    ),
    (
        "a job with 1000 calls",
        "await page.goto(vars.url); for (let i = 0; i < 1000; i++) await page.evaluate((i) => { document.title = i }, i);",
        1.05,
    ),
];

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    executor: ExecutorArgs,
}

/// Runs the kinds of jobs by turns.
pub(crate) async fn run(report: &mut Report, rounds: u32, chromium: &Path) -> anyhow::Result<()> {
    report.section("The recording of a job that succeeds: medians");
    let site = bench_site();
    let url = site.url("/second.html");
    let folder = tempfile::tempdir()?;
    let chromium_args = serde_json::to_string(&CHROMIUM_ARGS)?;
    let flags = [
        "bench".to_owned(),
        format!("--chromium-executable={}", chromium.display()),
        format!("--chromium-extra-args={chromium_args}"),
    ];
    let args = Arguments::try_parse_from(flags).context("failed to read the executor's flags")?.executor;
    let settings = SlotSettings { run_dir: folder.path().join("slot"), ..executor::slot_settings(&args) };
    let executable = programs::ours("puppet-master-executor")?;
    let program = SlotProgram { executable, args: ["slot", "--log-level=warn"].map(Into::into).to_vec() };
    let (mut slot, _) = Slot::start(&program, settings).await?;
    for (kind, code, aim) in KINDS {
        let mut samples: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for turn in 0..rounds as usize * JOBS {
            let both = [(RECORDED, Record::Failed), (PLAIN, Record::Never)];
            // Whoever comes second finds the caches warm.
            for (name, record) in if turn % 2 == 0 { both } else { [both[1], both[0]] } {
                let taken = job(&mut slot, code, &url, record).await?;
                samples.entry(name).or_default().push(taken);
            }
        }
        for (subject, samples) in &samples {
            report.add(SECTION, kind, subject, median(samples), "ms");
        }
        report.compare(SECTION, kind, RECORDED, PLAIN, Some(Aim::AtMost(aim)));
    }
    slot.kill().await;
    Ok(())
}

/// Runs a job and returns its milliseconds; the slot is ready for another one then.
async fn job(slot: &mut Slot, code: &str, url: &str, record: Record) -> anyhow::Result<f64> {
    let vars = BTreeMap::from([("url".to_owned(), url.to_owned())]);
    let order = JobOrder { vars, record, ..JobOrder::new(JobId::fresh(), code.to_owned(), DEADLINE) };
    let began = Instant::now();
    let end = slot.run(order, &CancellationToken::new(), "stopped", |_| {}).await?;
    let taken = began.elapsed().as_secs_f64() * 1000.0;
    anyhow::ensure!(end.error.is_none(), "the job failed: {:?}", end.error);
    slot.ready().await?;
    Ok(taken)
}
