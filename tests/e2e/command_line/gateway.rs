//! Jobs at a gateway: each exit code, each verb of `jobs`, a restart, https.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Json;
use axum::routing::{get, post};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use testkit::ports;
use testkit::tls_terminator::TlsTerminator;
use tests::stack::TOKEN;
use tests::up::{program, started};

use super::{DEADLINE, at, command, end, ended, shell, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_ends_with_the_code_that_its_help_promises() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (_up, client) = started(program(port, folder.path()), port).await;
    let job = |code: &str| write(folder.path(), "job.mjs", code);

    let file = job("logger.info('hello'); results.sum = 1 + Number(vars.n)");
    let succeeded = ended(at(port, &["run", &file, "--var", "n=1"])).await;
    assert_eq!((succeeded.code, succeeded.stdout.as_str()), (Some(0), "sum: 2\n"), "{succeeded:?}");
    assert!(succeeded.stderr.contains("hello") && succeeded.stderr.contains("succeeded in"), "{succeeded:?}");
    let quiet = ended(at(port, &["--quiet", "run", &file, "--var=n=1"])).await;
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (Some(0), "sum: 2\n", ""));

    let failed = ended(at(port, &["run", &job("results.a = 1; throw new TypeError('bad')")])).await;
    assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), "a: 1\n"), "{failed:?}");
    assert!(failed.stderr.contains("TypeError: bad\n  at code:1:"), "{failed:?}");
    let timed_out = ended(at(port, &["run", &job("await sleep(60000)"), "--timeout", "1"])).await;
    assert_eq!(timed_out.code, Some(124), "{timed_out:?}");

    for (arguments, told) in [
        (&["run", "nowhere.mjs"][..], "there is no file or folder nowhere.mjs"),
        (&["run", &file, "--var", "n"], "expected NAME=VALUE"),
        (&["run", &file, "--timeout", "0"], "expected 1s to 24h"),
        (&["run", "-", "--watch"], "--watch needs a file"),
        (&["run"], "<FILE|DIR|->"),
        (&["jobs", "list", "--state", "done"], "timed_out"),
        (&["jobs", "delete", "--state", "failed"], "--yes is missing"),
        (&["jobs", "list", "--server", "ftp://x"], "ftp: is not http or https"),
        (&["rum"], "similar"),
        (&["jobs", "show", ""], "a value is required"),
        (&["jobs", "list", "--token", "a\nb"], "that a header cannot carry"),
        (&["run", &file, "--output", "/proc/nowhere"], "failed to make the folder /proc/nowhere"),
        (&["scripts", "push", "nowhere"], "there is no file or folder nowhere"),
        (&["schedules", "set", "nowhere.json"], "failed to read nowhere.json"),
        (&["batch", "run", "nowhere.csv", "--each", &file], "failed to read nowhere.csv"),
        (&["batch", "run", "nowhere.csv"], "--each <DIR|FILE>"),
        (&["backup", "copy", "--data-dir", "nowhere"], "there is no nowhere/jobs.sqlite, name the DATA_DIR"),
    ] {
        let wrong = ended(at(port, arguments)).await;
        assert!(wrong.code == Some(2) && wrong.stderr.contains(told), "{arguments:?}: {wrong:?}");
        assert!(!wrong.stderr.contains("--puppet-master-endpoint <URL>"), "nobody typed that: {wrong:?}");
    }
    let nobody = format!("127.0.0.1:{}", ports::free());
    for arguments in [&["jobs", "list"][..], &["run", &file], &["top"], &["jobs", "cancel", "a", "b"]] {
        let unreachable = ended(at(port, arguments).arg("--server").arg(&nobody)).await;
        assert!(unreachable.code == Some(3) && unreachable.stderr.contains(&nobody), "{arguments:?}: {unreachable:?}");
        assert_eq!(unreachable.stderr.lines().count(), 1, "no traces: {unreachable:?}");
    }
    let other = ended(at(port, &["jobs", "list", "--server"]).arg(format!("https://127.0.0.1:{port}"))).await;
    assert!(other.code == Some(3) && other.stderr.contains("does not speak TLS there, try http://"), "{other:?}");
    let refused = ended(at(port, &["jobs", "list", "--token", "wrong"])).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("refused the token"), "{refused:?}");

    // A job of a gateway outlives who watches it.
    let mut leaving = at(port, &["run", &job("logger.info('begun'); await sleep(60000)")]).spawn();
    leaving.wait_for_output("begun", DEADLINE).await;
    leaving.signal(Signal::SIGINT);
    let left = end(leaving).await;
    assert_eq!(left.code, Some(130), "{left:?}");
    let uuid = left.stderr.split("jobs cancel ").nth(1).expect("how to cancel it").trim().to_owned();
    assert_eq!(ended(at(port, &["jobs", "wait", &uuid, "--timeout", "100ms"])).await.code, Some(124));
    let cancelled = ended(at(port, &["jobs", "cancel", &uuid])).await;
    assert_eq!((cancelled.code, cancelled.stdout), (Some(0), format!("{uuid} is cancelled\n")));
    let waited = ended(at(port, &["jobs", "wait", &uuid])).await;
    assert_eq!((waited.code, waited.stdout), (Some(1), format!("{uuid}\tcancelled\n")));
    assert_eq!(client.get(&uuid).await.error, "cancelled");
    for verb in ["run", "exec", "jobs", "doctor"] {
        let help = ended(command(&[verb, "--help"])).await;
        assert!(help.stdout.contains("124 timed out, 130 interrupted"), "{verb}: {}", help.stdout);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_looked_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (_up, client) = started(program(port, folder.path()), port).await;
    let code = "logger.info('said'); logger.debug('quiet'); await files.write('out/a.txt', 'Hello'); \
                results.n = 1e21; results.in = String(await files.read('in.csv'))";
    let input = write(folder.path(), "data.csv", "1,2");
    let file = write(folder.path(), "job.mjs", code);
    let output = folder.path().join("kept");
    let named = format!("in.csv={input}");
    let arguments = ["run", &file, "--file", &named, "--json", "--output", output.to_str().expect("a path")];
    let ran = ended(at(port, &arguments)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let job: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let uuid = job["uuid"].as_str().expect("an id");
    // The text is the API's, in its order.
    let answer = client.send(reqwest::Method::GET, &format!("/jobs/{uuid}"), None).await.text().await.expect("a text");
    let of_api = answer.split_once("\"data\":").expect("data").1.replace([' ', '\n'], "");
    assert!(of_api.starts_with(&ran.stdout.replace([' ', '\n'], "")), "{of_api}\n{}", ran.stdout);
    assert_eq!(job["results"]["in"], "1,2");
    assert_eq!(std::fs::read_to_string(output.join("out/a.txt")).expect("the file"), "Hello");
    assert_eq!(std::fs::read_to_string(output.join("job.json")).expect("the job"), ran.stdout);

    let out = |arguments: &[&str]| ended(at(port, arguments));
    let logs = out(&["jobs", "logs", uuid, "--level", "info"]).await;
    assert!(logs.stdout.contains("INFO  said") && !logs.stdout.contains("quiet"), "{logs:?}");
    assert!(out(&["jobs", "logs", "-f", uuid]).await.stdout.contains("DEBUG quiet"));
    assert_eq!(out(&["jobs", "files", uuid]).await.stdout, "out/a.txt\t5\ttext/plain; charset=utf-8\n");
    let shown = out(&["jobs", "show", uuid]).await;
    assert!(
        shown.stdout.starts_with(&format!("{uuid}  succeeded\n")) && shown.stdout.contains("in: 1,2\n"),
        "{shown:?}"
    );
    let again = out(&["jobs", "rerun", uuid, "--wait"]).await;
    let (second, ending) = again.stdout.trim_end().split_once('\t').expect("an id and a state");
    assert_eq!((again.code, ending), (Some(0), "succeeded"), "{again:?}");

    let listed =
        out(&["--server", &format!("127.0.0.1:{port}"), "jobs", "ls", "--state", "succeeded", "--since", "1h"]);
    let listed = listed.await.stdout;
    let ids: Vec<_> = listed.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(ids, [second, uuid]);
    assert_eq!(listed.lines().next().expect("a line").split('\t').nth(1), Some("succeeded"));
    let array: Value = serde_json::from_str(&out(&["jobs", "list", "-L", "1", "--json"]).await.stdout).expect("JSON");
    assert_eq!((array[0]["uuid"].as_str(), array.as_array().map(Vec::len)), (Some(second), Some(1)));

    // One that is not there keeps no other from its turn.
    let many = out(&["jobs", "delete", "nobody", uuid]).await;
    assert_eq!((many.code, many.stdout), (Some(1), format!("{uuid} is deleted\n")), "{}", many.stderr);
    assert!(many.stderr.contains("job nobody: the gateway answered 404"), "{}", many.stderr);
    assert_eq!(out(&["jobs", "delete", "--state", "succeeded", "--yes"]).await.stdout, "1 jobs are deleted\n");
    let none = out(&["jobs", "list"]).await;
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "No jobs\n"));
    let detached = out(&["run", "--detach", &file]).await;
    assert_eq!(out(&["jobs", "wait", detached.stdout.trim()]).await.code, Some(1), "it has no input file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_gateway_is_waited_for_and_https_is_spoken() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (mut up, _) = started(program(port, folder.path()), port).await;
    let tls = TlsTerminator::start("127.0.0.1", port);
    let authority = write(folder.path(), "ca.pem", &tls.ca_pem);
    let server = format!("https://localhost:{}/", tls.port);
    let secure = |arguments: &[&str]| command(arguments).arg("--server").arg(&server).arg("--token").arg(TOKEN);
    let stranger = ended(secure(&["jobs", "list"])).await;
    assert!(stranger.code == Some(3) && stranger.stderr.contains("certificate"), "{stranger:?}");

    let file = write(folder.path(), "job.mjs", "logger.info('begun'); await sleep(1500); results.ok = true");
    let mut process = secure(&["run", &file]).env("SSL_CERT_FILE", &authority).spawn();
    process.wait_for_output("begun", DEADLINE).await;
    up.kill();
    up.wait(Duration::from_secs(10)).await;
    let (_up, _) = started(program(port, folder.path()), port).await;
    let ran = end(process).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "ok: true\n"), "{ran:?}");
    // `exec` and a script's pipe, on the same way.
    let line = format!("echo 'results.a = vars.a' | \"$pm\" run - --var a='b,c=d' --server {server} --token {TOKEN}");
    let piped = ended(shell(&line).env("SSL_CERT_FILE", &authority)).await;
    assert_eq!((piped.code, piped.stdout.as_str()), (Some(0), "a: b,c=d\n"), "{piped:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_knows_no_events_is_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "code.mjs", "results.ip = 1");
    let job = |status: &str| {
        let mut job = json!({"uuid": "4830a025", "code": "", "status": status, "vars": {}, "modules": {}, "error": "",
            "logs": null, "results": null, "created_at": "2018-09-26T09:39:46+00:00", "duration": 0});
        if status == "done" {
            (job["results"], job["duration"]) = (json!({"ip": " 185.232.23.186"}), json!(391));
        }
        Json(json!({"data": job}))
    };
    let asked = Arc::new(AtomicU32::new(0));
    let answer = move || {
        let status = if asked.fetch_add(1, Ordering::Relaxed) < 2 { "queued" } else { "done" };
        std::future::ready(job(status))
    };
    let created = move || std::future::ready(job("created"));
    let routes = axum::Router::new().route("/jobs", post(created)).route("/jobs/4830a025", get(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(axum::serve(listener, routes).into_future());
    let ran = ended(at(port, &["exec", folder.path().to_str().expect("a path")])).await;
    server.abort();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("Duration            |391 ") && ran.stdout.contains("| 185.232.23.186 "), "{ran:?}");
    let told = ["Created job with id 4830a025\n", "Job has status queued\n", "Job has status done\n"].concat();
    assert!(ran.stderr.ends_with(&told), "{ran:?}");
}
