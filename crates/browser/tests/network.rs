//! Requests, responses, and what a script does to them.

#![allow(clippy::unwrap_used)] // only tests are here

mod test_page;

use std::rc::Rc;

use browser::event::{Event, PageEvent};
use browser::page::GotoOptions;
use browser::request::{ContinueOverrides, MockResponse, Request};
use serde_json::json;
use test_page::{TestPage, on_page};

/// Holds requests and lets `decide` say what becomes of each.
async fn intercept<F: Future<Output = ()> + 'static>(test: &TestPage, decide: impl Fn(Rc<Request>) -> F + 'static) {
    test.page.set_request_interception(true).await.unwrap();
    test.browser.set_event_sink(Rc::new(move |event| {
        if let Event::Page(_, PageEvent::Request(request)) = event {
            tokio::task::spawn_local(decide(request));
        }
    }));
}

#[test]
fn events_come_in_the_order_of_the_network() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        let of_network = test.events_of(&["request", "response", "requestfinished"]);
        assert_eq!(of_network, ["request /empty.html", "response 200 /empty.html", "requestfinished /empty.html"]);
    });
}

#[test]
fn a_held_request_can_be_answered_continued_and_failed() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        intercept(&test, |request| async move {
            if request.url().ends_with("/made-up") {
                let headers = vec![("X-Fruit".to_owned(), vec!["apple".to_owned()])];
                let body = Some(b"yes".to_vec());
                let content_type = Some("text/plain".to_owned());
                request.respond(MockResponse { status: Some(201), headers, content_type, body }).await.unwrap();
                let again = request.abort("failed").await.unwrap_err();
                assert_eq!(again.to_string(), "Request is already handled!");
            } else if request.url().ends_with("/headers") {
                let headers = Some(vec![("x-fruit".to_owned(), "pear".to_owned())]);
                request.continue_request(ContinueOverrides { headers, ..ContinueOverrides::default() }).await.unwrap();
            } else if request.url().ends_with("/fails") {
                request.abort("failed").await.unwrap();
            } else {
                request.continue_request(ContinueOverrides::default()).await.unwrap();
            }
        })
        .await;
        let made_up = "async () => { const r = await fetch('/made-up'); return [r.status, r.statusText, r.headers.get('x-fruit'), await r.text()] }";
        assert_eq!(test.value(made_up).await, json!([201, "Created", "apple", "yes"]));
        assert!(test.value("async () => (await fetch('/headers')).text()").await.as_str().unwrap().contains("pear"));
        assert_eq!(test.value("async () => fetch('/fails').then(() => 'came', () => 'failed')").await, json!("failed"));
        assert_eq!(test.value("async () => (await fetch('/redirect?to=/note.txt')).status").await, json!(200));
        assert_eq!(
            test.value("async () => (await Promise.all([1, 2, 3].map(() => fetch('/note.txt')))).map(r => r.status)")
                .await,
            json!([200, 200, 200])
        );
        test.page.set_request_interception(false).await.unwrap();
        test.open("/next.html").await;
    });
}

#[test]
fn a_request_for_a_font_goes_on_though_chromium_holds_it_twice() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        test.page.set_cache_enabled(true).await.unwrap();
        intercept(&test, |request| async move {
            request.continue_request(ContinueOverrides::default()).await.unwrap();
        })
        .await;
        let font =
            "async () => new FontFace('x', 'url(/missing.woff)').load().then(() => 'came', (error) => error.name)";
        assert_eq!(test.value(font).await, json!("NetworkError"));
    });
}

#[test]
fn requests_of_an_unheld_page_cannot_be_touched() {
    on_page(|test| async move {
        let request = test
            .page
            .goto(&test.site.url("/empty.html"), GotoOptions::default())
            .await
            .unwrap()
            .unwrap()
            .request()
            .unwrap();
        let error = request.continue_request(ContinueOverrides::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "Request Interception is not enabled!");
    });
}

#[test]
fn credentials_are_given_when_asked_for() {
    on_page(|test| async move {
        let url = test.site.url("/auth");
        test.page.authenticate(Some(("user".to_owned(), "wrong".to_owned()))).await.unwrap();
        let refused = test.page.goto(&url, GotoOptions::default()).await.unwrap().unwrap();
        assert_eq!(refused.status(), 401);
        test.page.authenticate(Some(("user".to_owned(), "pass".to_owned()))).await.unwrap();
        let welcome = test.page.goto(&url, GotoOptions::default()).await.unwrap().unwrap();
        assert_eq!(welcome.status(), 200);
    });
}

#[test]
fn headers_of_the_page_go_with_every_request() {
    on_page(|test| async move {
        test.page.set_extra_http_headers(vec![("X-Fruit".to_owned(), "apple".to_owned())]).await.unwrap();
        test.open("/empty.html").await;
        assert_eq!(test.site.requests_for("/empty.html")[0].header("x-fruit"), Some("apple"));
    });
}

#[test]
fn a_page_can_be_offline() {
    on_page(|test| async move {
        test.page.set_offline_mode(true).await.unwrap();
        let error = test.page.goto(&test.site.url("/empty.html"), GotoOptions::default()).await.unwrap_err();
        assert!(error.to_string().starts_with("net::ERR_INTERNET_DISCONNECTED at "), "{error}");
        test.page.set_offline_mode(false).await.unwrap();
        test.open("/empty.html").await;
    });
}
