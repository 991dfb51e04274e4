//! `AsyncLocalStorage` follows what waits, as in Node: what is expected is what Node 20 says.

mod job;

use job::run;
use serde_json::json;

#[test]
fn a_store_follows_promises_timers_and_microtasks_of_its_run() {
    let ran = run("const { AsyncLocalStorage } = require('async_hooks');
         const storage = new AsyncLocalStorage(), other = new AsyncLocalStorage();
         const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
         const seen = [];
         const note = (place) => { seen.push(`${place} ${storage.getStore()} ${other.getStore()}`); };
         const inner = async (name, ms) => {
           await pause(ms);
           note(`${name} inner`);
           return name;
         };
         const visit = (name, ms) => storage.run(name, async () => {
           note(`${name} begins`);
           await inner(name, ms);
           note(`${name} awaited`);
           await Promise.all([inner(name, 1), other.run(name + '!', () => inner(name, 2))]);
           for await (const n of (async function* () { yield await inner(name, 1); })()) note(`${name} of`);
           queueMicrotask(() => note(`${name} microtask`));
           process.nextTick(() => note(`${name} tick`));
           await new Promise((resolve) => setImmediate(() => { note(`${name} immediate`); resolve(); }));
           await { then(resolve) { note(`${name} thenable`); resolve(); } };
           try { await Promise.reject(new Error('x')); } catch { note(`${name} caught`); }
         });
         (async () => {
           const visits = [visit('a', 30), visit('b', 15), visit('c', 1)];
           note('outside');
           await Promise.all(visits);
           note('after');
           results.seen = seen.sort();
         })();");
    let mut expected = vec!["after undefined undefined".to_owned(), "outside undefined undefined".to_owned()];
    for name in ["a", "b", "c"] {
        for place in [
            "begins",
            "inner",
            "awaited",
            "inner",
            "inner",
            "of",
            "microtask",
            "tick",
            "immediate",
            "thenable",
            "caught",
        ] {
            expected.push(format!("{name} {place} {name} undefined"));
        }
        expected.push(format!("{name} inner {name} {name}!"));
    }
    expected.sort();
    assert_eq!(ran.result("seen"), &json!(expected), "{:?}", ran.report.error);
}

#[test]
fn a_store_is_entered_left_bound_and_disabled() {
    let ran = run("const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
         const storage = new AsyncLocalStorage();
         const seen = [];
         const note = () => { seen.push(storage.getStore()); };
         const bound = storage.run('bound', () => AsyncLocalStorage.bind(note));
         const snapshot = storage.run('snapshot', () => AsyncLocalStorage.snapshot());
         const resource = storage.run('resource', () => new AsyncResource('R'));
         let resolve;
         const promise = new Promise((done) => { resolve = done; });
         const waits = storage.run('waits', () => promise.then(note));
         bound(); snapshot(note); resource.runInAsyncScope(note); resource.bind(note)();
         storage.run('outer', () => {
           storage.run('inner', note);
           note();
           storage.exit(note);
           try { storage.run('throws', () => { throw new Error(); }); } catch { note(); }
         });
         setTimeout(() => {
           note();
           storage.enterWith('entered');
           note();
           setTimeout(() => { note(); storage.disable(); note(); results.seen = seen.map(String); }, 5);
         });
         storage.run('resolves', resolve);");
    let expected = json!([
        "bound",
        "snapshot",
        "resource",
        "resource",
        "inner",
        "outer",
        "undefined",
        "outer",
        "waits",
        "undefined",
        "entered",
        "entered",
        "undefined"
    ]);
    assert_eq!(ran.result("seen"), &expected, "{:?}", ran.report.error);
}
