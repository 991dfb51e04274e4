//! Nothing of a job survives into the next one in the same Chromium.

use serde_json::{Value, json};
use testkit::site::Site;

use crate::test_slot::TestSlot;

/// Runs two jobs in one slot, with the site's address as `vars.url`; the results of the second.
async fn second_after(first: &str, second: &str) -> Value {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let browser = slot.browser();
    let vars = [("url", site.origin())];
    slot.results(first, &vars).await;
    let results = slot.results(second, &vars).await;
    assert_eq!(slot.browser(), browser, "it is the same browser");
    slot.end().await;
    results
}

#[tokio::test]
async fn cookies() {
    let first = "await page.goto(vars.url + '/cookies/set'); await page.setCookie({name: 'mine', value: '1'})";
    let second =
        "await page.goto(vars.url + '/cookies'); results.sent = await page.evaluate(() => document.body.innerText);
                  results.kept = await page.cookies()";
    assert_eq!(second_after(first, second).await, json!({"sent": "", "kept": []}));
}

#[tokio::test]
async fn storage() {
    let first = "await page.goto(vars.url); await page.evaluate(async () => {
                     localStorage.a = 1; sessionStorage.a = 1;
                     await new Promise(done => { indexedDB.open('mine').onsuccess = done });
                     await (await caches.open('mine')).put('/x', new Response('x'));
                 })";
    let second = "await page.goto(vars.url); results.left = await page.evaluate(async () => [
                      localStorage.length, sessionStorage.length,
                      (await indexedDB.databases()).length, (await caches.keys()).length ])";
    assert_eq!(second_after(first, second).await, json!({"left": [0, 0, 0, 0]}));
}

#[tokio::test]
async fn the_cache() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("url", site.origin())];
    let code = "await page.goto(vars.url);
                for (let i = 0; i < 2; i++) await page.evaluate(() => fetch('/cached').then(answer => answer.text()))";
    slot.results(code, &vars).await;
    assert_eq!(site.requests_for("/cached").len(), 1, "the cache works within a job");
    slot.results(code, &vars).await;
    assert_eq!(site.requests_for("/cached").len(), 2);
    slot.end().await;
}

#[tokio::test]
async fn service_workers() {
    let site = Site::start();
    site.route("/worker.js", |_| {
        let code = "addEventListener('install', () => skipWaiting());
                    addEventListener('activate', event => event.waitUntil(clients.claim()));
                    addEventListener('fetch', event => event.respondWith(new Response('from the worker')))";
        ([("content-type", "text/javascript")], code)
    });
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("url", site.origin())];
    let first = "await page.goto(vars.url); await page.evaluate(async () => {
                     const claimed = new Promise(done => { navigator.serviceWorker.oncontrollerchange = done });
                     await navigator.serviceWorker.register('/worker.js'); await claimed;
                 });
                 results.text = await page.evaluate(() => fetch('/any').then(answer => answer.text()))";
    assert_eq!(slot.results(first, &vars).await["text"], "from the worker");
    let second = "await page.goto(vars.url); results.left = await page.evaluate(async () => [
                      (await navigator.serviceWorker.getRegistrations()).length, !!navigator.serviceWorker.controller ])";
    assert_eq!(slot.results(second, &vars).await["left"], json!([0, false]));
    slot.end().await;
}

#[tokio::test]
async fn permissions() {
    let query = "await page.evaluate(async () => (await navigator.permissions.query({name: 'geolocation'})).state)";
    let first = format!(
        "await page.goto(vars.url); await page.browserContext().overridePermissions(vars.url, ['geolocation']);
         results.state = {query}; if (results.state !== 'granted') throw new Error(results.state)"
    );
    let second = format!("await page.goto(vars.url); results.state = {query}");
    assert_ne!(second_after(&first, &second).await["state"], "granted");
}

#[tokio::test]
async fn emulation() {
    let look =
        "results.seen = await page.evaluate(() => [innerWidth, innerHeight, devicePixelRatio, navigator.userAgent,
                    navigator.language, matchMedia('print').matches, matchMedia('(prefers-color-scheme: dark)').matches,
                    Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.onLine])";
    let first = "await page.goto(vars.url);
                 await page.setViewport({width: 300, height: 200, deviceScaleFactor: 3, isMobile: true, hasTouch: true});
                 await page.setUserAgent('Other/1.0'); await page.emulateMediaType('print');
                 await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: 'dark'}]);
                 await page.emulateTimezone('Asia/Tokyo'); await page.setExtraHTTPHeaders({'x-mine': '1'});
                 await page.setJavaScriptEnabled(false); await page.setOfflineMode(true)";
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("url", site.origin())];
    let look = format!("await page.goto(vars.url + '/headers'); {look}");
    let before = slot.results(&look, &vars).await;
    slot.results(first, &vars).await;
    assert_eq!(slot.results(&look, &vars).await, before);
    assert_eq!(before["seen"][0], 1920);
    assert!(site.requests_for("/headers").iter().all(|request| request.header("x-mine").is_none()));
    slot.end().await;
}

