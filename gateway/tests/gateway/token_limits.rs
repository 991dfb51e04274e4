//! How often a token may ask, how many jobs it may have, and how long they are kept.

use std::time::Duration;

use futures::future::join_all;
use gateway::{NewToken, Scope, Settings};
use job_model::{JobId, JobStatus};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::executors::{begin, still_runs};
use crate::running::{
    Backend, Running, answer, api_only, named, on_every_backend, post_in_two_parts, result, settings, token_file,
    with_file, within,
};

on_every_backend!(
    of_many_posts_at_once_as_many_pass_as_the_cap_allows,
    two_gateways_together_keep_the_cap_but_for_what_is_under_way,
    jobs_that_run_count_until_they_are_done,
    jobs_of_a_token_are_kept_as_long_as_it_says,
);

const OWN: [Scope; 3] = [Scope::JobsCreate, Scope::JobsRead, Scope::JobsDelete];

async fn post(gateway: &Running, token: &NewToken) -> (StatusCode, Value) {
    answer(gateway.request_as(token, Method::POST, "/jobs").body("{}")).await
}

async fn total(gateway: &Running, token: &NewToken) -> u64 {
    let (_, list) = answer(gateway.request_as(token, Method::GET, "/jobs?view=summary")).await;
    list["meta"]["total"].as_u64().unwrap()
}

