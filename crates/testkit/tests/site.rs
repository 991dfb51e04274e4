//! The fixture site, seen by a plain HTTP client.

use reqwest::{Client, StatusCode, redirect};
use serde_json::{Value, json};
use testkit::site::Site;

async fn text(url: String) -> String {
    reqwest::get(url).await.expect("the site answers").text().await.expect("a whole body")
}

#[tokio::test]
async fn static_pages_are_served_on_every_origin() {
    let site = Site::start();
    for origin in [site.origin(), site.cross_origin(), site.cross_site_origin()] {
        assert!(text(format!("{origin}/")).await.contains("<title>Fixture site</title>"));
    }
    assert_eq!(reqwest::get(site.url("/nothing.html")).await.unwrap().status(), StatusCode::NOT_FOUND);
    let outside = Client::new().get(site.url("/%2e%2e/Cargo.toml")).send().await.unwrap();
    assert_eq!(outside.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn routes_answer_as_their_table_says() {
    let site = Site::start();
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let get = async |path: &str| client.get(site.url(path)).send().await.unwrap();

    assert_eq!(get("/slow?ms=1").await.text().await.unwrap(), "slow");
    assert_eq!(get("/redirect?to=/next.html").await.headers()["location"], "/next.html");
    assert_eq!(get("/redirect?to=/&status=307").await.status(), 307);
    assert_eq!(get("/status/503").await.status(), 503);
    assert_eq!(get("/status/204").await.status(), 204);
    assert_eq!(get("/favicon.ico").await.status(), 204);
    assert_eq!(get("/auth").await.status(), 401);
    assert_eq!(client.get(site.url("/auth")).basic_auth("user", Some("pass")).send().await.unwrap().status(), 200);
    assert_eq!(get("/cookies/set").await.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(
        client.get(site.url("/cookies")).header("cookie", "a=b").send().await.unwrap().text().await.unwrap(),
        "a=b"
    );
    assert_eq!(get("/gzipped").await.headers()["content-encoding"], "gzip");
    assert!(get("/big?kb=2").await.text().await.unwrap().len() > 2048);
    assert!(get("/truncated").await.text().await.is_err());
    let echo = client.post(site.url("/echo")).header("content-type", "text/x").body("hello").send().await.unwrap();
    let echo: Value = echo.json().await.unwrap();
    assert_eq!(echo, json!({ "method": "POST", "type": "text/x", "body": "hello" }));
    let headers = client.get(site.url("/headers")).header("X-Own", "1").send().await.unwrap();
    assert!(headers.text().await.unwrap().contains(r#""x-own":"1""#));
}

#[tokio::test]
async fn requests_are_recorded_in_order() {
    let site = Site::start();
    text(site.url("/note.txt?a=b%20c")).await;
    text(site.url("/data.json")).await;
    let paths: Vec<String> = site.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/note.txt", "/data.json"]);
    assert_eq!(site.requests_for("/note.txt")[0].query["a"], "b c");
}

#[tokio::test]
async fn a_route_of_the_test_comes_first() {
    let site = Site::start();
    site.page("/index.html", "<p>mine</p>");
    site.route("/count", |request| request.query.len().to_string());
    assert_eq!(text(site.url("/index.html")).await, "<p>mine</p>");
    assert_eq!(text(site.url("/count?a=1&b=2")).await, "2");
}

#[tokio::test]
async fn a_held_request_waits_for_its_release() {
    let site = Site::start();
    let held = site.hold("/late.css");
    let answer = tokio::spawn(text(site.url("/late.css")));
    site.wait_for_request("/late.css").await;
    assert!(!answer.is_finished());
    held.release("text/css", "p {}");
    assert_eq!(answer.await.unwrap(), "p {}");
}
