//! The language's own objects, changed to mislead the prelude, and values that misbehave when they are read.

use crate::arena::{TIME, fails, fight, gets_nothing};

/// Replaces every function and getter of the language by one that takes notes, then uses the API. What is left in the
/// list is looked up by the engine itself for a value of the script's own.
const EVERY_BUILT_IN: &str = include_str!("every_built_in.js");

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
