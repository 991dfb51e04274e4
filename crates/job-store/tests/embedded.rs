//! What is the embedded store's alone: its file, its thread and its groups.

#![allow(clippy::unwrap_used, reason = "a test's functions beside the tests themselves")]

use futures::future::join_all;
use job_model::{Job, JobId, JobResult, JobState, JobStatus, NewJob, Timestamp, TokenName};
use job_store::contract::Writing;
use job_store::embedded::EmbeddedJobStore;
use job_store::{JobFilter, JobStore, LeftoverQuery, ListQuery, Revision, StoreError};
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
    let mut writes: Vec<_> = (0..10).map(|n| Box::pin(store.create(job(&format!("j{n}"))))).collect();
    // Handed in, not yet answered.
    for write in &mut writes {
        assert!(futures::poll!(write).is_pending());
    }
    drop(writes);
    drop(store);
    // SQLite removes its log with the last connection, which is the thread's own.
    assert!(!log.exists());
    let store = EmbeddedJobStore::open(&path).unwrap();
    assert_eq!(store.list(ListQuery { filter: JobFilter::ALL, skip: 0, limit: 0 }).await.unwrap().total, 10);
}

#[tokio::test]
async fn writes_that_wait_together_share_a_commit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let store = EmbeddedJobStore::open(&path).unwrap();
    // While another process holds the file, everything but the first write queues up.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut writes: Vec<_> = (0..64).map(|n| Box::pin(store.create(job(&format!("j{n}"))))).collect();
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
    let stored = store.create(job("j")).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM jobs").unwrap();
    assert_eq!(store.get(&stored.value.uuid).await.unwrap(), stored);
    assert_eq!(store.list(ListQuery { filter: JobFilter::ALL, skip: 0, limit: 9 }).await.unwrap().total, 1);
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
    store.create(job("good")).await.unwrap();
    let foreign = "INSERT INTO jobs VALUES ('bad', 'created', 'waiting', 0, 'r', '{}', '{}', NULL, NULL, NULL, NULL)";
    Connection::open(&path).unwrap().execute(foreign, []).unwrap();
    let bad = JobId::parse("bad").unwrap();
    assert!(matches!(store.get(&bad).await, Err(StoreError::NotFound { .. })));
    assert_eq!(store.list(ListQuery { filter: JobFilter::ALL, skip: 0, limit: 9 }).await.unwrap().jobs.len(), 1);
    let query = LeftoverQuery {
        status: JobStatus::Created,
        created_from: None,
        created_until: Timestamp::now(),
        after: None,
        limit: 1,
    };
    assert_eq!(store.leftovers(query).await.unwrap()[0].value.uuid.as_str(), "good");
}

