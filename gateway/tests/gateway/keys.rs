//! Jobs that share a key, and requests that are sent twice.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use gateway::Parts;
use job_model::{Job, JobId, JobStatus, NewJob, Outcome, RunKey, Timestamp, WaitsFor};
use job_queue::{Consumer, Delivery, Message, Queue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::executors::result_of;
use crate::running::{Backend, Running, answer, on_every_backend, settings, within};
use crate::sweeping::take_job;
use crate::watched_store::WatchedStore;

on_every_backend!(
    no_more_jobs_of_a_key_are_under_way_than_it_says_and_they_go_in_order,
    a_place_that_a_dead_gateway_held_becomes_free,
    a_duplicate_is_skipped_or_takes_the_place,
    a_request_that_is_sent_again_makes_no_second_job,
    requests_that_race_make_one_job,
);

fn keyed(number: u32, max_running: u32) -> Value {
    json!({"uuid": format!("k{number}"), "key": "shop", "max_running": max_running})
}

async fn consumer(backend: &Backend) -> Box<dyn Consumer> {
    backend.parts.queue.consume(Queue::Jobs, NonZeroU16::new(100).unwrap()).await.unwrap()
}

async fn next(consumer: &mut Box<dyn Consumer>) -> (Job, Delivery) {
    let delivery = within(consumer.next()).await.unwrap();
    (serde_json::from_slice(&delivery.message.body).unwrap(), delivery)
}

async fn end(gateway: &Running, job: &Job) {
    gateway.send_result(serde_json::to_vec(&result_of(job)).unwrap()).await;
}

async fn no_more_jobs_of_a_key_are_under_way_than_it_says_and_they_go_in_order(backend: Backend) {
    let gateways = [Running::start(&backend.parts, settings()).await, Running::start(&backend.parts, settings()).await];
    for number in 0..8 {
        gateways[number as usize % 2].create(&keyed(number, 2)).await;
    }
    let unrelated = gateways[0].create(&json!({"key": "other"})).await;
    let mut jobs = consumer(&backend).await;
    let mut under_way = Vec::new();
    let mut order = Vec::new();
    for _ in 0..3 {
        let (job, delivery) = next(&mut jobs).await;
        delivery.ack().await.unwrap();
        if job.uuid == unrelated { end(&gateways[0], &job).await } else { under_way.push(job) }
    }
    while let Some(job) = under_way.first().cloned() {
        order.push(job.uuid.to_string());
        assert!(under_way.len() <= 2 && backend.parts.queue.depth(Queue::Jobs).await.unwrap() == 0);
        under_way.remove(0);
        end(&gateways[order.len() % 2], &job).await;
        if order.len() <= 6 {
            let (job, delivery) = next(&mut jobs).await;
            delivery.ack().await.unwrap();
            under_way.push(job);
        }
    }
    // Which of the two first ones came first is for the queue to say.
    order[..2].sort();
    assert_eq!(order, (0..8).map(|number| format!("k{number}")).collect::<Vec<_>>());
    for gateway in gateways {
        gateway.stop().await;
    }
}

async fn a_place_that_a_dead_gateway_held_becomes_free(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let first = gateway.create(&keyed(1, 1)).await;
    let waiting = gateway.create(&keyed(2, 1)).await;
    gateway.create(&keyed(3, 1)).await;
    let first_job = take_job(&backend).await;
    assert_eq!(first_job.uuid, first);
    gateway.job_when(&waiting, |job| job.waits_for == Some(WaitsFor::Key)).await;
    gateway.stop().await;
    // Somebody ends the job, and dies before it can give the place away.
    let mut stored = backend.parts.store.get(&first).await.unwrap();
    stored.value.finish(result_of(&first_job)).unwrap();
    backend.parts.store.update(&stored.value, &stored.revision).await.unwrap();
    let gateway = Running::start(&backend.parts, settings()).await;
    let second = take_job(&backend).await;
    assert_eq!(second.uuid, waiting);
    // One that is deleted leaves its place, too.
    let (status, _) = answer(gateway.request(Method::DELETE, &format!("/jobs/{waiting}"))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let third = take_job(&backend).await;
    assert_eq!(third.uuid.as_str(), "k3");
    gateway.stop().await;
}

async fn a_duplicate_is_skipped_or_takes_the_place(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let first = gateway.create(&keyed(1, 1)).await;
    let mut duplicate = keyed(2, 1);
    duplicate["on_duplicate"] = json!("skip");
    let (status, body) = gateway.post("/jobs", &duplicate).await;
    assert_eq!((status, &body["error"]), (StatusCode::CONFLICT, &json!("The job is skipped")), "{body}");
    assert!(body["message"].as_str().unwrap().contains(first.as_str()), "{body}");
    assert_eq!(gateway.get("/jobs/k2").await.0, StatusCode::NOT_FOUND);
    let waiting = gateway.create(&keyed(3, 1)).await;
    let mut replacing = keyed(4, 1);
    replacing["on_duplicate"] = json!("replace");
    let last = gateway.create(&replacing).await;
    for id in [&first, &waiting] {
        assert_eq!(gateway.done(id).await.outcome, Some(Outcome::Cancelled));
    }
    gateway.job_when(&last, |job| job.status == JobStatus::Queued).await;
    gateway.stop().await;
}

async fn post_with_key(gateway: &Running, key: &str, body: &Value) -> (StatusCode, Value) {
    answer(gateway.request(Method::POST, "/jobs").header("Idempotency-Key", key).json(body)).await
}

async fn a_request_that_is_sent_again_makes_no_second_job(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let other = Running::start(&backend.parts, settings()).await;
    let body = json!({"code": "1", "delay": "1h", "vars": {"a": "b"}});
    let (status, first) = post_with_key(&gateway, "order-7", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    assert_eq!(post_with_key(&other, "order-7", &body).await, (StatusCode::CREATED, first.clone()));
    let (status, refused) = post_with_key(&gateway, "order-7", &json!({"code": "2"})).await;
    assert_eq!((status, &refused["error"]), (StatusCode::CONFLICT, &json!("Idempotency-Key was used before")));
    assert_eq!(post_with_key(&gateway, "a b", &body).await.0, StatusCode::BAD_REQUEST);
    assert_ne!(post_with_key(&gateway, "order-8", &body).await.1["data"]["uuid"], first["data"]["uuid"]);
    // What was made is not made again, whatever became of it.
    let path = format!("/jobs/{}", first["data"]["uuid"].as_str().unwrap());
    answer(gateway.request(Method::DELETE, &path)).await;
    assert_eq!(post_with_key(&other, "order-7", &body).await, (StatusCode::CREATED, first));
    assert_eq!(gateway.get(&path).await.0, StatusCode::NOT_FOUND);
    // A request that was refused leaves its key free.
    let taken = json!({"uuid": "taken"});
    gateway.create(&taken).await;
    assert_eq!(post_with_key(&gateway, "order-9", &taken).await.0, StatusCode::CONFLICT);
    assert_eq!(post_with_key(&gateway, "order-9", &json!({})).await.0, StatusCode::CREATED);
    gateway.stop().await;
    other.stop().await;
}

async fn requests_that_race_make_one_job(backend: Backend) {
    let gateways = [Running::start(&backend.parts, settings()).await, Running::start(&backend.parts, settings()).await];
    for round in 0..5 {
        let (key, body) = (format!("race-{round}"), json!({"code": round.to_string()}));
        let requests = (0..8).map(|number| post_with_key(&gateways[number % 2], &key, &body));
        let answers = join_all(requests).await;
        for (status, answer) in &answers {
            assert_eq!((*status, answer), (StatusCode::CREATED, &answers[0].1));
        }
    }
    assert_eq!(gateways[0].get("/jobs").await.1["meta"]["total"], 5);
    for gateway in gateways {
        gateway.stop().await;
    }
}

/// Jobs of three keys at once, two gateways, and one that goes and comes: no key has more under way than it may, ever.
#[tokio::test]
async fn keys_hold_whatever_gateways_do() {
    const KEYS: [(&str, usize); 3] = [("a", 1), ("b", 2), ("c", 3)];
    let backend = Backend::embedded();
    let steady = Running::start(&backend.parts, settings()).await;
    let running = Arc::new(Mutex::new(HashMap::<String, usize>::new()));
    let executor = tokio::spawn({
        let (queue, running) = (backend.parts.queue.clone(), running.clone());
        async move {
            let mut consumer = queue.consume(Queue::Jobs, NonZeroU16::new(100).unwrap()).await.unwrap();
            while let Ok(delivery) = consumer.next().await {
                let (queue, running) = (queue.clone(), running.clone());
                tokio::spawn(async move {
                    let job: Job = serde_json::from_slice(&delivery.message.body).unwrap();
                    let key = job.key.as_ref().unwrap().to_string();
                    let most = KEYS.iter().find(|(name, _)| *name == key).unwrap().1;
                    let count = {
                        let mut running = running.lock().unwrap();
                        let count = running.entry(key.clone()).or_default();
                        *count += 1;
                        *count
                    };
                    assert!(count <= most, "{count} jobs of {key} are under way");
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    *running.lock().unwrap().get_mut(&key).unwrap() -= 1;
                    let result = serde_json::to_vec(&result_of(&job)).unwrap();
                    queue.publish(Queue::JobResults, Message::new(result)).await.unwrap();
                    delivery.ack().await.unwrap();
                });
            }
        }
    });
    let mut ids = Vec::new();
    for round in 0..3 {
        let other = Running::start(&backend.parts, settings()).await;
        for number in 0..15 {
            let (key, most) = KEYS[number % 3];
            let gateway = if number % 2 == 0 { &steady } else { &other };
            let body = json!({"uuid": format!("r{round}-{number}"), "key": key, "max_running": most});
            ids.push(gateway.create(&body).await);
        }
        other.stop().await;
    }
    for id in &ids {
        let done = steady.done(id).await;
        assert_eq!(done.outcome, Some(Outcome::Succeeded), "{id}");
    }
    executor.abort();
    steady.stop().await;
}

/// A gateway died after it had taken the key: the next request makes the job, under the same id.
#[tokio::test]
async fn a_key_whose_gateway_died_makes_its_job_with_the_next_request() {
    use job_store::records::{Record, RecordKind};
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, settings()).await;
    let (status, first) = post_with_key(&gateway, "a", &json!({"code": "1"})).await;
    assert_eq!(status, StatusCode::CREATED);
    // As it was before the job was stored.
    let kind = RecordKind("idempotency-key");
    let stored = backend.parts.records.get(kind, "/a").await.unwrap();
    let mut body = stored.value.body.clone();
    (body["stored"], body["uuid"]) = (json!(false), json!("of-the-dead"));
    let record = Record { body, ..stored.value };
    backend.parts.records.replace(&record, &stored.revision).await.unwrap();
    let (status, second) = post_with_key(&gateway, "a", &json!({"code": "1"})).await;
    assert_eq!((status, &second["data"]["uuid"]), (StatusCode::CREATED, &json!("of-the-dead")));
    assert_ne!(first["data"]["uuid"], second["data"]["uuid"]);
    // A day later the key is a new one.
    let stored = backend.parts.records.get(kind, "/a").await.unwrap();
    let record = Record { due_at: Some(Timestamp::now()), ..stored.value };
    backend.parts.records.replace(&record, &stored.revision).await.unwrap();
    assert_eq!(post_with_key(&gateway, "a", &json!({"code": "2"})).await.0, StatusCode::CREATED);
    gateway.stop().await;
}

/// A gateway was slow after it had taken the key, and another one took the key over: both answer with the one job.
#[tokio::test]
async fn a_key_whose_gateway_was_slow_has_the_job_that_another_one_made() {
    use job_store::records::RecordKind;
    let backend = Backend::embedded();
    let store = WatchedStore::of(backend.parts.store.clone());
    let slow = Running::start(&Parts { store: store.clone(), ..backend.parts.clone() }, settings()).await;
    let (is_there, go_on) = store.hold_insert();
    let body = json!({"code": "1", "delay": "1h"});
    let other = async {
        is_there.await.unwrap();
        let records = &backend.parts.records;
        let taken = records.get(RecordKind("idempotency-key"), "/a").await.unwrap();
        let uuid = taken.value.body["uuid"].as_str().unwrap().to_owned();
        records.replace(&taken.value, &taken.revision).await.unwrap();
        let job = Job::create(NewJob { uuid: uuid.clone(), ..NewJob::default() }, Timestamp::now()).unwrap();
        backend.parts.store.insert(&job).await.unwrap();
        go_on.send(()).unwrap();
        uuid
    };
    let ((status, answer), uuid) = tokio::join!(post_with_key(&slow, "a", &body), other);
    assert_eq!((status, &answer["data"]["uuid"]), (StatusCode::CREATED, &json!(uuid)), "{answer}");
    slow.stop().await;
}

/// A database in trouble took the job and said that it is there already.
#[tokio::test]
async fn a_job_that_its_store_took_and_refused_is_made_once() {
    let backend = Backend::embedded();
    let store = WatchedStore::of(backend.parts.store.clone());
    let gateway = Running::start(&Parts { store: store.clone(), ..backend.parts.clone() }, settings()).await;
    store.deny_inserts();
    let (status, first) = post_with_key(&gateway, "a", &json!({"code": "1"})).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    assert_eq!(post_with_key(&gateway, "a", &json!({"code": "1"})).await, (status, first.clone()));
    let (status, _) = gateway.post("/jobs", &json!({"uuid": "own"})).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, _) = gateway.post("/jobs", &json!({"uuid": "own"})).await;
    assert_eq!(status, StatusCode::CONFLICT, "another one");
    let mut jobs = consumer(&backend).await;
    let taken = [next(&mut jobs).await.0, next(&mut jobs).await.0].map(|job| job.uuid.to_string());
    assert_eq!(taken, [first["data"]["uuid"].as_str().unwrap(), "own"]);
    gateway.stop().await;
}

/// Delayed jobs take their place when their time comes.
#[tokio::test]
async fn a_delayed_job_waits_for_its_key_when_its_time_comes() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, settings()).await;
    let first = gateway.create(&keyed(1, 1)).await;
    let new = NewJob { delay: Some(Duration::from_millis(300)), key: RunKey::parse("shop"), ..NewJob::default() };
    let delayed = Job::create(new, Timestamp::now()).unwrap();
    backend.parts.store.insert(&delayed).await.unwrap();
    gateway.job_when(&delayed.uuid, |job| job.waits_for == Some(WaitsFor::Key)).await;
    let job = take_job(&backend).await;
    end(&gateway, &job).await;
    let second = take_job(&backend).await;
    assert_eq!((job.uuid, second.uuid), (first, JobId::parse(delayed.uuid.as_str()).unwrap()));
    gateway.stop().await;
}
