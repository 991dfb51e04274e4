//! What is stored comes back, whatever it is and whoever asks.

use futures::future::join_all;
use job_model::{Dispatch, Job, JobResult, JobStatus, JobSummary, Level, LogEntry, Outcome, Running, TokenName};
use serde_json::json;

use super::{Backend, Writing, at, id, job, prepared, sized, strings};
use crate::size::ADDED;
use crate::{JobFilter, ListQuery, MAX_JOB_BYTES, ROOM_FOR_THE_SERVER, StoreError};

fn everything_set() -> Job {
    let mut everything = job("everything", at(0));
    everything.code = "line one\nline \"two\" \\ \u{0} \u{1f600} \u{2028}".to_owned();
    everything.vars = strings(&[("", "empty key"), ("k\"ey", "日本語"), ("tab\t", "")]);
    everything.modules = strings(&[("a", "export default 1")]);
    everything.timeout = Some(7);
    everything.max_attempts = Some(2);
    everything.api = Some(job_model::Api::V25);
    everything.language = Some(job_model::Language::Ts);
    everything.ignore_https_errors = Some(false);
    everything.record = Some(job_model::JobRecord { when: Some(job_model::Record::Always), bodies: Some(true) });
    everything.result_files = Some(true);
    everything.dispatch = Some(Dispatch { at: at(3), attempts: 4 });
    let results = json!({"n": 1.5, "deep": [[{"a": null}]], "_id": "mine", "_rev": "1"});
    let result = JobResult {
        uuid: everything.uuid.clone(),
        logs: vec![LogEntry { time: at(1), level: Level::Warn, message: "é".to_owned() }],
        error: Some("boom".to_owned()),
        results: results.as_object().expect("an object").clone(),
        started_at: Some(at(1)),
        finished_at: Some(at(2)),
        duration: 12,
        outcome: Some(Outcome::Failed),
        attempt: Some(2),
        ..JobResult::not_started(everything.uuid.clone(), "")
    };
    everything.rerun_of = Some(everything.uuid.clone());
    everything.owner = TokenName::parse("alice").ok();
    everything.finish(result).expect("the first result");
    everything.running = Some(Running { since: at(1), executor: "e".to_owned(), attempt: 2 });
    everything
}

/// Every field, with text that quoting or encoding could spoil.
pub async fn a_stored_job_reads_back_unchanged(backend: &impl Backend) {
    let store = prepared(backend).await;
    let everything = everything_set();
    for stored in [everything.clone(), job("new", at(0))] {
        let inserted = store.create(stored.clone()).await.expect("insert");
        assert_eq!(inserted.value, stored);
        assert_eq!(store.get(&stored.uuid).await.expect("get"), inserted);
    }
    let page = store
        .list(ListQuery { filter: JobFilter { status: Some(JobStatus::Done), ..JobFilter::ALL }, skip: 0, limit: 9 })
        .await
        .expect("list");
    assert_eq!(page.jobs[0].value, JobSummary::of(&everything));
}

/// A write that returned is there after the store was closed.
pub async fn jobs_survive_reopening(backend: &impl Backend) {
    let store = prepared(backend).await;
    let stored = store.create(job("j", at(0))).await.expect("insert");
    drop(store);
    let store = prepared(backend).await;
    assert_eq!(store.get(&id("j")).await.expect("get"), stored);
    assert_eq!(store.list(ListQuery { filter: JobFilter::ALL, skip: 0, limit: 9 }).await.expect("list").total, 1);
    store.replace(stored).await.expect("its revision still counts");
}

/// Several gateways share one database.
pub async fn stores_on_the_same_data_see_each_others_writes(backend: &impl Backend) {
    let (one, other) = (prepared(backend).await, prepared(backend).await);
    let stored = one.create(job("j", at(0))).await.expect("insert");
    assert_eq!(other.get(&id("j")).await.expect("get"), stored);
    let updated = other.replace(stored.clone()).await.expect("update");
    assert!(matches!(one.replace(stored).await, Err(StoreError::Conflict { .. })));
    one.delete(&id("j"), &updated.revision).await.expect("delete");
    assert!(matches!(other.get(&id("j")).await, Err(StoreError::NotFound { .. })));
}

