//! Which files the sweep removes, and what that costs.

use std::path::Path;
use std::time::Duration;

use futures::TryStreamExt;
use gateway::Settings;
use job_files::{JobFiles, SetKey};
use job_model::{FileName, FileSetId, Job, JobFile, JobResult, JobStatus, NewJob, Timestamp};

use crate::running::{Backend, Running, on_every_backend, settings, within};
use crate::watched_store::WatchedStore;

on_every_backend!(sets_that_no_job_names_go_and_no_job_is_read_for_the_others);

async fn sets(files: &JobFiles) -> Vec<SetKey> {
    let found: Vec<_> = files.sets().try_collect::<Vec<_>>().await.unwrap().concat();
    found.into_iter().map(|found| found.key).collect()
}

async fn put(files: &JobFiles, job: &Job, set: FileSetId) -> (SetKey, Vec<JobFile>) {
    let key = SetKey::of(job, set);
    let file = files.put(&key, 0, &FileName::parse("a.txt").unwrap(), &b"a"[..]).await.unwrap();
    (key, vec![file])
}

/// As a set that was left long ago.
fn make_old(folder: &Path, key: &SetKey) {
    let old = std::time::SystemTime::now() - Duration::from_secs(7200);
    let set = folder.join("jobs").join(key.job.as_str());
    for file in walk(&set) {
        std::fs::File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

async fn sets_that_no_job_names_go_and_no_job_is_read_for_the_others(mut backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let files = JobFiles::in_folder(folder.path()).unwrap();
    let (mut kept, mut lost) = (Vec::new(), Vec::new());
    let mut known = Vec::new();
    for number in 0..20 {
        let new = NewJob { uuid: format!("job-{number}"), ..NewJob::default() };
        let mut job = Job::create(new, Timestamp::now()).unwrap();
        let (input, sent) = put(&files, &job, FileSetId::input()).await;
        let (left, of_first) = put(&files, &job, FileSetId::of_attempt(1)).await;
        let (other, _) = put(&files, &job, FileSetId::of_attempt(2)).await;
        job.input_files = Some(sent);
        // Done with files, done without, and under way.
        match number % 3 {
            0 => {
                let (set, of_first) = (Some(left.set.clone()), Some(of_first));
                let result = JobResult::not_started(job.uuid.clone(), "");
                job.finish(JobResult { file_set: set, files: of_first, ..result }).unwrap();
                kept.extend([input, left]);
                lost.push(other);
            }
            1 => {
                job.finish(JobResult::not_started(job.uuid.clone(), "")).unwrap();
                kept.push(input);
                lost.extend([left, other]);
            }
            _ => kept.extend([input, left, other]),
        }
        backend.parts.store.insert(&job).await.unwrap();
        // One under way is read by whoever sees it through.
        if job.status == JobStatus::Done {
            known.push(job.uuid);
        }
    }
    // Of jobs that are not in the store: deleted long ago, and about to be made.
    let gone = Job::create(NewJob { uuid: "gone".to_owned(), ..NewJob::default() }, Timestamp::now()).unwrap();
    let (gone, _) = put(&files, &gone, FileSetId::of_attempt(1)).await;
    make_old(folder.path(), &gone);
    lost.push(gone);
    let coming = Job::create(NewJob { uuid: "coming".to_owned(), ..NewJob::default() }, Timestamp::now()).unwrap();
    kept.push(put(&files, &coming, FileSetId::input()).await.0);

    let store = WatchedStore::of(backend.parts.store.clone());
    backend.parts.store = store.clone();
    backend.parts.files = Some(files.clone());
    let settings = Settings { files_sweep_interval: Duration::from_millis(50), ..settings() };
    let gateway = Running::start(&backend.parts, settings).await;
    within(async {
        while sets(&files).await.iter().any(|key| lost.contains(key)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    gateway.stop().await;
    let left = sets(&files).await;
    assert!(kept.iter().all(|key| left.contains(key)) && left.len() == kept.len(), "{left:?}");
    let read = store.read();
    assert!(!read.is_empty() && read.iter().all(|id| !known.contains(id)), "{read:?}");
}
