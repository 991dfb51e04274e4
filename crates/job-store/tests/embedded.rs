//! What is the embedded store's alone: its file, its thread and its groups.

#![allow(clippy::unwrap_used, reason = "a test's functions beside the tests themselves")]

use futures::future::join_all;
use job_model::{Job, JobId, JobStatus, NewJob, Timestamp};
use job_store::embedded::EmbeddedJobStore;
use job_store::{JobStore, LeftoverQuery, ListQuery, StoreError};
use rusqlite::Connection;

fn job(id: &str) -> Job {
    Job::create(NewJob { uuid: id.to_owned(), ..NewJob::default() }, Timestamp::now()).unwrap()
}

#[tokio::test]
async fn dropping_the_store_ends_its_thread_after_the_last_write() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let store = EmbeddedJobStore::open(&path).unwrap();
    let log = directory.path().join("jobs.sqlite-wal");
    assert!(log.exists());
    let mut writes: Vec<_> = (0..10).map(|n| Box::pin(store.insert(job(&format!("j{n}"))))).collect();
    // Handed in, not yet answered.
    for write in &mut writes {
        assert!(futures::poll!(write).is_pending());
    }
    drop(writes);
    drop(store);
    // SQLite removes its log with the last connection, which is the thread's own.
    assert!(!log.exists());
    let store = EmbeddedJobStore::open(&path).unwrap();
    assert_eq!(store.list(ListQuery { status: None, skip: 0, limit: 0 }).await.unwrap().total, 10);
}

#[tokio::test]
async fn writes_that_wait_together_share_a_commit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let store = EmbeddedJobStore::open(&path).unwrap();
    // While another process holds the file, everything but the first write queues up.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut writes: Vec<_> = (0..64).map(|n| Box::pin(store.insert(job(&format!("j{n}"))))).collect();
    for write in &mut writes {
        assert!(futures::poll!(write).is_pending());
    }
    other.execute_batch("COMMIT").unwrap();
    join_all(writes).await.into_iter().for_each(|row| assert!(row.is_ok()));
    // Those that the thread had taken before it had to wait, and all others.
    assert!(store.write_calls() <= 2, "{}", store.write_calls());
}

#[tokio::test]
async fn readers_do_not_wait_for_a_writer() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let store = EmbeddedJobStore::open(&path).unwrap();
    let stored = store.insert(job("j")).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM jobs").unwrap();
    assert_eq!(store.get(&stored.value.uuid).await.unwrap(), stored);
    assert_eq!(store.list(ListQuery { status: None, skip: 0, limit: 9 }).await.unwrap().total, 1);
    other.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    drop(EmbeddedJobStore::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 1000).unwrap();
    let refused = EmbeddedJobStore::open(&path).err().unwrap();
    assert!(matches!(&refused, StoreError::Refused { reason, .. } if reason.contains("1000")), "{refused:?}");
}

#[test]
fn a_file_that_cannot_be_opened_names_itself() {
    let directory = tempfile::tempdir().unwrap();
    let error = EmbeddedJobStore::open(directory.path().join("missing/jobs.sqlite")).err().unwrap();
    assert!(error.to_string().contains("missing/jobs.sqlite"), "{error}");
    let path = directory.path().join("text");
    std::fs::write(&path, "this is no database, whatever its name may promise").unwrap();
    assert!(matches!(EmbeddedJobStore::open(&path), Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn a_row_that_is_no_job_is_left_out_and_hides_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let store = EmbeddedJobStore::open(&path).unwrap();
    store.insert(job("good")).await.unwrap();
    let foreign = "INSERT INTO jobs VALUES ('bad', 'created', 0, 'r', '{}')";
    Connection::open(&path).unwrap().execute(foreign, []).unwrap();
    let bad = JobId::parse("bad").unwrap();
    assert!(matches!(store.get(&bad).await, Err(StoreError::NotFound { .. })));
    assert_eq!(store.list(ListQuery { status: None, skip: 0, limit: 9 }).await.unwrap().jobs.len(), 1);
    let query = LeftoverQuery { status: JobStatus::Created, created_until: Timestamp::now(), limit: 1 };
    assert_eq!(store.leftovers(query).await.unwrap()[0].value.uuid.as_str(), "good");
}
