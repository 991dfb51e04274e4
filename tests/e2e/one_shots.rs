//! One-shots: a page's picture, print or content in one request.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use testkit::ports;
use testkit::processes::Process;
use testkit::site::Site;
use tests::client::Client;
use tests::stack::Stack;
use tests::up;

async fn started(folder: &std::path::Path) -> (Process, Client) {
    let port = ports::free();
    up::started(up::program(port, folder), port).await
}

async fn text(response: Response, status: u16) -> String {
    let (found, text) = (response.status().as_u16(), response.text().await.expect("a text"));
    assert_eq!(found, status, "{text}");
    text
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_one_shot_answers_what_its_job_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, client) = started(folder.path()).await;
    let site = Site::start();
    let url = site.url("/form.html");
    let post = async |path: &str, body: Value| client.send(Method::POST, path, Some(body)).await;

    let picture = post("/screenshot", json!({"url": url, "options": {"type": "jpeg", "quality": 50}})).await;
    assert_eq!((picture.status().as_u16(), header(&picture, "content-type")), (200, "image/jpeg".to_owned()));
    let job = client.get(&header(&picture, "job-id")).await;
    assert_eq!((job.files.expect("a file").len(), job.error.as_str()), (1, ""));
    assert!(picture.bytes().await.expect("a picture").starts_with(&[0xff, 0xd8]));
    let picture = client.send(Method::GET, &format!("/screenshot?url={url}&fullPage=true"), None).await;
    assert!(picture.bytes().await.expect("a picture").starts_with(b"\x89PNG"));
    // The quick encoder, unless the request wants the small file.
    let quick = post("/screenshot", json!({"url": url})).await.bytes().await.expect("a picture");
    let small = post("/screenshot", json!({"url": url, "options": {"optimizeForSpeed": false}})).await;
    assert!(small.bytes().await.expect("a picture").len() < quick.len());
    let options = json!({"type": "webp", "optimizeForSpeed": true, "captureBeyondViewport": true});
    let picture = post("/screenshot", json!({"html": "<p>", "options": options})).await;
    assert_eq!(header(&picture, "content-type"), "image/webp");
    assert_eq!(&picture.bytes().await.expect("a picture")[8..12], b"WEBP");
    let html = "<title>Own</title><h1>Hello *you*</h1><p>A <b>bold</b> <a href='http://a.example/x'>link</a></p>
                <ul><li>one<li>two</ul><script>document.title = 'Run'</script><button>x</button>";
    let print = post("/pdf", json!({"html": html, "pdfOptions": {"format": "a5"}})).await;
    assert_eq!(header(&print, "content-type"), "application/pdf");
    assert!(print.bytes().await.expect("a PDF").starts_with(b"%PDF"));

    let content = text(post("/content", json!({"html": html})).await, 200).await;
    assert!(content.contains("<title>Run</title>"), "{content}");
    let markdown = text(post("/markdown", json!({"html": html})).await, 200).await;
    assert_eq!(markdown, "# Hello \\*you\\*\n\nA **bold** [link](http://a.example/x)\n\n- one\n- two\n");
    let links = text(post("/links", json!({"html": html})).await, 200).await;
    assert_eq!(links, r#"{"success":true,"result":["http://a.example/x"]}"#);
    let scrape = text(post("/scrape", json!({"html": html, "elements": [{"selector": "li"}]})).await, 200).await;
    let scrape: Value = serde_json::from_str(&scrape).expect("JSON");
    assert_eq!(scrape["data"][0]["results"][1]["text"], "two");
    let snapshot = text(post("/snapshot", json!({"html": html})).await, 200).await;
    let snapshot: Value = serde_json::from_str(&snapshot).expect("JSON");
    assert_eq!(snapshot["result"]["metadata"]["title"], "Run");
    assert!(snapshot["result"]["screenshot"].as_str().is_some_and(|picture| picture.starts_with("iVBOR")));

    // The element alone, on a page that is prepared, and requests that are not made.
    let options = json!({
        "url": site.url("/index.html"), "selector": "h1", "viewport": {"width": 300, "height": 200},
        "userAgent": "Own/1", "setExtraHTTPHeaders": {"x-own": "1"}, "rejectResourceTypes": ["image", "stylesheet"],
        "addStyleTag": [{"content": "h1 { width: 100px; height: 50px; margin: 0 }"}],
        "addScriptTag": [{"content": "document.title = navigator.userAgent"}],
        "waitForFunction": {"fn": "document.title === 'Own/1'"}, "cookies": [{"name": "a", "value": "b"}],
    });
    site.clear_requests();
    let picture = post("/screenshot", options).await;
    assert_eq!(picture.status(), 200, "{}", picture.text().await.unwrap_or_default());
    let requests = site.requests();
    assert!(requests.iter().all(|request| !request.path.ends_with(".css") && !request.path.ends_with(".png")));
    assert_eq!(requests[0].header("x-own"), Some("1"));
    assert_eq!(requests[0].header("cookie"), Some("a=b"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, client) = started(folder.path()).await;
    let site = Site::start();
    let post = async |path: &str, body: Value| client.send(Method::POST, path, Some(body)).await;
    for (path, body, reason) in [
        ("/screenshot", json!({"ulr": "x"}), "did you mean url?"),
        ("/pdf", json!({"url": "a", "options": {"formt": 1}}), "did you mean options.format?"),
        ("/content", json!([]), "not a JSON object"),
    ] {
        let told = text(post(path, body).await, 400).await;
        assert!(told.contains(reason), "{told}");
    }
    let large = text(post("/content", json!({"html": "x".repeat(9_000_000)})).await, 413).await;
    assert!(large.contains("8000000 bytes"), "{large}");
    let local = text(post("/content", json!({"url": "file:///etc/hostname"})).await, 422).await;
    let local: Value = serde_json::from_str(&local).expect("JSON");
    let sentence = "file:///etc/hostname is not available to jobs";
    assert!(local["message"].as_str().is_some_and(|text| text.contains(sentence)), "{local}");
    assert!(local["job"].is_string() && local["logs"].as_array().is_some_and(|logs| !logs.is_empty()), "{local}");
    let slow = json!({"url": site.url("/slow?ms=60000"), "timeout": 1});
    assert!(text(post("/content", slow).await, 504).await.contains("JOB_TIMEOUT"));
    let waits =
        json!({"html": "<p>here", "waitForSelector": {"selector": "#none", "timeout": 100}, "bestAttempt": true});
    assert!(text(post("/content", waits).await, 200).await.contains("here"));

    let prefer = client.request(Method::POST, "/content").header("prefer", "respond-async");
    let accepted = prefer.body(json!({"html": "<p>later"}).to_string()).send().await.expect("an answer");
    assert_eq!(accepted.status(), 202);
    let id = header(&accepted, "job-id");
    assert_eq!(header(&accepted, "location"), format!("/jobs/{id}"));
    assert_eq!(
        client.wait_done(&id, Duration::from_secs(30)).await.files.expect("files")[0].name.as_str(),
        "page.html"
    );

    let cached = json!({"html": "<script>document.write(Math.random())</script>", "cache": 60});
    let first = text(post("/content", cached.clone()).await, 200).await;
    let second = post("/content", cached).await;
    assert_ne!(header(&second, "age"), "");
    assert_eq!(text(second, 200).await, first);
    let fresh = json!({"html": "<script>document.write(Math.random())</script>"});
    assert_ne!(text(post("/content", fresh).await, 200).await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_is_answered_when_its_executor_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("file://{}", folder.path().display());
    let site = Site::start();
    let mut stack = Stack::start(0).await;
    let client = stack.add_gateway(&[("FILES_URL", address.as_str())]).await.client();
    stack.add_executor(&[("FILES_URL", address.as_str())]);
    let asked = tokio::spawn({
        let (client, url) = (client.clone(), site.url("/slow?ms=2000"));
        async move { client.send(Method::POST, "/content", Some(json!({ "url": url }))).await }
    });
    site.wait_for_request("/slow").await;
    stack.executors.last_mut().expect("an executor").kill();
    stack.add_executor(&[("FILES_URL", address.as_str())]);
    let answer = asked.await.expect("an answer");
    let id = header(&answer, "job-id");
    let content = text(answer, 200).await;
    assert!(content.contains(">slow<"), "{content}");
    assert_eq!(client.get(&id).await.attempt, Some(2));
    stack.stop().await;
}
