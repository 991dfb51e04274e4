//! Jobs that are due at a time, and jobs that wait for something.

use job_model::{Job, JobStatus, RunKey, Timestamp, WaitsFor};

use super::{Backend, Writing, at, id, ids, job, prepared};
use crate::{JobFilter, LeftoverQuery, ListQuery, Stored};

fn uuids(jobs: &[Stored<Job>]) -> Vec<&str> {
    jobs.iter().map(|job| job.value.uuid.as_str()).collect()
}

fn waking(id: &str, wake_at: i64, waits_for: Option<WaitsFor>) -> Job {
    Job { wake_at: Some(at(wake_at)), waits_for, ..job(id, at(0)) }
}

/// Oldest time first, each once its time has come; jobs without a time never.
pub async fn jobs_are_due_when_their_time_has_come(backend: &impl Backend) {
    let store = prepared(backend).await;
    let nothing = store.due(at(0), 0, 10).await.expect("due");
    assert_eq!((nothing.rows, nothing.jobs.len(), nothing.next), (0, 0, None));
    let half = Timestamp::from_unix_millis(at(5).unix_millis() + 500).expect("a time");
    store.create(job("ordinary", at(0))).await.expect("insert");
    let late = store.create(waking("late", 9, Some(WaitsFor::Retry))).await.expect("insert");
    store.create(Job { wake_at: Some(half), ..job("half", at(0)) }).await.expect("insert");
    store.create(waking("early", 1, Some(WaitsFor::Time))).await.expect("insert");

    assert_eq!(store.due(at(0), 0, 10).await.expect("due").next, Some(at(1)));
    let due = store.due(at(5), 0, 10).await.expect("due");
    assert_eq!((due.rows, uuids(&due.jobs), due.next), (1, vec!["early"], Some(half)));
    let due = store.due(half, 0, 10).await.expect("due");
    assert_eq!((due.rows, uuids(&due.jobs), due.next), (2, vec!["early", "half"], Some(at(9))));
    let due = store.due(at(99), 1, 1).await.expect("due");
    assert_eq!((due.rows, uuids(&due.jobs)), (1, vec!["half"]));
    assert!(due.next.is_some_and(|next| next <= at(99)), "more are due at once");

    // It moves on with the job, in whatever state that is.
    let mut done = late;
    (done.value.status, done.value.wake_at) = (JobStatus::Done, Some(at(3)));
    let done = store.replace(done).await.expect("update");
    assert_eq!(uuids(&store.due(at(4), 0, 10).await.expect("due").jobs), ["early", "late"]);
    let quiet = Job { wake_at: None, ..done.value.clone() };
    let quiet = store.replace(Stored { value: quiet, ..done }).await.expect("update");
    store.delete(&id("late"), &quiet.revision).await.expect("delete");
    assert_eq!(uuids(&store.due(at(99), 0, 10).await.expect("due").jobs), ["early", "half"]);
}

/// What is not to be published yet is no leftover, and stands in the lists as ever.
pub async fn jobs_that_wait_are_no_leftovers(backend: &impl Backend) {
    let store = prepared(backend).await;
    store.create(job("left", at(0))).await.expect("insert");
    let waiting = store.create(waking("waiting", 9, Some(WaitsFor::Time))).await.expect("insert");
    let query =
        LeftoverQuery { status: JobStatus::Created, created_from: None, created_until: at(99), after: None, limit: 9 };
    assert_eq!(uuids(&store.leftovers(query.clone()).await.expect("leftovers")), ["left"]);
    let filter = JobFilter { status: Some(JobStatus::Created), ..JobFilter::ALL };
    let listed = store.list(ListQuery { filter, skip: 0, limit: 9 }).await.expect("list");
    assert_eq!((listed.total, ids(&listed.jobs)), (2, vec!["waiting", "left"]));
    assert_eq!(listed.jobs[0].value.waits_for, Some(WaitsFor::Time));

    let released = Job { waits_for: None, wake_at: None, ..waiting.value.clone() };
    store.replace(Stored { value: released, ..waiting }).await.expect("update");
    assert_eq!(uuids(&store.leftovers(query).await.expect("leftovers")), ["left", "waiting"]);
}

/// By key and owner, the job that was created first first.
pub async fn jobs_that_wait_for_a_key_stand_in_line(backend: &impl Backend) {
    let store = prepared(backend).await;
    assert_eq!(store.waiting().await.expect("waiting"), crate::WaitingJobs::default());
    let key = |text: &str| RunKey::parse(text);
    let of =
        |id: &str, second, text: &str| Job { key: key(text), waits_for: Some(WaitsFor::Key), ..job(id, at(second)) };
    for new in [of("b", 5, "shop"), of("a", 5, "shop"), of("c", 1, "shop"), of("d", 0, "other/é"), job("e", at(0))] {
        store.create(new).await.expect("insert");
    }
    store.create(Job { waits_for: None, ..of("runs", 0, "shop") }).await.expect("insert");
    store.create(waking("later", 5, Some(WaitsFor::Time))).await.expect("insert");
    assert_eq!(uuids(&store.of_key("/shop", 9).await.expect("of key")), ["c", "a", "b"]);
    assert_eq!(uuids(&store.of_key("/shop", 1).await.expect("of key")), ["c"]);
    assert!(store.of_key("/sho", 9).await.expect("of key").is_empty());
    let mut waiting = store.waiting().await.expect("waiting");
    waiting.reasons.sort_unstable();
    waiting.keys.sort_unstable();
    assert_eq!(waiting.reasons, [(WaitsFor::Time, 1), (WaitsFor::Key, 4)]);
    assert_eq!(waiting.keys, ["/other/é", "/shop"]);
}
