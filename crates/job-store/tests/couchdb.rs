//! What is CouchDB's alone: foreign documents, rejected batches, refused credentials; `conflicts` has documents with
//! several leaves, `index` the design document, `strict` databases that do not take every document.

#![allow(clippy::unwrap_used, reason = "a test's functions beside the tests themselves")]

#[path = "couchdb/conflicts.rs"]
mod conflicts;
#[path = "couchdb/index.rs"]
mod index;
mod recorder;
#[path = "couchdb/strict.rs"]
mod strict;

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use job_model::{Job, JobId, JobState, JobStatus, JobSummary, NewJob, Timestamp, TokenName};
use job_store::contract::Writing;
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};
use job_store::{Change, JobFilter, JobStore, LeftoverQuery, ListQuery, StoreError, Stored};
use recorder::{Answer, Recorder};
use serde_json::{Value, json};
use testkit::services::CouchDb;

const EVERYTHING: ListQuery = ListQuery { filter: JobFilter::ALL, skip: 0, limit: 100 };

/// A database behind a recording proxy.
struct Fixture {
    server: CouchDb,
    proxy: Recorder,
    store: CouchDbJobStore,
}

impl Fixture {
    async fn prepared() -> Self {
        let fixture = Self::scripted(|_, _, _| None).await;
        fixture.store.prepare().await.unwrap();
        fixture.proxy.take();
        fixture
    }

    async fn scripted(script: impl Fn(&Method, &str, &[u8]) -> Answer + Send + Sync + 'static) -> Self {
        let server = testkit::services::couchdb().await;
        let proxy = Recorder::start(server.url(), script).await;
        let store = store(proxy.port, &server.password);
        Self { server, proxy, store }
    }

    async fn put(&self, id: &str, document: Value) -> Value {
        let request = reqwest::Client::new().put(format!("{}/jobs-test/{id}", self.server.url())).json(&document);
        let request = request.basic_auth(&self.server.username, Some(&self.server.password));
        let reply: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(reply["ok"], true, "{reply}");
        reply["rev"].clone()
    }

    async fn read(&self, id: &str) -> Value {
        let request = reqwest::Client::new().get(format!("{}/jobs-test/{id}", self.server.url()));
        let request = request.basic_auth(&self.server.username, Some(&self.server.password));
        request.send().await.unwrap().json().await.unwrap()
    }
}

fn store(port: u16, password: &str) -> CouchDbJobStore {
    let config = CouchDbConfig::new("127.0.0.1", port).with_credentials("puppet", password).with_database("jobs-test");
    CouchDbJobStore::new(&config).unwrap()
}

fn job(id: &str, second: i64) -> Job {
    let created_at = Timestamp::from_unix_millis((1_700_000_000 + second) * 1000).unwrap();
    Job::create(NewJob { uuid: id.to_owned(), ..NewJob::default() }, created_at).unwrap()
}

fn id(text: &str) -> JobId {
    JobId::parse(text).unwrap()
}

fn ids(jobs: &[Stored<JobSummary>]) -> Vec<&str> {
    jobs.iter().map(|job| job.value.uuid.as_str()).collect()
}

/// A document as the predecessor writes it.
fn predecessors(id: &str, created_at: &str) -> Value {
    json!({
        "uuid": id, "code": "return", "status": "created", "vars": {}, "modules": {}, "error": "", "logs": null,
        "results": null, "created_at": created_at, "started_at": null, "finished_at": null, "duration": 0,
    })
}

