//! What the log says of changes, and which request it was.

use std::io::Write;
use std::sync::{Arc, Mutex};

use gateway::Scope;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Backend, Running, answer, api_only, named, token_file, with_file};

/// A log that a test can read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines of the audit.
    fn audit(&self) -> Vec<Value> {
        let lines = self.text();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == "audit").collect()
    }
}

// One thread: the log is of everything that happens in it.
#[tokio::test]
async fn every_change_of_a_job_is_told_with_who_asked_for_it() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);

    let backend = Backend::embedded();
    let alice = named("alice", &[Scope::JobsCreate, Scope::JobsRead, Scope::JobsDelete]);
    let file = token_file(&[(&alice, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, api_only())).await;
    let as_alice = async |method: Method, path: &str, body: Value| {
        let request = gateway.request_as(&alice, method, path).header("x-request-id", "req-7").json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["x-request-id"], "req-7");
        response.status()
    };
    for uuid in ["a", "b", "c"] {
        assert_eq!(as_alice(Method::POST, "/jobs", json!({"uuid": uuid, "code": "hush"})).await, StatusCode::CREATED);
    }
    as_alice(Method::POST, "/jobs/a/rerun", json!({})).await;
    for _ in 0..2 {
        assert_eq!(as_alice(Method::POST, "/jobs/a/cancel", json!({})).await, StatusCode::OK);
    }
    assert_eq!(as_alice(Method::DELETE, "/jobs/b", json!({})).await, StatusCode::NO_CONTENT);
    assert_eq!(as_alice(Method::DELETE, "/jobs/b", json!({})).await, StatusCode::NOT_FOUND);
    assert_eq!(as_alice(Method::DELETE, "/jobs?status=created", json!({})).await, StatusCode::OK);
    gateway.create(&json!({"uuid": "d"})).await;

    let audit = log.audit();
    let told: Vec<_> =
        audit.iter().map(|line| (line["action"].as_str().unwrap(), line["job.id"].as_str().unwrap())).collect();
    let rerun = told[3].1;
    let mut bulk = told[6..8].to_vec();
    bulk.sort_by_key(|(_, id)| *id != "c");
    assert_eq!(told[..3], [("create", "a"), ("create", "b"), ("create", "c")]);
    assert_eq!(told[3..6], [("rerun", rerun), ("cancel", "a"), ("delete", "b")]);
    assert_eq!(bulk, [("bulk_delete", "c"), ("bulk_delete", rerun)]);
    assert_eq!(told[8..], [("create", "d")]);
    for line in &audit[..8] {
        assert_eq!(
            (&line["token"], &line["request.id"], &line["level"]),
            (&json!("alice"), &json!("req-7"), &json!("INFO"))
        );
        assert!(line["peer.address"].as_str().unwrap().starts_with("127.0.0.1:"), "{line}");
    }
    assert_eq!(audit[8]["token"], "API_TOKEN");
    assert_eq!(audit[8]["request.id"].as_str().unwrap().len(), 32);
    let text = log.text();
    assert!(!text.contains(alice.token.expose()) && !text.contains("hush"), "{text}");
    gateway.stop().await;
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, api_only()).await;
    for (path, given) in [("/healthz", "a b"), ("/nope", ""), ("/jobs/missing", "x\u{7f}"), ("/jobs", &"x".repeat(200))]
    {
        let response = gateway.bare(Method::GET, path).header("x-request-id", given.as_bytes()).send().await;
        let Ok(response) = response else { continue }; // the client would not send it
        let id = response.headers()["x-request-id"].to_str().unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
    let (status, _) = answer(gateway.bare(Method::GET, "/jobs").header("x-request-id", "mine")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    gateway.stop().await;
}
