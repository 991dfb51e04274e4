//! The contract of the store of records, kept by every implementation; and what is CouchDB's alone.

#![allow(clippy::unwrap_used, reason = "a test's functions beside the tests themselves")]

mod database;
mod recorder;

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use database::Database;
use job_model::{Job, NewJob, Timestamp};
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};
use job_store::records::contract::Backend;
use job_store::records::{EmbeddedRecordStore, Record, RecordError, RecordKind, RecordQuery, RecordStore};
use job_store::{JobStore, record_store_contract};
use recorder::Recorder;
use serde_json::json;

/// One SQLite file in a directory of its own.
struct File(tempfile::TempDir);

impl Backend for File {
    async fn open(&self) -> Arc<dyn RecordStore> {
        Arc::new(EmbeddedRecordStore::open(self.0.path().join("service.sqlite")).unwrap())
    }

    async fn close(self) {}
}

mod embedded {
    use super::*;

    async fn file() -> Option<File> {
        Some(File(tempfile::tempdir().unwrap()))
    }

    record_store_contract!(file());
}

fn jobs(database: &Database) -> CouchDbJobStore {
    CouchDbJobStore::new(&database.config()).unwrap()
}

impl Backend for Database {
    async fn open(&self) -> Arc<dyn RecordStore> {
        Arc::new(jobs(self).records())
    }

    async fn close(self) {
        // Not every test has made it.
        let database = format!("{}-service", self.name);
        self.request(reqwest::Method::DELETE, &database).send().await.unwrap();
    }
}

/// CouchDB's protocol by pouchdb-server.
mod couchdb_protocol {
    use super::*;

    record_store_contract!(Database::of_the_protocol());
}

/// The CouchDB that COUCHDB_URL names.
mod couchdb {
    use super::*;

    record_store_contract!(Database::of_couchdb());
}

#[tokio::test]
async fn jobs_alone_make_no_database_of_the_service_and_a_dropped_one_is_made_again() {
    let database = Database::on(testkit::services::couchdb().await);
    let service = format!("{}-service", database.name);
    let exists = async || database.request(reqwest::Method::GET, &service).send().await.unwrap().status().is_success();
    let jobs = jobs(&database);
    let records = jobs.records();
    jobs.prepare().await.unwrap();
    jobs.insert(&Job::create(NewJob::default(), Timestamp::now()).unwrap()).await.unwrap();
    assert!(records.due(RecordKind("schedule"), Timestamp::now(), 9).await.unwrap().is_empty());
    assert!(!exists().await);
    let record = |id: &str| Record { kind: RecordKind("schedule"), id: id.to_owned(), due_at: None, body: json!({}) };
    records.insert(&record("a")).await.unwrap();
    assert!(exists().await);
    database.request(reqwest::Method::DELETE, &service).send().await.unwrap();
    records.insert(&record("a")).await.expect("the database is made again");
    assert!(exists().await);
}

#[tokio::test]
async fn a_gateway_that_may_not_make_databases_says_so_and_its_jobs_go_on() {
    let server = testkit::services::couchdb().await;
    let proxy = Recorder::start(server.url(), |method, path, _| {
        let refused = *method == Method::PUT && path == "/jobs-service";
        refused
            .then_some((StatusCode::UNAUTHORIZED, r#"{"error":"unauthorized","reason":"You are not a server admin."}"#))
    })
    .await;
    let config = CouchDbConfig::new("127.0.0.1", proxy.port).with_credentials(&server.username, &server.password);
    let jobs = CouchDbJobStore::new(&config).unwrap();
    let records = jobs.records();
    jobs.prepare().await.unwrap();
    proxy.take();
    assert!(records.due(RecordKind("schedule"), Timestamp::now(), 9).await.unwrap().is_empty());
    assert!(proxy.take().iter().all(|request| request.starts_with("GET ")), "to look makes nothing");
    let record = Record { kind: RecordKind("schedule"), id: "a".to_owned(), due_at: None, body: json!({}) };
    let Err(RecordError::Refused { action, reason }) = records.insert(&record).await else { panic!("it is stored") };
    assert!(action.contains("/jobs-service") && reason.contains("not a server admin"), "{action}: {reason}");
    jobs.insert(&Job::create(NewJob::default(), Timestamp::now()).unwrap()).await.unwrap();
    // Somebody who may makes it.
    let request = reqwest::Client::new().put(format!("{}/jobs-service", server.url()));
    request.basic_auth(&server.username, Some(&server.password)).send().await.unwrap();
    records.insert(&record).await.unwrap();
}

/// Of two lines of writes, as a cut cluster or a replication makes them, the longer one stays, and deleting it deletes the record.
#[tokio::test]
async fn a_record_with_several_leaves_is_one_record() {
    let database = Database::on(testkit::services::couchdb().await);
    let service = format!("{}-service", database.name);
    let store = jobs(&database).records();
    let kind = RecordKind("schedule");
    let record = |id: &str, at: i64| {
        let due_at = Timestamp::from_unix_millis(at);
        Record { kind, id: id.to_owned(), due_at, body: json!({ "at": at }) }
    };
    for id in ["got", "listed", "due", "usual"] {
        let first = store.insert(&record(id, 1)).await.unwrap();
        if id == "usual" {
            continue;
        }
        let (_, root) = first.0.split_once('-').unwrap();
        let hidden = json!({
            "_id": format!("schedule:{id}"), "_rev": format!("2-{}", "0".repeat(32)), "kind": "schedule", "due_at": 2,
            "_revisions": { "start": 2, "ids": ["0".repeat(32), root] }, "body": { "at": 2 },
        });
        let second = store.replace(&record(id, 3), &first).await.unwrap();
        store.replace(&record(id, 4), &second).await.unwrap();
        let body = json!({ "new_edits": false, "docs": [hidden] });
        let request = database.request(reqwest::Method::POST, &format!("{service}/_bulk_docs")).json(&body);
        assert!(request.send().await.unwrap().status().is_success());
    }
    let got = store.get(kind, "got").await.unwrap();
    assert_eq!(got.value, record("got", 4));
    store.delete(kind, "got", &got.revision).await.unwrap();
    let listed = store.list(RecordQuery::first(kind, 9)).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.value.id.as_str()).collect::<Vec<_>>(), ["due", "listed", "usual"]);
    let listed = listed.into_iter().find(|row| row.value.id == "listed").unwrap();
    store.delete(kind, "listed", &listed.revision).await.unwrap();
    let due =
        store.due(kind, Timestamp::now(), 9).await.unwrap().into_iter().find(|row| row.value.id == "due").unwrap();
    assert_eq!(due.value, record("due", 4));
    store.delete(kind, "due", &due.revision).await.unwrap();
    let left = store.list(RecordQuery::first(kind, 9)).await.unwrap();
    assert_eq!(left.iter().map(|row| row.value.id.as_str()).collect::<Vec<_>>(), ["usual"]);
    for id in ["got", "listed", "due"] {
        assert!(matches!(store.get(kind, id).await, Err(RecordError::NotFound { .. })), "{id}");
    }
}