#[tokio::test]
async fn foreign_documents_are_neither_counted_nor_touched_nor_in_the_way() {
    let fixture = Fixture::prepared().await;
    let foreign = [
        json!({}),
        json!({"uuid": 7, "code": {}, "status": [], "created_at": null}),
        json!({"uuid": "x", "code": "", "status": "created", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"uuid": "foreign3", "code": "", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"uuid": "foreign4", "code": "", "status": "lost", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"uuid": "foreign5", "code": "", "status": "created", "created_at": "yesterday"}),
        json!({"uuid": "foreign6", "code": null, "status": "created", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"language": "query", "views": null}),
    ];
    for (n, document) in foreign.iter().enumerate() {
        fixture.put(&format!("foreign{n}"), document.clone()).await;
    }
    fixture.store.create(job("mine", 0)).await.unwrap();

    let page = fixture.store.list(EVERYTHING).await.unwrap();
    assert_eq!((page.total, ids(&page.jobs)), (1, vec!["mine"]));
    let old = LeftoverQuery {
        status: JobStatus::Created,
        created_from: None,
        created_until: Timestamp::now(),
        after: None,
        limit: 10,
    };
    assert_eq!(fixture.store.leftovers(old).await.unwrap().len(), 1);
    for (n, document) in foreign.iter().enumerate() {
        let name = format!("foreign{n}");
        assert!(matches!(fixture.store.get(&id(&name)).await, Err(StoreError::NotFound { .. })), "{name}");
        assert!(matches!(fixture.store.create(job(&name, 0)).await, Err(StoreError::Conflict { .. })), "{name}");
        let mut kept = fixture.read(&name).await;
        kept.as_object_mut().unwrap().retain(|member, _| !member.starts_with('_'));
        assert_eq!(&kept, document);
    }
}

