//! What a client sees of single requests.

use std::num::NonZeroU32;
use std::time::Duration;

use gateway::Settings;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::running::{
    Backend, Running, TOKEN, answer, api_only, on_every_backend, post_in_two_parts, settings, within,
};

on_every_backend!(a_created_job_is_found_by_id_and_in_the_list, lists_say_where_they_stand, ids_are_taken_once);

async fn a_created_job_is_found_by_id_and_in_the_list(backend: Backend) {
    let gateway = Running::start(&backend.parts, api_only()).await;
    let body = json!({"uuid": "j 1/".replace('/', "?"), "code": "x", "vars": {"b": "2", "a": "1"}, "status": "done"});
    let response = gateway.request(Method::POST, "/jobs").json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["content-type"], "application/json");
    let text = response.text().await.unwrap();
    let expected = concat!(
        r#"{"data":{"uuid":"j 1?","code":"x","status":"created","vars":{"a":"1","b":"2"},"modules":{},"error":"","#,
        r#""logs":null,"results":null,"created_at":"TIME","started_at":null,"finished_at":null,"duration":0}}"#
    );
    let created: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text, expected.replace("TIME", created["data"]["created_at"].as_str().unwrap()));

    assert_eq!(gateway.get("/jobs/j%201%3F").await, (StatusCode::OK, created.clone()));
    assert_eq!(gateway.get("/jobs").await.1["data"], json!([created["data"]]));
    let (status, _) = answer(gateway.request(Method::DELETE, "/jobs/j%201%3F")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, body) = gateway.get("/jobs/j%201%3F").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body, json!({"error": "Job j 1? not found", "message": "document not found"}));
    gateway.stop().await;
}

async fn lists_say_where_they_stand(backend: Backend) {
    let gateway = Running::start(&backend.parts, api_only()).await;
    for number in 1..=5 {
        gateway.create(&json!({"uuid": format!("j{number}")})).await;
    }
    let (status, list) = gateway.get("/jobs?page=2&per_page=2&status=created").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let path = format!("{}/jobs", gateway.base);
    let meta = json!({"current_page": 2, "from": 3, "last_page": 3, "path": path, "per_page": 2, "to": 4, "total": 5});
    assert_eq!(list["meta"], meta);
    assert_eq!(list["links"]["next"], format!("{path}?status=created&page=3&per_page=2"));
    assert_eq!(gateway.get("/jobs?status=DONE").await.1["meta"]["total"], 0);
    assert_eq!(gateway.get("/jobs?page=0").await.0, StatusCode::BAD_REQUEST);
    gateway.stop().await;
}

async fn ids_are_taken_once(backend: Backend) {
    let gateway = Running::start(&backend.parts, api_only()).await;
    gateway.create(&json!({"uuid": "quo\"te"})).await;
    let (status, body) = gateway.post("/jobs", &json!({"uuid": "quo\"te"})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["error"], "A job with the given UUID quo\"te already exists");
    let message = body["message"].as_str().unwrap();
    assert!(message.starts_with("A job with the given UUID quo\"te does already exist, created at 20"), "{message}");
    gateway.stop().await;
}

