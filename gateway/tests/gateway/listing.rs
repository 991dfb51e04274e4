//! Lists, what they show of jobs, and verbs on many jobs.

use std::time::Duration;

use gateway::Settings;
use job_model::{JobId, JobResult, JobStatus, Outcome};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::executors::{begin, result_of, still_runs};
use crate::running::{Backend, Running, answer, api_only, on_every_backend, settings, within};

on_every_backend!(
    a_running_job_says_where_and_lists_find_it,
    ended_jobs_are_listed_by_how_they_ended,
    summaries_leave_out_what_is_large,
    a_long_list_comes_whole_and_compressed_when_asked,
    jobs_are_deleted_by_a_filter_that_must_be_given,
    a_job_is_run_again_as_a_new_one,
    old_jobs_go_and_young_ones_stay,
    a_short_job_is_written_twice,
    a_gateway_that_ends_writes_the_marks_it_holds,
);

async fn end(backend: &Backend, gateway: &Running, id: &JobId, outcome: Outcome) {
    let job = backend.parts.store.get(id).await.unwrap().value;
    let error = (outcome != Outcome::Succeeded).then(|| "why".to_owned());
    let result = JobResult { error, outcome: Some(outcome), ..result_of(&job) };
    gateway.send_result(serde_json::to_vec(&result).unwrap()).await;
    gateway.done(id).await;
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|job| job["uuid"].as_str().unwrap()).collect()
}

async fn a_running_job_says_where_and_lists_find_it(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({"uuid": "runs"})).await;
    gateway.create(&json!({"uuid": "waits"})).await;
    let job = backend.parts.store.get(&id).await.unwrap().value;
    let running = begin(&backend.parts.queue, &job, "e");
    within(async {
        loop {
            still_runs(&backend.parts.queue, &job, &running);
            let (_, list) = gateway.get("/jobs?state=running").await;
            if ids(&list) == ["runs"] {
                assert_eq!(list["data"][0]["running"]["executor"], "e");
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
    let (_, shown) = gateway.get("/jobs/runs").await;
    assert_eq!((&shown["data"]["status"], &shown["data"]["running"]["attempt"]), (&json!("queued"), &json!(1)));
    assert_eq!(ids(&gateway.get("/jobs?state=waiting").await.1), ["waits"]);
    assert!(shown["data"].get("instance").is_none());
    gateway.stop().await;
}

async fn ended_jobs_are_listed_by_how_they_ended(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    for outcome in Outcome::ALL {
        let id = gateway.create(&json!({"uuid": outcome.as_str()})).await;
        end(&backend, &gateway, &id, outcome).await;
    }
    for outcome in Outcome::ALL {
        let name = outcome.as_str();
        let (_, list) = gateway.get(&format!("/jobs?state={name}&created_from=2020-01-01T00:00:00Z")).await;
        assert_eq!(ids(&list), [name]);
        assert_eq!((&list["data"][0]["outcome"], &list["data"][0]["attempt"]), (&json!(name), &json!(1)));
        assert!(list["links"]["first"].as_str().unwrap().contains(&format!("state={name}&created_from=")));
    }
    assert!(ids(&gateway.get("/jobs?created_to=2020-01-01T00:00:00Z").await.1).is_empty());
    for query in ["state=done", "created_from=monday", "created_to=1", "view=short"] {
        let (status, body) = gateway.get(&format!("/jobs?{query}")).await;
        let name = query.split('=').next().unwrap();
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::BAD_REQUEST, &json!(format!("Invalid query parameter {name}")))
        );
    }
    gateway.stop().await;
}

async fn summaries_leave_out_what_is_large(backend: Backend) {
    let gateway = Running::start(&backend.parts, api_only()).await;
    gateway.create(&json!({"uuid": "j", "code": "long", "vars": {"a": "1"}, "timeout": 5})).await;
    let (_, list) = gateway.get("/jobs?view=summary").await;
    let mut whole = gateway.get("/jobs/j").await.1["data"].clone();
    for large in ["code", "vars", "modules", "logs", "results"] {
        whole.as_object_mut().unwrap().remove(large);
    }
    assert_eq!(list["data"], json!([whole]));
    assert!(list["links"]["first"].as_str().unwrap().contains("view=summary"));
    gateway.stop().await;
}

async fn a_long_list_comes_whole_and_compressed_when_asked(backend: Backend) {
    let gateway = Running::start(&backend.parts, api_only()).await;
    for number in 0..30 {
        let code = if number % 10 == 0 { "x".repeat(300_000) } else { "short".to_owned() };
        gateway.create(&json!({"uuid": format!("j{number:02}"), "code": code})).await;
    }
    let (status, list) = gateway.get("/jobs?per_page=25").await;
    assert_eq!((status, list["data"].as_array().unwrap().len(), &list["meta"]["to"]), (StatusCode::OK, 25, &json!(25)));
    assert!(list["data"].as_array().unwrap().iter().any(|job| job["code"].as_str().unwrap().len() == 300_000));
    let keys: Vec<_> = list.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["data", "links", "meta"]);

    let asked = gateway.request(Method::GET, "/jobs?per_page=25").header("accept-encoding", "gzip");
    let response = asked.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert!(response.bytes().await.unwrap().len() < 50_000);
    let asked = gateway.request(Method::GET, "/jobs/j01/events").header("accept-encoding", "gzip");
    assert!(asked.send().await.unwrap().headers().get("content-encoding").is_none(), "events come at once");
    gateway.stop().await;
}

