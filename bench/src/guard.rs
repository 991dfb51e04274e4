//! What the guard of the network costs: the same jobs in two slots of this build, one behind the guard and one without.

use std::path::Path;

use executor::network::Network;
use executor::slot::Slot;
use testkit::site::Site;

use crate::report::Report;
use crate::slot_jobs::{Kind, Start, compare, order, timed};

const SECTION: &str = "guard";
const GUARDED: &str = "behind the guard";
const STRAIGHT: &str = "without";

/// A kind of job, its code, and what the guard may make of its time.
const KINDS: [Kind; 3] = [
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

/// Runs the kinds of jobs by turns in both slots.
pub(crate) async fn run(report: &mut Report, rounds: u32, chromium: &Path) -> anyhow::Result<()> {
    report.section("The guard of the network: medians");
    let site = Site::start();
    let folders = (tempfile::tempdir()?, tempfile::tempdir()?);
    let start = |folder: &Path| Start::new(chromium, folder, &["--network-allow=all"]);
    let Start { program, settings, .. } = start(folders.0.path())?;
    let (mut straight, _) = Slot::start(&program, settings).await?;
    let Start { args, program, settings } = start(folders.1.path())?;
    let (mut guarded, _) = Slot::start_behind(&program, settings, &Network::start(&args).await?).await?;
    let job = async |name: &'static str, code: &'static str| {
        let slot = if name == GUARDED { &mut guarded } else { &mut straight };
        timed(slot, order(code, &site.origin())).await
    };
    compare(report, SECTION, [GUARDED, STRAIGHT], &KINDS, rounds, job).await?;
    straight.kill().await;
    guarded.kill().await;
    Ok(())
}
