//! What becomes of results, and of what the code returns.

mod job;

use job::run;
use job_model::Level;
use serde_json::json;

#[test]
fn what_code_returns_is_kept_when_it_has_no_other_results() {
    for (code, results) in [
        ("return { a: 1, b: [2] }", json!({"a": 1, "b": [2]})),
        ("return [1, 2]", json!({"result": [1, 2]})),
        ("return 'text'", json!({"result": "text"})),
        ("return Promise.resolve({ late: true })", json!({"late": true})),
        ("return null", json!({"result": null})),
        ("results.own = 1; return 2", json!({"own": 1})),
        ("return", json!({})),
        ("return () => 1", json!({})),
        ("const circle = {}; circle.circle = circle; return circle", json!({})),
    ] {
        let ran = run(code);
        assert_eq!((ran.error(), &serde_json::to_value(&ran.report.results).unwrap()), ("", &results), "{code}");
    }
}

#[test]
fn what_results_lose_is_named_with_what_to_write() {
    let ran = run(
        "results.rows = [{ title: new Promise(() => {}) }]; results.bytes = new Float32Array(2); results.done = Promise.resolve(1)",
    );
    let lines = ran.messages(Level::Warn);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("results.rows[0].title is a promise: write `await`"), "{lines:?}");
    assert!(lines[1].starts_with("results.bytes is a Float32Array: write [...array]"), "{lines:?}");
    let ran =
        run("require('path'); results.m = new Map([[1, 2]]); results.s = new Set(); results.b = Buffer.from('x')");
    let lines = ran.messages(Level::Warn);
    assert!(lines.len() == 3 && lines[0].contains("[...map]") && lines[1].contains("[...set]"), "{lines:?}");
    // The predecessor's jobs stay as they were.
    assert!(run("results.m = new Map([[1, 2]]); results.p = Promise.resolve(1)").messages(Level::Warn).is_empty());
}
