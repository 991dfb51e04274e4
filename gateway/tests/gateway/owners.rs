//! Two owners who try each other's jobs in every way.

use std::time::Duration;

use gateway::{NewToken, Scope};
use job_model::{JobId, JobStatus, TokenName};
use job_store::{JobFilter, ListQuery};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{
    Backend, Running, answer, named, on_every_backend, result, settings, token_file, token_lines, with_file, within,
};

on_every_backend!(
    nobody_reaches_anothers_jobs_in_any_way,
    who_sees_all_jobs_reaches_them_in_every_way,
    a_stream_of_events_ends_when_its_token_is_taken_away,
    a_job_keeps_its_owner_to_its_end,
);

const OWN: [Scope; 3] = [Scope::JobsCreate, Scope::JobsRead, Scope::JobsDelete];

async fn create(gateway: &Running, token: &NewToken, uuid: &str) {
    let request = gateway.request_as(token, Method::POST, "/jobs").json(&json!({"uuid": uuid, "code": "secret"}));
    assert_eq!(answer(request).await.0, StatusCode::CREATED);
}

fn ids(list: &Value) -> Vec<String> {
    let mut ids: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|job| job["uuid"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

async fn nobody_reaches_anothers_jobs_in_any_way(backend: Backend) {
    let (alice, bob) = (named("alice", &OWN), named("bob", &OWN));
    let file = token_file(&[(&alice, ""), (&bob, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    let as_bob = async |method: Method, path: &str| answer(gateway.request_as(&bob, method, path).body("{}")).await;
    for n in 0..5 {
        create(&gateway, &alice, &format!("a{n}")).await;
    }
    create(&gateway, &bob, "b0").await;
    gateway.create(&json!({"uuid": "nobodys"})).await;
    let done = JobId::parse("a0").unwrap();
    gateway.send_result(result(&done).to_string()).await;
    gateway.done(&done).await;

    // Single jobs: as if they were not there. Those without an owner, too.
    for uuid in ["a0", "a1", "nobodys", "never"] {
        let path = format!("/jobs/{uuid}");
        for (method, path) in [
            (Method::GET, path.clone()),
            (Method::GET, format!("{path}?wait=5")),
            (Method::GET, format!("{path}/events")),
            (Method::POST, format!("{path}/cancel")),
            (Method::POST, format!("{path}/rerun")),
            (Method::DELETE, path.clone()),
        ] {
            let (status, body) = as_bob(method.clone(), &path).await;
            let expected = json!({"error": format!("Job {uuid} not found"), "message": "document not found"});
            assert_eq!((status, body), (StatusCode::NOT_FOUND, expected), "{method} {path}");
        }
    }
    // A taken uuid is taken; that is all there is to know of it.
    let taken = gateway.request_as(&bob, Method::POST, "/jobs").json(&json!({"uuid": "a0"}));
    let (status, body) = answer(taken).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["message"], "A job with the given UUID a0 does already exist");

    // Lists, page by page and by every filter.
    for query in [
        "",
        "?view=summary",
        "?page=1&per_page=1",
        "?owner=bob",
        "?state=waiting",
        "?created_from=2020-01-01T00:00:00Z",
    ] {
        let (_, list) = as_bob(Method::GET, &format!("/jobs{query}")).await;
        assert_eq!((ids(&list), &list["meta"]["total"]), (vec!["b0".to_owned()], &json!(1)), "{query}");
        assert_eq!((&list["data"][0]["owner"], &list["links"]["next"]), (&json!("bob"), &Value::Null));
    }
    for query in ["?owner=alice", "?page=2&per_page=1", "?status=done", "?state=succeeded"] {
        let (status, list) = as_bob(Method::GET, &format!("/jobs{query}")).await;
        assert_eq!((status, ids(&list).len()), (StatusCode::OK, 0), "{query}");
    }
    for query in ["?owner=alice", "?state=succeeded", "?status=done"] {
        assert_eq!(as_bob(Method::DELETE, &format!("/jobs{query}")).await, (StatusCode::OK, json!({"deleted": 0})));
    }
    assert_eq!(as_bob(Method::DELETE, "/jobs?created_from=2020-01-01T00:00:00Z").await.1, json!({"deleted": 1}));

    // Nothing of it has touched the others' jobs.
    let (_, list) = answer(gateway.request_as(&alice, Method::GET, "/jobs?owner=alice")).await;
    assert_eq!(ids(&list), ["a0", "a1", "a2", "a3", "a4"]);
    assert_eq!(answer(gateway.request_as(&alice, Method::GET, "/jobs/a1")).await.1["data"]["error"], "");
    let (_, list) = gateway.get("/jobs").await;
    assert_eq!(ids(&list), ["a0", "a1", "a2", "a3", "a4", "nobodys"]);
    let of_nobody = list["data"].as_array().unwrap().iter().find(|job| job["uuid"] == "nobodys").unwrap();
    assert!(of_nobody.get("owner").is_none());
    gateway.stop().await;
}

async fn who_sees_all_jobs_reaches_them_in_every_way(backend: Backend) {
    let everything = [Scope::JobsCreate, Scope::JobsRead, Scope::JobsDelete, Scope::JobsAll];
    let (alice, ops) = (named("alice", &OWN), named("ops", &everything));
    let file = token_file(&[(&alice, "network = { deny = [\"private\"] }"), (&ops, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    for uuid in ["one", "two", "three"] {
        create(&gateway, &alice, uuid).await;
    }
    gateway.create(&json!({"uuid": "nobodys"})).await;
    let as_ops = async |method: Method, path: &str| answer(gateway.request_as(&ops, method, path).body("{}")).await;
    assert_eq!(ids(&as_ops(Method::GET, "/jobs").await.1).len(), 4);
    assert_eq!(ids(&as_ops(Method::GET, "/jobs?owner=alice").await.1), ["one", "three", "two"]);
    assert_eq!(as_ops(Method::GET, "/jobs/one").await.1["data"]["owner"], "alice");
    let (status, again) = as_ops(Method::POST, "/jobs/one/rerun").await;
    assert_eq!(
        (status, &again["data"]["owner"]),
        (StatusCode::CREATED, &json!("ops")),
        "a rerun is whose asked for it"
    );
    let again = JobId::parse(again["data"]["uuid"].as_str().unwrap()).unwrap();
    let stored = backend.parts.store.get(&again).await.unwrap().value;
    let bound = stored.network_token.expect("the code stays bound by the token under which it was written");
    assert_eq!(bound.deny.as_deref(), Some(&["private".to_owned()][..]));
    assert_eq!(as_ops(Method::POST, "/jobs/one/cancel").await.0, StatusCode::OK);
    assert_eq!(as_ops(Method::DELETE, "/jobs/two").await.0, StatusCode::NO_CONTENT);
    assert_eq!(as_ops(Method::DELETE, "/jobs?owner=alice").await.1, json!({"deleted": 2}));
    assert_eq!(ids(&gateway.get("/jobs").await.1).len(), 2);
    gateway.stop().await;
}

async fn a_stream_of_events_ends_when_its_token_is_taken_away(backend: Backend) {
    let (alice, bob) = (named("alice", &OWN), named("bob", &OWN));
    let file = token_file(&[(&alice, ""), (&bob, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    create(&gateway, &alice, "j").await;
    let stream = gateway.request_as(&alice, Method::GET, "/jobs/j/events").send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let waiting = gateway.request_as(&alice, Method::GET, "/jobs/j?wait=25");
    std::fs::write(file.path(), token_lines(&[(&bob, "")])).unwrap();
    let (text, waited) = tokio::join!(within(stream.text()), within(answer(waiting)));
    assert!(!text.unwrap().contains("event: result"));
    assert_eq!(waited.0, StatusCode::UNAUTHORIZED);
    assert_eq!(answer(gateway.request_as(&alice, Method::GET, "/jobs/j")).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(gateway.get("/jobs/j").await.1["data"]["owner"], "alice", "its jobs stay as they are");
    gateway.stop().await;
}

async fn a_job_keeps_its_owner_to_its_end(backend: Backend) {
    let alice = named("alice", &OWN);
    let file = token_file(&[(&alice, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    create(&gateway, &alice, "j").await;
    let id = JobId::parse("j").unwrap();
    gateway.job_when(&id, |job| job.status == JobStatus::Queued).await;
    // What an executor gets says whose job it is.
    let mut deliveries = gateway.parts.queue.consume(job_queue::Queue::Jobs, std::num::NonZeroU16::MIN).await.unwrap();
    let delivery = within(deliveries.next()).await.unwrap();
    let message: Value = serde_json::from_slice(&delivery.message.body).unwrap();
    assert_eq!((&message["uuid"], &message["owner"]), (&json!("j"), &json!("alice")));
    gateway.send_result(result(&id).to_string()).await;
    assert_eq!(gateway.done(&id).await.owner, TokenName::parse("alice").ok());
    let filter = JobFilter { owner: TokenName::parse("alice").ok(), ..JobFilter::ALL };
    let listed = backend.parts.store.list(ListQuery { filter, skip: 0, limit: 9 }).await.unwrap();
    assert_eq!((listed.total, listed.jobs[0].value.status), (1, JobStatus::Done));
    gateway.stop().await;
}

/// A customer's rule: a document is what the predecessor writes, and nothing else.
const STRICT: &str = r#"function (newDoc) {
  var allowed = ["_id", "_rev", "_revisions", "_deleted", "uuid", "code", "status", "vars", "modules", "error", "logs",
    "results", "created_at", "started_at", "finished_at", "duration"];
  for (var member in newDoc) {
    if (allowed.indexOf(member) < 0) { throw({ forbidden: "unknown field " + member }); }
  }
}"#;

#[tokio::test]
async fn where_documents_cannot_say_whose_they_are_the_gateway_that_made_them_knows() {
    let backend = Backend::servers().await;
    let couchdb = backend.couchdb.as_ref().unwrap();
    let design = json!({"language": "javascript", "validate_doc_update": STRICT});
    let put = reqwest::Client::new().put(format!("{}/jobs/_design/strict", couchdb.url())).json(&design);
    put.basic_auth(&couchdb.username, Some(&couchdb.password)).send().await.unwrap().error_for_status().unwrap();
    let (alice, bob) = (named("alice", &OWN), named("bob", &OWN));
    let file = token_file(&[(&alice, ""), (&bob, "")]);
    let strict = with_file(&file, settings());
    let gateway = Running::start(&backend.parts, strict.clone()).await;
    create(&gateway, &alice, "j").await;
    let read = async |gateway: &Running, token| answer(gateway.request_as(token, Method::GET, "/jobs/j")).await;
    let (status, body) = read(&gateway, &alice).await;
    assert_eq!((status, &body["data"]["owner"]), (StatusCode::OK, &json!("alice")));
    assert_eq!(read(&gateway, &bob).await.0, StatusCode::NOT_FOUND);
    let id = JobId::parse("j").unwrap();
    gateway.send_result(result(&id).to_string()).await;
    let waited = answer(gateway.request_as(&alice, Method::GET, "/jobs/j?wait=20")).await;
    assert_eq!(waited.1["data"]["status"], "done");
    assert_eq!(ids(&answer(gateway.request_as(&alice, Method::GET, "/jobs")).await.1).len(), 0);
    // Another gateway does not know, and shows it to nobody but those who see everything.
    let other = Running::start(&backend.parts, strict).await;
    assert_eq!(read(&other, &alice).await.0, StatusCode::NOT_FOUND);
    assert_eq!(other.get("/jobs/j").await.0, StatusCode::OK);
    assert_eq!(answer(gateway.request_as(&alice, Method::DELETE, "/jobs/j")).await.0, StatusCode::NO_CONTENT);
    tokio::time::timeout(Duration::from_secs(20), other.stop()).await.unwrap();
    gateway.stop().await;
}
