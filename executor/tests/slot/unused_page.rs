//! A page that its job has not used is the next job's; one that it has used in any way is not.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::stage::{TestSlot, signal};

/// Whether the slot has made no other page by the time that it is ready for the next job.
async fn page_is_kept(slot: &mut TestSlot, code: &str) -> bool {
    let before = slot.renderers();
    assert!(!before.is_empty());
    slot.run_for(Duration::from_secs(2), code, &[]).await.expect("the slot lives");
    slot.ready().await;
    slot.renderers().iter().all(|renderer| before.contains(renderer))
}

#[tokio::test]
async fn a_job_without_a_call_on_the_browser_leaves_its_page() {
    let mut slot = TestSlot::start(&[]).await;
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
        assert!(page_is_kept(&mut slot, code).await, "{code}");
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
        assert!(!page_is_kept(&mut slot, code).await, "{code}");
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
        while !slot.renderers().iter().any(|renderer| !before.contains(renderer)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), replaced).await.expect("another page is made");
    let code = "await page.setContent('<title>1</title>'); results.title = await page.title()";
    assert_eq!(slot.results(code, &[]).await["title"], "1");
    slot.end().await;
}
