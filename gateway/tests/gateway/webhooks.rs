//! Webhooks: what a receiver is told, how often, and by whom.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use gateway::{Scope, Settings, WebhookArgs};
use hmac::{Hmac, KeyInit, Mac};
use job_model::{Job, JobId, JobResult, JobStatus, NewJob, Timestamp};
use job_queue::Queue;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::site::{Site, SiteRequest};

use crate::executors::begin;
use crate::running::{
    Backend, Running, answer, named, on_every_backend, result, settings, token_file, with_file, within,
};

/// The key is `0123456789abcdef01234567`.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const KEY: &[u8] = b"0123456789abcdef01234567";

on_every_backend!(
    a_receiver_that_fails_is_told_again_until_it_accepts,
    each_delivery_has_one_sender,
    what_a_dead_gateway_left_is_told_by_another,
    a_job_that_is_gone_is_told_no_more,
);

/// Settings that let webhooks reach the receivers of tests.
fn open() -> Settings {
    let settings = settings();
    let webhooks = WebhookArgs {
        allow: Some("all".parse().unwrap()),
        retry_first: Duration::from_millis(20),
        ..settings.webhooks
    };
    Settings { webhooks, ..settings }
}

/// The deliveries of a job once they are as wanted.
async fn deliveries_when(gateway: &Running, id: &JobId, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    within(async {
        loop {
            let (status, answer) = gateway.get(&format!("/jobs/{id}/deliveries")).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let deliveries = answer["data"].as_array().unwrap();
            if wanted(deliveries) {
                return deliveries.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

fn all_are(deliveries: &[Value], state: &str) -> bool {
    !deliveries.is_empty() && deliveries.iter().all(|delivery| delivery["state"] == state)
}

/// Checks a request as a receiver does, by a library that has nothing to do with the sender's.
fn assert_signed(request: &SiteRequest) {
    let header = |name: &str| request.header(name).unwrap_or_else(|| panic!("{name}: {request:?}"));
    let seconds: i64 = header("webhook-timestamp").parse().unwrap();
    assert!((Timestamp::now().unix_millis() / 1000 - seconds).abs() < 300);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(KEY).unwrap();
    mac.update(format!("{}.{seconds}.{}", header("webhook-id"), request.body).as_bytes());
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(header("webhook-signature"), expected);
}

async fn a_receiver_that_fails_is_told_again_until_it_accepts(backend: Backend) {
    let receiver = Site::start();
    let calls = AtomicUsize::new(0);
    receiver.route("/hook", move |_| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        let status = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND, StatusCode::SERVICE_UNAVAILABLE];
        (status.get(call).copied().unwrap_or(StatusCode::ACCEPTED), [("location", "/elsewhere")])
    });
    let gateway = Running::start(&backend.parts, open()).await;
    let webhook = json!({
        "url": receiver.url("/hook?a=1"), "secret": SECRET, "headers": {"Authorization": "Bearer hunter2"}
    });
    let (status, created) = gateway.post("/jobs", &json!({"uuid": "told", "webhook": webhook})).await;
    assert_eq!(status, StatusCode::CREATED);
    let shown = json!({"url": receiver.url("/hook?a=1"), "headers": {"Authorization": "***"}, "secret": "***"});
    assert_eq!(created["data"]["webhook"], shown);
    let id = JobId::parse("told").unwrap();

    let mut consumer = backend.parts.queue.consume(Queue::Jobs, 1.try_into().unwrap()).await.unwrap();
    let message = within(consumer.next()).await.unwrap();
    let text = String::from_utf8(message.message.body.to_vec()).unwrap();
    assert!(!text.contains("webhook") && !text.contains("hunter2"), "executors know nothing of it: {text}");
    message.ack().await.unwrap();

    gateway.send_result(result(&id).to_string()).await;
    let deliveries = deliveries_when(&gateway, &id, |all| all_are(all, "delivered")).await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0]["event"], "job.done");
    let statuses: Vec<&Value> = deliveries[0]["attempts"].as_array().unwrap().iter().map(|a| &a["status"]).collect();
    assert_eq!(statuses, [500, 302, 503, 202]);
    assert_eq!(deliveries[0].get("next_at"), None);
    assert!(receiver.requests_for("/elsewhere").is_empty(), "redirects are not followed");

    let requests = receiver.requests_for("/hook");
    assert_eq!(requests.len(), 4);
    for request in &requests {
        assert_signed(request);
        assert_eq!(request.header("webhook-id"), deliveries[0]["id"].as_str());
        assert_eq!(request.body, requests[0].body, "the same is told each time");
        assert_eq!((request.method.as_str(), request.query["a"].as_str()), ("POST", "1"));
        assert_eq!(request.header("authorization"), Some("Bearer hunter2"));
        assert_eq!(request.header("content-type"), Some("application/json"));
    }
    let told: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!((&told["type"], &told["data"]["uuid"]), (&json!("job.done"), &json!("told")));
    assert_eq!(told["data"]["results"], json!({"a": "<x>", "b": 1}));
    let stored = backend.parts.store.get(&id).await.unwrap().value;
    assert_eq!((stored.status, stored.wake_at), (JobStatus::Done, None), "nothing is left to be told");
    for path in ["/jobs", "/jobs/told", "/jobs/told/deliveries"] {
        let (_, answer) = gateway.get(path).await;
        let answer = answer.to_string();
        assert!(!answer.contains("hunter2") && !answer.contains(SECRET), "{path}: {answer}");
    }
    gateway.stop().await;
}

async fn each_delivery_has_one_sender(backend: Backend) {
    const JOBS: usize = 20;
    let receiver = Site::start();
    receiver.route("/hook", |_| {
        std::thread::sleep(Duration::from_millis(5));
        "thanks"
    });
    let gateways = [Running::start(&backend.parts, open()).await, Running::start(&backend.parts, open()).await];
    let webhook = json!({"url": receiver.url("/hook"), "events": ["job.done", "job.succeeded", "job.failed"]});
    let mut jobs = Vec::new();
    for number in 0..JOBS {
        jobs.push(gateways[number % 2].create(&json!({"uuid": format!("job-{number}"), "webhook": webhook})).await);
    }
    for id in &jobs {
        gateways[0].send_result(result(id).to_string()).await;
    }
    let mut ids = BTreeMap::new();
    for id in &jobs {
        for delivery in deliveries_when(&gateways[1], id, |all| all_are(all, "delivered")).await {
            assert_eq!(delivery["attempts"].as_array().unwrap().len(), 1);
            ids.insert(delivery["id"].as_str().unwrap().to_owned(), delivery["event"].clone());
        }
    }
    assert_eq!(ids.len(), 2 * JOBS, "an end and a success each");
    assert!(ids.values().all(|event| event == "job.done" || event == "job.succeeded"));
    let mut requests: BTreeMap<String, usize> = BTreeMap::new();
    for request in receiver.requests_for("/hook") {
        *requests.entry(request.header("webhook-id").unwrap().to_owned()).or_default() += 1;
    }
    assert!(requests.keys().eq(ids.keys()) && requests.values().all(|times| *times == 1), "{requests:?}");
    for gateway in gateways {
        gateway.stop().await;
    }
}

async fn what_a_dead_gateway_left_is_told_by_another(backend: Backend) {
    let receiver = Site::start();
    receiver.route("/hook", |_| "thanks");
    backend.parts.store.prepare().await.unwrap();
    // The gateway wrote the result, and died before it did anything else.
    let new: NewJob =
        serde_json::from_value(json!({"uuid": "left", "webhook": {"url": receiver.url("/hook")}})).unwrap();
    let mut job = Job::create(new, Timestamp::now()).unwrap();
    job.finish(JobResult::not_started(job.uuid.clone(), "boom")).unwrap();
    backend.parts.store.insert(&job).await.unwrap();
    let gateway = Running::start(&backend.parts, open()).await;
    deliveries_when(&gateway, &job.uuid, |all| all_are(all, "delivered")).await;
    let requests = receiver.requests_for("/hook");
    let told: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!((requests.len(), &told["data"]["error"]), (1, &json!("boom")));
    assert_eq!(requests[0].header("webhook-signature"), None, "there is no secret to sign with");
    gateway.stop().await;
}

async fn a_job_that_is_gone_is_told_no_more(backend: Backend) {
    let receiver = Site::start();
    receiver.route("/hook", |_| (StatusCode::BAD_GATEWAY, "later"));
    let gateway = Running::start(&backend.parts, open()).await;
    let id = gateway.create(&json!({"uuid": "gone", "webhook": {"url": receiver.url("/hook")}})).await;
    gateway.send_result(result(&id).to_string()).await;
    receiver.wait_for_request("/hook").await;
    let deleted = gateway.request(Method::DELETE, "/jobs/gone").send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let query = job_store::records::RecordQuery::first(job_store::records::RecordKind("delivery"), 10);
    within(async {
        while !backend.parts.records.list(query.clone()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let told = receiver.requests_for("/hook").len();
    let (status, _) = gateway.get("/jobs/gone/deliveries").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // The same uuid again is another job.
    gateway.create(&json!({"uuid": "gone"})).await;
    let (_, answer) = gateway.get("/jobs/gone/deliveries").await;
    assert_eq!((answer["data"].clone(), receiver.requests_for("/hook").len()), (json!([]), told));
    gateway.stop().await;
}

#[tokio::test]
async fn a_receiver_that_the_operator_closed_is_not_reached() {
    let backend = Backend::embedded();
    let receiver = Site::start();
    let closed = settings();
    let gateway = Running::start(&backend.parts, closed).await;
    let id = gateway.create(&json!({"webhook": {"url": receiver.cross_site_url("/hook")}})).await;
    gateway.send_result(result(&id).to_string()).await;
    let tried = |all: &[Value]| all.first().is_some_and(|delivery| delivery["attempts"][0].is_object());
    let deliveries = deliveries_when(&gateway, &id, tried).await;
    let error = deliveries[0]["attempts"][0]["error"].as_str().unwrap();
    assert!(error.contains("operator denies loopback") && error.contains("WEBHOOK_DENY"), "{error}");
    assert!(deliveries[0]["next_at"].is_string(), "the operator may open it: {deliveries:?}");
    assert!(receiver.requests().is_empty());
    gateway.stop().await;
}

#[tokio::test]
async fn a_receiver_that_wants_no_more_is_told_when_somebody_asks_for_that() {
    let backend = Backend::embedded();
    let receiver = Site::start();
    receiver.route("/hook", |_| (StatusCode::GONE, "no more"));
    let (alice, bob) = (named("alice", &[Scope::JobsCreate, Scope::JobsRead]), named("bob", &[Scope::JobsRead]));
    let webhook = format!("webhook = {{ url = \"{}\", secret = \"{SECRET}\" }}", receiver.url("/hook"));
    let file = token_file(&[(&alice, &webhook), (&bob, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, open())).await;
    let (_, created) = answer(gateway.request_as(&alice, Method::POST, "/jobs").json(&json!({"uuid": "hers"}))).await;
    assert_eq!(created["data"]["webhook"]["url"], receiver.url("/hook"), "{created}");
    let id = JobId::parse("hers").unwrap();
    gateway.send_result(result(&id).to_string()).await;
    let deliveries = deliveries_when(&gateway, &id, |all| all_are(all, "gone")).await;
    let path = format!("/jobs/hers/deliveries/{}/redeliver", deliveries[0]["id"].as_str().unwrap());
    receiver.route("/hook", |_| "well");
    let (status, _) = answer(gateway.request_as(&bob, Method::GET, "/jobs/hers/deliveries")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, again) = answer(gateway.request_as(&alice, Method::POST, &path)).await;
    assert_eq!((status, &again["data"]["state"]), (StatusCode::OK, &json!("pending")));
    let deliveries = deliveries_when(&gateway, &id, |all| all_are(all, "delivered")).await;
    assert_eq!(deliveries[0]["attempts"].as_array().unwrap().len(), 2);
    let requests = receiver.requests_for("/hook");
    requests.iter().for_each(assert_signed);
    assert_eq!((requests.len(), requests[0].header("webhook-id")), (2, requests[1].header("webhook-id")));
    let (status, _) = gateway.post("/jobs/hers/deliveries/msg_none/redeliver", &json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    // What is run again by somebody else is not told to her.
    let (_, rerun) = gateway.post("/jobs/hers/rerun", &json!({})).await;
    assert_eq!(rerun["data"].get("webhook"), None, "{rerun}");
    let (status, refused) = gateway.post("/jobs", &json!({"webhook": {"url": "https://u:hunter2@a.example"}})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("webhook.url") && !message.contains("hunter2"), "{message}");
    gateway.stop().await;
}

#[tokio::test]
async fn a_begin_is_told_while_the_job_runs() {
    let backend = Backend::embedded();
    let receiver = Site::start();
    receiver.route("/hook", |_| "thanks");
    let gateway = Running::start(&backend.parts, open()).await;
    let webhook = json!({"url": receiver.url("/hook"), "events": ["job.started", "job.failed"]});
    let id = gateway.create(&json!({"uuid": "long", "webhook": webhook})).await;
    let job = backend.parts.store.get(&id).await.unwrap().value;
    begin(&backend.parts.queue, &job, "e");
    deliveries_when(&gateway, &id, |all| all_are(all, "delivered")).await;
    let told: Value = serde_json::from_str(&receiver.requests_for("/hook")[0].body).unwrap();
    assert_eq!((&told["type"], &told["data"]["uuid"]), (&json!("job.started"), &json!("long")));

    let failed = JobResult { started_at: Some(Timestamp::now()), ..JobResult::not_started(id.clone(), "boom") };
    gateway.send_result(serde_json::to_vec(&failed).unwrap()).await;
    let deliveries = deliveries_when(&gateway, &id, |all| all.len() == 2 && all_are(all, "delivered")).await;
    let events: Vec<&Value> = deliveries.iter().map(|delivery| &delivery["event"]).collect();
    assert_eq!(events, ["job.started", "job.failed"]);
    assert_eq!(receiver.requests_for("/hook").len(), 2, "the begin is told once");
    let metrics = gateway.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains(r#"puppet_master_gateway_webhook_attempts_total{result="delivered"} 2"#), "{metrics}");
    gateway.stop().await;
}

#[tokio::test]
async fn whichever_way_a_token_makes_a_job_its_webhook_is_told() {
    let mut backend = Backend::embedded();
    let folder = tempfile::tempdir().unwrap();
    backend.parts.files = Some(job_files::JobFiles::in_folder(folder.path()).unwrap());
    let alice = named("alice", &[Scope::JobsCreate, Scope::JobsRead]);
    let file = token_file(&[(&alice, "webhook = { url = \"http://127.0.0.1:9/hook\" }")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    let ask = |method, path: &str| gateway.request_as(&alice, method, path).header("prefer", "respond-async");
    let (code, page) = (json!({"code": "1"}), json!({"url": "http://a.example/"}));
    let schedule = json!({"cron": "@every 1s", "job": code});
    for (method, path, body) in [
        (Method::PUT, "/scripts/s", &code),
        (Method::PUT, "/schedules/s", &schedule),
        (Method::POST, "/jobs", &code),
        (Method::POST, "/scripts/s/jobs", &json!({})),
        (Method::POST, "/batches", &code),
        (Method::POST, "/content", &page),
    ] {
        let (status, told) = answer(ask(method, path).json(body)).await;
        assert!(status.is_success(), "{path}: {told}");
    }
    let (_, jobs) = answer(ask(Method::GET, "/jobs")).await;
    let first = jobs["data"].as_array().unwrap().last().unwrap()["uuid"].as_str().unwrap().to_owned();
    assert!(answer(ask(Method::POST, &format!("/jobs/{first}/rerun"))).await.0.is_success());
    let jobs = within(async {
        loop {
            let (_, jobs) = answer(ask(Method::GET, "/jobs")).await;
            let jobs = jobs["data"].as_array().unwrap().clone();
            if jobs.iter().any(|job| job["schedule"].is_object()) {
                return jobs;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(jobs.len() >= 6, "{jobs:?}");
    for job in jobs {
        assert_eq!(job["webhook"]["url"], "http://127.0.0.1:9/hook", "{job}");
    }
    gateway.stop().await;
}
