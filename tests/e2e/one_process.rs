//! `puppet-master up` and `puppet-master exec`: the system in one process.

use std::time::Duration;

use job_model::JobStatus;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::ports;
use testkit::processes::{self, Program};
use testkit::site::Site;
use tests::stack::{CHROMIUM_ARGS, TOKEN};
use tests::up::{program, started};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_keeps_its_jobs_over_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = Site::start();
    let port = ports::free();
    let (mut first, client) = started(program(port, folder.path()), port).await;
    let done = client.run(json!({"code": "results.ok = true"})).await;
    assert_eq!(done.error, "");
    let url = site.url("/slow?ms=3000");
    let cut = client.create(json!({"code": format!("await page.goto('{url}'); results.ok = true")})).await;
    site.wait_for_request("/slow").await;
    first.kill();
    first.wait(Duration::from_secs(10)).await;

    let (mut second, _) = started(program(port, folder.path()), port).await;
    assert_eq!(client.get(done.uuid.as_str()).await, done);
    let cut = client.wait_done(cut.uuid.as_str(), Duration::from_secs(60)).await;
    assert_eq!((cut.error.as_str(), &cut.results.expect("results")["ok"]), ("", &json!(true)));

    second.terminate();
    assert!(second.wait(Duration::from_secs(30)).await.success(), "{}", second.stderr());
    processes::assert_none_mentioning(&folder.path().display().to_string(), Duration::from_secs(10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fleet_tells_what_slots_are_at_and_which_settings_differ() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    // What is set to its default differs from nothing, and a password is nobody's business.
    let flags = CHROMIUM_ARGS.replacen('[', r#"["--proxy-server=http://us:hunter2@127.0.0.1:9","#, 1);
    let program = program(port, folder.path()).env("JOB_PAGES", 7).env("JOB_STACK", 32_768);
    let (_process, client) = started(program.env("CHROMIUM_EXTRA_ARGS", flags), port).await;
    let job = client.create(json!({"code": "await page.title(); await sleep(30000)"})).await;
    let fleet = async || -> Value {
        let answer = client.send(Method::GET, "/fleet", None).await;
        answer.json::<Value>().await.expect("JSON")["data"].clone()
    };
    let known = async {
        loop {
            let fleet = fleet().await;
            let slot = &fleet["executors"][0]["slot_states"][0];
            if slot["job"] == job.uuid.as_str() && slot["memory"].as_u64() > Some(10 << 20) {
                return fleet;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let fleet = tokio::time::timeout(Duration::from_secs(30), known).await.expect("the slot says what it is at");
    let executor = &fleet["executors"][0];
    assert!(executor["slot_states"][0]["browser_since"].is_string(), "{fleet}");
    assert_eq!((&executor["settings"]["JOB_PAGES"], &executor["settings"]["JOB_STACK"]), (&json!("7"), &json!(null)));
    assert!(executor["settings"]["CHROMIUM_EXTRA_ARGS"].as_str().expect("a text").contains("http://***@127.0.0.1:9"));
    assert_eq!(fleet["gateways"][0]["settings"]["API_TOKEN"], json!(null));
    assert!(!fleet.to_string().contains("hunter2") && !fleet.to_string().contains(TOKEN), "{fleet}");
    client.send(Method::POST, &format!("/jobs/{}/cancel", job.uuid), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_that_runs_no_jobs_keeps_them_for_one_that_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (mut keeping, client) = started(program(port, folder.path()).env("ENABLE_JOBS", "false"), port).await;
    let job = client.create(json!({"code": "results.ok = true"})).await;
    assert_eq!(client.get(job.uuid.as_str()).await.status, JobStatus::Created);
    keeping.terminate();
    assert!(keeping.wait(Duration::from_secs(30)).await.success(), "{}", keeping.stderr());

    let (mut running, _) = started(program(port, folder.path()), port).await;
    assert_eq!(client.wait_done(job.uuid.as_str(), Duration::from_secs(120)).await.error, "");
    running.terminate();
    assert!(running.wait(Duration::from_secs(30)).await.success(), "{}", running.stderr());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_does_as_the_gateways_settings_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let program = program(port, folder.path()).env("API_TOKEN", "").env("API_TOKENS", format!("other,{TOKEN}"));
    let program = program.env("ENABLE_JOBS", "false").env("CORS_ALLOW_ORIGIN", "https://a.example");
    let program = program.env("MAX_BODY_BYTES", "4096").env("MAX_WAIT", "0");
    let (mut process, client) = started(program, port).await;
    client.wait_ready(Duration::from_secs(30)).await;

    let large = json!({"code": "x".repeat(4096)});
    assert_eq!(client.send(reqwest::Method::POST, "/jobs", Some(large)).await.status(), 413);
    let created = client.send(reqwest::Method::POST, "/jobs?wait=20", Some(json!({}))).await;
    assert_eq!(created.status(), 201);
    let asked = reqwest::Client::new().get(format!("http://127.0.0.1:{port}/healthz"));
    let answer = asked.header("Origin", "https://a.example").send().await.expect("an answer");
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://a.example");
    assert!(!folder.path().join("data/api-token").exists(), "a token was made though others are given");
    process.terminate();
    assert!(process.wait(Duration::from_secs(30)).await.success(), "{}", process.stderr());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_has_seen_enough_ends_no_command_with_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (mut process, client) = started(program(port, folder.path()).env("ENABLE_JOBS", "false"), port).await;
    client.wait_ready(Duration::from_secs(30)).await;
    let job = client.create(json!({"code": "x".repeat(200_000)})).await;
    let binary = processes::binary("puppet-master").display().to_string();
    // `true` reads nothing; a sleep makes sure that it has gone.
    for command in ["jobs list", &format!("jobs get {}", job.uuid), &format!("jobs get {} --json", job.uuid), "--help"]
    {
        let script = format!("({{ sleep 0.2; '{binary}' {command}; echo \"ended with $?\" >&3; }} | true) 3>&1 2>&3");
        let mut shell = Program::new("bash")
            .arg("-c")
            .arg(script)
            .env("PUPPET_MASTER_ENDPOINT", format!("http://127.0.0.1:{port}"))
            .env("PUPPET_MASTER_API_TOKEN", TOKEN)
            .spawn();
        shell.wait(Duration::from_secs(30)).await;
        assert_eq!(shell.stdout(), "ended with 0\n", "{command}: {}", shell.stderr());
    }
    process.terminate();
    assert!(process.wait(Duration::from_secs(30)).await.success(), "{}", process.stderr());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exec_prints_status_duration_error_logs_and_results() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("modules")).expect("a folder");
    std::fs::write(folder.path().join("modules/words.mjs"), "export const hello = n => 'Hello ' + n;").expect("a file");
    std::fs::write(folder.path().join("vars.json"), r#"{"name":"World"}"#).expect("a file");
    let code =
        "import { hello } from 'words'; results.text = hello(vars.name); logger.info('said'); logger.debug('quiet');";
    std::fs::write(folder.path().join("code.mjs"), code).expect("a file");
    let exec = || {
        Program::new(processes::binary("puppet-master"))
            .arg("exec")
            .arg(folder.path())
            .env("RUN_DIR", folder.path().join("run").display())
            .env("CHROMIUM_EXTRA_ARGS", CHROMIUM_ARGS)
            .spawn()
    };

    let mut process = exec();
    let status = process.wait(Duration::from_secs(60)).await;
    let output = process.stdout();
    assert!(status.success(), "{output}\n{}", process.stderr());
    for text in [
        "Status              |done ",
        "Duration            |",
        "Error               | ",
        "|said ",
        "text                |Hello World ",
    ] {
        assert!(output.contains(text), "no {text:?} in {output}");
    }
    assert!(!output.contains("quiet"));

    std::fs::write(folder.path().join("code.mjs"), "throw new TypeError('bad')").expect("a file");
    let mut process = exec();
    assert_eq!(process.wait(Duration::from_secs(60)).await.code(), Some(1), "{}", process.stderr());
    assert!(process.stdout().contains("Error               |TypeError: bad "), "{}", process.stdout());
    processes::assert_none_mentioning(&folder.path().display().to_string(), Duration::from_secs(10)).await;
}