/// Tables and rows as version 1 made them.
const VERSION_1: &str = "
    CREATE TABLE jobs (
        uuid TEXT NOT NULL PRIMARY KEY,
        status TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        revision TEXT NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX jobs_by_created_at ON jobs (created_at, uuid);
    CREATE INDEX jobs_by_status ON jobs (status, created_at, uuid);
    CREATE TABLE counts (
        status TEXT NOT NULL,
        hour INTEGER NOT NULL,
        jobs INTEGER NOT NULL,
        PRIMARY KEY (status, hour)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
        INSERT INTO counts VALUES (new.status, new.created_at / 3600, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END;
    CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
        UPDATE counts SET jobs = jobs - 1 WHERE status = old.status AND hour = old.created_at / 3600;
    END;
    CREATE TRIGGER jobs_moved AFTER UPDATE OF status, created_at ON jobs BEGIN
        UPDATE counts SET jobs = jobs - 1 WHERE status = old.status AND hour = old.created_at / 3600;
    END;
    PRAGMA user_version = 1;";

#[tokio::test]
async fn a_file_of_version_1_is_brought_up_to_date_with_its_jobs_and_revisions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let old = Connection::open(&path).unwrap();
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    old.execute_batch(VERSION_1).unwrap();
    let mut jobs: Vec<Job> = (0..50).map(|n| job(&format!("j{n:02}"))).collect();
    for (n, job) in jobs.iter_mut().enumerate() {
        if n % 2 == 0 {
            job.finish(JobResult::not_started(job.uuid.clone(), "why")).unwrap();
            // As version 1 wrote it.
            (job.outcome, job.instance) = (None, None);
        }
        let (uuid, second) = (job.uuid.as_str(), job.created_at.unix_millis() / 1000);
        let values = (uuid, job.status.as_str(), second, format!("r{n}"), serde_json::to_string(&job).unwrap());
        old.execute("INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5)", values).unwrap();
    }
    old.execute("INSERT INTO jobs VALUES ('foreign', 'done', 0, 'r', '{}')", []).unwrap();
    drop(old);

    for _ in 0..2 {
        let store = EmbeddedJobStore::open(&path).unwrap();
        let filter = JobFilter { state: Some(JobState::Failed), ..JobFilter::ALL };
        let failed = store.list(ListQuery { filter, skip: 0, limit: 99 }).await.unwrap();
        assert_eq!((failed.total, failed.jobs.len()), (25, 25));
        assert_eq!(failed.jobs[0].value.error, "why");
        for job in &jobs {
            assert_eq!(&store.get(&job.uuid).await.unwrap().value, job);
        }
    }
    let store = EmbeddedJobStore::open(&path).unwrap();
    store.update(&jobs[3], &Revision("r3".to_owned())).await.expect("the revision still counts");
    let mode: i64 = Connection::open(&path).unwrap().pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap();
    assert_eq!(mode, 2, "space can be given back in steps");
}

/// What version 4 added, taken away again.
const BACK_TO_VERSION_3: &str = "
    DROP INDEX jobs_by_wake_at;
    DROP INDEX jobs_by_waits_for;
    DROP INDEX jobs_by_waits_key;
    DROP INDEX jobs_by_status;
    ALTER TABLE jobs DROP COLUMN wake_at;
    ALTER TABLE jobs DROP COLUMN waits_for;
    ALTER TABLE jobs DROP COLUMN waits_key;
    CREATE INDEX jobs_by_status ON jobs (status, created_at, uuid);
    PRAGMA user_version = 3;";

#[tokio::test]
async fn a_file_of_version_3_learns_times_and_keeps_its_jobs_and_revisions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let store = EmbeddedJobStore::open(&path).unwrap();
    let old = store.create(job("old")).await.unwrap();
    drop(store);
    Connection::open(&path).unwrap().execute_batch(BACK_TO_VERSION_3).unwrap();
    for _ in 0..2 {
        let store = EmbeddedJobStore::open(&path).unwrap();
        assert_eq!(store.get(&old.value.uuid).await.unwrap(), old);
    }
    let store = EmbeddedJobStore::open(&path).unwrap();
    let delayed = NewJob { delay: Some(std::time::Duration::from_secs(60)), ..NewJob::default() };
    let delayed = Job::create(delayed, Timestamp::now()).unwrap();
    store.create(delayed.clone()).await.unwrap();
    let due = store.due(delayed.wake_at.unwrap(), 0, 9).await.unwrap();
    assert_eq!((due.jobs.len(), &due.jobs[0].value), (1, &delayed));
    store.replace(old).await.expect("the revision still counts");
}

/// What version 3 added, taken away again.
const BACK_TO_VERSION_2: &str = "
    DROP TRIGGER owned_inserted;
    DROP TRIGGER owned_deleted;
    DROP TRIGGER owned_left;
    DROP TRIGGER owned_entered;
    DROP TABLE counts_by_owner;
    DROP INDEX jobs_by_owner;
    DROP INDEX jobs_by_owner_and_status;
    DROP INDEX jobs_by_owner_and_state;
    ALTER TABLE jobs DROP COLUMN owner;
    INSERT INTO jobs VALUES ('foreign', 'done', '', 0, 'r', '', '{}');
    PRAGMA user_version = 2;";

#[tokio::test]
async fn a_file_of_version_2_learns_owners_and_keeps_its_jobs_and_revisions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let store = EmbeddedJobStore::open(&path).unwrap();
    let old = store.create(job("old")).await.unwrap();
    drop(store);
    Connection::open(&path).unwrap().execute_batch(BACK_TO_VERSION_3).unwrap();
    Connection::open(&path).unwrap().execute_batch(BACK_TO_VERSION_2).unwrap();
    for _ in 0..2 {
        let store = EmbeddedJobStore::open(&path).unwrap();
        assert_eq!(store.get(&old.value.uuid).await.unwrap(), old);
        assert_eq!(store.list(ListQuery { limit: 9, ..ListQuery::default() }).await.unwrap().jobs.len(), 1);
    }
    let store = EmbeddedJobStore::open(&path).unwrap();
    let alice = TokenName::parse("alice").unwrap();
    let hers = store.create(Job { owner: Some(alice.clone()), ..job("hers") }).await.unwrap();
    let filter = JobFilter { owner: Some(alice), ..JobFilter::ALL };
    let listed = store.list(ListQuery { filter, skip: 0, limit: 9 }).await.unwrap();
    assert_eq!((listed.total, &listed.jobs[0].value.uuid), (1, &hers.value.uuid));
    store.replace(old).await.expect("the revision still counts");
}

#[tokio::test]
async fn reclaiming_makes_the_file_smaller_while_others_write() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.sqlite");
    let store = EmbeddedJobStore::open(&path).unwrap();
    let mut rows = Vec::new();
    for n in 0..200 {
        let mut job = job(&format!("j{n}"));
        job.code = "x".repeat(100_000);
        rows.push((job.uuid.clone(), store.insert(&job).await.unwrap()));
    }
    let kept = rows.pop().unwrap().0;
    for row in store.delete_many(rows).await {
        row.unwrap();
    }
    let writes = join_all((0..50).map(|n| store.create(job(&format!("new{n}")))));
    let (reclaimed, writes) = tokio::join!(store.reclaim(), writes);
    reclaimed.unwrap();
    writes.into_iter().for_each(|row| assert!(row.is_ok()));
    store.get(&kept).await.unwrap();
    drop(store);
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size < 1_000_000, "{size} bytes are left of 20 MB");
}

#[tokio::test]
async fn its_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedJobStore::open(directory.path().join("jobs.sqlite")).unwrap();
    store.create(job("j")).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}
