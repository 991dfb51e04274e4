//! User code reaches nothing but its globals, and cannot break the prelude.

mod job;

use job::{run, run_with_modules};
use job_model::Level;

#[test]
fn internal_modules_cannot_be_imported() {
    for code in [
        r#"await import("internal:core/ops")"#,
        r#"await (0, eval)('import("internal:core/main")')"#,
        r#"await new Function('return import("internal:core/main")')()"#,
        r#"await logger.info.constructor('return import("internal:core/main")')()"#,
        r#"await import("file:///puppet-master/code")"#,
    ] {
        assert!(run(code).error().starts_with("Unable to resolve dependency: "), "{code}");
    }
    assert_eq!(run(r#"import "internal:core/ops""#).error(), "Unable to resolve dependency: internal:core/ops");
}

#[test]
fn modules_of_the_job_cannot_reach_them_either() {
    let ran = run_with_modules(r#"import "m""#, &[("m", r#"import "internal:core/ops""#)]);
    assert_eq!(ran.error(), "Unable to resolve dependency: internal:core/ops");
}

#[test]
fn a_module_named_like_an_internal_one_is_the_jobs_own() {
    let ran = run_with_modules(
        r#"import {a} from "internal:core/ops"; results.a = a"#,
        &[("internal:core/ops", "export const a = 1")],
    );
    assert_eq!(ran.result("a"), 1);
}

#[test]
fn the_host_and_the_engines_extras_are_absent() {
    let names = "require process fetch fs std os scriptArgs print gc bjson global module exports Deno";
    let ran = run(&format!("results.found = '{names}'.split(' ').filter((name) => name in globalThis)"));
    assert_eq!(ran.result("found"), &serde_json::json!([]));
}

#[test]
fn overridden_built_ins_do_not_break_the_prelude() {
    let ran = run(r#"
        const hijacked = () => { throw new Error("hijacked") };
        Array.prototype.push = Promise.prototype.then = Map.prototype.get = Function.prototype.call =
            Function.prototype.apply = Reflect.apply = JSON.stringify = Array.prototype[Symbol.iterator] =
            String.prototype.split = RegExp.prototype.exec = WeakMap.prototype.get = hijacked;
        Promise.prototype.constructor = { [Symbol.species]: hijacked };
        await sleep(1);
        console.log("%s %j", sanitize(" a\nb "), 1, { a: [1, { b: 2 }] });
        results.a = 1;
    "#);
    assert_eq!((ran.printed(), ran.result("a")), (r"a \nb 1 { a: [ 1, { b: 2 } ] }", &1.into()));
}

#[test]
fn call_sites_hold_no_functions() {
    let ran = run("Error.prepareStackTrace = (e, sites) => sites.map((s) => [s.getFunction(), s.getThis()]); \
                   results.sites = new Error().stack.flat().filter((x) => x !== undefined)");
    assert_eq!(ran.result("sites"), &serde_json::json!([]));
}

#[test]
fn stacks_show_no_line_of_the_prelude() {
    let ran = run("try { sanitize(5) } catch (e) { results.stack = e.stack }");
    let stack = ran.result("stack").as_str().unwrap();
    assert!(stack.contains("file:///puppet-master/code:1:") && !stack.contains("internal:"), "{stack}");
}

#[test]
fn setters_on_prototypes_do_not_see_values_that_enter() {
    let ran = run(
        "const seen = []; Object.defineProperty(Object.prototype, 'href', {set(v) { seen.push(v) }, configurable: true}); \
                   results.got = new URL('http://a/').href; results.seen = seen.length",
    );
    assert_eq!((ran.result("got"), ran.result("seen")), (&"http://a/".into(), &0.into()));
}

#[test]
fn hostile_proxies_as_arguments_are_only_errors() {
    let ran = run(r#"
        const bad = new Proxy({}, new Proxy({}, { get() { throw new Error("trap") } }));
        const calls = [() => sanitize(bad), () => format("%s", bad), () => Buffer.from(bad), () => new URL(bad),
            () => structuredClone(bad), () => setTimeout(bad), () => logger.dir(bad), () => new URLSearchParams(bad)];
        results.n = 0;
        for (const call of calls) { try { call() } catch { results.n++ } }
    "#);
    assert!(ran.result("n").as_i64().unwrap() >= 6);
}

#[test]
fn globals_that_are_read_late_are_where_they_ever_were() {
    let ran = run(r#"
        const all = Object.getOwnPropertyNames(globalThis);
        results.order = all.slice(all.indexOf("clearImmediate") + 1, all.indexOf("files"));
        results.types = results.order.map((name) => typeof globalThis[name]);
        results.values = results.order.map((name) => Object.getOwnPropertyDescriptor(globalThis, name))
            .every(({ value, writable, enumerable }) => value !== undefined && writable && !enumerable);
    "#);
    let names = "URL URLSearchParams TextEncoder TextDecoder structuredClone Buffer puppeteer";
    assert_eq!(ran.result("order"), &names.split(' ').collect::<serde_json::Value>());
    let types = "function function function function function function object";
    assert_eq!(ran.result("types"), &types.split(' ').collect::<serde_json::Value>());
    assert_eq!(ran.result("values"), true);
}

#[test]
fn code_that_names_a_global_has_its_value_from_the_beginning() {
    let ran = run(r#"
        Array.prototype[Symbol.iterator] = () => { throw new Error("hijacked") };
        const { value, writable, enumerable } = Object.getOwnPropertyDescriptor(globalThis, "URL");
        results.found = `${value === URL} ${writable} ${enumerable} ${new URL("http://a/b").pathname}`;
        results.near = "";
        try { puppeteer.KnownDevice() } catch (error) { results.near = error.message }
    "#);
    assert_eq!(ran.result("found"), "true true false /b");
    let near = "puppeteer.KnownDevice is not a function: did you mean puppeteer.KnownDevices?";
    assert_eq!(ran.result("near"), near);
}

/// The first job of a process reads the prelude's texts, all others what the engine made of them.
#[test]
fn functions_of_the_prelude_are_the_same_in_every_job() {
    let told = || {
        let ran = run(r#"
            const all = [sleep, Buffer.prototype.readUInt8, URL, Object.getOwnPropertyDescriptor(URL.prototype, "href").set];
            results.told = all.map((it) => [it.name, it.length, String(it), it.fileName, it.lineNumber, it.columnNumber]);
            results.typed = [sanitize(" a "), format("%s", 1), Buffer.from("a").toString("hex")];
            try { new URL("") } catch (error) { results.stack = error.stack }
        "#);
        ["told", "typed", "stack"].map(|name| ran.result(name).clone())
    };
    let first = told();
    assert!(first[0][0][2].as_str().unwrap().starts_with("function sleep(ms) {"), "{first:?}");
    assert_eq!((told(), told()), (first.clone(), first));
}

#[test]
fn jobs_share_nothing() {
    run("globalThis.leak = 1; Array.prototype.leak = 2; Symbol.for('x').description;");
    let ran = run("results.leak = [typeof leak, typeof [].leak]");
    assert_eq!(ran.result("leak"), &serde_json::json!(["undefined", "undefined"]));
}

#[test]
fn deleting_every_global_ends_well() {
    let ran = run(
        "results.a = 1; for (const k of Object.getOwnPropertyNames(globalThis)) if (k !== 'results') { try { delete globalThis[k] } catch {} }",
    );
    assert_eq!(ran.result("a"), 1);
    assert_eq!(ran.messages(Level::Error), Vec::<&str>::new());
}

#[test]
fn setters_on_arrays_do_not_see_the_preludes_lists() {
    let ran = run(r#"
        let seen = 0;
        const spy = { __proto__: null, get() { seen++; return 1 }, set() { seen++ }, configurable: true };
        for (const prototype of [Array.prototype, Object.prototype])
            for (const key of [0, 1, 2, 3, "head", "keyed", "listener"]) Object.defineProperty(prototype, key, spy);
        logger.info("%s %o %O", "a", [1, [2]], new Map([[1, { a: 1 }]]), new Set([1]), new Error("e"));
        logger.table([[1, 2], [3, 4]]); logger.table(new Map([[1, 2]])); logger.dir(1); logger.assert(false, 1);
        logger.time(); logger.timeLog("default", 1);
        const search = new URLSearchParams("a=1&b=2&a=3"); search.append("c", "4"); search.delete("a"); search.sort();
        results.text = search.toString();
        structuredClone([1, 2, { listener: 3 }]);
        results.seen = seen;
    "#);
    assert_eq!((ran.result("text"), ran.result("seen")), (&"b=2&c=4".into(), &0.into()));
}

#[test]
fn a_stack_trace_limit_of_any_kind_ends_with_its_job() {
    for limit in ["{ valueOf() { throw 1 } }", "[1]", "'x'", "undefined", "-1", "1e9", "Infinity"] {
        let ran = run(&format!(
            "Error.stackTraceLimit = {limit}; Error.stackTraceLimit = {limit}; let e; try {{ null.x }} catch (x) {{ e = x }} \
             results.a = typeof e.stack"
        ));
        assert_eq!(ran.result("a"), "string", "{limit}");
    }
    let ran =
        run("results.a = Error.stackTraceLimit; Error.stackTraceLimit = 'all'; results.b = Error.stackTraceLimit");
    assert_eq!((ran.result("a"), ran.result("b")), (&10.into(), &"all".into()));
}

#[test]
fn templates_nested_without_end_are_only_an_error() {
    let ran = run(&"`${".repeat(200_000));
    assert!(!ran.error().is_empty());
    let fine = format!("results.a = {}1{}", "`${".repeat(60), "}`".repeat(60));
    assert_eq!(run(&fine).result("a"), "1");
}

#[test]
fn imports_that_are_none_are_only_an_error() {
    for code in [
        r#"import {) import a from "b"} from "c""#,
        r#"import "é"#,
        r#"import 'é\nimport '"#,
        "import 'a' with {) import 'b'} x",
        "import {",
        "import *",
        "import a, b, c from 'd'",
    ] {
        assert!(!run(code).error().is_empty(), "{code}");
    }
}
