//! How code is wrapped, linked, timed and ended.

mod job;

use job::{run, run_with_modules};
use job_model::Level;
use serde_json::json;

#[test]
fn code_is_the_body_of_an_async_function() {
    assert_eq!(run("results.a = await Promise.resolve(5); return; results.a = 6").result("a"), 5);
}

#[test]
fn text_that_looks_like_an_import_stays_where_it_is() {
    let code = "const s = `\nimport a from 'b';\n`; const r = /import x from \"y\"/; // import c from 'd'\n\
                results.s = s; results.r = r.source; results.t = `${`import e from 'f'`}`";
    let ran = run(code);
    assert_eq!(ran.result("s"), "\nimport a from 'b';\n");
    assert_eq!((ran.result("r"), ran.result("t")), (&"import x from \"y\"".into(), &"import e from 'f'".into()));
}

#[test]
fn every_form_of_import_is_hoisted() {
    let code = "results.b = b;\nimport d, {\n  a, // one\n  b as c, b\n} from 'm'\n[1].forEach((x) => results.x = x)\n\
                import * as ns from \"m\"; import 'side';\nresults.all = [d, a, c, ns.a, globalThis.side]";
    let modules = [("m", "export default 0; export const a = 1, b = 2"), ("side", "globalThis.side = 3")];
    let ran = run_with_modules(code, &modules);
    assert_eq!((ran.result("all"), ran.result("x"), ran.result("b")), (&json!([0, 1, 2, 1, 3]), &1.into(), &2.into()));
}

#[test]
fn lines_and_columns_are_the_authors() {
    let ran = run_with_modules(
        "import {f} from 'm';\n\nfunction g() {\n  f();\n}\ng();",
        &[("m", "\nexport function f() { throw new Error('deep') }")],
    );
    assert_eq!(ran.error(), "deep");
    let ran = run_with_modules(
        "import {f} from 'm';\n\nfunction g() {\n  f();\n}\ntry { g(); } catch (e) { logger.info(e.stack) }",
        &[("m", "\nexport function f() { throw new Error('deep') }")],
    );
    let lines: Vec<&str> = ran.printed().lines().collect();
    assert!(lines[1].starts_with("    at f (file:///puppet-master/module/m:2:"), "{lines:?}");
    assert_eq!(lines[2], "    at g (file:///puppet-master/code:4:3)");
    assert!(lines[3].starts_with("    at file:///puppet-master/code:6:"), "{lines:?}");
}

#[test]
fn linking_is_logged_level_by_level() {
    let modules = [("a", "import 'c'"), ("b", ""), ("c", "import 'b'")];
    let ran = run_with_modules("import 'a'; import 'b'", &modules);
    let lines: Vec<&str> = ran.messages(Level::Debug).iter().map(|line| line.split(' ').nth(2).unwrap()).collect();
    assert_eq!((ran.error(), lines), ("", vec!["a", "b", "c", "b"]));
}

#[test]
fn modules_may_import_each_other() {
    let modules = [
        ("a", "import {b} from 'b'; export const a = () => b() + 1"),
        ("b", "import {a} from 'a'; export const b = () => typeof a"),
    ];
    assert_eq!(run_with_modules("import {a} from 'a'; results.a = a()", &modules).result("a"), "function1");
}

#[test]
fn dynamic_imports_share_the_instance() {
    let code = "import {inc} from 'm'; inc(); results.n = (await import('m')).inc()";
    assert_eq!(run_with_modules(code, &[("m", "let n = 0; export const inc = () => ++n")]).result("n"), 2);
}

#[test]
fn what_never_starts_has_no_times() {
    for code in ["const = 5", "import {x} from 'nope'", "import x from 'empty'", "import 'throws'"] {
        let ran = run_with_modules(code, &[("empty", ""), ("throws", "throw new Error('module')")]);
        assert!(!ran.error().is_empty(), "{code}");
        assert_eq!((ran.report.started_at, ran.report.finished_at), (None, None), "{code}");
        assert_eq!(ran.messages(Level::Error), [ran.error()], "{code}");
    }
}

#[test]
fn thrown_nothing_still_fails_the_job() {
    for (code, error) in [("throw null", "null"), ("throw undefined", "undefined"), ("throw ''", "Error")] {
        assert_eq!(run(code).error(), error, "{code}");
    }
}

/// As in the predecessor: `return` ends the code, and what it answers is awaited after that.
#[test]
fn a_returned_promise_is_awaited_after_the_codes_end() {
    let ran = run("return sleep(5).then(() => { results.late = 1; logger.info('late') })");
    assert_eq!(ran.result("late"), 1);
    assert!(ran.logs[2].message.starts_with("Code took ") && ran.logs[3].message == "late", "{:?}", ran.logs);
    let ran = run("return Promise.reject(new Error('returned'))");
    assert_eq!((ran.error(), ran.messages(Level::Error)), ("returned", vec!["returned"]));
}

#[test]
fn the_last_lines_go_through_a_logger_of_the_scripts_own() {
    let ran = run("const {info} = logger; logger.info = (...args) => info('mine:', ...args)");
    assert!(ran.logs.last().unwrap().message.starts_with("mine: Code took "), "{:?}", ran.logs);
    let ran = run("logger.error = () => {}; throw new Error('quiet')");
    assert_eq!((ran.error(), ran.messages(Level::Error)), ("quiet", vec!["quiet"]));
    assert_eq!(run("var logger").error(), "TypeError: Cannot read property 'info' of undefined");
}

