//! What a job does through CDP sessions of its own, and with many pages, ends with it.

use std::time::Duration;

use serde_json::json;
use testkit::site::Site;

use crate::test_slot::TestSlot;

const OTHERS: &str = "is not available to jobs: it reaches what is not the job's own";

#[tokio::test]
async fn a_session_of_the_browser_does_not_outlive_its_job() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("url", site.origin())];
    let first = "const c = await page.browser().target().createCDPSession();
                 results.errors = [];
                 for (const method of ['Fetch.enable', 'Tracing.start']) await c.send(method, {}).catch(error => results.errors.push(error.message));
                 results.version = await c.send('Browser.getVersion');
                 await (await page.target().createCDPSession()).send('Tracing.start', {}); await page.tracing.start({}).catch(() => {})";
    let results = slot.results(first, &vars).await;
    let refused = |method: &str| format!("Protocol error ({method}): {method} {OTHERS}");
    assert_eq!(results["errors"], json!([refused("Fetch.enable"), refused("Tracing.start")]));
    assert!(results["version"]["product"].is_string());
    let second = "await page.goto(vars.url, {timeout: 5000}); results.title = await page.title();
                  await page.tracing.start({}); results.traced = (await page.tracing.stop()).length > 100";
    for _ in 0..2 {
        assert_eq!(slot.results(second, &vars).await["traced"], true);
        slot.results("await page.tracing.start({})", &vars).await;
    }
    slot.end().await;
}

#[tokio::test]
async fn sessions_without_end_are_refused() {
    let mut slot = TestSlot::start(&[]).await;
    let code = "results.count = 0; for (;;) { await page.browser().target().createCDPSession(); results.count++ }";
    let result = slot.run(code, &[]).await;
    let error = result.error.expect("an error");
    assert!(error.contains("Limit of 256 open CDP sessions exceeded"), "{error}");
    assert_eq!(result.results["count"], 256);
    slot.ready().await;
    let code =
        "for (let i = 0; i < 600; i++) await (await page.target().createCDPSession()).detach(); results.ok = true";
    assert_eq!(slot.results(code, &[]).await["ok"], true);
    slot.end().await;
}

#[tokio::test]
async fn streams_of_the_job_before_cannot_be_read() {
    let mut slot = TestSlot::start(&[]).await;
    let trace = "const c = await page.target().createCDPSession();
                 const done = new Promise(resolve => c.on('Tracing.tracingComplete', resolve));
                 await c.send('Tracing.start', {transferMode: 'ReturnAsStream'}); await page.title();
                 await c.send('Tracing.end'); results.stream = (await done).stream";
    let stream = slot.results(trace, &[]).await["stream"].as_str().expect("a handle").to_owned();
    let read = "const c = await page.browser().target().createCDPSession(); results.read = [];
                for (const handle of [vars.stream, ...Array.from({length: 30}, (_, i) => String(i))]) {
                    for (const session of [c, await page.target().createCDPSession()]) {
                        await session.send('IO.read', {handle}).then(() => results.read.push(handle), error => { results.error = error.message });
                    }
                }";
    let results = slot.results(read, &[("stream", stream)]).await;
    assert_eq!(results, json!({"read": [], "error": format!("Protocol error (IO.read): IO.read {OTHERS}")}));
    slot.end().await;
}

#[tokio::test]
async fn no_cookie_is_planted_in_another_jobs_context() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("url", site.origin())];
    // The trace names every target of the browser, also those that are made for the next job meanwhile.
    let plant = "const c = await page.target().createCDPSession();
        const own = (await (await page.target().createCDPSession()).send('Target.getTargetInfo')).targetInfo;
        const done = new Promise(resolve => c.on('Tracing.tracingComplete', resolve));
        await c.send('Tracing.start', {transferMode: 'ReturnAsStream', traceConfig: {includedCategories: ['*']}});
        await page.goto(vars.url); await sleep(1000);
        await c.send('Tracing.end'); const {stream} = await done; let text = '';
        for (;;) { const piece = await c.send('IO.read', {handle: stream, size: 1 << 20}); text += piece.base64Encoded ? atob(piece.data) : piece.data; if (piece.eof) break }
        results.planted = 0; results.ids = 0;
        for (const id of new Set(text.match(/\\b[0-9A-F]{32}\\b/g))) {
            if (id === own.targetId || id === own.browserContextId) continue;
            results.ids++;
            for (const session of [c, await page.browser().target().createCDPSession()]) {
                await session.send('Target.getTargetInfo', {targetId: id}).then(() => results.planted++, () => {});
                await session.send('Storage.setCookies', {browserContextId: id, cookies: [{name: 'session', value: 'x', domain: '127.0.0.1', path: '/'}]})
                    .then(() => results.planted++, () => {});
                if (session !== c) await session.detach();
            }
            if (results.ids > 50) break;
        }";
    let result = slot.run(plant, &vars).await;
    assert_eq!((result.error, &result.results["planted"]), (None, &json!(0)));
    if result.results["ids"] != 0 {
        assert!(result.logs.iter().any(|line| line.message.contains(OTHERS)), "{:?}", result.logs);
    }
    slot.ready().await;
    let look =
        "await page.goto(vars.url + '/cookies'); results.sent = await page.evaluate(() => document.body.innerText)";
    assert_eq!(slot.results(look, &vars).await, json!({"sent": ""}));
    slot.end().await;
}

