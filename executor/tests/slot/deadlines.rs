//! Whatever a job does, its time ends it, and the slot serves the next one.

use std::time::{Duration, Instant};

use executor::slot::SlotError;
use nix::sys::signal::Signal;
use testkit::site::Site;

use crate::test_slot::{TestSlot, signal};

const LIMIT: Duration = Duration::from_secs(1);
const LIMIT_TEXT: &str = "Time limit of 1 s (JOB_TIMEOUT) exceeded";

/// Runs a job that never ends by itself, and another one after it.
async fn is_stopped(flags: &[&str], code: &str) {
    let site = Site::start();
    let mut slot = TestSlot::start(flags).await;
    let vars = [("url", site.origin())];
    let result = slot.run_for(LIMIT, code, &vars).await.expect("the slot survives its job");
    assert_eq!(result.error.as_deref(), Some(LIMIT_TEXT), "{code}");
    works_again(&mut slot).await;
    slot.end().await;
}

async fn works_again(slot: &mut TestSlot) {
    let freed = Instant::now();
    let report = slot.ready().await;
    eprintln!("free after {:?}: {report:?}", freed.elapsed());
    let code = "await page.setContent('<p>fine</p>'); results.text = await page.$eval('p', p => p.innerText)";
    assert_eq!(slot.results(code, &[]).await["text"], "fine");
}

#[tokio::test]
async fn a_script_that_spins() {
    is_stopped(&[], "while (true) {}").await;
}

#[tokio::test]
async fn a_script_that_waits_for_ever() {
    is_stopped(&[], "await new Promise(() => {})").await;
}

#[tokio::test]
async fn a_page_that_spins() {
    is_stopped(&[], "await page.evaluate(() => { while (true) {} })").await;
}

#[tokio::test]
async fn alerts_without_end() {
    is_stopped(&[], "await page.goto(vars.url); await page.evaluate(() => { while (true) alert('again') })").await;
}

#[tokio::test]
async fn alerts_without_end_that_are_dismissed() {
    let code = "page.on('dialog', dialog => dialog.dismiss()); await page.goto(vars.url);
                await page.evaluate(() => { while (true) alert('again') })";
    is_stopped(&[], code).await;
}

#[tokio::test]
async fn a_page_that_does_not_want_to_be_left() {
    let code = "await page.goto(vars.url);
                await page.evaluate(() => { window.onbeforeunload = event => { event.preventDefault(); return 'stay' } });
                await page.mouse.click(5, 5);
                await page.close({runBeforeUnload: true});
                await page.goto(vars.url + '/?other').catch(() => {});
                await new Promise(() => {})";
    is_stopped(&[], code).await;
}

#[tokio::test]
async fn a_server_that_never_answers() {
    is_stopped(&[], "page.setDefaultTimeout(0); await page.goto(vars.url + '/hang', {timeout: 0})").await;
}

#[tokio::test]
async fn a_renderer_that_is_frozen() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let renderers = slot.renderers();
    assert!(!renderers.is_empty());
    renderers.iter().for_each(|id| signal(*id, Signal::SIGSTOP));
    let code = "await page.evaluate(() => 1); await new Promise(() => {})";
    let result = slot.run_for(LIMIT, code, &[("url", site.origin())]).await.expect("the slot survives its job");
    assert_eq!(result.error.as_deref(), Some(LIMIT_TEXT));
    works_again(&mut slot).await;
    slot.end().await;
}

#[tokio::test]
async fn a_browser_that_is_frozen_is_replaced() {
    let mut slot = TestSlot::start(&[]).await;
    let browser = slot.browser();
    signal(browser, Signal::SIGSTOP);
    let result = slot.run_for(LIMIT, "await page.evaluate(() => 1)", &[]).await.expect("the slot survives its job");
    assert_eq!(result.error.as_deref(), Some(LIMIT_TEXT));
    works_again(&mut slot).await;
    assert_ne!(slot.browser(), browser);
    slot.end().await;
}

#[tokio::test]
async fn a_slot_process_that_is_frozen_is_killed() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let process = slot.process();
    let held = site.hold("/held");
    let vars = [("url", site.url("/held"))];
    let running = slot.run_for(LIMIT, "await page.goto(vars.url)", &vars);
    let (outcome, ()) = tokio::join!(running, async {
        site.wait_for_request("/held").await;
        signal(process, Signal::SIGSTOP);
    });
    assert!(matches!(outcome, Err(SlotError::Silent { .. })), "{outcome:?}");
    drop(held);
    slot.end().await;
}