#[test]
fn a_modules_name_that_is_no_text_is_one_that_cannot_be_found() {
    let expected = "Unable to resolve dependency: the module's name has half of a surrogate pair";
    let caught = run(r"results.seen = await import('\ud83d').catch(error => error.message)");
    assert_eq!(caught.result("seen"), expected);
    assert_eq!(run(r"await import('a\udc00')").error(), format!("TypeError: {expected}"));
}

#[test]
fn a_missing_module_keeps_no_other_from_its_line() {
    let modules = [("a", "import 'b'; import 'lost'"), ("b", "")];
    let ran = run_with_modules("import 'nope'; import 'a'", &modules);
    let lines: Vec<&str> = ran.messages(Level::Debug).iter().map(|line| line.split(' ').nth(2).unwrap()).collect();
    assert_eq!((ran.error(), lines), ("Unable to resolve dependency: nope", vec!["nope", "a", "b", "lost"]));
}

#[test]
fn only_what_the_predecessor_had_shows_up_among_the_globals() {
    let ran = run("results.globals = Object.keys(globalThis).sort(); results.logger = Object.keys(logger)");
    let globals = "console format getElementText logger page results sanitize scroll scrollByPx sleep vars";
    assert_eq!(ran.result("globals"), &json!(globals.split(' ').collect::<Vec<_>>()));
    assert_eq!(ran.result("logger"), &json!(["log", "info", "debug", "warn", "warning", "error", "dir"]));
}

#[test]
fn results_that_cannot_be_stored_say_why() {
    for (code, why) in [
        (
            "results.self = results",
            "TypeError: Converting circular structure to JSON\n    --> starting at object with constructor 'Object'\n    \
             --- property 'self' closes the circle",
        ),
        ("results.n = 1n", "TypeError: Do not know how to serialize a BigInt"),
        ("results = 5", "TypeError: results is not an object"),
    ] {
        assert_eq!(run(code).error(), format!("Results cannot be stored: {why}"), "{code}");
    }
}

#[test]
fn rejections_that_nobody_handles_are_logged() {
    let ran = run("Promise.reject(new Error('lost')); setTimeout(() => { throw 'thrown' }, 1); \
                   const p = Promise.reject(1); p.catch(() => {}); await sleep(20); results.a = 1");
    let lines = ran.messages(Level::Warn);
    assert!(
        lines[0].starts_with("Unhandled rejection: Error: lost\n    at file:///puppet-master/code:1:"),
        "{lines:?}"
    );
    assert_eq!((&lines[1..], ran.result("a")), (&["Unhandled rejection: thrown"][..], &1.into()));
}

#[test]
fn microtasks_run_before_the_next_timer() {
    let ran =
        run("const o = results.o = []; setTimeout(() => { o.push(1); Promise.resolve().then(() => o.push(2)) }, 5); \
                   setTimeout(() => o.push(3), 5); setImmediate(() => o.push(0)); await sleep(20)");
    assert_eq!(ran.result("o"), &json!([0, 1, 2, 3]));
}

#[test]
fn work_after_the_end_is_lost() {
    let ran = run("sleep(5).then(() => { results.late = 1 }); results.a = 1");
    assert_eq!(ran.report.results, json!({"a": 1}).as_object().unwrap().clone());
}

#[test]
fn engine_errors_read_as_in_v8() {
    for (code, error) in [
        ("let o; o.b", "TypeError: Cannot read property 'b' of undefined"),
        ("null.x = 1", "TypeError: Cannot set property 'x' of null"),
        ("const a = 1; a = 2", "TypeError: Assignment to constant variable."),
        ("nope", "ReferenceError: nope is not defined"),
        ("new Array(-1)", "RangeError: Invalid array length"),
        ("JSON.parse('<html>')", "SyntaxError: Unexpected token < in JSON at position 0"),
        ("JSON.parse('')", "SyntaxError: Unexpected end of JSON input"),
        ("throw new TypeError('not a Date object')", "TypeError: not a Date object"),
        ("decodeURIComponent('%')", "URIError: URI malformed"),
        ("if (true) {", "SyntaxError: Unexpected token 'catch'"),
    ] {
        assert_eq!(run(code).error(), error, "{code}");
    }
}

#[test]
fn halves_of_surrogate_pairs_become_the_replacement_character_wherever_they_leave() {
    let ran = run("const half = '😀'.slice(0, 1);
         logger.info(`log ${half}`);
         console.log({ [half]: half });
         results.text = half;
         results[`key ${half}`] = [half, '😀', { [half]: 1 }];
         results.url = new URL(`http://x/${half}`).href;
         results.toJSON = undefined;
         results.bytes = Buffer.from(half).toString('hex');
         const functions = { async [half]() { try { await sleep(Symbol()) } catch (error) { return `${error}` } } };
         results.named = typeof await functions[half]();
         Promise.reject(new Error(half));
         await sleep(1);
         throw new Error(`error ${half}`)");
    let results = json!({
        "text": "\u{fffd}", "key \u{fffd}": ["\u{fffd}", "😀", {"\u{fffd}": 1}], "url": "http://x/%EF%BF%BD",
        "bytes": "efbfbd", "named": "string",
    });
    assert_eq!(ran.report.results, results.as_object().unwrap().clone());
    assert_eq!(ran.error(), "error \u{fffd}");
    let info = ran.messages(Level::Info);
    assert_eq!(info[0], "log \u{fffd}");
    assert!(
        ran.logs.iter().any(|line| line.message.contains("Unhandled rejection: Error: \u{fffd}")),
        "{:?}",
        ran.logs
    );
}
