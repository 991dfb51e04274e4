//! Going somewhere and waiting for it.

mod stage;

use browser::error::ErrorKind;
use browser::page::{GotoOptions, NavigationOptions};
use serde_json::json;
use stage::{function, on_page, until};

#[test]
fn goto_gives_the_last_response_of_a_redirect_chain() {
    on_page(|stage| async move {
        let to = stage.site.url("/redirect?to=/next.html");
        let response = stage.page.goto(&to, GotoOptions::default()).await.unwrap().unwrap();
        assert_eq!((response.url(), response.status()), (stage.site.url("/next.html").as_str(), 200));
        let request = response.request().unwrap();
        let chain = request.redirect_chain();
        assert_eq!(chain.len(), 1);
        assert_eq!(chain[0].url(), to);
        assert_eq!(chain[0].response().unwrap().status(), 302);
        assert_eq!(chain[0].redirect_chain().len(), 1);
        assert!(chain[0].response().unwrap().buffer().await.is_err());
        assert!(response.text().await.unwrap().contains("<title>"));
    });
}

#[test]
fn failures_say_what_and_where() {
    on_page(|stage| async move {
        let refused = stage.page.goto("http://127.0.0.1:9/", GotoOptions::default()).await.unwrap_err();
        assert!(
            refused.to_string().starts_with("net::ERR_") && refused.to_string().ends_with(" at http://127.0.0.1:9/"),
            "{refused}"
        );
        let empty = stage.page.goto(&stage.site.url("/status/204"), GotoOptions::default()).await.unwrap_err();
        assert!(empty.to_string().contains("net::ERR_ABORTED"), "{empty}");
        let unreadable = stage.page.goto("asdf", GotoOptions::default()).await.unwrap_err();
        assert!(unreadable.to_string().contains("Cannot navigate to invalid URL"), "{unreadable}");
        let missing = stage.page.goto(&stage.site.url("/status/404"), GotoOptions::default()).await.unwrap().unwrap();
        assert_eq!((missing.status(), missing.ok()), (404, false));
    });
}

#[test]
fn a_navigation_that_hangs_times_out() {
    on_page(|stage| async move {
        let navigation = NavigationOptions { timeout: Some(50.0), wait_until: Vec::new() };
        let options = GotoOptions { navigation, ..GotoOptions::default() };
        let error = stage.page.goto(&stage.site.url("/hang"), options).await.unwrap_err();
        assert_eq!(error.to_string(), "Navigation Timeout Exceeded: 50ms exceeded");
        assert_eq!(error.kind(), ErrorKind::TimeoutError);
        stage.page.set_default_navigation_timeout(40.0);
        let error = stage.page.goto(&stage.site.url("/hang?again"), GotoOptions::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "Navigation Timeout Exceeded: 40ms exceeded");
        let error = stage.page.wait_for_navigation(until("elsewhere")).await.unwrap_err();
        assert_eq!(error.to_string(), "Unknown value for options.waitUntil: elsewhere");
    });
}

#[test]
fn the_same_document_has_no_response() {
    on_page(|stage| async move {
        stage.open("/empty.html").await;
        let fragment = stage.site.url("/empty.html#there");
        assert!(stage.page.goto(&fragment, GotoOptions::default()).await.unwrap().is_none());
        assert_eq!(stage.page.url(), fragment);
        let (navigated, pushed) = futures::join!(
            stage.page.wait_for_navigation(NavigationOptions::default()),
            stage.page.evaluate(function("() => history.pushState({}, '', 'pushed.html')"), vec![]),
        );
        pushed.unwrap();
        assert!(navigated.unwrap().is_none());
        assert_eq!(stage.page.url(), stage.site.url("/pushed.html"));
    });
}

#[test]
fn history_goes_both_ways() {
    on_page(|stage| async move {
        stage.open("/empty.html").await;
        stage.open("/next.html").await;
        let back = stage.page.go_back(NavigationOptions::default()).await.unwrap().unwrap();
        assert!(back.ok());
        assert_eq!(stage.page.url(), stage.site.url("/empty.html"));
        stage.page.go_forward(NavigationOptions::default()).await.unwrap().unwrap();
        assert_eq!(stage.page.url(), stage.site.url("/next.html"));
        assert!(stage.page.go_forward(NavigationOptions::default()).await.unwrap().is_none());
        stage.value("() => window.kept = 1").await;
        assert!(stage.page.reload(NavigationOptions::default()).await.unwrap().unwrap().ok());
        assert_eq!(stage.value("() => typeof kept").await, json!("undefined"));
    });
}

#[test]
fn network_idle_waits_for_the_last_request() {
    on_page(|stage| async move {
        let held = stage.site.hold("/held.json");
        stage.site.page(
            "/fetching.html",
            "<script>fetch('/held.json').then(r => r.text()).then(t => window.got = t)</script>",
        );
        let url = stage.site.url("/fetching.html");
        let goto = stage.page.goto(&url, GotoOptions { navigation: until("networkidle0"), ..GotoOptions::default() });
        let release = async {
            stage.site.wait_for_request("/held.json").await;
            held.release("application/json", "[]");
        };
        let (response, ()) = futures::join!(goto, release);
        response.unwrap();
        assert_eq!(stage.value("() => window.got").await, json!("[]"));
    });
}

#[test]
fn set_content_waits_for_what_the_html_loads() {
    on_page(|stage| async move {
        let frame = stage.page.main_frame();
        let html = format!("<title>set</title><img src='{}'>", stage.site.url("/slow?ms=50"));
        frame.set_content(&html, NavigationOptions::default()).await.unwrap();
        assert_eq!(frame.title().await.unwrap(), "set");
        assert_eq!(stage.site.requests_for("/slow").len(), 1);
        let options = NavigationOptions { timeout: Some(50.0), wait_until: Vec::new() };
        let html = format!("<img src='{}'>", stage.site.url("/hang"));
        let error = frame.set_content(&html, options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimeoutError);
    });
}

#[test]
fn closing_the_page_ends_its_waits() {
    on_page(|stage| async move {
        let page = stage.page.browser_context().new_page().await.unwrap();
        let navigation = page.wait_for_navigation(NavigationOptions::default());
        let request = page.wait_for_request(|_| true, None);
        let evaluation = page.evaluate(function("() => new Promise(() => {})"), vec![]);
        let (navigation, request, evaluation, closed) =
            futures::join!(navigation, request, evaluation, page.close(false));
        closed.unwrap();
        assert_eq!(navigation.unwrap_err().to_string(), "Navigation failed because browser has disconnected!");
        assert_eq!(request.unwrap_err().to_string(), "Target closed");
        assert!(evaluation.unwrap_err().to_string().contains("Protocol error"));
        assert!(page.is_closed());
        assert!(page.close(false).await.unwrap_err().to_string().contains("Connection closed"));
    });
}
