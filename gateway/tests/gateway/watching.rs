//! Waiting for a job and following its events.

use std::time::Duration;

use futures::StreamExt;
use job_model::{JobEvent, JobEventKind, JobId, JobStage, Level, LogEntry, Timestamp};
use job_queue::Topic;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Backend, Running, answer, on_every_backend, result, settings, within};

on_every_backend!(
    waiting_ends_with_the_result_of_whichever_gateway_stored_it,
    waiting_ends_when_the_time_is_up,
    events_come_as_they_happen_and_end_with_the_result,
);

async fn waiting_ends_with_the_result_of_whichever_gateway_stored_it(backend: Backend) {
    let first = Running::start(&backend.parts, settings()).await;
    let second = Running::start(&backend.parts, settings()).await;
    let id = first.create(&json!({})).await;
    let (path, created) = (format!("/jobs/{id}?wait=30"), json!({"uuid": "posted"}));
    let posted = JobId::parse("posted").unwrap();
    let finish = async {
        first.job_when(&posted, |_| true).await;
        first.send_result(result(&id).to_string()).await;
        first.send_result(result(&posted).to_string()).await;
    };
    let (at_first, at_second, at_post, ()) =
        tokio::join!(first.get(&path), second.get(&path), second.post("/jobs?wait=30", &created), finish);
    for (status, body) in [at_first, at_second] {
        assert_eq!((status, &body["data"]["status"]), (StatusCode::OK, &json!("done")));
    }
    assert_eq!((at_post.0, &at_post.1["data"]["status"]), (StatusCode::CREATED, &json!("done")));
    first.stop().await;
    second.stop().await;
}

async fn waiting_ends_when_the_time_is_up(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let (status, body) = gateway.post("/jobs?wait=1", &json!({})).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_ne!(body["data"]["status"], "done");
    assert_eq!(gateway.get("/jobs/nobody?wait=30").await.0, StatusCode::NOT_FOUND);
    gateway.stop().await;
}

/// The events of a stream until it ends, as (id, event, data).
async fn events(response: reqwest::Response) -> Vec<(String, String, Value)> {
    let text = within(response.text()).await.unwrap();
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().trim_start().to_owned()
    };
    let blocks = text.split("\n\n").filter(|block| block.contains("event:"));
    let event =
        |block| (field(block, "id"), field(block, "event"), serde_json::from_str(&field(block, "data")).unwrap());
    blocks.map(event).collect()
}

async fn say(gateway: &Running, id: &JobId, seq: u64, what: JobEventKind) {
    let event = JobEvent { uuid: id.clone(), instance: None, seq, what };
    gateway.parts.queue.broadcast(Topic::JobEvents, serde_json::to_vec(&event).unwrap());
}

fn line(message: &str) -> JobEventKind {
    JobEventKind::Log(LogEntry { time: Timestamp::now(), level: Level::Info, message: message.to_owned() })
}

async fn events_come_as_they_happen_and_end_with_the_result(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    let path = format!("/jobs/{id}/events");
    let response = gateway.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");

    // Broadcasts before the gateway listens are lost: each is said until it is heard.
    let mut body = response.bytes_stream();
    let mut heard = String::new();
    for (seq, kind, sign) in [
        (0, JobEventKind::Status { status: JobStage::Running, running: None }, "running"),
        (1, line("first line"), "first line"),
    ] {
        let hear = async {
            while !heard.contains(sign) {
                heard.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
            }
        };
        let speak = async {
            loop {
                say(&gateway, &id, seq, kind.clone()).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        within(async {
            tokio::select! {
                () = hear => {}
                () = speak => {}
            }
        })
        .await;
    }
    assert!(heard.contains("event: status\ndata: {\"status\":\"running\"}"), "{heard}");

    let mut body = result(&id);
    let entry = |message: &str| json!({"time": "2020-01-01T10:00:00.123Z", "level": "INFO", "message": message});
    body["logs"] = json!([entry("first line"), entry("second"), entry("third")]);
    gateway.send_result(body.to_string()).await;
    gateway.done(&id).await;

    let all = events(gateway.request(Method::GET, &path).send().await.unwrap()).await;
    let names: Vec<_> = all.iter().map(|(number, name, _)| format!("{number} {name}")).collect();
    assert_eq!(names, ["1 log", "2 log", "3 log", "3 status", "3 result"]);
    assert_eq!(all[4].2["results"], json!({"a": "<x>", "b": 1}));
    let resumed = gateway.request(Method::GET, &path).header("last-event-id", "2").send().await.unwrap();
    let names: Vec<_> = events(resumed).await.into_iter().map(|(number, name, _)| format!("{number} {name}")).collect();
    assert_eq!(names, ["3 log", "3 status", "3 result"]);
    assert_eq!(gateway.get("/jobs/nobody/events").await.0, StatusCode::NOT_FOUND);
    gateway.stop().await;
}

#[tokio::test]
async fn a_stopping_gateway_answers_who_waits_and_ends() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    let waiting = tokio::spawn(answer(gateway.request(Method::GET, &format!("/jobs/{id}?wait=30"))));
    let stream = gateway.request(Method::GET, &format!("/jobs/{id}/events")).send().await.unwrap();
    gateway.begin_stop();
    let (status, body) = within(waiting).await.unwrap();
    assert_eq!((status, &body["data"]["uuid"]), (StatusCode::OK, &json!(id)));
    assert_ne!(body["data"]["status"], "done");
    let heard = events(stream).await;
    assert!(heard.iter().all(|(_, name, _)| name == "status"), "{heard:?}");
    gateway.stop().await;
}