#[tokio::test]
async fn unreadable_jobs_never_hide_the_others_from_the_sweep() {
    let fixture = Fixture::prepared().await;
    for n in 0..12 {
        let mut unreadable = predecessors(&format!("unreadable{n}"), "2020-01-01T00:00:00Z");
        unreadable["vars"] = json!({"number": 1});
        fixture.put(&format!("unreadable{n}"), unreadable).await;
    }
    fixture.store.create_many(vec![job("a", 1), job("b", 2), job("c", 3)]).await;
    let query = LeftoverQuery {
        status: JobStatus::Created,
        created_from: None,
        created_until: Timestamp::now(),
        after: None,
        limit: 2,
    };
    let found = fixture.store.leftovers(query).await.unwrap();
    assert_eq!(found.iter().map(|stored| stored.value.uuid.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(ids(&fixture.store.list(EVERYTHING).await.unwrap().jobs), ["c", "b", "a"]);
}

#[tokio::test]
async fn documents_of_the_predecessor_are_listed_in_their_place_and_go_on() {
    let fixture = Fixture::prepared().await;
    for (id, created_at) in [
        ("b", "2020-01-02T03:04:05Z"),
        ("a", "2020-01-02T03:04:05.999999999Z"),
        ("east", "2020-01-02T05:04:04+02:00"),
        ("west", "2020-01-01T22:34:06.5-04:30"),
    ] {
        fixture.put(id, predecessors(id, created_at)).await;
    }
    assert_eq!(ids(&fixture.store.list(EVERYTHING).await.unwrap().jobs), ["west", "b", "a", "east"]);
    let mut stored = fixture.store.get(&id("a")).await.unwrap();
    stored.value.mark_queued().unwrap();
    fixture.store.replace(stored).await.unwrap();
    let document = fixture.read("a").await;
    assert_eq!((&document["uuid"], &document["status"]), (&json!("a"), &json!("queued")));
}

#[tokio::test]
async fn concurrent_writes_share_requests() {
    let fixture = Fixture::prepared().await;
    let before = fixture.store.write_calls();
    let stored = join_all((0..64).map(|n| fixture.store.create(job(&format!("j{n}"), n)))).await;
    assert_eq!(fixture.store.write_calls() - before, 1);
    let updates = stored.into_iter().map(|row| fixture.store.replace(row.unwrap()));
    join_all(updates).await.into_iter().for_each(|row| assert!(row.is_ok()));
    assert_eq!(fixture.store.write_calls() - before, 2);
    assert_eq!(fixture.proxy.take(), ["POST /jobs-test/_bulk_docs"; 2]);
}

#[tokio::test]
async fn writes_of_one_document_at_the_same_moment_leave_no_second_leaf() {
    let fixture = Fixture::prepared().await;
    let first = fixture.store.create(job("a", 0)).await.unwrap();
    // The first goes alone, the others wait for company meanwhile.
    let writes = (0..8).map(|duration| {
        let mut changed = first.clone();
        changed.value.duration = duration;
        fixture.store.replace(changed)
    });
    let written = join_all(writes).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(written, 1);
    let creates = join_all((0..8).map(|_| fixture.store.create(job("b", 0)))).await;
    assert_eq!(creates.iter().filter(|row| row.is_ok()).count(), 1);
    for name in ["a", "b"] {
        let document = fixture.read(&format!("{name}?conflicts=true")).await;
        assert_eq!(document.get("_conflicts"), None, "{document}");
        let shown = fixture.store.get(&id(name)).await.unwrap();
        fixture.store.delete(&id(name), &shown.revision).await.unwrap();
        assert!(matches!(fixture.store.get(&id(name)).await, Err(StoreError::NotFound { .. })), "{name}");
        fixture.store.create(job(name, 1)).await.unwrap();
    }
}

#[tokio::test]
async fn a_batch_rejected_because_of_one_row_is_stored_without_it() {
    for (status, body) in [
        (StatusCode::PAYLOAD_TOO_LARGE, r#"{"error":"document_too_large","reason":"poison"}"#),
        (
            StatusCode::BAD_REQUEST,
            r#"{"error":"illegal_docid","reason":"Only reserved document ids may start with underscore."}"#,
        ),
    ] {
        let fixture = Fixture::scripted(move |method, _, body_sent| {
            let is_poisoned = method != Method::GET && String::from_utf8_lossy(body_sent).contains("poison");
            is_poisoned.then_some((status, body))
        });
        let fixture = fixture.await;
        fixture.store.prepare().await.unwrap();
        let rows = fixture.store.create_many(vec![job("a", 0), job("poison", 0), job("b", 0)]).await;
        assert!(rows[0].is_ok() && rows[2].is_ok(), "{rows:?}");
        match &rows[1] {
            Err(StoreError::TooLarge { .. }) => assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE),
            Err(StoreError::Refused { reason, .. }) => assert!(reason.contains("illegal_docid"), "{reason}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(ids(&fixture.store.list(EVERYTHING).await.unwrap().jobs), ["b", "a"]);
    }
}

#[tokio::test]
async fn a_failing_server_fails_every_row_as_one_that_may_be_tried_again() {
    let fixture = Fixture::scripted(|_, path, _| {
        let is_batch = path.ends_with("_bulk_docs");
        is_batch.then_some((StatusCode::INTERNAL_SERVER_ERROR, r#"{"error":"timeout","reason":"busy"}"#))
    });
    let fixture = fixture.await;
    fixture.store.prepare().await.unwrap();
    for row in fixture.store.create_many(vec![job("a", 0), job("b", 0)]).await {
        assert!(matches!(row, Err(StoreError::Unavailable { .. })), "{row:?}");
    }
}

#[tokio::test]
async fn rows_of_a_batch_are_told_apart_by_their_ids() {
    let fixture = Fixture::scripted(|_, path, _| {
        let answer =
            r#"[{"ok":true,"id":"c","rev":"1-c"},{"id":"a","error":"conflict","reason":"Document update conflict."}]"#;
        path.ends_with("_bulk_docs").then_some((StatusCode::CREATED, answer))
    });
    let fixture = fixture.await;
    fixture.store.prepare().await.unwrap();
    let rows = fixture.store.create_many(vec![job("a", 0), job("b", 0), job("c", 0)]).await;
    let [a, b, c] = &rows[..] else { panic!("{rows:?}") };
    assert!(matches!(a, Err(StoreError::Conflict { .. })), "{a:?}");
    assert!(matches!(b, Err(StoreError::Unavailable { .. })), "the server says nothing of it: {b:?}");
    assert_eq!(c.as_ref().unwrap().revision.0, "1-c");
}

#[tokio::test]
async fn refused_credentials_are_not_tried_again_at_once() {
    let fixture = Fixture::prepared().await;
    let wrong = store(fixture.proxy.port, "wrong");
    for _ in 0..10 {
        assert!(matches!(wrong.ping().await, Err(StoreError::Refused { .. })));
        assert!(matches!(wrong.create(job("j", 0)).await, Err(StoreError::Refused { .. })));
    }
    assert_eq!(fixture.proxy.take().len(), 1);
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(76)).await;
    tokio::time::resume();
    assert!(matches!(wrong.prepare().await, Err(StoreError::Refused { .. })));
    assert_eq!(fixture.proxy.take().len(), 1);
}

#[tokio::test]
async fn a_user_who_may_not_make_databases_uses_the_one_that_is_there() {
    let fixture = Fixture::scripted(|method, path, _| {
        let makes_database = method == Method::PUT && path.matches('/').count() == 1;
        makes_database
            .then_some((StatusCode::UNAUTHORIZED, r#"{"error":"unauthorized","reason":"You are not a server admin."}"#))
    });
    let fixture = fixture.await;
    let refused = fixture.store.prepare().await;
    assert!(
        matches!(&refused, Err(StoreError::Refused { reason, .. }) if reason.contains("server admin")),
        "{refused:?}"
    );
    store(fixture.server.port, &fixture.server.password).prepare().await.unwrap();
    fixture.store.prepare().await.unwrap();
    fixture.store.create(job("j", 0)).await.unwrap();
}

#[tokio::test]
async fn a_missing_database_or_server_may_be_tried_again() {
    let mut fixture = Fixture::scripted(|_, _, _| None).await;
    assert!(matches!(fixture.store.ping().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(fixture.store.get(&id("j")).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(fixture.store.create(job("j", 0)).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(fixture.store.list(EVERYTHING).await, Err(StoreError::Unavailable { .. })));
    let direct = store(fixture.server.port, &fixture.server.password);
    fixture.server.kill();
    let away = direct.prepare().await.unwrap_err();
    assert!(matches!(away, StoreError::Unavailable { .. }));
    assert!(away.to_string().contains(&fixture.server.url()), "{away}");
    assert!(matches!(direct.create(job("j", 0)).await, Err(StoreError::Unavailable { .. })));
    fixture.server.restart().await;
    direct.prepare().await.unwrap();
    direct.create(job("j", 0)).await.unwrap();
}

#[test]
fn a_configuration_never_shows_its_password() {
    let config = CouchDbConfig::from_url("http://me:s%40cret@db:5984").unwrap();
    assert_eq!((config.username.as_str(), config.password.as_str()), ("me", "s@cret"));
    let shown = format!("{config:?}");
    assert!(shown.contains("http://db:5984") && !shown.contains("s@cret") && !shown.contains("s%40cret"), "{shown}");
}

#[tokio::test]
async fn what_others_write_and_delete_is_told_without_an_index() {
    let fixture = Fixture::prepared().await;
    let store = &fixture.store;
    let start = store.changes(None, 10).await.unwrap().position;
    let rev = fixture.put("a", json!({"uuid": "a", "status": "created"})).await;
    fixture.put("_design/theirs", json!({})).await;
    let told = store.changes(Some(&start), 10).await.unwrap();
    assert_eq!(told.rows, [Change::Written(id("a"))]);
    fixture.put("a", json!({"_rev": rev, "_deleted": true})).await;
    let deleted = store.changes(Some(&told.position), 10).await.unwrap();
    assert_eq!(deleted.rows, [Change::Deleted(id("a"))]);
    fixture.put("a", json!({"uuid": "a", "status": "created"})).await;
    assert_eq!(store.changes(Some(&deleted.position), 10).await.unwrap().rows, [Change::Written(id("a"))]);
    let asked = fixture.proxy.take();
    assert!(asked.iter().all(|request| request.starts_with("GET /jobs-test/_changes?")), "{asked:?}");
}