async fn jobs_are_deleted_by_a_filter_that_must_be_given(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    for (id, outcome) in [("a", Outcome::Failed), ("b", Outcome::Failed), ("c", Outcome::Succeeded)] {
        let id = gateway.create(&json!({"uuid": id})).await;
        end(&backend, &gateway, &id, outcome).await;
    }
    gateway.create(&json!({"uuid": "waits"})).await;
    for (query, deleted) in
        [("state=failed&created_to=2020-01-01T00:00:00Z", 0), ("state=failed", 2), ("status=nothing", 0)]
    {
        let (status, body) = answer(gateway.request(Method::DELETE, &format!("/jobs?{query}"))).await;
        assert_eq!((status, body), (StatusCode::OK, json!({"deleted": deleted})), "{query}");
    }
    for query in [
        "",
        "?state=",
        "?page=1",
        "?state=succeeded&creatd_to=2020-01-01T00:00:00Z",
        "?state=succeeded&created_to=",
        "?state=failed&state=cancelled",
    ] {
        let (status, body) = answer(gateway.request(Method::DELETE, &format!("/jobs{query}"))).await;
        // The predecessor has no such route.
        let refused = if query.is_empty() { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::BAD_REQUEST };
        let twice = query.matches("state=").count() > 1;
        let error = if twice { "Invalid query parameter state" } else { "Failed to delete jobs" };
        assert_eq!((status, &body["error"]), (refused, &json!(error)), "{query}");
    }
    let mut orders = backend.parts.queue.subscribe(job_queue::Topic::JobControl).await.unwrap();
    let (_, body) = answer(gateway.request(Method::DELETE, "/jobs?created_from=2020-01-01T00:00:00Z")).await;
    assert_eq!(body, json!({"deleted": 2}), "those under way, too");
    let ordered = within(async {
        loop {
            let order: job_model::JobControl = serde_json::from_slice(&orders.next().await.unwrap()).unwrap();
            if let Some(id) = order.cancel {
                return id;
            }
        }
    })
    .await;
    assert_eq!(ordered.as_str(), "waits");
    assert_eq!(gateway.get("/jobs").await.1["meta"]["total"], 0);
    gateway.stop().await;
}

async fn a_job_is_run_again_as_a_new_one(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let new = json!({"uuid": "first", "code": "c", "vars": {"a": "1"}, "modules": {"m": "x"}, "timeout": 5, "max_attempts": 2});
    let first = gateway.create(&new).await;
    end(&backend, &gateway, &first, Outcome::Failed).await;
    let (status, body) = gateway.post("/jobs/first/rerun", &json!({})).await;
    let again = &body["data"];
    assert_eq!(
        (status, &again["rerun_of"], &again["status"]),
        (StatusCode::CREATED, &json!("first"), &json!("created"))
    );
    for field in ["code", "vars", "modules", "timeout", "max_attempts"] {
        assert_eq!(again[field], new[field], "{field}");
    }
    let id = JobId::parse(again["uuid"].as_str().unwrap()).unwrap();
    end(&backend, &gateway, &id, Outcome::Succeeded).await;
    assert_eq!(gateway.get(&format!("/jobs/{id}")).await.1["data"]["rerun_of"], "first");
    assert_eq!(gateway.post("/jobs/nobody/rerun", &json!({})).await.0, StatusCode::NOT_FOUND);
    gateway.stop().await;
}

async fn old_jobs_go_and_young_ones_stay(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    for (id, outcome) in [("failed", Outcome::TimedOut), ("good", Outcome::Succeeded)] {
        let id = gateway.create(&json!({"uuid": id})).await;
        end(&backend, &gateway, &id, outcome).await;
    }
    gateway.create(&json!({"uuid": "waits"})).await;
    gateway.stop().await;
    let hour = Some(Duration::from_secs(3600));
    let keeps = Settings { job_retention: hour, job_retention_failed: Some(Duration::ZERO), ..settings() };
    let gateway = Running::start(&backend.parts, keeps).await;
    within(async {
        while gateway.get("/jobs/failed").await.0 != StatusCode::NOT_FOUND {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let mut left = gateway.get("/jobs").await.1;
    left["data"].as_array_mut().unwrap().sort_by_key(|job| job["uuid"].to_string());
    assert_eq!(ids(&left), ["good", "waits"]);
    gateway.stop().await;
}

async fn a_short_job_is_written_twice(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    gateway.job_when(&id, |job| job.status == JobStatus::Queued).await;
    end(&backend, &gateway, &id, Outcome::Succeeded).await;
    let metrics = gateway.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let written: Vec<_> = metrics.lines().filter(|line| line.contains("job_rows_written_total{")).collect();
    assert_eq!(written.len(), 2, "{written:?}");
    for row in ["created", "done"] {
        let line = format!("puppet_master_gateway_job_rows_written_total{{row=\"{row}\"}} 1");
        assert!(written.contains(&line.as_str()), "{written:?}");
    }
    gateway.stop().await;
}

async fn a_gateway_that_ends_writes_the_marks_it_holds(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    gateway.job_when(&id, |job| job.status == JobStatus::Queued).await;
    gateway.stop().await;
    let stored = backend.parts.store.get(&id).await.unwrap().value;
    assert_eq!((stored.status, stored.dispatch.unwrap().attempts), (JobStatus::Queued, 1));
}
