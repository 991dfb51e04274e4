//! Errors say where they come from.

mod job;

use std::time::Duration;

use job::{Ran, run, run_with_modules, run_within};
use job_model::Level;
use script::Limits;

fn place(ran: &Ran) -> (&str, u32, u32) {
    let at = ran.report.error_at.as_ref().unwrap_or_else(|| panic!("no place, error {:?}", ran.report.error));
    (at.module.as_str(), at.line, at.column)
}

#[test]
fn what_code_throws_has_its_place() {
    let ran = run("const a = 1;\n\nthrow new Error('x');");
    assert_eq!((place(&ran).0, place(&ran).1), ("code", 3));
    let stack = ran.report.error_stack.as_deref().unwrap();
    assert!(stack.starts_with("Error: x\n    at file:///puppet-master/code:3:"), "{stack}");
    let ran = run_with_modules(
        "import { f } from 'lib/m.js';\nf();",
        &[("lib/m.js", "\nexport function f() {\n  null.x;\n}")],
    );
    assert_eq!((place(&ran).0, place(&ran).1), ("lib/m.js", 3));
    let lines = ran.report.error_stack.as_deref().unwrap().lines().count();
    assert_eq!(lines, 3);
    let ran = run("require('path');\n\nPromise.reject(new Error('x'))");
    assert_eq!((place(&ran).0, place(&ran).1), ("code", 3));
}

#[test]
fn a_pattern_that_does_not_fit_has_its_own_place() {
    for (code, column) in [
        ("const {a} = u;", 7),
        ("let k = 1, [a] = u;", 12),
        ("let {q: {r}} = {};", 9),
        ("var [{a}] = [u];", 5),
        ("({a: o.b} = u);", 1),
        ("const f = ({a}) => a; f();", 11),
        ("for (const {a} of [u]) {}", 12),
    ] {
        let ran = run(&format!("let u; const o = {{}};\nString(1);\n\n{code}"));
        assert_eq!((place(&ran).1, place(&ran).2), (4, column), "{code}: {:?}", ran.report.error_stack);
    }
}

#[test]
fn syntax_errors_have_their_place() {
    let ran = run("const a = 1;\nconst = 2;");
    assert_eq!((place(&ran).0, place(&ran).1), ("code", 2), "{:?}", ran.report.error_stack);
    let ran = run_with_modules("import 'm'", &[("m", "\n\nlet x = ;")]);
    assert_eq!((place(&ran).0, place(&ran).1), ("m", 3));
}

#[test]
fn what_has_no_place_has_none() {
    for code in ["throw 'text'", "throw null", "results.a = 1", "import 'nope'"] {
        assert_eq!(run(code).report.error_at, None, "{code}");
    }
}

#[test]
fn a_job_that_is_ended_has_the_place_where_it_waits() {
    assert_eq!(run("throw new Error('not this') // never\n").error(), "not this");
    let limits = Limits { deadline: Duration::from_millis(300), ..Limits::default() };
    let ran = run_within("try { throw new Error('caught') } catch {}\nawait new Promise(() => {})", limits);
    assert_eq!(ran.report.error_at, None, "{:?}", ran.report.error_stack);
}

#[test]
fn what_is_not_a_function_is_named() {
    for (code, error) in [
        ("const o = { a: {} };\nawait o.a.nope(1, 2)", "TypeError: o.a.nope is not a function"),
        ("const f = () => ({});\nf('(').nope[1 + 1]?.x.y()", "TypeError: Cannot read property '2' of undefined"),
        ("const a = [];\na[1 + 1](7)", "TypeError: a[1 + 1] is not a function"),
        ("let n = 5;\nn(1)", "TypeError: n is not a function"),
        ("const o = {}; new o(1)", "TypeError: o is not a constructor"),
        ("const o = {};\no.nope(String(1))", "TypeError: o.nope is not a function"),
        ("const o = {};\no.nope(o, o.a)", "TypeError: o.nope is not a function"),
        ("const o = {};\no.nope({ a: String(1) }, () => String(2))", "TypeError: o.nope is not a function"),
        ("const o = {};\no.nope(...[String(1)])", "TypeError: o.nope is not a function"),
        ("const o = {};\nString(o.nope(Number('1')))", "TypeError: o.nope is not a function"),
        ("const o = {};\nString(1) + o.nope(String(1)) + String(2)", "TypeError: o.nope is not a function"),
        ("const o = {};\no?.nope(String(1))", "TypeError: o?.nope is not a function"),
        ("const o = {};\no['nope'](String(1))", "TypeError: o['nope'] is not a function"),
        ("const o = {};\no.nope`a${String(1)}`", "TypeError: o.nope is not a function"),
        ("const o = {};\no.nope(`a${String(1)}`)", "TypeError: o.nope is not a function"),
        ("const o = {};\no\n  .nope(\n    String(1),\n    String(2),\n  )", "TypeError: o.nope is not a function"),
        ("const o = { f: (x) => x };\no.f(String(1))(2)", "TypeError: o.f(...) is not a function"),
        ("const o = {};\nnew o.Nope(String(1))", "TypeError: o.Nope is not a constructor"),
        ("const o = {};\nresults.x = new o.Nope", "TypeError: o.Nope is not a constructor"),
        ("const f = (x) => x;\nf(undefined)(String(1))", "TypeError: f(...) is not a function"),
        ("const f = undefined;\nf(String(1), new Date())", "TypeError: f is not a function"),
        ("throw new TypeError('not a function')", "TypeError: not a function"),
    ] {
        assert_eq!(run(code).error(), error, "{code}");
    }
}

