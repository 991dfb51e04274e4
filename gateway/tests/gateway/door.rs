//! Who holds connections without using them, who tries tokens, and who calls the API by another name.

use std::time::Duration;

use gateway::Settings;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::running::{Backend, Running, api_only, settings, within};

/// Those who hold connections, one byte at a time.
const HOLDERS: usize = 2000;
const HEADER_TIMEOUT: Duration = Duration::from_secs(4);

async fn hold(address: String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    loop {
        if stream.write_all(b"G").await.is_err() {
            return;
        }
        let mut byte = [0];
        match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut byte)).await {
            Ok(Ok(1..)) | Err(_) => {}
            Ok(Ok(0) | Err(_)) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_who_send_a_byte_now_and_then_are_gone_and_health_is_answered_meanwhile() {
    let backend = Backend::embedded();
    service::raise_descriptor_limit();
    let max_connections = 500.try_into().unwrap();
    let settings = Settings { header_timeout: HEADER_TIMEOUT, max_connections, ..settings() };
    let gateway = Running::start(&backend.parts, settings).await;
    let id = gateway.create(&json!({})).await;
    // Those who use their connections keep them: one waits for a job, one follows it.
    let waiting = gateway.request(Method::GET, &format!("/jobs/{id}?wait=20")).send();
    let following = gateway.request(Method::GET, &format!("/jobs/{id}/events")).send();
    let attack = async {
        // They come when the two are there.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let address = gateway.base.strip_prefix("http://").unwrap().to_owned();
        let mut holders: JoinSet<()> = (0..HOLDERS).map(|_| hold(address.clone())).collect();
        let (mut checks, mut refused) = (0, 0);
        while !holders.is_empty() {
            let answer = gateway.bare(Method::GET, "/livez").header("connection", "close").send();
            assert_eq!(within(answer).await.unwrap().status(), StatusCode::OK);
            let answer = gateway.bare(Method::GET, "/jobs").header("connection", "close").send();
            refused += usize::from(within(answer).await.unwrap().status() == StatusCode::SERVICE_UNAVAILABLE);
            checks += 1;
            let _ = tokio::time::timeout(Duration::from_millis(100), holders.join_next()).await;
            while holders.try_join_next().is_some() {}
        }
        assert!(checks > 5 && refused > 0, "{checks} checks, {refused} refused");
        let metrics = gateway.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
        assert!(!metrics.contains("connections_timed_out_total 0\n"), "{metrics}");
        let ended = gateway.post(&format!("/jobs/{id}/cancel"), &json!({})).await;
        assert_eq!(ended.0, StatusCode::OK);
    };
    let (waited, followed, ()) = tokio::join!(waiting, following, attack);
    assert_eq!(waited.unwrap().status(), StatusCode::OK);
    assert!(within(followed.unwrap().text()).await.unwrap().contains("event: result"));
    gateway.stop().await;
}

#[tokio::test]
async fn whoever_tries_tokens_waits_ever_longer_and_others_do_not() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, api_only()).await;
    let mut tries = JoinSet::new();
    for number in 0..25 {
        let request = gateway.bare(Method::GET, "/jobs").bearer_auth(format!("guess{number}"));
        tries.spawn(async move { request.send().await.unwrap().status() });
    }
    let mut refused = 0;
    let mut next = async || within(tries.join_next()).await.map(Result::unwrap);
    // All are in the door when those come back that are refused.
    for _ in 0..15 {
        refused += usize::from(next().await.unwrap() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused > 0);
    assert_eq!(gateway.get("/jobs").await.0, StatusCode::OK, "the same address with the right token");
    let metrics = gateway.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("puppet_master_gateway_wrong_tokens_total 25"), "{metrics}");
    drop(tries);
    gateway.stop().await;
}

#[tokio::test]
async fn bodies_that_are_half_sent_are_bounded_in_sum() {
    let backend = Backend::embedded();
    let request_timeout = Duration::from_secs(2);
    let gateway =
        Running::start(&backend.parts, Settings { bodies_bytes: 100_000, request_timeout, ..api_only() }).await;
    let address = gateway.base.strip_prefix("http://").unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    let head = "POST /jobs HTTP/1.1\r\nhost: x\r\nauthorization: puppet\r\ncontent-length: 100000\r\n\r\n";
    half.write_all(head.as_bytes()).await.unwrap();
    half.write_all(&[b' '; 90_000]).await.unwrap();
    let whole = json!({"code": "x".repeat(50_000)});
    let (status, _) = gateway.post("/jobs", &json!({"code": "x".repeat(5000)})).await;
    assert_eq!(status, StatusCode::CREATED, "there is room for a small one");
    // A large one waits until the other is given up, within the same time or by another try.
    let mut tries = 0;
    while gateway.post("/jobs", &whole).await.0 != StatusCode::CREATED {
        tries += 1;
        assert!(tries < 5);
    }
    let mut answer = vec![0; 100];
    let length = within(half.read(&mut answer)).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer[..length]));
    gateway.stop().await;
}

#[tokio::test]
async fn a_page_whose_name_leads_here_is_not_answered() {
    let backend = Backend::embedded();
    let allowed_hosts = vec!["api.example.org".to_owned(), "127.0.0.1".to_owned()];
    let gateway = Running::start(&backend.parts, Settings { allowed_hosts, ..api_only() }).await;
    for (host, path, status) in [
        ("api.example.org", "/jobs", 200),
        ("API.EXAMPLE.ORG:8080", "/jobs", 200),
        ("rebound.example.net", "/jobs", 421),
        ("rebound.example.net", "/metrics", 421),
        ("rebound.example.net", "/nowhere", 421),
        ("10.1.2.3", "/livez", 200),
        ("10.1.2.3", "/readyz", 200),
    ] {
        let response = gateway.request(Method::GET, path).header("host", host).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{host}{path}");
    }
    assert_eq!(gateway.get("/jobs").await.0, StatusCode::OK);
    gateway.stop().await;
}
