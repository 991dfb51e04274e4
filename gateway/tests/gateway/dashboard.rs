//! The dashboard's files, as browsers get them.

use gateway::Settings;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};

use crate::running::{Backend, Running, api_only};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn browsers_get_the_dashboard_and_api_clients_what_they_always_got() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, api_only()).await;
    let page = gateway.bare(Method::GET, "/").header(ACCEPT, BROWSER).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let headers = page.headers().clone();
    assert_eq!(text(&headers, "content-type"), "text/html; charset=utf-8");
    assert_eq!(text(&headers, "x-content-type-options"), "nosniff");
    let policy = text(&headers, "content-security-policy");
    for rule in ["default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");

    for (method, path, accept) in [
        (Method::GET, "/", "*/*"),
        (Method::GET, "/", "application/json"),
        (Method::POST, "/", BROWSER),
        (Method::GET, "/ui", BROWSER),
        (Method::GET, "/ui/", BROWSER),
        (Method::GET, "/ui/nothing.js", BROWSER),
        (Method::GET, "/ui/../Cargo.toml", BROWSER),
        (Method::GET, "/ui/..%2f..%2fCargo.toml", BROWSER),
        (Method::GET, "/ui/%ff", BROWSER),
    ] {
        let answer = gateway.bare(method.clone(), path).header(ACCEPT, accept).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(text(answer.headers(), "content-type"), "application/json", "{method} {path}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn files_are_compressed_when_asked_and_sent_once() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, api_only()).await;
    let path = "/ui/js/main.js";
    let plain = gateway.bare(Method::GET, path).send().await.unwrap();
    let etag = text(plain.headers(), "etag").to_owned();
    assert_eq!(text(plain.headers(), "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(text(plain.headers(), "content-encoding"), "");
    let plain = plain.bytes().await.unwrap();

    let packed = gateway.bare(Method::GET, path).header(ACCEPT_ENCODING, "gzip, deflate, br").send().await.unwrap();
    assert_eq!(text(packed.headers(), "content-encoding"), "gzip");
    assert_eq!(text(packed.headers(), "etag"), etag);
    assert!(packed.bytes().await.unwrap().len() < plain.len() / 2);

    let again = gateway.bare(Method::GET, path).header(IF_NONE_MATCH, &etag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.bytes().await.unwrap().len(), 0);
    gateway.stop().await;
}

#[tokio::test]
async fn the_dashboard_is_not_there_when_it_is_off_or_when_there_is_no_api() {
    let backend = Backend::embedded();
    for settings in
        [Settings { dashboard: false, ..api_only() }, Settings { enable_api: false, enable_jobs: true, ..api_only() }]
    {
        let gateway = Running::start(&backend.parts, settings).await;
        for path in ["/", "/ui/js/main.js"] {
            let answer = gateway.bare(Method::GET, path).header(ACCEPT, BROWSER).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
        gateway.stop().await;
    }
}
