//! CouchDB's answers as recorded from 3.4.3, where the protocol server of the other tests gives none or different ones.

#![allow(clippy::unwrap_used, reason = "a test's functions beside the tests themselves")]

mod recorder;

use std::sync::Mutex;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use job_model::{Job, JobId, JobStatus, NewJob, Timestamp};
use job_store::contract::Writing;
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};
use job_store::{JobFilter, JobStore, LeftoverQuery, ListQuery, Revision, StoreError, Stored};
use recorder::{Answer, Recorder};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

const WRITTEN: &str = r#"{"ok":true,"id":"a","rev":"1-967a00dff5e02add41819138abb3284d"}"#;
const CONFLICT: &str = r#"{"error":"conflict","reason":"Document update conflict."}"#;
const MISSING: &str = r#"{"error":"not_found","reason":"missing"}"#;
const DELETED: &str = r#"{"error":"not_found","reason":"deleted"}"#;
const NO_DATABASE: &str = r#"{"error":"not_found","reason":"Database does not exist."}"#;
const EXISTS: &str =
    r#"{"error":"file_exists","reason":"The database could not be created, the file already exists."}"#;
const WRONG_PASSWORD: &str = r#"{"error":"unauthorized","reason":"Name or password is incorrect."}"#;
const LOCKED: &str =
    r#"{"error":"forbidden","reason":"Account is temporarily locked due to multiple authentication failures"}"#;
const NO_ROWS: &str = r#"{"rows":[]}"#;

