//! What is left to see of a job that did not succeed, however it ended.

use std::path::Path;
use std::time::Duration;

use job_model::{Job, Outcome, Trace};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::ports;
use testkit::processes::{self, Process};
use testkit::site::Site;
use tests::client::Client;
use tests::stack::Stack;
use tests::up;

const PASSWORD: &str = "correct-horse-battery";
const COOKIE: &str = "cookie-value-of-the-session";

async fn started(folder: &Path) -> (Process, Client) {
    let port = ports::free();
    let program = up::program(port, folder).env("JOB_MEMORY", 64).env("JOB_CPU", "1");
    up::started(program, port).await
}

fn names(job: &Job) -> Vec<&str> {
    job.files.iter().flatten().map(|file| file.name.as_str()).collect()
}

async fn file(client: &Client, job: &Job, name: &str) -> Vec<u8> {
    let answer = client.send(Method::GET, &format!("/jobs/{}/files/{name}", job.uuid), None).await;
    assert_eq!(answer.status(), 200, "{name} of {:?}", names(job));
    answer.bytes().await.expect("a file").to_vec()
}

async fn trace(client: &Client, job: &Job) -> Trace {
    serde_json::from_slice(&file(client, job, "trace/trace.json").await).expect("a trace")
}

async fn har(client: &Client, job: &Job) -> Value {
    serde_json::from_slice(&file(client, job, "trace/network.har").await).expect("a HAR file")
}