#[tokio::test]
async fn what_was_put_into_pages() {
    let first = "await page.exposeFunction('mine', () => 1);
                 await page.evaluateOnNewDocument(() => { window.planted = 1 });
                 await page.setRequestInterception(true);
                 page.on('request', request => request.respond({body: 'forged'}));
                 await page.goto(vars.url)";
    let second = "await page.goto(vars.url);
                  results.left = await page.evaluate(() => [typeof mine, typeof planted, document.body.innerText === 'forged'])";
    assert_eq!(second_after(first, second).await, json!({"left": ["undefined", "undefined", false]}));
}

#[tokio::test]
async fn credentials() {
    let first = "await page.authenticate({username: 'user', password: 'pass'});
                 results.status = (await page.goto(vars.url + '/auth')).status();
                 if (results.status !== 200) throw new Error('not let in')";
    let second = "results.status = (await page.goto(vars.url + '/auth')).status()";
    assert_eq!(second_after(first, second).await, json!({"status": 401}));
}

#[tokio::test]
async fn open_pages_and_contexts() {
    let first = "const browser = page.browser(); for (let i = 0; i < 3; i++) await browser.newPage();
                 const other = await browser.createBrowserContext(); await other.newPage();
                 await page.evaluate(url => { window.open(url) }, vars.url)";
    let second = "results.pages = (await page.browser().pages()).length;
                  results.targets = page.browser().targets().filter(target => target.type() === 'page').length;
                  results.contexts = page.browser().browserContexts().length";
    assert_eq!(second_after(first, second).await, json!({"pages": 1, "targets": 1, "contexts": 1}));
}

#[tokio::test]
async fn the_page_that_is_made_for_the_next_job() {
    let code = "const browser = page.browser(); const seen = [];
                for (const name of ['targetcreated', 'targetchanged', 'targetdestroyed']) {
                    browser.on(name, target => target.type() === 'page' && seen.push(name));
                }
                results.focused = await page.evaluate(() => document.hasFocus());
                // Time for it to be made, and to be noticed.
                await page.waitFor(1000);
                for (let i = 0; i < 2; i++) await (await (await browser.createIncognitoBrowserContext()).newPage()).close();
                results.pages = (await browser.pages()).length;
                results.others = browser.browserContexts().length - 3;
                results.seen = [...new Set(seen)].sort();
                results.count = seen.length;
                results.still = await page.evaluate(() => [document.hasFocus(), document.visibilityState])";
    let results = second_after("results.ok = true", code).await;
    let events = json!(["targetcreated", "targetdestroyed"]);
    let expected =
        json!({"focused": true, "pages": 1, "others": 0, "seen": events, "count": 4, "still": [true, "visible"]});
    assert_eq!(results, expected);
}

#[tokio::test]
async fn globals_of_the_script() {
    let first = "globalThis.left = 1; Array.prototype.left = 1; JSON.left = 1; page.constructor.prototype.left = 1";
    let second = "results.left = [typeof globalThis.left, typeof [].left, typeof JSON.left, typeof page.left]";
    let none = json!({"left": ["undefined", "undefined", "undefined", "undefined"]});
    assert_eq!(second_after(first, second).await, none);
}

#[tokio::test]
async fn timers() {
    let site = Site::start();
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("url", site.origin())];
    let first = "await page.goto(vars.url);
                 setInterval(() => page.evaluate(() => fetch('/script')).catch(() => {}), 1);
                 await page.evaluate(() => { setInterval(() => fetch('/page').catch(() => {}), 1) });
                 await page.waitForResponse(response => response.url().endsWith('/script'));
                 await page.waitForResponse(response => response.url().endsWith('/page'))";
    slot.results(first, &vars).await;
    // What the first job had sent when it ended may come in until now.
    slot.results("await page.goto(vars.url)", &vars).await;
    site.clear_requests();
    slot.results("await page.goto(vars.url); await new Promise(done => setTimeout(done, 100))", &vars).await;
    let paths: Vec<String> = site.requests().into_iter().map(|request| request.path).collect();
    assert!(!paths.iter().any(|path| path == "/script" || path == "/page"), "{paths:?}");
    slot.end().await;
}

#[tokio::test]
async fn downloads() {
    let first = "await page.goto(vars.url);
                 await page.evaluate(() => { const a = document.createElement('a'); a.href = '/download'; a.download = ''; a.click() });
                 await page.goto(vars.url)";
    let second = "results.ok = true";
    // The slot's end checks that no file is left in its folder; here none is in the working folder either.
    assert_eq!(second_after(first, second).await, json!({"ok": true}));
    for folder in [".", "/tmp"] {
        let found =
            std::fs::read_dir(folder).expect("a folder").flatten().any(|entry| entry.file_name() == "report.bin");
        assert!(!found, "a download is left in {folder}");
    }
}

#[tokio::test]
async fn a_slot_goes_before_its_parent_when_memory_is_short() {
    let slot = TestSlot::start(&[]).await;
    let score = |id: u32| -> i32 {
        let text = std::fs::read_to_string(format!("/proc/{id}/oom_score_adj")).unwrap_or_default();
        text.trim().parse().unwrap_or_default()
    };
    let is_slot =
        |id: &u32| std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim() == "puppet-slot");
    let own = std::process::id();
    let slots: Vec<u32> = testkit::processes::tree(own).into_iter().filter(is_slot).collect();
    assert!(!slots.is_empty());
    for id in slots {
        assert!(score(id) > score(own), "{} and {}", score(id), score(own));
    }
    slot.end().await;
}