#[tokio::test]
async fn cookies_of_a_session_are_the_jobs_own() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("url", site.origin())];
    let code = "results.own = []; results.before = [];
        const c = await page.target().createCDPSession();
        results.before.push((await c.send('Storage.getCookies')).cookies.length);
        await c.send('Storage.setCookies', {cookies: [{name: 'planted', value: 'x', domain: '127.0.0.1', path: '/', expires: 4000000000}]});
        results.own.push((await page.cookies(vars.url)).length);
        await c.send('Storage.clearCookies');
        results.own.push((await page.cookies(vars.url)).length);
        await c.send('Storage.setCookies', {cookies: [{name: 'left', value: 'x', domain: '127.0.0.1', path: '/', expires: 4000000000}]})";
    for _ in 0..2 {
        assert_eq!(slot.results(code, &vars).await, json!({"own": [1, 0], "before": [0]}));
    }
    slot.end().await;
}

#[tokio::test]
async fn pages_without_end_are_refused() {
    let mut slot = TestSlot::start(&["--job-pages=5"]).await;
    let code = "const errors = []; let opened = 0;
                await Promise.all(Array.from({length: 500}, () => page.browser().newPage().then(() => opened++, error => errors.push(error.message))));
                results.opened = opened; results.errors = [...new Set(errors)];
                await page.evaluate(() => { for (let i = 0; i < 50; i++) open('about:blank') });
                for (let i = 0; i < 200 && (await page.browser().pages()).length > 5; i++) await sleep(10);
                results.pages = (await page.browser().pages()).length";
    for _ in 0..2 {
        let results = slot.results(code, &[]).await;
        let error = "Limit of 5 open pages (JOB_PAGES) exceeded";
        assert_eq!(results, json!({"opened": 4, "errors": [error], "pages": 5}));
    }
    slot.end().await;
}

#[tokio::test]
async fn memory_of_all_pages_together_is_bounded() {
    let mut slot = TestSlot::start(&["--job-browser-memory=700"]).await;
    let code = "results.pages = 0;
                for (;;) {
                    const other = await page.browser().newPage();
                    await other.evaluate(() => { window.kept = Array.from({length: 100}, () => new Uint8Array(1 << 20).fill(1)) });
                    results.pages++;
                }";
    let result = slot.run(code, &[]).await;
    assert_eq!(result.error.as_deref(), Some("Memory limit of 700 MiB (JOB_BROWSER_MEMORY) exceeded"));
    slot.ready().await;
    assert_eq!(
        slot.results("await page.setContent('<title>1</title>'); results.title = await page.title()", &[]).await["title"],
        "1"
    );
    slot.end().await;
}

#[tokio::test]
async fn files_of_streams_are_bounded_and_freed() {
    let mut slot = TestSlot::start(&["--job-temp-files=30"]).await;
    let code = "const c = await page.target().createCDPSession();
        for (let n = 0; ; n++) {
            const done = new Promise(resolve => c.once('Tracing.tracingComplete', resolve));
            await c.send('Tracing.start', {transferMode: 'ReturnAsStream', traceConfig: {includedCategories: ['*'], recordMode: 'recordAsMuchAsPossible'}});
            await page.evaluate(() => { for (let i = 0; i < 1e5; i++) performance.mark('x'.repeat(200) + i) });
            await c.send('Tracing.end'); await done; results.n = n;
        }";
    let result = slot.run_for(Duration::from_secs(60), code, &[]).await.expect("the slot lives");
    let error = result.error.expect("an error");
    assert!(error.contains("Limit of 30 MiB of temporary files (JOB_TEMP_FILES) exceeded"), "{error}");
    slot.ready().await;
    // What the job before kept would end this one.
    assert_eq!(slot.results("await page.title(); await sleep(800); results.ok = true", &[]).await["ok"], true);
    slot.end().await;
}

#[tokio::test]
async fn a_page_does_not_crash_the_slot() {
    let mut slot = TestSlot::start(&[]).await;
    let code = "await page.setContent(`<script>setTimeout(() => { throw new Error(\"Worker': Script at '\" + 'blob:'.repeat(60000) + \"x'\") })</script>`);
                await page.waitForFunction(() => document.readyState === 'complete'); await sleep(100);
                results.error = await page.goto('blob:'.repeat(30000) + 'x').catch(error => error.message.slice(0, 20))";
    let result = slot.run(code, &[]).await;
    assert_eq!(result.error, None);
    assert!(!result.logs.iter().any(|line| line.message.contains("not available")), "{:?}", result.logs);
    assert!(slot.is_alive());
    slot.ready().await;
    slot.end().await;
}
