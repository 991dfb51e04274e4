//! A page that has waited for its job is like one that was made just now.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use testkit::site::Site;

use crate::test_slot::TestSlot;

/// Longer than Chromium takes to tell that a page's network is idle, which it tells once.
const LONG: Duration = Duration::from_millis(2500);

#[tokio::test]
async fn set_content_waits_for_network_idle_as_the_first_call() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let code = "await page.setContent(`<h1>Invoice</h1><img src='${vars.url}/dot.svg'>`, {waitUntil: 'networkidle0', timeout: 10000});
                results.seen = await page.$eval('img', image => image.naturalWidth > 0);
                results.pdf = (await page.pdf({format: 'A4'})).toString('latin1', 0, 5);
                await page.setContent('again', {waitUntil: 'networkidle0', timeout: 10000});
                await page.setContent('again', {waitUntil: ['load', 'networkidle2'], timeout: 10000})";
    for _ in 0..2 {
        tokio::time::sleep(LONG).await;
        let results = slot.results(code, &[("url", site.origin())]).await;
        assert_eq!(results, json!({"seen": true, "pdf": "%PDF-"}));
    }
    slot.end().await;
}

#[tokio::test]
async fn nothing_tells_how_long_a_page_has_waited() {
    let mut slot = TestSlot::start(&[]).await;
    let code = "const events = [];
                for (const name of ['load', 'domcontentloaded', 'framenavigated', 'request', 'console']) {
                    page.on(name, () => events.push(name));
                }
                const wait = page.waitForNavigation({timeout: 400}).catch(error => error.name);
                results.origin = await page.evaluate(() => performance.timeOrigin);
                results.page = await page.evaluate(() => ({
                    url: location.href, history: history.length, referrer: document.referrer, state: document.readyState,
                    visible: document.visibilityState, focus: document.hasFocus(), size: [innerWidth, innerHeight],
                    languages: [navigator.language, navigator.languages.join()], origin,
                    own: Object.getOwnPropertyNames(window).length, entries: performance.getEntries().map(entry => entry.entryType),
                    way: performance.getEntriesByType('navigation')[0].type }));
                results.frames = await page.evaluate(() => new Promise(done => {
                    let frames = 0; const next = () => ++frames < 5 ? requestAnimationFrame(next) : done(frames); next() }));
                results.wait = await wait;
                const metrics = await page.metrics();
                results.counts = ['Frames', 'JSEventListeners'].map(name => metrics[name]);
                // A page that was made just now has the document that it began with beside its own, or no longer.
                results.few = metrics.Documents <= 2 && metrics.Nodes <= 8;
                results.events = events";
    let mut seen = Vec::new();
    for wait in [Duration::ZERO, LONG] {
        tokio::time::sleep(wait).await;
        let before = milliseconds();
        let mut results = slot.results(code, &[]).await;
        let origin = results["origin"].take().as_f64().expect("a time");
        // The clocks of two processes; a page that is made ahead may be that old.
        assert!(origin > before - 1000.0, "the document began {} ms before its job", before - origin);
        seen.push(results);
    }
    assert_eq!(seen[0]["wait"], "TimeoutError");
    assert_eq!((&seen[0]["events"], &seen[0]["few"]), (&json!([]), &json!(true)));
    assert_eq!(seen[0]["page"]["languages"], json!(["en", "en"]));
    assert_eq!(seen[0], seen[1]);
    slot.end().await;
}

fn milliseconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs_f64() * 1000.0
}

#[tokio::test]
async fn calls_of_one_moment_keep_their_order() {
    let mut slot = TestSlot::start(&[]).await;
    tokio::time::sleep(LONG).await;
    let code = "const calls = [];
                for (let i = 0; i < 20; i++) calls.push(page.evaluate(i => (window.seen = window.seen || []).push(i), i));
                calls.push(page.setContent('<p>x</p>'), page.title(), page.viewport());
                await Promise.all(calls);
                results.seen = await page.evaluate(() => window.seen)";
    let results = slot.results(code, &[]).await;
    assert_eq!(results["seen"], Value::from((0..20).collect::<Vec<_>>()));
    slot.end().await;
}

#[tokio::test]
async fn a_first_navigation_is_the_only_one() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("url", site.origin())];
    let steps = [
        "await page.goto(vars.url)",
        "await Promise.all([page.goto(vars.url), page.waitForNavigation()])",
        "await Promise.all([page.waitForNavigation(), page.goto(vars.url)])",
        "await page.setViewport({width: 500, height: 400}); await page.setUserAgent('mine'); await page.goto(vars.url)",
        "await page.setRequestInterception(true); page.on('request', request => request.continue()); await page.goto(vars.url)",
        "page.evaluate(() => 1); await page.goto(vars.url)",
    ];
    for step in steps {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let code = format!(
            "let navigations = 0; page.on('framenavigated', () => navigations++); {step};
             results.seen = [page.url() === vars.url + '/', navigations, await page.evaluate(() => history.length)]"
        );
        let seen = slot.results(&code, &vars).await["seen"].take();
        assert_eq!(seen, json!([true, 1, 2]), "{step}");
    }
    slot.end().await;
}