/// Gateways that start together, and one that starts again.
pub async fn prepare_can_be_repeated_and_run_from_many_stores_at_once(backend: &impl Backend) {
    let stores = join_all((0..8).map(|_| backend.open())).await;
    for outcome in join_all(stores.iter().map(|store| store.prepare())).await {
        outcome.expect("prepare beside others");
    }
    stores[0].create(job("j", at(0))).await.expect("insert");
    stores[1].prepare().await.expect("prepare again");
    stores[1].ping().await.expect("ping");
    stores[1].get(&id("j")).await.expect("preparing keeps what is there");
}

/// Reading and deleting alike.
pub async fn a_job_that_was_never_stored_is_not_found(backend: &impl Backend) {
    let store = prepared(backend).await;
    assert!(matches!(store.get(&id("nobody")).await, Err(StoreError::NotFound { id }) if id.as_str() == "nobody"));
    let revision = store.create(job("somebody", at(0))).await.expect("insert").revision;
    assert!(matches!(store.delete(&id("nobody"), &revision).await, Err(StoreError::NotFound { .. })));
}

/// Ids that mean something else in a URL, a path or a query when they are not encoded.
pub async fn ids_with_any_legal_character_name_one_job_each(backend: &impl Backend) {
    let longest = "é".repeat(100);
    let odd = [
        "a b",
        "a+b",
        "a%20b",
        "a%2Fb",
        "a?rev=1",
        "a#b",
        "a&b=c",
        "a%b",
        "%",
        "...",
        "-",
        "a_b",
        "日本-é",
        "\u{1f600}",
        "\"quoted\"",
        "back\\slash",
        "'; DROP TABLE jobs; --",
        "$(x)",
        "{}",
        "null",
        "0",
        "a:b;c,d",
        "~",
        "A",
        "a",
        &longest,
    ];
    let store = prepared(backend).await;
    for text in odd {
        let stored = store.create(job(text, at(0))).await.unwrap_or_else(|error| panic!("insert {text:?}: {error:?}"));
        assert_eq!(store.get(&id(text)).await.unwrap_or_else(|error| panic!("get {text:?}: {error:?}")), stored);
    }
    let listed = store.list(ListQuery { filter: JobFilter::ALL, skip: 0, limit: 99 }).await.expect("list");
    assert_eq!((listed.total, listed.jobs.len()), (odd.len() as u64, odd.len()));
    for text in odd {
        let stored = store.get(&id(text)).await.expect("get");
        let stored = store.replace(stored).await.unwrap_or_else(|error| panic!("update {text:?}: {error:?}"));
        let deleted = store.delete(&id(text), &stored.revision).await;
        deleted.unwrap_or_else(|error| panic!("delete {text:?}: {error:?}"));
    }
    assert_eq!(store.list(ListQuery { filter: JobFilter::ALL, skip: 0, limit: 99 }).await.expect("list").total, 0);
}

/// The limit is the same in every store, to the byte; a new job leaves room for what later writes add.
pub async fn jobs_up_to_the_limit_are_stored_and_larger_ones_refused(backend: &impl Backend) {
    const LARGEST: usize = MAX_JOB_BYTES - ADDED;
    const LARGEST_NEW: usize = LARGEST - ROOM_FOR_THE_SERVER;
    let store = prepared(backend).await;
    let too_large = store.insert(&sized("too-large", LARGEST_NEW + 1)).await;
    let Err(error @ StoreError::TooLarge { size, limit, .. }) = too_large else { panic!("{too_large:?}") };
    assert_eq!((size, limit), (MAX_JOB_BYTES - ROOM_FOR_THE_SERVER + 1, MAX_JOB_BYTES - ROOM_FOR_THE_SERVER));
    assert_eq!(error.to_string(), "job too-large has 7998977 bytes, more than the 7998976 that the store takes");
    assert!(matches!(store.get(&id("too-large")).await, Err(StoreError::NotFound { .. })));
    let mut largest = store.create(sized("largest", LARGEST_NEW)).await.expect("insert the largest");
    assert_eq!(store.get(&id("largest")).await.expect("get"), largest);
    largest.value.code.push_str(&"x".repeat(ROOM_FOR_THE_SERVER));
    let largest = store.replace(largest).await.expect("it grows into the room that was left");
    assert_eq!(store.get(&id("largest")).await.expect("get"), largest);
    let mut grown = largest.clone();
    grown.value.code.push('x');
    let grown = store.replace(grown).await;
    assert!(matches!(grown, Err(StoreError::TooLarge { limit: MAX_JOB_BYTES, .. })), "{grown:?}");
    store.replace(largest).await.expect("nothing has changed");
}
