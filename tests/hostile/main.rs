//! Job code that means harm. Each script runs in a real slot; it must end in time with what its row says, another slot's
//! jobs must not notice, and afterwards the memory must be back.

mod arena;

use arena::{Script, fight};

/// Ends with an error that has this text.
const fn fails(name: &'static str, seconds: u64, error: &'static str, code: &'static str) -> Script {
    Script { name, seconds, error: Some(error), code }
}

/// Ends by itself, with nothing but `undefined`, `null`, `false` and refusals in `results.got`.
const fn gets_nothing(name: &'static str, code: &'static str) -> Script {
    Script { name, seconds: 20, error: None, code }
}

const TIME: &str = "Time limit of 1 s (JOB_TIMEOUT) exceeded";
const MEMORY: &str = "Memory limit of 128 MiB (JOB_MEMORY) exceeded";
/// What the engine does in one piece is not interrupted: the slot is killed, and the executor says [`TIME`].
const KILLED: &str = "did not end its job within";
const LINES: &str = "Limit of 10000 log lines (JOB_LOG_LINES) exceeded";
const BYTES: &str = "bytes of logs (JOB_LOG_BYTES) exceeded";
const RESULTS: &str = "bytes of results (JOB_RESULT_BYTES) exceeded";
const DEEP: &str = "RangeError: Maximum call stack size exceeded";
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
        fails("import of node", 20, "Unable to resolve dependency: fs", "await import('fs')"),
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
        fails("files by an option", 20, REFUSED, "await page.screenshot({ path: '/tmp/hostile.png' })"),
        fails("files by a script tag", 20, REFUSED, "await page.addScriptTag({ path: '/etc/passwd' })"),
        fails(
            "files by an upload",
            20,
            REFUSED,
            "await page.setContent('<input type=file>'); await (await page.$('input')).uploadFile('/etc/passwd')",
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

#[test]
fn prototypes_against_the_prelude() {
    fight(&[
        gets_nothing(
            "arrays",
            "const { push } = Array.prototype; let n = 0; for (const k of ['push', 'map', 'join', 'slice', 'concat', 'forEach', 'includes', 'indexOf']) Array.prototype[k] = () => { n++; return [] }; logger.info('%o', [1, [2]], new Map([[1, { a: 1 }]])); console.table([{ a: 1 }]); await page.title(); results.got = n > 0",
        ),
        gets_nothing(
            "iterators",
            "let n = 0; const make = Object.getPrototypeOf([][Symbol.iterator]()); make.next = () => { n++; return { done: true } }; Array.prototype[Symbol.iterator] = function () { n++; return { next: () => ({ done: true }) } }; await page.evaluate((a, b) => a + b, 1, 2); logger.info('x', 1); await page.$$('a'); results.got = n > 0",
        ),
        gets_nothing(
            "promises",
            "let n = 0; const then = Promise.prototype.then; Promise.prototype.then = function (...a) { if (a.length === 2 && typeof a[0] === 'function' && String(a[0]).length === 0) n++; return then.apply(this, a) }; Promise.resolve = Promise.all = Promise.race = () => { n++ }; await page.title(); await page.evaluate(() => 1); results.got = n > 0",
        ),
        gets_nothing(
            "calls",
            "let n = 0; Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { n++ }; logger.info('%s %j', 1, { a: 1 }); await page.title(); sanitize(' a '); results.got = n > 0",
        ),
        gets_nothing(
            "reflection",
            "let n = 0; for (const k of Object.getOwnPropertyNames(Object)) try { if (typeof Object[k] === 'function' && k !== 'getOwnPropertyNames') Object[k] = () => { n++ } } catch {} for (const k of ['apply', 'get', 'ownKeys', 'construct']) Reflect[k] = () => { n++ }; logger.info('%o', { a: [1] }); await page.setCookie({ name: 'a', value: 'b', url: 'http://a.example' }).catch(() => {}); results.got = n > 0",
        ),
        gets_nothing(
            "promises that throw",
            "Promise.prototype.then = Promise.prototype.catch = Promise.prototype.finally = () => { throw new Error('hijacked') }; await page.goto('{{site}}/page.html'); const h = await page.$('p'); await page.waitForSelector('p'); await page.waitFor(1); await page.waitForFunction(() => true); const c = await page.target().createCDPSession(); await c.send('Runtime.enable'); await page.screenshot(); await page.cookies(); results.got = (await h.evaluate(n => n.textContent)) !== 'text' || (await page.title()) !== 'fine' || (await page.browser().pages()).length !== 1",
        ),
        gets_nothing(
            "stacks that are not there",
            "const p = Error.prototype; delete p.stack; Object.defineProperty(p, 'stack', { get() { throw new Error('hijacked') } }); Object.defineProperty(Error, Symbol.hasInstance, { value() { throw new Error('hijacked') } }); try { await page.click('#none'); results.got = 'nothing thrown' } catch (e) { results.got = e.message !== 'No node found for selector: #none' }",
        ),
        gets_nothing("every built-in", EVERY_BUILT_IN),
        gets_nothing(
            "setters on arrays",
            "let n = 0; const spy = { __proto__: null, get() { n++ }, set() { n++ }, configurable: true }; const all = ['0', '1', '2', '3', 'listener', 'head', 'keyed']; for (const p of [Array.prototype, Object.prototype]) for (const k of all) Object.defineProperty(p, k, spy); await page.goto('{{site}}/page.html'); await page.waitForRequest('x', { timeout: 1 }).catch(() => {}); page.once('load', () => {}); await page.evaluate((a, b) => a + b, 1, 2); await page.select('select', 'a').catch(() => {}); logger.info([1, [2]], new Map([[1, 2]])); console.table([[1, 2]]); results.got = n > 0",
        ),
        gets_nothing(
            "object setters",
            "let n = 0; for (const k of ['url', 'timeout', 'path', 'type', 'rid', 'then', 'set', 'get']) Object.defineProperty(Object.prototype, k, { get() { if (new Error().stack.includes('internal:')) n++; return undefined }, set(v) { n++ }, configurable: true }); try { await page.title(); logger.info({ a: 1 }) } catch {} results.got = n > 0",
        ),
        gets_nothing(
            "regular expressions and strings",
            "let n = 0; RegExp.prototype.exec = () => { n++; return null }; RegExp.prototype[Symbol.replace] = () => { n++; return '' }; for (const k of ['replace', 'split', 'slice', 'startsWith', 'trim', 'indexOf']) String.prototype[k] = () => { n++; return '' }; logger.info('%s', 'a\\nb'); sanitize(' a '); await page.title(); try { null.x } catch (e) { e.stack } results.got = n > 0",
        ),
        gets_nothing(
            "weak maps",
            "let n = 0; for (const C of [WeakMap, Map, Set, WeakRef]) for (const k of ['get', 'set', 'has', 'delete', 'add', 'deref']) if (C.prototype[k]) C.prototype[k] = (...a) => { n++ }; await page.title(); const f = page.mainFrame(); await f.title(); results.got = n > 0 || f !== page.mainFrame()",
        ),
        gets_nothing(
            "json",
            "let n = 0; JSON.stringify = JSON.parse = () => { n++; return '{}' }; await page.evaluate(x => x, { a: 1 }); logger.dir({ a: 1 }); results.got = n > 0",
        ),
        gets_nothing(
            "typed arrays and URLs",
            "let n = 0; const T = Object.getPrototypeOf(Uint8Array.prototype); for (const k of ['set', 'subarray', 'slice', 'fill']) T[k] = () => { n++ }; Buffer.from('abc').toString('hex'); new URL('http://a.example/?b=1').searchParams.get('b'); new TextEncoder().encode('x'); structuredClone({ a: new Map([[1, 2]]) }); results.got = n > 0",
        ),
        fails(
            "the log replaced",
            20,
            // As in the predecessor, whose last lines went through the script's own logger, too.
            "no log",
            "logger.info = logger.error = () => { throw new Error('no log') }; throw new Error('bad')",
        ),
        fails("errors that throw", 20, "Error", "throw { toString() { throw new Error('again') } }"),
        fails(
            "a proxy thrown",
            20,
            "Error",
            "throw new Proxy({}, { get() { throw 1 }, has() { throw 1 }, getPrototypeOf() { throw 1 } })",
        ),
        fails(
            "frozen results",
            20,
            "Cannot add property",
            "Object.freeze(results); 'use strict'; (() => { 'use strict'; results.a = 1 })(); throw new Error('read')",
        ),
        fails("results that throw", 20, "Results cannot be stored", "results.toJSON = () => { throw new Error('no') }"),
        fails("results that go in circles", 20, "Converting circular structure to JSON", "results.a = results"),
        fails("results that are no object", 20, "Results cannot be stored", "globalThis.results = 5"),
        fails(
            "a getter for results",
            1,
            TIME,
            "Object.defineProperty(results, 'a', { enumerable: true, get() { for (;;); } })",
        ),
    ]);
}

/// Replaces every function and getter of the language by one that takes notes, then uses the API. What is left in the
/// list is looked up by the engine itself for a value of the script's own.
const EVERY_BUILT_IN: &str = include_str!("every_built_in.js");

#[test]
fn exhaustion_of_the_sandbox() {
    fight(&[
        fails("spinning", 1, TIME, "while (true) {}"),
        fails("waiting for ever", 1, TIME, "await new Promise(() => {})"),
        fails("microtasks", 1, TIME, "const f = () => Promise.resolve().then(f); f(); await new Promise(() => {})"),
        fails("timers", 1, TIME, "for (;;) setTimeout(() => {}, 1e6)"),
        fails("intervals", 1, TIME, "for (let i = 0; i < 1000; i++) setInterval(() => {}, 0); await sleep(1e6)"),
        fails("catching everything", 1, TIME, "for (;;) { try { for (;;); } catch {} finally { continue } }"),
        fails("a regular expression", 1, TIME, "/(a+)+$/.test('a'.repeat(50) + 'b')"),
        fails(
            "sorting without end",
            1,
            TIME,
            "for (;;) Array.from({ length: 1e5 }, (_, i) => i).sort(() => Math.random() - 0.5)",
        ),
        fails("big numbers", 5, "BigInt is too large", "let n = 3n; for (;;) n = n ** 3n"),
        fails("an async generator", 1, TIME, "async function* g() { for (;;) yield 1 } for await (const x of g());"),
        fails(
            "promise storm",
            5,
            "limit of",
            "const all = []; for (;;) all.push(new Promise(() => {}).finally(() => {}))",
        ),
        fails("arrays", 10, MEMORY, "const a = []; for (;;) a.push(new Array(1000).fill('x'))"),
        fails("one huge array buffer", 10, MEMORY, "new ArrayBuffer(2e9)"),
        fails("maps", 10, MEMORY, "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })"),
        fails(
            "closures",
            10,
            MEMORY,
            "let f = () => 0; for (;;) { const g = f; f = () => g() + new Array(10).length }",
        ),
        fails("typed arrays", 10, MEMORY, "const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))"),
        fails("a gigantic string", 10, "Invalid string length", "let s = 'x'; for (;;) s += s"),
        fails("padding", 10, MEMORY, "'x'.padEnd(1e9)"),
        fails("buffers", 10, MEMORY, "Buffer.alloc(1e9)"),
        fails("base64", 3, "imit of", "let s = 'x'.repeat(2e6); for (;;) s = btoa(s)"),
        fails("a loop of the engine's own", 1, KILLED, "Array.prototype.reverse.call({ length: 2 ** 53 - 1 })"),
        fails("a loop that lets itself be stopped", 1, TIME, "[].includes.call({ length: 2 ** 53 - 1 }, 1)"),
        fails(
            "limits of stack traces",
            10,
            "fine",
            "for (let i = 0; i < 100; i++) Error.stackTraceLimit = new Array(1e6).fill(i); throw new Error('fine')",
        ),
        fails("templates in templates", 10, "Error", "eval('`${'.repeat(2e5))"),
        fails("recursion", 10, DEEP, "(function f() { f() })()"),
        fails("recursion through JSON", 10, DEEP, "JSON.parse('['.repeat(1e6))"),
        fails("recursion through getters", 10, DEEP, "const o = { get a() { return this.a } }; o.a"),
        fails(
            "recursion through proxies",
            10,
            DEEP,
            "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x",
        ),
        fails("recursion through toString", 10, DEEP, "const a = { toString() { return `${this}` } }; `${a}`"),
        fails("deep source", 10, "", "eval('('.repeat(1e5) + ')'.repeat(1e5)); throw new Error('')"),
        fails("deep expressions", 10, "", "eval('a' + '.b'.repeat(1e6)); throw new Error('')"),
        fails("ten megabytes of logs", 10, BYTES, "for (let i = 0; i < 100; i++) logger.info('x'.repeat(1e5))"),
        fails("one line of ten megabytes", 10, BYTES, "logger.info('x'.repeat(1e7))"),
        fails("control characters in logs", 10, BYTES, "for (;;) logger.info('\\u0001'.repeat(1e4))"),
        fails("many lines", 10, LINES, "for (;;) logger.debug('')"),
        fails("lines by refusals", 60, "Limit of", "for (;;) await page.goto('file:///x').catch(() => {})"),
        fails(
            "formatting a monster",
            3,
            "imit of",
            "const a = []; for (let i = 0; i < 100; i++) a.push(Array.from({ length: 100 }, (_, j) => ({ i, j, a }))); for (;;) logger.info(format('%o', a))",
        ),
        fails("huge results", 10, RESULTS, "results.a = 'x'.repeat(5e6)"),
        fails("huge results of control characters", 10, RESULTS, "results.a = '\\u0001'.repeat(1e6)"),
        fails("a huge error", 10, "xxx", "throw 'x'.repeat(1e6)"),
        fails("a huge error of ten megabytes", 10, BYTES, "throw new Error('x'.repeat(1e7))"),
        fails(
            "a class made of errors",
            10,
            "imit of",
            "class E extends Error { constructor() { super('x'.repeat(1e5)); this.all = [this] } } for (;;) logger.error(new E())",
        ),
    ]);
}

#[test]
fn exhaustion_through_the_page() {
    fight(&[
        fails(
            "a flood of evaluations",
            2,
            "Time limit of 2 s",
            "const all = []; for (;;) { all.push(page.evaluate(() => 1)); if (all.length % 1000 === 0) await all[0] }",
        ),
        fails("a flood of pages", 3, "Time limit of 3 s", "for (;;) await page.browser().newPage()"),
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
            "await page.evaluate(() => { console.log('x'.repeat(1e8)) }); await sleep(1e6)",
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
