//! Errors say where they come from.

mod job;

use std::time::Duration;

use job::{Ran, run, run_with_modules, run_within};
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
    let limits = Limits { deadline: Duration::from_millis(300), ..Limits::default() };
    let ran = run_within("throw new Error('not this') // never\n", limits.clone());
    assert_eq!(ran.error(), "not this");
    let ran = run_within("try { throw new Error('caught') } catch {}\nawait new Promise(() => {})", limits);
    assert_eq!(ran.report.error_at, None, "{:?}", ran.report.error_stack);
}