/// A server that only knows what the script says, and a store that talks to it.
async fn scripted(
    script: impl Fn(&Method, &str, &[u8]) -> Answer + Send + Sync + 'static,
) -> (Recorder, CouchDbJobStore) {
    let answer_all = move |method: &Method, path: &str, body: &[u8]| {
        Some(script(method, path, body).unwrap_or((StatusCode::NOT_IMPLEMENTED, r#"{"error":"script","reason":""}"#)))
    };
    let server = Recorder::start("http://127.0.0.1:9".to_owned(), answer_all).await;
    let config = CouchDbConfig::new("127.0.0.1", server.port).with_credentials("puppet", "puppet");
    (server, CouchDbJobStore::new(&config).unwrap())
}

fn job(id: &str) -> Job {
    let created_at = Timestamp::from_unix_millis(1_700_000_000_000).unwrap();
    Job::create(NewJob { uuid: id.to_owned(), ..NewJob::default() }, created_at).unwrap()
}

fn id(text: &str) -> JobId {
    JobId::parse(text).unwrap()
}

fn at_revision(id: &str) -> Stored<Job> {
    Stored { value: job(id), revision: Revision("6-84b720976e74640eb1641573cb0894eb".to_owned()) }
}

const fn ok(body: &'static str) -> Answer {
    Some((StatusCode::OK, body))
}

#[tokio::test]
async fn databases_may_exist_or_be_accepted_for_later() {
    let (server, store) = scripted(|method, path, _| match (method.as_str(), path) {
        ("PUT", "/jobs") => Some((StatusCode::PRECONDITION_FAILED, EXISTS)),
        ("PUT", "/_global_changes" | "/_metadata") => Some((StatusCode::ACCEPTED, r#"{"ok":true}"#)),
        ("PUT", "/_users" | "/_replicator") => Some((StatusCode::CREATED, r#"{"ok":true}"#)),
        ("GET", "/jobs/_design/puppet-master") => Some((StatusCode::NOT_FOUND, MISSING)),
        ("PUT", "/jobs/_design/puppet-master") => Some((StatusCode::CREATED, WRITTEN)),
        ("GET", _) => ok(NO_ROWS),
        _ => None,
    })
    .await;
    store.prepare().await.unwrap();
    assert_eq!(server.take().len(), 9);
}

#[tokio::test]
async fn one_illegal_row_fails_alone_whatever_the_server_calls_it() {
    const ILLEGAL_ID: &str =
        r#"{"error":"illegal_docid","reason":"Only reserved document ids may start with underscore."}"#;
    const UNKNOWN_FIELD: &str = r#"{"error":"doc_validation","reason":"Bad special document member: _foo"}"#;
    const MALFORMED_REV: &str = r#"{"error":"bad_request","reason":"Invalid rev format"}"#;
    const NO_UTF8: &str = r#"{"error":"bad_request","reason":"invalid UTF-8 JSON"}"#;
    const TOO_LARGE_IN_BATCH: &str = r#"{"error":"document_too_large","reason":"bad"}"#;
    const TOO_LARGE: &str = r#"{"error":"document_too_large","reason":""}"#;
    for (status, of_batch, of_row) in [
        (StatusCode::BAD_REQUEST, ILLEGAL_ID, ILLEGAL_ID),
        (StatusCode::BAD_REQUEST, UNKNOWN_FIELD, UNKNOWN_FIELD),
        (StatusCode::BAD_REQUEST, MALFORMED_REV, MALFORMED_REV),
        (StatusCode::BAD_REQUEST, NO_UTF8, NO_UTF8),
        (StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE_IN_BATCH, TOO_LARGE),
    ] {
        let (server, store) = scripted(move |_, path, _| match path {
            "/jobs/_bulk_docs" => Some((status, of_batch)),
            "/jobs/bad" => Some((status, of_row)),
            _ => Some((StatusCode::CREATED, WRITTEN)),
        })
        .await;
        let rows = store.create_many(vec![job("a"), job("bad"), job("b")]).await;
        assert!(rows[0].is_ok() && rows[2].is_ok(), "{of_batch}: {rows:?}");
        match &rows[1] {
            Err(StoreError::TooLarge { id, .. }) => assert_eq!((status.as_u16(), id.as_str()), (413, "bad")),
            Err(StoreError::Refused { reason, .. }) => assert!(status == 400 && reason.contains("400"), "{reason}"),
            other => panic!("{of_batch}: {other:?}"),
        }
        assert_eq!(server.take().len(), 4);
    }
}

#[tokio::test]
async fn conflicts_come_back_in_the_order_of_the_rows() {
    const ROWS: &str = concat!(
        r#"[{"ok":true,"id":"a","rev":"2-7b5a47f728698961a77b137a2f3e78d1"},"#,
        r#"{"id":"b","error":"conflict","reason":"Document update conflict."},"#,
        r#"{"id":"c","error":"forbidden","reason":"not by you"},"#,
        r#"{"ok":true,"id":"d","rev":"1-803d2fb52f4f28777c1631700d3d3ebd"}]"#
    );
    // The one that is forbidden is tried once more, in the predecessor's form.
    const FORBIDDEN: &str = r#"{"error":"forbidden","reason":"not by you"}"#;
    let (_server, store) = scripted(|_, path, _| {
        Some(if path.ends_with("_bulk_docs") {
            (StatusCode::CREATED, ROWS)
        } else {
            (StatusCode::FORBIDDEN, FORBIDDEN)
        })
    })
    .await;
    let rows = store.create_many(vec![job("a"), job("b"), job("c"), job("d")]).await;
    assert_eq!(rows[0].as_ref().unwrap().revision.0, "2-7b5a47f728698961a77b137a2f3e78d1");
    assert!(matches!(&rows[1], Err(StoreError::Conflict { id }) if id.as_str() == "b"), "{:?}", rows[1]);
    assert!(matches!(&rows[2], Err(StoreError::Refused { reason, .. }) if reason.contains("not by you")));
    assert_eq!(rows[3].as_ref().unwrap().revision.0, "1-803d2fb52f4f28777c1631700d3d3ebd");
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_however_many_ask_at_the_same_time() {
    let (server, store) = scripted(|_, _, _| Some((StatusCode::UNAUTHORIZED, WRONG_PASSWORD))).await;
    let asked = join_all((0..20).map(async |_| store.get(&id("j")).await)).await;
    assert!(asked.iter().all(|answer| matches!(answer, Err(StoreError::Refused { .. }))), "{asked:?}");
    assert!(matches!(store.prepare().await, Err(StoreError::Refused { .. })));
    assert_eq!(server.take().len(), 1);
}

#[tokio::test]
async fn a_locked_account_is_left_alone_and_comes_back() {
    let unlocked = std::sync::Arc::new(Mutex::new(false));
    let script = unlocked.clone();
    let (server, store) = scripted(move |_, _, _| {
        Some(if *script.lock().unwrap() { (StatusCode::OK, "{}") } else { (StatusCode::FORBIDDEN, LOCKED) })
    })
    .await;
    for _ in 0..3 {
        assert!(matches!(store.ping().await, Err(StoreError::Refused { reason, .. }) if reason.contains("locked")));
    }
    assert_eq!(server.take().len(), 1);
    *unlocked.lock().unwrap() = true;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(76)).await;
    tokio::time::resume();
    join_all((0..3).map(|_| store.ping())).await.into_iter().for_each(|answer| answer.unwrap());
}

#[tokio::test]
async fn a_missing_right_is_told_and_does_not_stop_the_client() {
    const NOT_ALLOWED: &str = r#"{"error":"forbidden","reason":"You are not allowed to access this db."}"#;
    let (server, store) = scripted(|_, _, _| Some((StatusCode::FORBIDDEN, NOT_ALLOWED))).await;
    for _ in 0..2 {
        assert!(
            matches!(store.ping().await, Err(StoreError::Refused { reason, .. }) if reason.contains("not allowed"))
        );
    }
    assert_eq!(server.take().len(), 2);
}

#[tokio::test]
async fn a_database_that_was_dropped_is_made_again_and_one_that_never_was_is_not() {
    let there = std::sync::Arc::new(Mutex::new(false));
    let script = there.clone();
    let (server, store) = scripted(move |method, path, _| {
        let mut there = script.lock().unwrap();
        match (method.as_str(), path) {
            ("PUT", "/jobs") => {
                *there = true;
                Some((StatusCode::CREATED, r#"{"ok":true}"#))
            }
            ("PUT", path) if !path.starts_with("/jobs") => Some((StatusCode::PRECONDITION_FAILED, EXISTS)),
            _ if !*there => Some((StatusCode::NOT_FOUND, NO_DATABASE)),
            ("PUT", _) => Some((StatusCode::CREATED, WRITTEN)),
            ("GET", path) if path.contains("_view") => ok(NO_ROWS),
            ("GET", _) => Some((StatusCode::NOT_FOUND, MISSING)),
            _ => None,
        }
    })
    .await;
    assert!(matches!(store.get(&id("j")).await, Err(StoreError::Unavailable { .. })));
    store.prepare().await.unwrap();

    tokio::time::pause();
    for _ in 0..4 {
        tokio::time::advance(Duration::from_secs(2)).await;
        *there.lock().unwrap() = false;
        server.take();
        let everything = ListQuery { filter: JobFilter::ALL, skip: 0, limit: 10 };
        let asked = id("j");
        let (read, inserted, list) = tokio::join!(store.get(&asked), store.create(job("a")), store.list(everything));
        assert!(matches!(read, Err(StoreError::NotFound { .. })), "{read:?}");
        assert!(inserted.is_ok(), "{inserted:?}");
        assert_eq!(list.unwrap().total, 0);
        let made = server.take().iter().filter(|request| *request == "PUT /jobs").count();
        assert_eq!(made, 1);
    }
}

#[tokio::test]
async fn a_stale_delete_and_a_late_one_are_told_apart() {
    const DOCUMENT: &str = concat!(
        r#"{"_id":"a","_rev":"7-610d1600d7ae73eeaf5f8e9f23230845","uuid":"a","code":"","status":"done","#,
        r#""created_at":"2020-01-01T00:00:00Z"}"#
    );
    let Stored { value, revision } = at_revision("a");
    for (delete_status, delete_body, get_status, get_body) in [
        (StatusCode::CONFLICT, CONFLICT, StatusCode::OK, DOCUMENT),
        (StatusCode::CONFLICT, CONFLICT, StatusCode::NOT_FOUND, DELETED),
        (StatusCode::NOT_FOUND, DELETED, StatusCode::NOT_FOUND, DELETED),
        (StatusCode::NOT_FOUND, MISSING, StatusCode::NOT_FOUND, MISSING),
    ] {
        let (_server, store) = scripted(move |method, _, _| {
            Some(if method == Method::DELETE { (delete_status, delete_body) } else { (get_status, get_body) })
        })
        .await;
        match store.delete(&value.uuid, &revision).await {
            Err(StoreError::Conflict { .. }) => assert_eq!(get_status, StatusCode::OK),
            Err(StoreError::NotFound { .. }) => assert_eq!(get_status, StatusCode::NOT_FOUND),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn rows_whose_document_is_gone_are_passed_over() {
    const ROWS: &str = concat!(
        "{\"total_rows\":4,\"offset\":0,\"rows\":[\n",
        r#"{"id":"gone","key":["created","2020-01","01","00","00","00"],"value":null,"doc":null},"#,
        r#"{"id":"a","key":["created","2020-01","01","00","00","01"],"value":null,"doc":{"_id":"a","#,
        r#""_rev":"1-967a00dff5e02add41819138abb3284d","uuid":"a","code":"","status":"created","#,
        r#""created_at":"2020-01-01T00:00:01Z"}}"#,
        "\n]}\n"
    );
    const KEYS: &str = r#"{"total_rows":4,"offset":2,"rows":[{"id":"b","key":[],"value":null}]}"#;
    const BY_KEYS: &str = concat!(
        "{\"total_rows\":5,\"offset\":null,\"rows\":[\n{\"key\":\"nope\",\"error\":\"not_found\"},\n",
        r#"{"id":"d3","key":"d3","value":{"rev":"2-bebf5b8625e9b63ec923e8c40271a792","deleted":true},"doc":null}"#,
        "\n]}\n"
    );
    let (_server, store) = scripted(|_, path, _| {
        ok(match path {
            path if path.contains("_all_docs") => BY_KEYS,
            path if path.contains("include_docs=true") => ROWS,
            path if path.contains("skip=2") => KEYS,
            _ => NO_ROWS,
        })
    })
    .await;
    let query = LeftoverQuery {
        status: JobStatus::Created,
        created_from: None,
        created_until: Timestamp::now(),
        after: None,
        limit: 2,
    };
    let found = store.leftovers(query).await.unwrap();
    assert_eq!(found.iter().map(|stored| stored.value.uuid.as_str()).collect::<Vec<_>>(), ["a"]);
}

/// A list that breaks off in the middle, as a view does whose shard dies after the 200.
#[tokio::test]
async fn an_answer_that_breaks_off_may_be_tried_again() {
    const BROKEN: &str = "{\"total_rows\":4,\"offset\":0,\"rows\":[\n{\"error\":\"timeout\",\"reason\":\"The request";
    let (_server, store) = scripted(|_, _, _| ok(BROKEN)).await;
    let everything = ListQuery { filter: JobFilter::ALL, skip: 0, limit: 10 };
    assert!(matches!(store.list(everything).await, Err(StoreError::Unavailable { .. })));
}

/// A disk that is full, as CouchDB and what stands in front of it tell of it, alone and in a row of a batch.
#[tokio::test]
async fn a_full_database_may_be_tried_again() {
    const FULL: &str = r#"{"error":"insufficient_storage","reason":"enospc"}"#;
    const ROWS: &str = concat!(
        r#"[{"id":"a","error":"internal_server_error","reason":"enospc"},"#,
        r#"{"id":"b","error":"insufficient_storage","reason":"enospc"}]"#
    );
    for status in [StatusCode::INSUFFICIENT_STORAGE, StatusCode::INTERNAL_SERVER_ERROR] {
        let (_server, store) = scripted(move |_, path, _| {
            Some(if path.ends_with("_bulk_docs") { (StatusCode::CREATED, ROWS) } else { (status, FULL) })
        })
        .await;
        assert!(matches!(store.insert(&job("a")).await, Err(StoreError::Unavailable { .. })));
        for row in store.create_many(vec![job("a"), job("b")]).await {
            assert!(matches!(row, Err(StoreError::Unavailable { .. })), "{row:?}");
        }
    }
}

/// One row of a batch is refused for the members that the predecessor does not know; it is written again without them.
#[tokio::test]
async fn a_forbidden_row_is_written_again_without_our_members() {
    const FIRST: &str = concat!(
        r#"[{"ok":true,"id":"a","rev":"1-967a00dff5e02add41819138abb3284d"},"#,
        r#"{"id":"b","error":"forbidden","reason":"unknown field instance"}]"#
    );
    let (server, store) = scripted(|_, path, body| {
        let ours = String::from_utf8_lossy(body).contains("write_token");
        Some(match path {
            "/jobs/_bulk_docs" => (StatusCode::CREATED, FIRST),
            _ if ours => (StatusCode::FORBIDDEN, r#"{"error":"forbidden","reason":"unknown field instance"}"#),
            _ => (StatusCode::CREATED, WRITTEN),
        })
    })
    .await;
    for row in store.create_many(vec![job("a"), job("b")]).await {
        assert!(row.is_ok(), "{row:?}");
    }
    store.insert(&job("c")).await.unwrap();
    assert_eq!(server.take(), ["POST /jobs/_bulk_docs", "PUT /jobs/b", "PUT /jobs/c"]);
    assert_eq!(store.rows_written(), 4);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = CouchDbConfig::new("127.0.0.1", listener.local_addr().unwrap().port());
    let store = CouchDbJobStore::new(&config).unwrap();
    let server = async {
        let mut requests = 0;
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut begin = [0; 3];
            connection.read_exact(&mut begin).await.unwrap();
            requests += 1;
            if begin == *b"GET" {
                return requests; // sent after the write had failed
            }
        }
    };
    let client = async {
        assert!(matches!(store.replace(at_revision("a")).await, Err(StoreError::Unavailable { .. })));
        let _ = store.ping().await;
    };
    let requests = tokio::select! {
        requests = server => requests,
        () = async { client.await; std::future::pending().await } => unreachable!(),
    };
    assert_eq!(requests, 2, "one write, then the read that ends the test");
}
