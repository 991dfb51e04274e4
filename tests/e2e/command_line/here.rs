//! Jobs in the command's own process.

use std::time::Duration;

use nix::sys::signal::Signal;
use testkit::processes;

use super::{DEADLINE, end, ended, here};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_with_a_site_runs_again_when_it_is_saved_and_ctrl_c_ends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (job, run_dir) = (folder.path().join("job"), folder.path().join("run"));
    std::fs::create_dir_all(job.join("site")).expect("folders");
    std::fs::create_dir_all(job.join("modules")).expect("folders");
    let write = |name: &str, text: &str| std::fs::write(job.join(name), text).expect("a file");
    write("site/index.html", "<title>The page</title>");
    write("modules/words.mjs", "export const word = 'first'");
    write("modules/ends.mjs", "export const end = '!'");
    write(
        "code.ts",
        "import { word } from 'words'; import { end } from 'ends'; await page.goto(vars.url); \
         results.said = word + ': ' + (await page.title() as string) + end",
    );
    let folder_of_job = job.display().to_string();
    // The predecessor's forms: flags before the verb, lists with commas.
    let list = "modules/words.mjs,modules/ends.mjs";
    let once = ended(here(&run_dir, &["--module", list, "--delete=false", "exec", &folder_of_job])).await;
    assert!(once.code == Some(0) && once.stdout.contains("said                |first: The page! "), "{once:?}");

    let mut watching = here(&run_dir, &["run", &folder_of_job, "--watch"]).spawn();
    watching.wait_for_output("said: first: The page!", DEADLINE).await;
    watching.wait_for_output("Waiting for a file to be saved", DEADLINE).await;
    write("modules/words.mjs", "export const word = 'second time'");
    watching.wait_for_output("said: second time: The page!", DEADLINE).await;
    write("code.ts", "logger.info('a long one'); results.kept = 'evidence'; await sleep(600_000)");
    watching.wait_for_output("a long one", DEADLINE).await;
    watching.signal(Signal::SIGINT);
    let stopped = end(watching).await;
    assert_eq!(stopped.code, Some(130), "{stopped:?}");
    assert!(stopped.stdout.ends_with("kept: evidence\n"), "{stopped:?}");
    assert!(stopped.stderr.contains("✗ cancelled after"), "{stopped:?}");

    processes::assert_none_mentioning(&run_dir.display().to_string(), Duration::from_secs(10)).await;
    let left: Vec<_> = std::fs::read_dir(&run_dir).expect("the folder").flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_run_here_is_told_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("job.mjs");
    std::fs::write(&file, "results.a = 1").expect("a file");
    let job = file.display().to_string();
    let none = ended(here(folder.path(), &["run", &job]).env("CHROMIUM_EXECUTABLE", "/nowhere/chromium")).await;
    assert!(none.code == Some(2) && none.stderr.contains("/nowhere/chromium"), "{none:?}");
    // It is there, and ends at once.
    let broken = ended(here(folder.path(), &["run", &job]).env("CHROMIUM_EXECUTABLE", "/bin/false")).await;
    assert!(broken.code == Some(1) && broken.stderr.contains("Chromium could not be started"), "{broken:?}");
}
