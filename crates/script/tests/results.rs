//! What becomes of results, and of what the code returns.

mod job;

use std::time::Duration;

use job::{run, run_in_a_folder};
use job_model::Level;
use script::Limits;
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
        results.shot = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
        results['odd/name'] = Buffer.from('text');";
    let (ran, files) = job::run_with_files(code, &[]);
    assert_eq!(ran.error(), "");
    assert_eq!(
        serde_json::to_value(&ran.report.results).unwrap(),
        json!({
            "map": {"a": [1, 2], "3": {"deep": {"b": 1}}}, "numbers": [[0.5, 2]],
            "shot": {"file": "shot.png", "bytes": 8}, "odd/name": {"file": "odd_name.bin", "bytes": 4},
        })
    );
    assert_eq!(files.keys().collect::<Vec<_>>(), ["odd_name.bin", "shot.png"]);
    assert_eq!(ran.messages(Level::Warn), [""; 0]);
}

/// Buffers in several places, some of them large.
const BUFFERS: &str = "
    const large = (beginning, bytes) => Buffer.concat([Buffer.from(beginning, 'latin1'), Buffer.alloc(bytes)]);
    results.shot = large('\\x89PNG\\r\\n\\x1a\\n', 300000);
    results.pages = [{ print: new Uint8Array(large('%PDF-1.4', 262144)) }];
    results['data.csv'] = Object.freeze({ all: large('a,b', 262142) });
    results.again = [results.shot];
    results.most = Buffer.alloc(262144);
    results.small = Buffer.from('x');
    results.pages.push(results);";

#[test]
fn large_buffers_become_files_where_the_job_wants_that() {
    let limits = Limits { deadline: Duration::from_secs(30), ..Limits::default() };
    let code = format!("await files.write('shot.png', 'own'); {BUFFERS} results.pages.pop();");
    let (ran, files) = run_in_a_folder(&code, true, limits);
    assert_eq!(ran.error(), "");
    let shot = json!({"file": "shot-2.png", "bytes": 300_008});
    assert_eq!((ran.result("shot"), &ran.result("again")[0]), (&shot, &shot));
    assert_eq!(ran.result("pages"), &json!([{"print": {"file": "pages-0-print.pdf", "bytes": 262_152}}]));
    assert_eq!(ran.result("data.csv"), &json!({"all": {"file": "data.csv-all.bin", "bytes": 262_145}}));
    assert_eq!(ran.result("small"), &json!({"type": "Buffer", "data": [120]}));
    assert_eq!(ran.result("most")["data"].as_array().map(Vec::len), Some(262_144), "no more than 256 KiB");
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["data.csv-all.bin", "pages-0-print.pdf", "shot-2.png", "shot.png"]);
    assert_eq!((files["shot.png"], files["shot-2.png"]), (3, 300_008));
}

#[test]
fn large_buffers_stay_in_the_results_of_other_jobs() {
    let limits = Limits { deadline: Duration::from_secs(30), ..Limits::default() };
    let (ran, files) = run_in_a_folder("results.large = Buffer.alloc(262145)", false, limits);
    assert_eq!(ran.result("large")["data"].as_array().map(Vec::len), Some(262_145));
    assert!(files.is_empty(), "{files:?}");
}

#[test]
fn a_buffer_that_passes_the_quota_fails_its_job() {
    let limits = Limits { deadline: Duration::from_secs(30), ..Limits::default() };
    let code = "for (let i = 0; i < 9; i++) await files.write(`${i}`, Buffer.alloc(10_000_000)); \
                results.large = Buffer.alloc(20_000_000)";
    let (ran, files) = run_in_a_folder(code, true, limits.clone());
    assert_eq!(ran.error(), "Results cannot be stored: Limit of 100000000 bytes of files (JOB_FILES_BYTES) exceeded");
    assert_eq!(files.len(), 9, "{files:?}");
    // A circle is told in the same words as ever.
    let (ran, _) = run_in_a_folder(BUFFERS, true, limits);
    assert!(
        ran.error().starts_with("Results cannot be stored: TypeError: Converting circular structure to JSON"),
        "{}",
        ran.error()
    );
}