#[test]
fn a_name_that_is_nearly_right_is_told_the_right_one() {
    for (code, error) in [
        (
            "const page = {};\nawait page.waitForSelektor('x')",
            "TypeError: page.waitForSelektor is not a function: did you mean page.waitForSelector?",
        ),
        ("logger.inf('x')", "TypeError: logger.inf is not a function: did you mean logger.info?"),
        (
            "results.rows = []; results.row.push(1)",
            "TypeError: Cannot read property 'push' of undefined (results.row): did you mean results.rows?",
        ),
        (
            "const page = {};\nawait page.keybord.press('Enter')",
            "TypeError: Cannot read property 'press' of undefined (page.keybord): did you mean page.keyboard?",
        ),
        (
            "const browser = {};\nbrowser.newpage()",
            "TypeError: browser.newpage is not a function: did you mean browser.newPage?",
        ),
        ("const page = {};\npage.nope()", "TypeError: page.nope is not a function"),
        ("const page = {};\npage.goto()", "TypeError: page.goto is not a function"),
        (
            "results = new Proxy({}, { has() { throw 1 }, ownKeys() { throw 2 } }); results.row.x",
            "TypeError: Cannot read property 'x' of undefined",
        ),
    ] {
        assert_eq!(run(code).error(), error, "{code}");
    }
}

#[test]
fn what_says_nothing_of_itself_is_shown() {
    for code in ["import 'path'; throw { a: 1 }", "import 'path'; await Promise.reject({ a: 1 })"] {
        let ran = run(code);
        assert_eq!((ran.error(), ran.messages(Level::Error)), ("{ a: 1 }", vec!["{ a: 1 }"]), "{code}");
    }
    // The error of a job of the predecessor stays what it was.
    let ran = run("throw { a: 1 }");
    assert_eq!((ran.error(), ran.messages(Level::Warn)), ("[object Object]", vec!["the code threw { a: 1 }"]));
    assert_eq!(
        run("Promise.reject({ a: 1 }); await sleep(5)").messages(Level::Warn),
        ["Unhandled rejection: { a: 1 }"]
    );
    assert_eq!(run("throw { toString() { return 'own' } }").error(), "own");
}

#[test]
fn a_syntax_error_shows_its_line() {
    let stack = |code: &str| run(code).report.error_stack.unwrap_or_default();
    assert!(stack("let b = [1, 2;").ends_with("code:1:14\n\n1 | let b = [1, 2;\n  |              ^"));
    // What is missing at the end is missed there, and not in the sandbox's own text.
    let ran = run("let a = 1;\nfoo(\n");
    assert_eq!(place(&ran), ("code", 2, 5));
    assert!(ran.report.error_stack.unwrap().ends_with("code:2:5\n\n2 | foo(\n  |     ^"));
    // The log of a job of the predecessor has its text alone.
    assert_eq!(run("const = 2;").messages(Level::Error), ["SyntaxError: variable name expected"]);
    let ran = run("import 'path';\nconst = 2;");
    assert!(ran.messages(Level::Error)[0].ends_with("2 | const = 2;\n  |       ^"), "{:?}", ran.logs);
}

#[test]
fn a_time_limit_says_what_was_waited_for() {
    let limits = Limits { deadline: Duration::from_millis(300), ..Limits::default() };
    let ran = run_within("await sleep(1);\nawait sleep(100000)", limits.clone());
    assert_eq!(place(&ran), ("code", 2, 7));
    assert!(ran.report.error_stack.as_deref().unwrap().starts_with("the job waited for sleep\n    at file:///"));
    assert_eq!(ran.messages(Level::Warn), ["the job waited for sleep: code, line 2, column 7"]);
    let ran =
        run_within("const later = () => new Promise((r) => {\n  setTimeout(r, 100000) });\nawait later()", limits);
    assert_eq!(place(&ran).1, 2);
}