#[tokio::test]
async fn a_token_that_asks_too_often_is_told_when_to_come_again() {
    let backend = Backend::embedded();
    let (slow, other) = (named("slow", &OWN), named("other", &OWN));
    let file = token_file(&[(&slow, "rate = { per_second = 0.5, burst = 3 }"), (&other, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, api_only())).await;
    let ask = |token: &NewToken| gateway.request_as(token, Method::GET, "/jobs").send();
    for _ in 0..3 {
        assert_eq!(ask(&slow).await.unwrap().status(), StatusCode::OK);
    }
    let refused = ask(&slow).await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    let body: Value = serde_json::from_slice(&refused.bytes().await.unwrap()).unwrap();
    assert_eq!(body["error"], "Too many requests");
    assert_eq!(ask(&other).await.unwrap().status(), StatusCode::OK, "a token's rate is its own");
    assert_eq!(gateway.get("/jobs").await.0, StatusCode::OK);

    // A client whose body comes after its head goes on with the same connection.
    let mut client = TcpStream::connect(gateway.base.strip_prefix("http://").unwrap()).await.unwrap();
    for _ in 0..2 {
        let answer = post_in_two_parts(&mut client, slow.token.expose(), Duration::from_millis(100)).await;
        assert!(answer.starts_with("HTTP/1.1 429 "), "{answer:?}");
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    assert_eq!(ask(&slow).await.unwrap().status(), StatusCode::OK);
    gateway.stop().await;
}

async fn of_many_posts_at_once_as_many_pass_as_the_cap_allows(backend: Backend) {
    let (alice, bob) = (named("alice", &OWN), named("bob", &OWN));
    let file = token_file(&[(&alice, "max_queued = 10"), (&bob, "max_under_way = 7")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    for (token, cap, limit) in [(&alice, 10, "max_queued"), (&bob, 7, "max_under_way")] {
        let answers = join_all((0..50).map(|_| post(&gateway, token))).await;
        let created = answers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count() as u64;
        assert!((1..=cap).contains(&created), "{created} of {cap}");
        for (_, body) in answers.iter().filter(|(status, _)| *status != StatusCode::CREATED) {
            assert_eq!(body["error"], "Too many jobs", "{body}");
            assert!(body["message"].as_str().unwrap().starts_with(limit), "{body}");
        }
        // One after the other the rest goes in, and no more.
        for _ in created..cap {
            assert_eq!(post(&gateway, token).await.0, StatusCode::CREATED);
        }
        let refused = gateway.request_as(token, Method::POST, "/jobs").body("{}").send().await.unwrap();
        assert_eq!(
            (refused.status(), &refused.headers()["retry-after"]),
            (StatusCode::TOO_MANY_REQUESTS, &"5".parse().unwrap())
        );
        assert_eq!(total(&gateway, token).await, cap);
        let (_, list) = answer(gateway.request_as(token, Method::GET, "/jobs?view=summary")).await;
        let id = list["data"][0]["uuid"].as_str().unwrap();
        let rerun = gateway.request_as(token, Method::POST, &format!("/jobs/{id}/rerun"));
        assert_eq!(answer(rerun).await.0, StatusCode::TOO_MANY_REQUESTS, "a rerun is a job, too");
        let gone = gateway.request_as(token, Method::DELETE, &format!("/jobs/{id}"));
        assert_eq!(answer(gone).await.0, StatusCode::NO_CONTENT);
        assert_eq!(post(&gateway, token).await.0, StatusCode::CREATED, "there is room again");
    }
    assert_eq!(gateway.post("/jobs", &json!({})).await.0, StatusCode::CREATED);
    gateway.stop().await;
}

async fn two_gateways_together_keep_the_cap_but_for_what_is_under_way(backend: Backend) {
    const CAP: u64 = 10;
    let alice = named("alice", &OWN);
    let file = token_file(&[(&alice, "max_queued = 10")]);
    let first = Running::start(&backend.parts, with_file(&file, settings())).await;
    let second = Running::start(&backend.parts, with_file(&file, settings())).await;
    let posts = (0..50).map(|n| post(if n % 2 == 0 { &first } else { &second }, &alice));
    join_all(posts).await;
    // Each sees what the other has stored; what it stores at that moment is at most a cap of its own.
    let stored = total(&first, &alice).await;
    assert!(stored <= 2 * CAP, "{stored}");
    // A job counts twice while it is being stored, so that some may have been refused below the cap.
    for _ in stored..CAP {
        assert_eq!(post(&second, &alice).await.0, StatusCode::CREATED);
    }
    assert_eq!(post(&second, &alice).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(post(&first, &alice).await.0, StatusCode::TOO_MANY_REQUESTS);
    first.stop().await;
    second.stop().await;
}

async fn jobs_that_run_count_until_they_are_done(backend: Backend) {
    let alice = named("alice", &OWN);
    let file = token_file(&[(&alice, "max_queued = 1\nmax_under_way = 2")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    let (_, body) = post(&gateway, &alice).await;
    let id = JobId::parse(body["data"]["uuid"].as_str().unwrap()).unwrap();
    assert_eq!(post(&gateway, &alice).await.0, StatusCode::TOO_MANY_REQUESTS, "one waits");
    let job = backend.parts.store.get(&id).await.unwrap().value;
    let running = begin(&backend.parts.queue, &job, "e");
    // Once its document says that it runs it waits no more.
    within(async {
        while post(&gateway, &alice).await.0 != StatusCode::CREATED {
            still_runs(&backend.parts.queue, &job, &running);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
    let (_, body) = post(&gateway, &alice).await;
    assert!(body["message"].as_str().unwrap().starts_with("max_queued"), "{body}");
    gateway.send_result(result(&id).to_string()).await;
    gateway.job_when(&id, |job| job.status == JobStatus::Done).await;
    assert_eq!(post(&gateway, &alice).await.0, StatusCode::TOO_MANY_REQUESTS, "the other one waits still");
    gateway.stop().await;
}

async fn jobs_of_a_token_are_kept_as_long_as_it_says(backend: Backend) {
    let (brief, keeps, plain) = (named("brief", &OWN), named("keeps", &OWN), named("plain", &OWN));
    let file = token_file(&[(&brief, "retention = \"1s\""), (&keeps, "retention = \"1h\""), (&plain, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    for (token, uuid) in [(&brief, "b"), (&keeps, "k"), (&plain, "p")] {
        let new = gateway.request_as(token, Method::POST, "/jobs").json(&json!({"uuid": uuid}));
        assert_eq!(answer(new).await.0, StatusCode::CREATED);
        let id = JobId::parse(uuid).unwrap();
        gateway.send_result(result(&id).to_string()).await;
        gateway.done(&id).await;
    }
    let gone = async |gateway: &Running, uuid: &str| {
        within(async {
            while gateway.get(&format!("/jobs/{uuid}")).await.0 != StatusCode::NOT_FOUND {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    };
    gone(&gateway, "b").await;
    assert_eq!(gateway.get("/jobs/p").await.0, StatusCode::OK, "without a word of its token or of anybody it stays");
    gateway.stop().await;
    // A rule for everybody: the token's own takes precedence.
    let job_retention = Some(Duration::from_secs(1));
    let gateway = Running::start(&backend.parts, with_file(&file, Settings { job_retention, ..settings() })).await;
    gone(&gateway, "p").await;
    assert_eq!(gateway.get("/jobs/k").await.0, StatusCode::OK);
    gateway.stop().await;
}
