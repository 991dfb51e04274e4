//! Pages that take all there is, and calls that harm the browser under the job.

use crate::arena::{TIME, fails, fight, gets_nothing};

#[test]
fn exhaustion_through_the_page() {
    fight(&[
        fails(
            "a flood of evaluations",
            2,
            "imit of",
            "const all = []; for (;;) { all.push(page.evaluate(() => 1)); if (all.length % 1000 === 0) await all[0] }",
        ),
        fails(
            "a flood of pages",
            20,
            "Limit of 20 open pages (JOB_PAGES) exceeded",
            "for (;;) await page.browser().newPage()",
        ),
        gets_nothing(
            "frames without end",
            "await page.evaluate(() => { for (let i = 0; i < 1200; i++) document.body.append(document.createElement('iframe')) }); results.got = page.frames().length > 1001",
        ),
        fails("a page that spins", 1, TIME, "await page.evaluate(() => { for (;;); })"),
        fails(
            "a page that alerts",
            1,
            TIME,
            "page.on('dialog', () => {}); await page.evaluate(() => { for (;;) alert(1) })",
        ),
        fails(
            "a page that navigates for ever",
            2,
            "Time limit of 2 s",
            "await page.goto('{{site}}/page.html'); for (;;) { await page.evaluate(() => { location.href = '/page.html?' + Math.random() }).catch(() => {}); await page.waitForNavigation().catch(() => {}) }",
        ),
        fails(
            "a page that logs",
            10,
            "Limit of",
            "await page.evaluate(() => { setInterval(() => { for (let i = 0; i < 1000; i++) console.log('x'.repeat(1000)) }, 0) }); await sleep(1e6)",
        ),
        fails(
            "a console line of a hundred megabytes",
            4,
            "imit of",
            // Mostly the sandbox's memory ends the job; the page may meet its own limit before, and crashes then.
            "await page.evaluate(() => { console.log('x'.repeat(1e8)) }).catch((error) => { if (!/Page crashed/.test(error.message)) throw error }); await sleep(1e6)",
        ),
        fails(
            "a huge value out of the page",
            20,
            "imit of",
            "const a = []; for (;;) a.push(await page.evaluate(() => 'x'.repeat(5e7)))",
        ),
        fails(
            "a huge value into the page",
            30,
            "imit of",
            "const s = 'x'.repeat(3e7); const all = []; for (;;) { all.push(s + all.length); await page.evaluate(x => x.length, all[all.length - 1]) }",
        ),
        fails(
            "a memory bomb of array buffers",
            20,
            "",
            "await page.evaluate(() => { const a = []; for (;;) a.push(new Uint8Array(5e7).fill(1)) }); throw new Error('')",
        ),
        fails(
            "a memory bomb of strings",
            5,
            "",
            "await page.evaluate(() => { const a = []; for (let i = 0; ; i++) a.push(Array.from({ length: 1e5 }, (_, j) => ({ i, j }))) }); throw new Error('')",
        ),
        fails(
            "a renderer that is crashed",
            3,
            "",
            "await page.goto('{{site}}/page.html'); const c = await page.target().createCDPSession(); await c.send('Page.crash').catch(() => {}); await page.evaluate(() => 1); throw new Error('')",
        ),
        fails(
            "a storm of popups",
            3,
            "Time limit of 3 s",
            "await page.goto('{{site}}/page.html'); await page.evaluate(() => { setInterval(() => window.open('about:blank'), 10) }); await sleep(1e6)",
        ),
        fails(
            "a storm of frames",
            3,
            "Time limit of 3 s",
            "await page.evaluate(() => { setInterval(() => document.body.append(document.createElement('iframe')), 1) }); await sleep(1e6)",
        ),
        fails(
            "a storm of workers",
            3,
            "Time limit of 3 s",
            "await page.goto('{{site}}/page.html'); await page.evaluate(() => { const u = URL.createObjectURL(new Blob(['for (;;);'])); setInterval(() => new Worker(u), 20) }); await sleep(1e6)",
        ),
        fails(
            "a storm of requests",
            3,
            "Time limit of 3 s",
            "await page.goto('{{site}}/page.html'); page.on('request', () => {}); await page.evaluate(() => { setInterval(() => { for (let i = 0; i < 50; i++) fetch('/page.html?' + Math.random()).catch(() => {}) }, 5) }); await sleep(1e6)",
        ),
        fails(
            "a storm of bindings",
            3,
            "imit of",
            "await page.exposeFunction('f', () => 1); await page.evaluate(() => { setInterval(() => { for (let i = 0; i < 500; i++) f() }, 0) }); await sleep(1e6)",
        ),
        fails(
            "a bomb of downloads",
            2,
            "imit of",
            "await page.goto('{{site}}/page.html'); await page.evaluate(() => { setInterval(() => { const a = document.createElement('a'); a.href = URL.createObjectURL(new Blob(['x'.repeat(1e6)])); a.download = 'x' + Math.random(); a.click() }, 10) }); await sleep(1e6)",
        ),
        fails(
            "a huge screenshot",
            20,
            "",
            "await page.setViewport({ width: 16000, height: 16000, deviceScaleFactor: 4 }); for (let i = 0; i < 3; i++) await page.screenshot(); throw new Error('')",
        ),
        fails(
            "handles without end",
            3,
            "imit of",
            "const all = []; for (;;) all.push(await page.evaluateHandle(() => ({})))",
        ),
        fails("listeners without end", 3, "imit of", "for (;;) page.on('request', () => {})"),
        fails(
            "intercepted requests left alone",
            2,
            "Time limit of 2 s",
            "await page.setRequestInterception(true); await page.goto('{{site}}/page.html', { timeout: 0 })",
        ),
        fails("a page closed under its job", 3, "", "await page.close(); await page.title(); throw new Error('')"),
        fails(
            "a reload while everything runs",
            2,
            "Time limit of 2 s",
            "await page.goto('{{site}}/page.html'); for (;;) { page.reload().catch(() => {}); await sleep(1) }",
        ),
    ]);
}
