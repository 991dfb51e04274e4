//! A page that its job has not used is the next job's; one that it has used in any way is not.

use std::collections::BTreeSet;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::test_slot::{TestSlot, signal};

/// The renderers before a job and when the slot is ready for the next one.
async fn renderers_around(slot: &mut TestSlot, code: &str) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let before = slot.renderers();
    assert!(!before.is_empty());
    slot.run_for(Duration::from_secs(2), code, &[]).await.expect("the slot lives");
    slot.ready().await;
    (before, slot.renderers())
}

#[tokio::test]
async fn a_job_without_a_call_on_the_browser_leaves_its_page() {
    let mut slot = TestSlot::start(&["--job-memory=256"]).await;
    for code in [
        "results.answer = 42",
        "logger.info('%o', {page: typeof page}); await sleep(5); results.at = new URL('http://a/b').href",
        "throw new Error('no')",
        "this is no code",
        "import x from 'missing'",
        "while (true) {}",
        "await new Promise(() => {})",
        "const all = []; while (true) all.push('x'.repeat(1e6) + all.length)",
    ] {
        let (before, after) = renderers_around(&mut slot, code).await;
        assert!(before.is_subset(&after), "{code}: {before:?}, {after:?}");
    }
    assert_eq!(
        slot.results("await page.setContent('<title>1</title>'); results.title = await page.title()", &[]).await["title"],
        "1"
    );
    slot.end().await;
}

#[tokio::test]
async fn any_call_on_the_browser_uses_the_page_up() {
    let mut slot = TestSlot::start(&[]).await;
    for code in [
        "page.evaluate(() => { window.mark = 1 })",
        "await page.evaluate(() => { window.mark = 1 })",
        "page.setDefaultTimeout(1)",
        "page.on('request', () => {})",
        "page.keyboard.down('a')",
        "page.browser().newPage()",
        "page.browserContext().overridePermissions('http://a', ['midi'])",
        "page.mainFrame().url()",
        "page.waitForSelector('a', {timeout: 1}).catch(() => {}); while (true) {}",
    ] {
        let (before, after) = renderers_around(&mut slot, code).await;
        assert!(!after.is_subset(&before), "{code}: {before:?}, {after:?}");
    }
    slot.end().await;
}

#[tokio::test]
async fn a_page_that_dies_while_it_waits_is_replaced() {
    let mut slot = TestSlot::start(&[]).await;
    let before = slot.renderers();
    for renderer in &before {
        signal(*renderer, Signal::SIGKILL);
    }
    let replaced = async {
        while slot.renderers().is_subset(&before) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), replaced).await.expect("another page is made");
    let code = "await page.setContent('<title>1</title>'); results.title = await page.title()";
    assert_eq!(slot.results(code, &[]).await["title"], "1");
    slot.end().await;
}

#[tokio::test]
async fn a_slot_whose_pages_keep_dying_ends() {
    let mut slot = TestSlot::start(&[]).await;
    let ended = async {
        while slot.is_alive() {
            for renderer in slot.renderers() {
                // It may have died by now.
                let _ = kill(Pid::from_raw(renderer.cast_signed()), Signal::SIGKILL);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(100), ended).await.expect("the slot ends");
    slot.end().await;
}
