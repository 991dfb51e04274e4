//! What recording costs: the same jobs in one slot of this build, by turns recorded and not.

use std::path::Path;

use executor::protocol::JobOrder;
use executor::slot::Slot;
use job_model::Record;

use crate::calls::bench_site;
use crate::report::Report;
use crate::slot_jobs::{Kind, Start, compare, order, timed};

const SECTION: &str = "record";
const RECORDED: &str = "recorded";
const PLAIN: &str = "never";

/// A kind of job, its code, and what recording may make of its time.
const KINDS: [Kind; 4] = [
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

/// Runs the kinds of jobs by turns.
pub(crate) async fn run(report: &mut Report, rounds: u32, chromium: &Path) -> anyhow::Result<()> {
    report.section("The recording of a job that succeeds: medians");
    let site = bench_site();
    let url = site.url("/second.html");
    let folder = tempfile::tempdir()?;
    let start = Start::new(chromium, folder.path(), &[])?;
    let (mut slot, _) = Slot::start(&start.program, start.settings).await?;
    let job = async |name: &'static str, code: &'static str| {
        let record = if name == RECORDED { Record::Failed } else { Record::Never };
        timed(&mut slot, JobOrder { record, ..order(code, &url) }).await
    };
    compare(report, SECTION, [RECORDED, PLAIN], &KINDS, rounds, job).await?;
    slot.kill().await;
    Ok(())
}