#[tokio::test]
async fn a_slot_process_that_is_killed_says_so() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let process = slot.process();
    let held = site.hold("/held");
    let vars = [("url", site.url("/held"))];
    let running = slot.run_for(Duration::from_secs(30), "await page.goto(vars.url)", &vars);
    let (outcome, ()) = tokio::join!(running, async {
        site.wait_for_request("/held").await;
        signal(process, Signal::SIGKILL);
    });
    let Err(SlotError::Ended { status }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, "signal 9");
    drop(held);
    slot.end().await;
}

#[tokio::test]
async fn a_page_that_crashes() {
    let code = "const session = await page.createCDPSession();
                page.on('error', error => { results.event = error.message });
                session.send('Page.crash').catch(() => {});
                await new Promise(() => {})";
    let mut slot = TestSlot::start(&[]).await;
    let result = slot.run_for(LIMIT, code, &[]).await.expect("the slot survives its job");
    assert_eq!((result.error.as_deref(), &result.results["event"]), (Some(LIMIT_TEXT), &"Page crashed!".into()));
    works_again(&mut slot).await;
    slot.end().await;
}

#[tokio::test]
async fn the_address_that_crashes_a_page() {
    // For others chrome: pages are closed.
    let mut slot = TestSlot::start(&["--allow-local-files"]).await;
    let result =
        slot.run_for(LIMIT, "await page.goto('chrome://crash')", &[]).await.expect("the slot survives its job");
    assert!(result.error.is_some());
    works_again(&mut slot).await;
    slot.end().await;
}

#[tokio::test]
async fn a_page_that_takes_all_memory_ends_its_job_and_not_the_slot() {
    let flags = [r#"--chromium-extra-args=["--js-flags=--max-old-space-size=64"]"#];
    let mut slot = TestSlot::start(&flags).await;
    let code =
        "await page.evaluate(() => { const all = []; while (true) all.push(new Array(1e5).fill(Math.random())) })";
    let result = slot.run_for(Duration::from_secs(3), code, &[]).await.expect("the slot survives its job");
    assert!(result.error.is_some());
    works_again(&mut slot).await;
    slot.end().await;
}

#[tokio::test]
async fn a_script_that_takes_all_memory_ends_its_job_and_not_the_slot() {
    let mut slot = TestSlot::start(&["--job-memory=32"]).await;
    let code = "const all = []; while (true) all.push('x'.repeat(1e6) + all.length)";
    let result = slot.run(code, &[]).await;
    assert!(result.error.as_deref().is_some_and(|text| text.contains("JOB_MEMORY")), "{:?}", result.error);
    works_again(&mut slot).await;
    slot.end().await;
}

#[tokio::test]
async fn a_script_that_holds_much_memory_at_its_deadline_keeps_its_results() {
    let mut slot = TestSlot::start(&[]).await;
    let code = "results.kept = 1; const all = []; for (let n = 0; n < 3e6; n++) all.push({ n: [] }); for (;;);";
    let limit = Duration::from_secs(8);
    let result =
        slot.run_for(limit, code, &[]).await.expect("the slot says how its job ended before it frees the engine");
    assert_eq!(result.error.as_deref(), Some("Time limit of 8 s (JOB_TIMEOUT) exceeded"));
    assert_eq!(result.results["kept"], 1);
    works_again(&mut slot).await;
    slot.end().await;
}

#[tokio::test]
async fn a_browser_that_is_killed_under_a_job_ends_the_job_and_is_replaced() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let browser = slot.browser();
    let held = site.hold("/held");
    let vars = [("url", site.url("/held"))];
    let running = slot.run_for(Duration::from_secs(30), "await page.goto(vars.url)", &vars);
    let (outcome, ()) = tokio::join!(running, async {
        site.wait_for_request("/held").await;
        signal(browser, Signal::SIGKILL);
    });
    assert!(outcome.expect("the slot survives").error.is_some());
    drop(held);
    works_again(&mut slot).await;
    assert_ne!(slot.browser(), browser);
    slot.end().await;
}
