//! The corpus: each folder `corpus/<area>/<case>` is a test. Its job (`code.mjs`, `vars.json`, `modules/*.mjs`) runs in
//! a real slot process with a real Chromium; `expected.json` says what must come out, `flags.txt` what of the executor's
//! settings is not the default.
//!
//! `{{site}}`, `{{host}}` and `"{{port}}"` in any of the files stand for the fixture site's address: the pages of `site/`
//! and a few routes. Most cases were recorded from the predecessor.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{AppendHeaders, Html, IntoResponse};
use executor::config::Config;
use executor::protocol::JobOrder;
use executor::slot::SlotProgram;
use job_model::{JobId, JobResult};
use libtest_mimic::{Arguments, Failed, Trial};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use testkit::processes;
use testkit::site::{Site, SiteRequest};
use tests::expectation;
use tests::stack::CHROMIUM_ARGS;

/// A favicon's 404 is logged sooner or later or not at all.
const NOISE: &str = "page: Failed to load resource";

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut trials = Vec::new();
    for area in folders(&root) {
        for case in folders(&area) {
            let name = format!("{}::{}", file_name(&area), file_name(&case));
            trials.push(Trial::test(name, move || run_case(&case)));
        }
    }
    assert!(!trials.is_empty(), "the corpus is empty");
    libtest_mimic::run(&arguments, trials).exit();
}

fn run_case(case: &Path) -> Result<(), Failed> {
    let site = start_site();
    let run_dir = tempfile::tempdir()?;
    let order = order(case, &site)?;
    let expected: Value = serde_json::from_str(&placed(&read(&case.join("expected.json"))?, &site))?;
    let result = run_job(order, run_dir.path(), &flags(case)?)?;
    let left = processes::mentioning(&run_dir.path().display().to_string());
    if !left.is_empty() {
        return Err(format!("browser processes are left: {left:?}").into());
    }
    check(&expected, &result).map_err(|text| {
        let logs: Vec<_> = result.logs.iter().map(|entry| format!("{:?} {}", entry.level, entry.message)).collect();
        Failed::from(format!("{text}\nerror: {:?}\nlogs: {logs:#?}", result.error))
    })
}

/// The job as its folder has it.
fn order(case: &Path, site: &Site) -> Result<JobOrder, Failed> {
    let vars = match fs::read_to_string(case.join("vars.json")) {
        Ok(text) => serde_json::from_str(&placed(&text, site))?,
        Err(_) => BTreeMap::new(),
    };
    let mut modules = BTreeMap::new();
    if let Ok(files) = fs::read_dir(case.join("modules")) {
        for file in files {
            let file = file?.path();
            let name = percent_decode_str(file_name(&file).trim_end_matches(".mjs")).decode_utf8()?.into_owned();
            modules.insert(name, placed(&read(&file)?, site));
        }
    }
    let code = placed(&read(&case.join("code.mjs"))?, site);
    // The version of Puppeteer, where the case is not written for 1.20.
    let api = match fs::read_to_string(case.join("api.txt")) {
        Ok(text) => Some(serde_json::from_value(text.trim().into())?),
        Err(_) => None,
    };
    Ok(JobOrder { vars, modules, api, ..JobOrder::new(JobId::fresh(), code, Duration::from_secs(60)) })
}

/// What the case changes of the executor's settings: one flag a line in `flags.txt`.
fn flags(case: &Path) -> Result<Vec<String>, Failed> {
    let file = case.join("flags.txt");
    Ok(if file.exists() { read(&file)?.lines().map(str::to_owned).collect() } else { Vec::new() })
}

fn run_job(order: JobOrder, run_dir: &Path, flags: &[String]) -> Result<JobResult, Failed> {
    let program = SlotProgram {
        executable: processes::binary("puppet-master-executor"),
        args: vec!["slot".into(), "--log-level=warn".into()],
    };
    let mut args = vec!["executor".to_owned(), "--queue-host=none".into(), "--queue-username=none".into()];
    args.extend(["--queue-password=none".to_owned(), format!("--chromium-extra-args={CHROMIUM_ARGS}")]);
    args.push(format!("--run-dir={}", run_dir.display()));
    // The cases' pages are on this machine.
    args.push("--network-deny=link-local,own".to_owned());
    args.extend_from_slice(flags);
    let config: Config = service::config::try_parse_from(args).map_err(|error| Failed::from(format!("{error:?}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = tokio_util::sync::CancellationToken::new();
    let run = executor::run_one(&config.executor, &program, order, &stop, |_| {}, |_| {});
    let result = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), run).await });
    Ok(result.map_err(|_| "the job did not end within two minutes")??)
}

fn check(expected: &Value, result: &JobResult) -> Result<(), String> {
    let logs = result.logs.iter().filter(|entry| !entry.message.starts_with(NOISE));
    let actual = json!({
        "results": result.results,
        "error": result.error.as_deref().unwrap_or_default(),
        "started": result.started_at.is_some(),
        "logs": logs.map(|entry| json!([entry.level, entry.message])).collect::<Vec<_>>(),
    });
    let mut expected = expected.clone();
    if let Some(logs) = expected.get_mut("logs").and_then(Value::as_array_mut) {
        logs.retain(|entry| !entry[1].as_str().unwrap_or_default().starts_with(NOISE));
    }
    // Results are compared whole: a key too many is a difference there.
    if let (Some(Value::Object(wanted)), Some(got)) = (expected.get("results"), actual["results"].as_object())
        && let Some(key) = got.keys().find(|key| !wanted.contains_key(*key))
    {
        return Err(format!(".results.{key}: not expected"));
    }
    expectation::check(&expected, &actual, "")
}

/// The site of the recorded cases.
fn start_site() -> Site {
    let site = Site::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("site");
    for file in fs::read_dir(folder).expect("the folder of pages") {
        let file = file.expect("a page").path();
        let (bytes, kind) = (fs::read(&file).expect("a readable page"), content_type(&file));
        site.route(&format!("/{}", file_name(&file)), move |_| {
            ([("content-type", kind), ("cache-control", "no-store")], bytes.clone())
        });
    }
    let index = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("site/index.html")).expect("an index");
    site.page("/", index);
    site.route("/set-cookie", |_| {
        let cookies = [("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2; Path=/; HttpOnly")];
        (AppendHeaders(cookies), Html(page("cookies", "")))
    });
    site.route("/auth", |request: SiteRequest| {
        if request.header("authorization") == Some("Basic dXNlcjpwYXNz") {
            return Html(page("authed", "ok")).into_response();
        }
        let challenge = [("www-authenticate", "Basic realm=\"test\"")];
        (StatusCode::UNAUTHORIZED, challenge, Html(page("denied", "no"))).into_response()
    });
    site.route("/post", |request: SiteRequest| {
        Json(json!({"method": request.method, "type": request.header("content-type"), "body": request.body}))
    });
    site.route("/missing", |_| (StatusCode::NOT_FOUND, Html(page("Not Found", "<h1>Not Found</h1>"))));
    site.route("/favicon.ico", |_| StatusCode::NOT_FOUND);
    site
}

fn page(title: &str, body: &str) -> String {
    format!("<!doctype html><title>{title}</title>{body}")
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "application/javascript",
        Some("css") => "text/css",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

fn placed(text: &str, site: &Site) -> String {
    let origin = site.origin();
    let host = origin.trim_start_matches("http://");
    let port = host.rsplit(':').next().unwrap_or_default();
    text.replace("{{site}}", &origin).replace("{{host}}", host).replace("\"{{port}}\"", port)
}

fn read(file: &Path) -> Result<String, Failed> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
