//! The job's own requests: they leave through the guard, as its pages' do, and end with the job.

use std::time::Duration;

use job_model::{JobNetwork, ProxyUrl};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::guarded_slot::{GuardedSlot, told};
use crate::listener::Listener;
use crate::site::Site;

/// This machine is closed but for the site's address.
const CLOSED: &str = "--network-deny=127.0.0.1,::1,::,0.0.0.0/8,link-local,private,own";

/// What each of `vars.urls` ends with.
const TRY: &str = r"
    results.told = [];
    for (const url of vars.urls.split(' ')) {
        results.told.push(await fetch(url).then((response) => response.text(), (error) => `${error.message}: ${error.cause.code}: ${error.cause.message}`));
    }";

#[tokio::test]
async fn what_is_closed_sees_nothing_of_a_jobs_requests() {
    let (listener, site) = (Listener::start().await, Site::start("127.0.0.2").await);
    let mut slot = GuardedSlot::start(&[CLOSED]).await;
    let (closed, open) = (listener.port, site.address.port());
    slot.names.set("site.test", &[&["127.0.0.2"]]);
    slot.names.set("closed.test", &[&["127.0.0.1"]]);
    slot.names.set("rebind.test", &[&["127.0.0.2"], &["127.0.0.1"]]);
    let redirect =
        format!("http://site.test:{open}/serve?status=302&headers=Location%3A%20http%3A%2F%2F127.0.0.1%3A{closed}%2F");
    let urls = [
        format!("http://site.test:{open}/serve?body=open"),
        format!("http://127.0.0.1:{closed}/"),
        format!("http://0x7f.1:{closed}/"),
        format!("http://[::ffff:127.0.0.1]:{closed}/"),
        format!("http://localhost:{closed}/"),
        format!("http://closed.test:{closed}/"),
        redirect,
        format!("https://closed.test:{closed}/"),
        // The first answer is open, the next one is not.
        format!("http://rebind.test:{open}/serve?body=first"),
        format!("http://rebind.test:{open}/serve?body=second"),
        "http://nobody.test/".to_owned(),
        format!("http://127.0.0.2:{}/", free_port().await),
    ];
    let result = slot.run(TRY, &[("urls", &urls.join(" "))]).await;
    assert_eq!(result.error, None);
    let got: Vec<&str> =
        result.results["told"].as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect();
    assert_eq!((got[0], got[8]), ("open", "first"));
    for index in [1, 2, 3, 4, 5, 6, 7, 9] {
        let (text, url) = (got[index], &urls[index]);
        assert!(
            text.starts_with("fetch failed: ERR_BLOCKED_BY_CLIENT: ") && text.contains(" is refused: operator denies "),
            "{url}: {text}"
        );
    }
    assert_eq!(got[10], "fetch failed: ENOTFOUND: getaddrinfo ENOTFOUND nobody.test");
    assert!(got[11].starts_with("fetch failed: ECONNREFUSED: connect ECONNREFUSED 127.0.0.2:"), "{}", got[11]);
    assert!(!told(&result).is_empty(), "refusals are lines of the log");
    assert_eq!(listener.seen.all(), [], "a closed listener was reached");
    slot.end().await;
}

#[tokio::test]
async fn rules_limits_and_proxies_of_a_job_hold_for_its_requests() {
    let site = Site::start("127.0.0.2").await;
    let proxy = Site::start("127.0.0.3").await;
    let mut slot = GuardedSlot::start(&["--network-allow=all", "--job-network-bytes=200000"]).await;
    slot.names.set("site.test", &[&["127.0.0.2"]]);
    let url = format!("http://site.test:{}/serve?body=direct", site.address.port());
    let deny = JobNetwork { deny: Some(vec!["site.test".to_owned()]), ..JobNetwork::default() };
    let result = slot.run_with(TRY, &[("urls", &url)], Some(deny), None).await;
    let text = result.results["told"][0].as_str().expect("a text");
    assert!(text.contains("ERR_BLOCKED_BY_CLIENT") && text.contains("site.test"), "{text}");

    let address = ProxyUrl::new(format!("http://{}", proxy.address));
    let behind = JobNetwork { proxy: Some(address), ..JobNetwork::default() };
    let through = format!("{url} http://site.test:{}/serve?body=again", site.address.port());
    let result = slot.run_with(TRY, &[("urls", &through)], Some(behind), None).await;
    assert_eq!(result.results["told"], json!(["direct", "again"]), "a proxy of HTTP is sent the requests themselves");

    let code = "for (let i = 0; i < 1000; i++) await (await fetch(vars.url)).text()";
    let result = slot.run(code, &[("url", &format!("{url}{}", "x".repeat(5000)))]).await;
    let expected = "Limit of 200000 bytes sent and received (JOB_NETWORK_BYTES) exceeded";
    assert_eq!(result.error.as_deref(), Some(expected));
    slot.end().await;
}

#[tokio::test]
async fn fetch_can_be_switched_off() {
    let mut slot = GuardedSlot::start(&["--network-allow=all", "--job-fetch=false"]).await;
    let site = Site::start("127.0.0.2").await;
    let result = slot.run("await fetch(vars.url)", &[("url", &site.origin())]).await;
    assert_eq!(result.error.as_deref(), Some("TypeError: fetch is switched off here (JOB_FETCH=false)"));
    slot.end().await;
}

#[tokio::test]
async fn requests_end_with_their_job() {
    let listener = TcpListener::bind(("127.0.0.2", 0)).await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        // The request, of which nothing matters.
        stream.read_u8().await.expect("its first byte");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").await.expect("it is open");
        // Until the job has ended.
        while stream.write_all(&[b'x'; 10_000]).await.is_ok() {}
        listener
    });
    let mut slot = GuardedSlot::start(&["--network-allow=all"]).await;
    let code =
        "const response = await fetch(vars.url); response.text().catch(() => 0); results.status = response.status;";
    assert_eq!(slot.results(code, &[("url", &url)]).await["status"], 200);
    let listener =
        tokio::time::timeout(Duration::from_secs(10), serving).await.expect("it was closed").expect("no panic");
    // One that waits for an answer ends, too.
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.ok();
    });
    let code = "fetch(vars.url).catch(() => 0); await new Promise((done) => setTimeout(done, 500))";
    slot.results(code, &[("url", &url)]).await;
    tokio::time::timeout(Duration::from_secs(10), serving).await.expect("it was closed").expect("no panic");
    slot.end().await;
}

#[tokio::test]
async fn a_thousand_requests_leave_no_descriptor() {
    let site = Site::start("127.0.0.2").await;
    let mut slot = GuardedSlot::start(&["--network-allow=all"]).await;
    let url = format!("{}/serve?body=x", site.origin());
    let code =
        "results.sum = 0; for (let i = 0; i < 1000; i++) results.sum += (await (await fetch(vars.url)).text()).length";
    let descriptors = || std::fs::read_dir("/proc/self/fd").expect("descriptors").count();
    slot.results("await fetch(vars.url)", &[("url", &url)]).await;
    let before = descriptors();
    let results: Value = slot.results(code, &[("url", &url)]).await;
    assert_eq!(results["sum"], 1000);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while descriptors() > before + 4 {
        assert!(tokio::time::Instant::now() < deadline, "{} descriptors are left of {before}", descriptors());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    slot.end().await;
}

/// A port of the site's address where nobody listens.
async fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.2", 0)).await.expect("a port");
    listener.local_addr().expect("an address").port()
}
