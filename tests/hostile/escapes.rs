//! Ways out of the sandbox: to the engine's host, to files, to the browser itself.

use crate::arena::{fails, fight, gets_nothing};

const OTHERS: &str = "is not available to jobs: it reaches what is not the job's own";
/// A path is the name of one of the job's own files.
const NO_FILE: &str = "ENOENT: no such file or directory, open 'etc/passwd'";
const REFUSED: &str = "is not available to jobs: it reaches the executor's machine";

#[test]
fn escapes_from_the_sandbox() {
    fight(&[
        gets_nothing(
            "host globals",
            "results.got = ['process', 'require', 'fetch', 'std', 'os', 'Deno', 'gc', 'print', 'bjson', 'WebAssembly', 'XMLHttpRequest'].filter(n => typeof globalThis[n] !== 'undefined').length > 0",
        ),
        gets_nothing(
            "function constructor",
            "results.got = [].constructor.constructor('return typeof process === \"undefined\" ? undefined : process')()",
        ),
        gets_nothing(
            "async function constructor",
            "results.got = await (async () => {}).constructor('return typeof require === \"undefined\" ? undefined : 1')()",
        ),
        gets_nothing(
            "generator constructor",
            "results.got = (function*() {}).constructor('return typeof ops')().next().value !== 'undefined'",
        ),
        gets_nothing(
            "constructor of an error",
            "try { await page.click('#none') } catch (e) { results.got = e.constructor.constructor('return typeof ops !== \"undefined\" || typeof process !== \"undefined\"')() }",
        ),
        gets_nothing(
            "constructor of a logger",
            "results.got = logger.info.constructor('return typeof ops !== \"undefined\"')()",
        ),
        gets_nothing(
            "callers",
            "'use strict'; try { results.got = !!(page.goto.caller || page.goto.arguments) } catch { results.got = false }",
        ),
        gets_nothing(
            "indirect eval",
            "results.got = (0, eval)('typeof ops !== \"undefined\" || typeof internal !== \"undefined\"')",
        ),
        fails(
            "import of the prelude",
            20,
            "Unable to resolve dependency: internal:ops",
            "import { ops } from 'internal:ops'; results.got = 1",
        ),
        fails(
            "dynamic import of the prelude",
            20,
            "Unable to resolve dependency: internal:main",
            "await import('internal:main')",
        ),
        fails(
            "import of a file",
            20,
            "Unable to resolve dependency: file:///etc/passwd",
            "await import('file:///etc/passwd')",
        ),
        fails(
            "calls of processes",
            20,
            "child_process.execSync: a job cannot start processes: do in JavaScript what the program does, or run it where the job's files are fetched",
            "(await import('child_process')).execSync('id')",
        ),
        fails("files by a module", 20, NO_FILE, "const fs = await import('fs'); fs.readFileSync('/etc/passwd')"),
        fails(
            "import of json",
            20,
            "Unable to resolve dependency: /etc/passwd",
            "await import('/etc/passwd', { with: { type: 'json' } })",
        ),
        gets_nothing(
            "stack frames",
            "Error.prepareStackTrace = (e, frames) => frames; const seen = []; Array.prototype.toString = function () { try { seen.push(...new Error().stack) } catch {} return '' }; const list = [1]; format('%s', list); await page.title(); const frames = new Error().stack; results.got = frames.concat(seen).some(f => f.getThis() || f.getFunction() || !f.getFileName().startsWith('file:///puppet-master/'))",
        ),
        gets_nothing(
            "getters on arguments",
            "let got = false; const spy = { get timeout() { try { got = !!arguments.callee.caller } catch {} return 1 }, get waitUntil() { try { null.x } catch (e) { got ||= /internal:/.test(e.stack) } return 'load' } }; try { await page.goto('about:blank', spy) } catch {} results.got = got",
        ),
        gets_nothing(
            "proxies in every argument",
            "const calls = ['goto', 'click', 'evaluate', 'type', '$', '$$', '$eval', 'waitFor', 'setCookie', 'setViewport', 'emulate', 'screenshot', 'pdf', 'setContent', 'exposeFunction', 'setExtraHTTPHeaders', 'addScriptTag', 'authenticate', 'select', 'on', 'setDefaultTimeout', 'waitForFunction']; let leaked = false; const trap = new Proxy(function () {}, { get: (t, k) => { leaked ||= k === 'rid' || k === 'ops'; return k === Symbol.toPrimitive ? () => 'x' : undefined }, ownKeys: () => { throw new Error('trap') }, getPrototypeOf: () => { throw new Error('trap') } }); for (const call of calls) { try { await Promise.race([page[call](trap, trap), sleep(100)]) } catch {} } results.got = leaked",
        ),
        gets_nothing(
            "methods on strangers",
            "const got = []; for (const C of [page, page.mainFrame(), page.browser(), page.keyboard].map(o => o.constructor)) for (const name of Object.getOwnPropertyNames(C.prototype)) { if (name === 'constructor') continue; for (const self of [{}, Object.create(page), new Proxy(page, {}), 1, null, new C()]) { try { const d = Object.getOwnPropertyDescriptor(C.prototype, name); if (typeof d.value !== 'function') continue; if (['waitFor', 'on', 'once', 'addListener', 'emit', 'waitForTarget'].includes(name)) continue; const r = d.value.call(self); if (r && r.then) r.then(() => {}, () => {}) } catch (e) { if (!(e instanceof Error)) got.push(name) } } } results.got = got.length > 0",
        ),
        gets_nothing(
            "errors of conversions",
            "const evil = { toString() { throw { constructor: { constructor: () => 'host' } } } }; try { await page.goto(evil); } catch (e) { results.got = e instanceof Error } results.got = false",
        ),
        fails("the browser's process", 20, REFUSED, "page.browser().process()"),
        fails("the browser's address", 20, REFUSED, "page.browser().wsEndpoint()"),
        gets_nothing(
            "files by an option",
            "await page.screenshot({ path: '/tmp/../../hostile.png' }).catch(() => {}); await page.screenshot({ path: '/tmp/hostile.png' }); results.got = !(await files.list()).every(file => /^(tmp\\/)?hostile.png$/.test(file.name))",
        ),
        fails("files by a script tag", 20, NO_FILE, "await page.addScriptTag({ path: '/etc/passwd' })"),
        gets_nothing(
            "files by an upload",
            "await page.setContent('<input type=file>'); await (await page.$('input')).uploadFile('/etc/passwd'); results.got = await page.$eval('input', ({ files: [file] }) => file.text()).catch(() => false)",
        ),
        fails("files by an address", 20, REFUSED, "await page.goto('file:///etc/passwd')"),
        fails("the browser's own pages", 20, REFUSED, "await page.goto('chrome://version')"),
        fails(
            "a frame's own way to files",
            20,
            REFUSED,
            "await page.setContent('<iframe></iframe>'); await page.frames()[1].goto(' FILE:///etc/passwd')",
        ),
        fails(
            "the protocol's way to files",
            20,
            REFUSED,
            "const c = await page.target().createCDPSession(); await c.send('Page.navigate', { url: 'file:///etc/passwd' })",
        ),
        fails(
            "the protocol's way to the browser",
            20,
            REFUSED,
            "const c = await page.target().createCDPSession(); await c.send('Browser.close')",
        ),
        fails(
            "a session that holds every request of the browser",
            20,
            OTHERS,
            "const c = await page.browser().target().createCDPSession(); await c.send('Fetch.enable')",
        ),
        fails(
            "a stream that was handed to nobody",
            20,
            OTHERS,
            "const c = await page.target().createCDPSession(); await c.send('IO.read', { handle: '1' })",
        ),
        fails(
            "a browser context of a session's own",
            20,
            REFUSED,
            "const c = await page.browser().target().createCDPSession(); await c.send('Target.createBrowserContext')",
        ),
        fails(
            "another recorder of traces",
            20,
            REFUSED,
            "const c = await page.target().createCDPSession(); await c.send('Tracing.start', { perfettoConfig: btoa('x') })",
        ),
        fails(
            "sessions without end",
            20,
            "Limit of 256 open CDP sessions exceeded",
            "for (;;) await page.target().createCDPSession()",
        ),
        fails(
            "browser contexts without end",
            30,
            "open browser contexts (JOB_PAGES) exceeded",
            "for (;;) await page.browser().createIncognitoBrowserContext()",
        ),
        gets_nothing(
            "a tree deeper than any stack",
            "await page.evaluate(() => { let at = document.body; for (let i = 0; i < 20000; i++) { const p = document.createElement('p'); p.append('x'); at.append(p); at = p } }).catch(() => {}); await Promise.race([page.accessibility.snapshot({ interestingOnly: false }).catch(() => {}), sleep(5000)])",
        ),
        gets_nothing(
            "cookies of the browser's first context",
            "const c = await page.target().createCDPSession(); const seen = (await c.send('Storage.getCookies')).cookies.length; await c.send('Storage.setCookies', { cookies: [{ name: 'left', value: '1', domain: 'a.example', path: '/', expires: 4000000000 }] }); results.got = seen > 0",
        ),
        fails(
            "cookies by a session of the browser",
            20,
            OTHERS,
            "const c = await page.browser().target().createCDPSession(); await c.send('Storage.getCookies')",
        ),
        fails(
            "a trace of the whole browser",
            20,
            OTHERS,
            "const c = await page.browser().target().createCDPSession(); await c.send('Tracing.start')",
        ),
        gets_nothing(
            "a request turned into a file",
            "await page.setRequestInterception(true); page.on('request', r => r.continue({ url: 'file:///etc/passwd' }).catch(() => {})); const text = await Promise.race([page.goto('{{site}}/page.html').then(r => r.text(), String), sleep(500)]); results.got = /root:/.test(text)",
        ),
        gets_nothing(
            "files in a page",
            "await page.goto('{{site}}/page.html'); results.got = await page.evaluate(() => fetch('file:///etc/passwd').then(r => r.text(), () => null))",
        ),
        gets_nothing(
            "files in a popup",
            "await page.goto('{{site}}/page.html'); await page.evaluate(() => { window.open('file:///etc/passwd') }); await sleep(200); results.got = (await page.browser().pages()).some(p => p.url().startsWith('file:'))",
        ),
        gets_nothing(
            "state of the job before",
            "results.got = globalThis.leftover; globalThis.leftover = 1; Object.prototype.leftover2 = 1",
        ),
        gets_nothing("state of the job before, again", "results.got = globalThis.leftover || ({}).leftover2"),
        gets_nothing(
            "a shared buffer's wait",
            "try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000) } catch {} results.got = false",
        ),
    ]);
}
