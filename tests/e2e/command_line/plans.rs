//! Scripts, schedules and batches at a gateway: each of their verbs, with jobs that run.

use testkit::ports;
use tests::up::{program, started};

use super::{DEADLINE, Ended, at, ended, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_schedules_and_batches_are_looked_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (_up, client) = started(program(port, folder.path()), port).await;
    let run = async |arguments: &[&str]| -> Ended { ended(at(port, arguments)).await };
    let code = "if (vars.n === '2') { throw new Error('two'); } results.n = vars.n";
    write(folder.path(), "job/code.mjs", code);
    write(folder.path(), "job/vars.schema.json", r#"{"required": ["n"]}"#);
    let job = folder.path().join("job").display().to_string();

    let pushed = run(&["scripts", "push", &job]).await;
    assert_eq!((pushed.code, pushed.stdout.as_str()), (Some(0), "job has version 1\n"), "{pushed:?}");
    assert!(run(&["scripts", "show", "job", "--version", "1"]).await.stdout.contains("vars_schema"));
    let refused = run(&["scripts", "run", "job"]).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("422"), "{refused:?}");
    let made = run(&["scripts", "run", "job", "--var", "n=1", "--wait"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    assert_eq!(client.get(made.stdout.trim()).await.script.map(|script| script.version), Some(1));
    let made = run(&["scripts", "run", "job", "--var", "n=7", "--wait", "--json"]).await;
    assert!(made.code == Some(0) && made.stdout.contains("\"results\": {\n    \"n\": \"7\"\n"), "{made:?}");
    assert!(run(&["scripts", "list"]).await.stdout.starts_with("job\t1\t"));

    let tick =
        write(folder.path(), "tick.json", r#"{"cron": "@every 1s", "script": "job", "job": {"vars": {"n": "5"}}}"#);
    let set = run(&["schedules", "set", &tick]).await;
    assert!(set.code == Some(0) && set.stdout.starts_with("tick is set, next "), "{set:?}");
    let succeeding = async {
        loop {
            let shown = run(&["schedules", "show", "tick"]).await;
            if shown.stdout.contains("\"state\": \"succeeded\"") {
                return;
            }
            assert!(shown.code == Some(0) && !shown.stdout.contains("failed"), "{shown:?}");
        }
    };
    tokio::time::timeout(DEADLINE, succeeding).await.expect("a tick's job succeeds");
    assert_eq!(run(&["schedules", "pause", "tick"]).await.stdout, "tick is paused\n");
    assert!(run(&["schedules", "list"]).await.stdout.starts_with("tick\tpaused\t@every 1s\tUTC\tnever"));
    assert!(run(&["schedules", "resume", "tick"]).await.stdout.starts_with("tick goes on, next "));
    assert_eq!(run(&["schedules", "delete", "tick"]).await.stdout, "tick is deleted\n");
    let missing = run(&["schedules", "show", "tick"]).await;
    assert!(missing.code == Some(1) && missing.stderr.contains("Schedule tick not found"), "{missing:?}");

    let table = write(folder.path(), "rows.csv", "n,title\n1,\"one, and\"\n2,two\n3,three\n");
    let batch = run(&["batch", "run", &table, "--each", &job, "--name", "rows", "--wait"]).await;
    assert_eq!(batch.code, Some(1), "a job did not succeed: {batch:?}");
    let id = batch.stdout.trim();
    let shown = run(&["batch", "show", id]).await.stdout;
    assert!(shown.contains("\"failed\": 1") && shown.contains("\"succeeded\": 2"), "{shown}");
    let listed = run(&["batch", "list"]).await.stdout;
    assert!(listed.starts_with(&format!("{id}\tdone\t")), "{listed}");
    assert!(listed.ends_with("\t1 failed, 2 succeeded of 3\trows\n"), "{listed}");
    let first = client.get(&format!("{id}-00000")).await;
    assert_eq!(
        (first.vars["title"].as_str(), first.batch.map(|batch| batch.to_string())),
        ("one, and", Some(id.to_owned()))
    );
    let again = run(&["batch", "rerun", id]).await;
    assert_eq!(run(&["batch", "wait", again.stdout.trim()]).await.code, Some(1), "{again:?}");
    assert_eq!(run(&["batch", "cancel", id]).await.code, Some(0));
    assert_eq!(run(&["scripts", "delete", "job"]).await.stdout, "job is deleted\n");
}