#[tokio::test]
async fn every_refusal_is_json_that_says_why() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, Settings { max_body_bytes: 10_000, ..api_only() }).await;
    let refused = [
        (Method::GET, "/nope", "", 404, "Not found"),
        (Method::GET, "/jobs/", "", 404, "Not found"),
        (Method::GET, "/jobs/a%2Fb", "", 404, "Job a/b not found"),
        (Method::DELETE, "/jobs/_all_docs", "", 404, "Job _all_docs not found"),
        (Method::PUT, "/jobs", "{}", 405, "Method not allowed"),
        (Method::POST, "/jobs/j", "{}", 405, "Method not allowed"),
        (Method::POST, "/jobs", "[]", 400, "Failed to decode json body"),
        (Method::POST, "/jobs", "{} {}", 400, "Failed to decode json body"),
        (Method::POST, "/jobs", r#"{"code":"a","code":"b"}"#, 400, "Failed to decode json body"),
        (Method::POST, "/jobs", r#"{"uuid":"a/b"}"#, 400, "Invalid job id"),
        (Method::POST, "/jobs?wait=x", "{}", 400, "Invalid query parameter wait"),
        (Method::POST, "/jobs", r#"{"timeout":"soon"}"#, 422, "Invalid job"),
        (Method::POST, "/jobs", &format!("{{\"code\":\"{}\"}}", "x".repeat(12_000)), 413, "Job is too large"),
    ];
    for (method, path, body, status, error) in refused {
        let (actual, answer) = answer(gateway.request(method.clone(), path).body(body.to_owned())).await;
        assert_eq!((actual.as_u16(), answer["error"].as_str()), (status, Some(error)), "{method} {path} {answer}");
        assert!(answer["message"].as_str().is_some_and(|text| !text.is_empty()), "{answer}");
    }
    let (_, body) = gateway.post("/jobs", &json!({"vars": {"port": 1}})).await;
    assert!(body["message"].as_str().unwrap().contains("\"port\""), "{body}");
    gateway.stop().await;
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_too_much_is_told_at_once() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, api_only()).await;
    let address = gateway.base.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = concat!(
        "POST /jobs HTTP/1.1\r\nhost: x\r\nauthorization: puppet\r\n",
        "expect: 100-continue\r\ncontent-length: 9000000\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within(connection.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("Job is too large"), "{answer}");
    gateway.stop().await;
}

#[tokio::test]
async fn each_token_opens_the_api_and_nothing_else_does() {
    let backend = Backend::embedded();
    let api_tokens = vec![Secret::new("second")];
    let gateway = Running::start(&backend.parts, Settings { api_tokens, ..api_only() }).await;
    for (header, status) in [
        ("Bearer puppet", 200),
        ("puppet", 200),
        ("Bearer second", 200),
        ("bearer puppet", 200),
        ("BEARER second", 200),
        ("Bearer  puppet", 401),
        ("Bearer puppe", 401),
        ("Bearer", 401),
    ] {
        let response = gateway.bare(Method::GET, "/jobs").header("authorization", header).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{header}");
    }
    let response = gateway.bare(Method::GET, "/jobs").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["error"], "Unauthorized");
    // A client that names no media type is answered as the predecessor did.
    let address = gateway.base.strip_prefix("http://").unwrap();
    for (header, status) in
        [("", 401), ("authorization: bearer puppet\r\n", 401), ("authorization: Bearer puppet\r\n", 200)]
    {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /jobs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        within(connection.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert_eq!(answer.ends_with("\r\n\r\nUnauthorized."), status == 401, "{answer}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn the_description_matches_what_is_served() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, api_only()).await;
    gateway.create(&json!({"uuid": "j"})).await;
    let (_, document) = answer(gateway.bare(Method::GET, "/openapi.json")).await;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{uuid}", "missing").replace("{name}", "missing");
            let response = gateway.request(method.clone(), &path).body("{}").send().await.unwrap();
            let status = response.status().as_u16().to_string();
            assert!(operation["responses"].get(&status).is_some(), "{method} {path} answers {status}");
            assert!(!response.text().await.unwrap().contains("there is no such route"), "{method} {path}");
            if operation["security"].is_array() {
                let response = gateway.bare(method, &path).body("{}").send().await.unwrap();
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
            }
        }
    }
    let page = gateway.bare(Method::GET, "/docs").send().await.unwrap();
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    gateway.stop().await;
}

#[tokio::test]
async fn health_and_metrics_need_no_token_and_no_api() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, Settings { enable_api: false, ..settings() }).await;
    for path in ["/healthz", "/livez"] {
        let response = gateway.bare(Method::GET, path).send().await.unwrap();
        assert_eq!((response.status(), response.text().await.unwrap()), (StatusCode::OK, "ok".to_owned()));
    }
    let (status, ready) = answer(gateway.bare(Method::GET, "/readyz")).await;
    assert_eq!((status, ready), (StatusCode::OK, json!({"ready": true, "missing": {}})));
    assert_eq!(gateway.get("/jobs").await.0, StatusCode::NOT_FOUND);
    let metrics = gateway.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("puppet_master_gateway_jobs{status=\"queued\"} 0"), "{metrics}");
    assert!(metrics.contains("route=\"/healthz\",status=\"200\""), "{metrics}");
    gateway.stop().await;
}

#[tokio::test]
async fn other_origins_are_let_in_only_when_configured() {
    let backend = Backend::embedded();
    let origin = |gateway: &Running| gateway.bare(Method::GET, "/healthz").header("origin", "https://a.example");
    let gateway = Running::start(&backend.parts, api_only()).await;
    let response = origin(&gateway).send().await.unwrap();
    assert!(response.headers().get("access-control-allow-origin").is_none());
    gateway.stop().await;

    let cors_allow_origin = vec!["https://a.example".parse().unwrap()];
    let gateway = Running::start(&backend.parts, Settings { cors_allow_origin, ..api_only() }).await;
    let response = origin(&gateway).send().await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "https://a.example");
    let preflight = gateway.bare(Method::OPTIONS, "/jobs").header("origin", "https://a.example");
    let preflight = preflight.header("access-control-request-method", "POST").send().await.unwrap();
    assert_eq!(preflight.status(), StatusCode::OK);
    gateway.stop().await;
}

#[tokio::test]
async fn a_full_queue_refuses_more_jobs_for_a_while() {
    let backend = Backend::embedded();
    let settings = Settings { max_queue_length: NonZeroU32::new(2), ..settings() };
    let gateway = Running::start(&backend.parts, settings).await;
    let refused = within(async {
        loop {
            let response = gateway.request(Method::POST, "/jobs").body("{}").send().await.unwrap();
            if response.status() != StatusCode::CREATED {
                return response;
            }
        }
    })
    .await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["retry-after"], "5");
    let body: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(body["error"], "Too many jobs are waiting");

    // A client whose body comes after its head goes on with the same connection.
    let mut client = TcpStream::connect(gateway.base.strip_prefix("http://").unwrap()).await.unwrap();
    for _ in 0..2 {
        let answer = post_in_two_parts(&mut client, TOKEN, Duration::from_millis(200)).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer:?}");
    }
    gateway.stop().await;
}