/// Kills the process in which the job runs.
fn kill_slot(process: &Process) {
    let slots = processes::tree(process.id());
    let slots = slots.into_iter().filter(|id| processes::command_line(*id).split(' ').nth(1) == Some("slot"));
    for slot in slots {
        kill(Pid::from_raw(slot.cast_signed()), Signal::SIGKILL).expect("the slot lives");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_job_that_does_not_succeed_leaves_its_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let (process, client) = started(folder.path()).await;
    let site = Site::start();
    site.route("/killed", |_| "<h1>killed</h1>");
    let url = site.url("/");
    let ways = [
        ("a throw", "throw new Error('boom')", 30, Outcome::Failed),
        ("a deadline while it waits", "await sleep(1e6)", 2, Outcome::TimedOut),
        (
            "a deadline while it computes",
            "const end = Date.now() + 700; while (Date.now() < end); await sleep(1e6)",
            2,
            Outcome::TimedOut,
        ),
        ("the limit of its processor time", "while (true);", 30, Outcome::Failed),
        (
            "the limit of its memory",
            "const all = []; while (true) all.push(new Array(1e5).fill(1.5))",
            30,
            Outcome::Failed,
        ),
        (
            "a page that crashes",
            "const session = await page.target().createCDPSession();\nsession.send('Page.crash').catch(() => {});\nawait page.waitForSelector('#none')",
            30,
            Outcome::Failed,
        ),
    ];
    for (way, code, timeout, outcome) in ways {
        let code = format!("\nawait page.goto(vars.url);\n{code}");
        let job = client.run(json!({"code": code, "vars": {"url": url}, "timeout": timeout})).await;
        assert_eq!(job.outcome, Some(outcome), "{way}: {}", job.error);
        let (trace, har) = (trace(&client, &job).await, har(&client, &job).await);
        assert_eq!((trace.outcome, trace.error.as_deref()), (outcome, Some(job.error.as_str())), "{way}");
        let goto = &trace.calls[0];
        assert_eq!((goto.name.as_str(), goto.line.as_ref().map(|at| at.line)), ("page.goto", Some(2)), "{way}");
        assert!(goto.duration.is_some() && goto.error.is_none(), "{way}");
        assert!(trace.navigations.iter().any(|navigation| navigation.url == url), "{way}");
        let entry = &har["log"]["entries"][0];
        assert_eq!((&entry["request"]["url"], &entry["response"]["status"]), (&json!(url), &json!(200)), "{way}");
        assert!(entry["response"]["content"]["size"].as_u64() > Some(10), "{way}: {entry}");
        if !way.contains("crashes") {
            let (html, png) = (trace.html.expect(way), trace.screenshot.expect(way));
            assert!(file(&client, &job, &png).await.starts_with(b"\x89PNG"), "{way}");
            assert!(String::from_utf8_lossy(&file(&client, &job, &html).await).starts_with("<html"), "{way}");
        } else {
            assert_eq!(trace.page_errors.last().map(|error| error.level.as_str()), Some("crash"), "{way}");
        }
        let bytes: u64 = job.files.iter().flatten().map(|file| file.bytes).sum();
        assert!(bytes <= 10_000_000, "{way}: {bytes}");
    }

    // Killed, it has what it had written, pictures included.
    let vars = json!({"url": site.url("/killed")});
    let code = "await page.goto(vars.url); for (;;) { await page.evaluate(() => document.title = Math.random()); await sleep(100) }";
    let job = client.create(json!({"code": code, "vars": vars})).await;
    site.wait_for_request("/killed").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    kill_slot(&process);
    let job = client.wait_done(job.uuid.as_str(), Duration::from_secs(30)).await;
    assert!(job.error.contains("signal 9"), "{}", job.error);
    let trace = trace(&client, &job).await;
    assert!(trace.calls.len() > 5 && !trace.frames.is_empty(), "{trace:?}");
    assert!(file(&client, &job, &trace.frames[0].file).await.starts_with(&[0xff, 0xd8]));
    assert_eq!(har(&client, &job).await["log"]["entries"][0]["request"]["url"], site.url("/killed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_secret_is_in_no_file_of_a_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, client) = started(folder.path()).await;
    let site = Site::start();
    site.route("/login", |_| {
        let head = [("set-cookie", "sid=cookie-value-of-the-session; Path=/"), ("content-type", "text/html")];
        let form = "<form method=post><input type=password oninput='this.setAttribute(\"value\", this.value)'>\
                    <input type=password value='in-the-page-itself'><input type=password id=pin name=odd><button>go</button></form>";
        (head, form)
    });
    let code = "
        await page.authenticate({ username: 'user', password: vars.password });
        await page.setExtraHTTPHeaders({ Authorization: 'Bearer ' + vars.password });
        await page.goto(vars.url);
        await page.type('input', vars.password);
        await page.evaluate((secret) => window.secret = secret, vars.password);
        await page.evaluate(`window.secret = '${vars.password}'`);
        await page.reload();
        await page.type('input', vars.password);
        await page.type('#pin', 'typed by the code');
        await Promise.all([page.waitForNavigation(), page.click('button')]);
        await page.evaluate((login) => fetch('/login', { method: 'POST', body: JSON.stringify({ login, apiKey: ['by', 'its', 'name'].join('-') }) }), vars.password);
        throw new Error('now')";
    let vars = json!({"password": PASSWORD, "url": site.url("/login")});
    let job = client.run(json!({"code": code, "vars": vars, "record": {"bodies": true}})).await;
    assert_eq!(job.error, "now");
    let har = har(&client, &job).await.to_string();
    assert!(har.contains("Bearer ***") && har.contains("sid=***"), "{har}");
    assert!(har.contains(r#"{\"login\":\"‹vars.password›\",\"apiKey\":\"***\"}"#) && har.contains("odd=***"), "{har}");
    for name in names(&job) {
        let bytes = file(&client, &job, name).await;
        let text = String::from_utf8_lossy(&bytes);
        for secret in [PASSWORD, COOKIE, "in-the-page-itself", "typed by the", "typed+by+the", "by-its-name"] {
            assert!(!text.contains(secret), "{name} has {secret}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_has_bodies_when_they_are_wished_and_pictures_of_what_was_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, client) = started(folder.path()).await;
    let site = Site::start();
    site.page("/first", "<title>first</title><body style='background: red'>first");
    site.page("/large", "x".repeat(600 << 10));
    site.route("/bytes", |_| ([("content-type", "application/octet-stream")], vec![0xff, 0, 1]));
    let code = "
        await page.goto(vars.url + '/first');
        await page.evaluate(() => Promise.all([
            fetch('/bytes').then((answer) => answer.arrayBuffer()),
            fetch('/large').then((answer) => answer.text()),
            fetch('/slow?ms=0', { method: 'POST', body: 'what was sent' }).then((answer) => answer.text()),
        ]));
        await sleep(200);
        await page.goto(vars.url + '/slow?ms=200');
        results.last = true";
    let run = async |record: Value| {
        let vars = json!({"url": site.origin()});
        let job = client.run(json!({"code": code, "vars": vars, "record": record})).await;
        assert_eq!(job.error, "");
        let har = har(&client, &job).await;
        let entries = har["log"]["entries"].as_array().expect("entries").clone();
        let of = |path: &str| {
            let entry = entries.iter().find(|entry| entry["request"]["url"] == site.url(path));
            entry.unwrap_or_else(|| panic!("no {path} in {har}")).clone()
        };
        let bodies = ["/first", "/bytes", "/large", "/slow?ms=0", "/slow?ms=200"].map(|path| {
            let (sent, content) = (of(path)["request"]["postData"].clone(), of(path)["response"]["content"].clone());
            (
                sent["text"].as_str().map(str::to_owned),
                content["text"].as_str().map(str::to_owned),
                content["encoding"].clone(),
            )
        });
        (job, bodies)
    };
    let (job, [first, bytes, large, sent, slow]) = run(json!({"when": "always", "bodies": true})).await;
    assert_eq!(job.record.and_then(|record| record.bodies), Some(true));
    assert!(first.1.expect("a body").contains("<title>first</title>") && slow.1.is_some());
    assert_eq!((bytes.1.as_deref(), bytes.2), (Some("/wAB"), json!("base64")));
    assert_eq!((large.1, sent.0.as_deref()), (None, Some("what was sent")));
    // The job took less than a second, and its first document has a picture.
    let trace = trace(&client, &job).await;
    assert!(!trace.frames.is_empty(), "{trace:?}");

    let (_, bodies) = run(json!("always")).await;
    assert!(bodies.iter().all(|(sent, content, _)| sent.is_none() && content.is_none()), "{bodies:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_say_when_their_recording_is_kept_and_do_not_notice_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, client) = started(folder.path()).await;
    let site = Site::start();
    let run = async |code: &str, record: Value| {
        client.run(json!({"code": code, "vars": {"url": site.url("/")}, "record": record})).await
    };
    for (code, record, kept) in [
        ("await page.goto(vars.url)", json!(null), false),
        ("await page.goto(vars.url)", json!("failed"), false),
        ("await page.goto(vars.url)", json!("always"), true),
        ("await page.goto(vars.url); throw 1", json!("never"), false),
        ("throw 1", json!("failed"), true),
    ] {
        let job = run(code, record.clone()).await;
        assert_eq!(names(&job).contains(&"trace/trace.json"), kept, "{code} {record}: {:?}", names(&job));
    }
    let refused = client.send(Method::POST, "/jobs", Some(json!({"code": "", "record": "sometimes"}))).await;
    let (status, text) = (refused.status().as_u16(), refused.text().await.expect("a text"));
    assert!(status == 400 && text.contains("record"), "{status} {text}");

    // A job's own files come first, and keep their names.
    let job = run("await files.write('trace/trace.json', 'mine'); throw 1", json!("failed")).await;
    assert_eq!(file(&client, &job, "trace/trace.json").await, b"mine");
    assert!(names(&job).contains(&"trace.recorded/trace.json"), "{:?}", names(&job));

    // What a job sees of its browser is the same.
    let code = "
        const browser = page.browser();
        const session = await page.target().createCDPSession();
        const heard = [];
        for (const name of ['Page.screencastFrame', 'Page.screencastVisibilityChanged', 'Target.attachedToTarget']) {
          session.on(name, () => heard.push(name));
        }
        for (const name of ['targetcreated', 'targetchanged', 'targetdestroyed']) browser.on(name, () => heard.push(name));
        await page.goto(vars.url);
        heard.length = 0;
        await page.evaluate(() => {
          window.heard = [];
          for (const name of ['resize', 'visibilitychange', 'focus', 'blur', 'scroll']) addEventListener(name, () => heard.push(name), true);
        });
        for (let i = 0; i < 20; i++) { await page.evaluate(() => document.body.append('x')); await sleep(150); }
        results.heard = heard;
        results.page = await page.evaluate(() => [heard, innerWidth, innerHeight, document.visibilityState]);
        results.metrics = Object.keys(await page.metrics());
        results.targets = (await browser.targets()).length;
        results.pages = (await browser.pages()).length;";
    let (recorded, plain) = (run(code, json!("always")).await, run(code, json!("never")).await);
    assert_eq!((recorded.error.as_str(), plain.error.as_str()), ("", ""));
    assert_eq!(recorded.results, plain.results);
    assert!(trace(&client, &recorded).await.frames.len() > 2, "{:?}", names(&recorded));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_attempt_after_a_lost_executor_says_so_and_keeps_its_own_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("file://{}", folder.path().join("files").display());
    let site = Site::start();
    let mut stack = Stack::start(0).await;
    let client = stack.add_gateway(&[("FILES_URL", address.as_str())]).await.client();
    stack.add_executor(&[("FILES_URL", address.as_str())]);
    let code = "await page.goto(vars.url); await sleep(1500); throw new Error('again')";
    let job = client.create(json!({"code": code, "vars": {"url": site.url("/slow?ms=300")}})).await;
    site.wait_for_request("/slow").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    stack.executors.last_mut().expect("an executor").kill();
    stack.add_executor(&[("FILES_URL", address.as_str())]);
    let job = client.wait_done(job.uuid.as_str(), Duration::from_secs(60)).await;
    assert_eq!((job.error.as_str(), job.attempt), ("again", Some(2)));
    let trace = trace(&client, &job).await;
    assert_eq!((trace.attempt, trace.calls[0].name.as_str()), (2, "page.goto"));
    assert!(trace.notes.iter().any(|note| note.contains("attempt 2") && note.contains("lost")), "{:?}", trace.notes);
    stack.stop().await;
}
