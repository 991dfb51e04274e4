//! What a job consists of, piece by piece: the script engine's start, the context and the page that are made for it.

use std::future::Future;
use std::path::Path;
use std::time::Instant;

use browser::{Browser, LaunchOptions, Viewport};
use script::{Host, Limits, Script, Stop};

use crate::programs::CHROMIUM_ARGS;
use crate::report::{Report, median};

const SECTION: &str = "parts";
const SUBJECT: &str = "ours, in Rust";

/// Measures each part by itself, one after the other.
pub(crate) async fn run(report: &mut Report, chromium: &Path) -> anyhow::Result<()> {
    report.section("The parts of a job: medians");
    // The first one in a process reads the prelude's text, the others take what the engine made of it.
    report.add(SECTION, "a script without a page, the first", SUBJECT, script_start().await?, "ms");
    let mut engine = Vec::new();
    for _ in 0..100 {
        engine.push(script_start().await?);
    }
    report.add(SECTION, "a script without a page", SUBJECT, median(&engine), "ms");

    let run_dir = tempfile::tempdir()?;
    let options = LaunchOptions {
        executable: Some(chromium.to_owned()),
        extra_args: CHROMIUM_ARGS.map(str::to_owned).to_vec(),
        run_dir: run_dir.path().to_owned(),
        ..LaunchOptions::default()
    };
    let mut starts = Vec::new();
    for _ in 0..3 {
        let (browser, taken) = timed(Browser::launch(&options)).await;
        starts.push(taken);
        browser?.close().await;
    }
    report.add(SECTION, "a browser's start", SUBJECT, median(&starts), "ms");

    let browser = Browser::launch(&options).await?;
    let (mut contexts, mut pages, mut viewports, mut disposals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..30 {
        let (context, taken) = timed(browser.create_hidden_context()).await;
        contexts.push(taken);
        let context = context?;
        let (page, taken) = timed(context.new_page()).await;
        pages.push(taken);
        let (done, taken) = timed(page?.set_viewport(Viewport::of_size(1920, 1080))).await;
        done?;
        viewports.push(taken);
        browser.set_default_context(&context);
        let (done, taken) = timed(browser.dispose_contexts()).await;
        done?;
        disposals.push(taken);
    }
    browser.close().await;
    let parts = [("a context", contexts), ("a page", pages), ("its viewport", viewports), ("their end", disposals)];
    for (name, samples) in parts {
        report.add(SECTION, name, SUBJECT, median(&samples), "ms");
    }
    Ok(())
}

async fn script_start() -> anyhow::Result<f64> {
    let script = Script { code: "results.answer = 42;".to_owned(), ..Script::default() };
    let ((report, _), taken) =
        timed(script::run(script, Host::default(), Limits::default(), Stop::default(), |_| {})).await;
    anyhow::ensure!(report.error.is_none(), "the script failed: {:?}", report.error);
    Ok(taken)
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, f64) {
    let began = Instant::now();
    let value = work.await;
    (value, began.elapsed().as_secs_f64() * 1000.0)
}
