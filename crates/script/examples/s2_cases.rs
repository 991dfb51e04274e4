//! Dev only: runs the recorded page cases against a real browser: `s2_cases job-cases.json [part of a name]`.
use browser::browser::Browser;
use browser::emulation::Viewport;
use browser::launch::LaunchOptions;
use script::{Host, Limits, Script, run};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

fn matches(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Object(e), Value::Object(a)) => {
            e.len() == a.len() && e.iter().all(|(k, v)| a.get(k).is_some_and(|x| matches(v, x)))
        }
        (Value::Array(e), Value::Array(a)) => e.len() == a.len() && e.iter().zip(a).all(|(e, a)| matches(e, a)),
        (Value::String(e), Value::String(a)) => {
            let Some((head, tail)) = e.split_once("{{any}}").or_else(|| e.split_once("{{number}}")) else {
                return e == a;
            };
            a.starts_with(head) && a.ends_with(tail)
        }
        (Value::Number(e), Value::Number(a)) => e.as_f64() == a.as_f64(),
        _ => expected == actual,
    }
}

async fn all(args: Vec<String>) {
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&args[1]).unwrap()).unwrap();
    let mut options = LaunchOptions::default();
    options.extra_args = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    .map(str::to_owned)
    .to_vec();
    let browser = Browser::launch(&options).await.expect("a browser");
    let (mut passed, mut failed) = (0, 0);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let code = case["code"].as_str().unwrap();
        if args.get(2).is_some_and(|part| !name.contains(part.as_str())) || args.len() < 3 && case["category"] != "page"
        {
            continue;
        }
        let map = |value: &Value| serde_json::from_value(value.clone()).unwrap_or_default();
        let script = Script { code: code.into(), vars: map(&case["vars"]), modules: map(&case["modules"]) };
        let start = std::time::Instant::now();
        let context = browser.renew_default_context().await.expect("a context");
        let page = context.new_page().await.expect("a page");
        page.set_viewport(Viewport::of_size(1920, 1080)).await.unwrap();
        let made = start.elapsed();
        let logs = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&logs);
        let host = Host { page: Some(script::resources::ResourceRef::new(page.clone())), allow_local_files: true };
        let outcome = tokio::time::timeout(
            std::time::Duration::from_secs(20),
            run(script, host, Limits::default(), move |entry| {
                sink.borrow_mut().push(json!([entry.level, entry.message]))
            }),
        )
        .await;
        let took = start.elapsed();
        let Ok(outcome) = outcome else {
            println!("HANGS {name}: {code}\n   {:?}", logs.borrow());
            failed += 1;
            continue;
        };
        let actual = json!({"results": outcome.results, "error": outcome.error.unwrap_or_default(), "logs": *logs.borrow(), "started": outcome.started_at.is_some()});
        let bad: Vec<_> = case["expected"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, value)| !matches(value, &actual[key.as_str()]))
            .collect();
        if bad.is_empty() {
            passed += 1;
            if args.len() > 2 {
                println!("ok {name} {made:?} {took:?}\n{actual:#}");
            }
        } else {
            failed += 1;
            println!("FAILED {name}: {code}");
            for (key, value) in bad {
                println!("   {key} expected {value}\n   {key} actual   {}", actual[key.as_str()]);
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    let _ = browser.close().await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    tokio::task::LocalSet::new().run_until(all(args)).await;
}
