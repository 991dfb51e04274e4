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
    let ran = run("results.rows = [{ title: new Promise(() => {}) }]; results.done = Promise.resolve(1)");
    let lines = ran.messages(Level::Warn);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("results.rows[0].title is a promise: write `await`"), "{lines:?}");
    let values = "results.m = new Map([[1, 2]]); results.s = new Set(); results.b = Buffer.from('x'); \
                  results.f = new Float32Array(2);";
    let ran = run(&format!("require('path'); {values}"));
    let lines = ran.messages(Level::Warn);
    assert!(lines.len() == 4 && lines[0].contains("[...map]") && lines[1].contains("[...set]"), "{lines:?}");
    assert!(lines[3].starts_with("results.f is a Float32Array: write [...array]"), "{lines:?}");
    // The predecessor's jobs stay as they were.
    assert!(run(values).messages(Level::Warn).is_empty());
}

#[test]
fn results_for_todays_puppeteer_keep_maps_sets_and_bytes() {
    let code = "import 'puppeteer';
        results.map = new Map([['a', new Set([1, 2])], [3, { deep: new Map([['b', 1]]) }]]);
        results.numbers = [new Float32Array([0.5, 2])];
        results.shot = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
        results['odd/name'] = Buffer.from('text');";
    let (ran, files) = job::run_with_files(code, &[]);
    assert_eq!(ran.error(), "");
    assert_eq!(
        serde_json::to_value(&ran.report.results).unwrap(),
        json!({
            "map": {"a": [1, 2], "3": {"deep": {"b": 1}}}, "numbers": [[0.5, 2]],
            "shot": {"file": "shot.png", "bytes": 4}, "odd/name": {"file": "odd-name.bin", "bytes": 4},
        })
    );
    assert_eq!(files.keys().collect::<Vec<_>>(), ["odd-name.bin", "shot.png"]);
    assert_eq!(ran.messages(Level::Warn), [""; 0]);
}
