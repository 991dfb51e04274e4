//! Time, memory, stack, logs and results without end, by the script engine alone.

use crate::arena::{TIME, fails, fight};

const MEMORY: &str = "Memory limit of 128 MiB (JOB_MEMORY) exceeded";
const LINES: &str = "Limit of 10000 log lines (JOB_LOG_LINES) exceeded";
const BYTES: &str = "bytes of logs (JOB_LOG_BYTES) exceeded";
const RESULTS: &str = "bytes of results (JOB_RESULT_BYTES) exceeded";
const DEEP: &str = "RangeError: Maximum call stack size exceeded";

#[test]
fn exhaustion_of_the_sandbox() {
    fight(&[
        fails("spinning", 1, TIME, "while (true) {}"),
        fails("waiting for ever", 1, TIME, "await new Promise(() => {})"),
        fails("microtasks", 1, TIME, "const f = () => { Promise.resolve().then(f) }; f(); await new Promise(() => {})"),
        // Each promise waits for the next one, so that all of them stay.
        fails(
            "a chain of microtasks",
            30,
            MEMORY,
            "const f = () => Promise.resolve().then(f); f(); await new Promise(() => {})",
        ),
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
        fails("big numbers", 5, "Maximum BigInt size exceeded", "let n = 3n; for (;;) n = n ** 3n"),
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
        fails("a loop of the engine's own", 1, TIME, "Array.prototype.reverse.call({ length: 2 ** 53 - 1 })"),
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
        // The guard tells the first hundred refusals of a job only.
        fails("lines by refusals", 3, "Time limit of 3 s", "for (;;) await page.goto('file:///x').catch(() => {})"),
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
