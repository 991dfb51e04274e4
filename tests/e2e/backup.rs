//! `puppet-master backup` of a running `up`, and two `up` on one folder.

use std::time::{Duration, Instant};

use job_queue::embedded::EmbeddedQueue;
use job_queue::{JobQueue, Queue};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::ports;
use testkit::processes::{self, Process, Program};
use tests::client::Client;
use tests::stack::TOKEN;
use tests::up;

const START: Duration = Duration::from_secs(60);

async fn stop(mut process: Process) {
    process.terminate();
    assert!(process.wait(Duration::from_secs(60)).await.success(), "{}", process.stderr());
}

async fn list(client: &Client) -> Vec<Value> {
    let list: Value = client.send(Method::GET, "/jobs?per_page=1000", None).await.json().await.expect("a list");
    list["data"].as_array().expect("jobs").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_a_data_dir_whose_jobs_end_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    let port = ports::free();
    let client = Client::new(format!("http://127.0.0.1:{port}"), TOKEN);
    let mut running = up::program(port, folder.path()).spawn();
    running.wait_for_port(port, START).await;
    let code = "results.n = -1; logger.info('ran'); await files.write('a.txt', 'kept')";
    client.run(json!({"uuid": "first", "code": code})).await;

    let create = async |n: u32| {
        let code = format!("results.n = {n}; logger.info('ran')");
        client.create(json!({"uuid": format!("j{n}"), "code": code})).await;
    };
    for n in 0..20 {
        create(n).await;
    }
    let load = async {
        for n in 20..80 {
            create(n).await;
        }
    };
    let back_up = async {
        let mut backup = Program::new(processes::binary("puppet-master"))
            .arg("backup")
            .arg(&copy)
            .env("DATA_DIR", data.display())
            .spawn();
        assert!(backup.wait(START).await.success(), "{}", backup.stderr());
        assert!(
            backup.stdout().contains(" jobs, ") && backup.stdout().contains(" and 1 files "),
            "{}",
            backup.stdout()
        );
    };
    tokio::join!(load, back_up);
    client.wait_done("j79", START).await;
    stop(running).await;

    // Restored: the copy is a DATA_DIR.
    let port = ports::free();
    let client = Client::new(format!("http://127.0.0.1:{port}"), TOKEN);
    let mut restored = up::program(port, folder.path()).env("DATA_DIR", copy.display()).spawn();
    restored.wait_for_port(port, START).await;
    let saved = list(&client).await;
    assert!(saved.iter().any(|job| job["uuid"] == "first" && job["status"] == "done"), "{saved:?}");
    assert!(saved.len() > 20, "what was there when the backup began is in it");
    let file = client.send(Method::GET, "/jobs/first/files/a.txt", None).await;
    assert_eq!(file.text().await.expect("a file"), "kept");
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let jobs = list(&client).await;
        if jobs.iter().all(|job| job["status"] == "done") {
            for job in &jobs {
                let n = job["uuid"].as_str().expect("a uuid").strip_prefix('j').unwrap_or("-1");
                assert_eq!((job["error"].as_str(), job["results"]["n"].to_string().as_str()), (Some(""), n), "{job}");
                let lines = job["logs"].as_array().expect("a log").iter();
                assert_eq!(lines.filter(|line| line["message"] == "ran").count(), 1, "{job}");
            }
            break;
        }
        assert!(Instant::now() < deadline, "{jobs:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop(restored).await;
    let queue = EmbeddedQueue::open(copy.join("queue.sqlite")).expect("the queue of the copy");
    for left in [Queue::Jobs, Queue::JobResults] {
        assert_eq!(queue.depth(left).await.expect("depth"), 0, "nothing waits to run again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_up_on_the_same_folder_names_the_first_and_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let port = ports::free();
    let mut first = up::program(port, folder.path()).spawn();
    first.wait_for_port(port, START).await;

    let other_run = folder.path().join("other-run");
    let mut second = up::program(ports::free(), folder.path()).env("RUN_DIR", other_run.display()).spawn();
    assert_eq!(second.wait(START).await.code(), Some(2), "{}", second.stderr());
    let said = second.stderr();
    assert!(said.contains(&format!("process {} works with DATA_DIR", first.id())), "{said}");
    assert!(said.contains(&data.display().to_string()), "{said}");

    for (name, mode) in [("", 0o700), ("jobs.sqlite", 0o600), ("jobs.sqlite-wal", 0o600), ("queue.sqlite", 0o600)] {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(data.join(name)).expect("it is there");
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
    }
    stop(first).await;
}
