//! Going somewhere and waiting for it.

mod test_page;

use browser::error::ErrorKind;
use browser::event::PageEvent;
use browser::page::{Cache, GotoOptions, NavigationOptions};
use serde_json::json;
use test_page::{function, on_page, until};

#[test]
fn goto_gives_the_last_response_of_a_redirect_chain() {
    on_page(|test| async move {
        let to = test.site.url("/redirect?to=/next.html");
        let response = test.page.goto(&to, GotoOptions::default()).await.unwrap().unwrap();
        assert_eq!((response.url(), response.status()), (test.site.url("/next.html").as_str(), 200));
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
    on_page(|test| async move {
        let refused = test.page.goto("http://127.0.0.1:9/", GotoOptions::default()).await.unwrap_err();
        assert!(
            refused.to_string().starts_with("net::ERR_") && refused.to_string().ends_with(" at http://127.0.0.1:9/"),
            "{refused}"
        );
        let empty = test.page.goto(&test.site.url("/status/204"), GotoOptions::default()).await.unwrap_err();
        assert!(empty.to_string().contains("net::ERR_ABORTED"), "{empty}");
        let unreadable = test.page.goto("asdf", GotoOptions::default()).await.unwrap_err();
        assert!(unreadable.to_string().contains("Cannot navigate to invalid URL"), "{unreadable}");
        let missing = test.page.goto(&test.site.url("/status/404"), GotoOptions::default()).await.unwrap().unwrap();
        assert_eq!((missing.status(), missing.ok()), (404, false));
    });
}

#[test]
fn the_page_of_an_error_is_not_where_the_next_goto_leads() {
    on_page(|test| async move {
        test.page.goto("http://127.0.0.1:9/", GotoOptions::default()).await.unwrap_err();
        let navigation = NavigationOptions { timeout: Some(500.0), wait_until: Vec::new() };
        let options = GotoOptions { navigation, ..GotoOptions::default() };
        let error = test.page.goto(&test.site.url("/hang"), options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimeoutError, "{error}");
    });
}

#[test]
fn a_navigation_that_hangs_times_out() {
    on_page(|test| async move {
        let navigation = NavigationOptions { timeout: Some(50.0), wait_until: Vec::new() };
        let options = GotoOptions { navigation, ..GotoOptions::default() };
        let error = test.page.goto(&test.site.url("/hang"), options).await.unwrap_err();
        assert_eq!(error.to_string(), "Navigation Timeout Exceeded: 50ms exceeded");
        assert_eq!(error.kind(), ErrorKind::TimeoutError);
        test.page.set_default_navigation_timeout(40.0);
        let error = test.page.goto(&test.site.url("/hang?again"), GotoOptions::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "Navigation Timeout Exceeded: 40ms exceeded");
        let error = test.page.wait_for_navigation(until("elsewhere")).await.unwrap_err();
        assert_eq!(error.to_string(), "Unknown value for options.waitUntil: elsewhere");
    });
}

#[test]
fn the_same_document_has_no_response() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        let fragment = test.site.url("/empty.html#there");
        assert!(test.page.goto(&fragment, GotoOptions::default()).await.unwrap().is_none());
        assert_eq!(test.page.url(), fragment);
        let (navigated, pushed) = futures::join!(
            test.page.wait_for_navigation(NavigationOptions::default()),
            test.page.evaluate(function("() => history.pushState({}, '', 'pushed.html')"), vec![]),
        );
        pushed.unwrap();
        assert!(navigated.unwrap().is_none());
        assert_eq!(test.page.url(), test.site.url("/pushed.html"));
    });
}

#[test]
fn history_goes_both_ways() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        test.open("/next.html").await;
        let back = test.page.go_back(NavigationOptions::default()).await.unwrap().unwrap();
        assert!(back.ok());
        assert_eq!(test.page.url(), test.site.url("/empty.html"));
        test.page.go_forward(NavigationOptions::default()).await.unwrap().unwrap();
        assert_eq!(test.page.url(), test.site.url("/next.html"));
        assert!(test.page.go_forward(NavigationOptions::default()).await.unwrap().is_none());
        test.value("() => window.kept = 1").await;
        assert!(test.page.reload(NavigationOptions::default(), Cache::Used).await.unwrap().unwrap().ok());
        assert_eq!(test.value("() => typeof kept").await, json!("undefined"));
    });
}

#[test]
fn network_idle_waits_for_the_last_request() {
    on_page(|test| async move {
        let held = test.site.hold("/held.json");
        test.site.page(
            "/fetching.html",
            "<script>fetch('/held.json').then(r => r.text()).then(t => window.got = t)</script>",
        );
        let url = test.site.url("/fetching.html");
        let goto = test.page.goto(&url, GotoOptions { navigation: until("networkidle0"), ..GotoOptions::default() });
        let release = async {
            test.site.wait_for_request("/held.json").await;
            held.release("application/json", "[]");
        };
        let (response, ()) = futures::join!(goto, release);
        response.unwrap();
        assert_eq!(test.value("() => window.got").await, json!("[]"));
    });
}

#[test]
fn set_content_waits_for_what_the_html_loads() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        let html = format!("<title>set</title><img src='{}'>", test.site.url("/slow?ms=50"));
        frame.set_content(&html, NavigationOptions::default()).await.unwrap();
        assert_eq!(frame.title().await.unwrap(), "set");
        assert_eq!(test.site.requests_for("/slow").len(), 1);
        let options = NavigationOptions { timeout: Some(50.0), wait_until: Vec::new() };
        let html = format!("<img src='{}'>", test.site.url("/hang"));
        let error = frame.set_content(&html, options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimeoutError);
    });
}

#[test]
fn set_content_waits_for_network_idle_however_long_the_page_was_idle() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        // The blank document's own milestone is past.
        test.page.renew().await.unwrap();
        test.page.wait_for_network_idle(1000.0, 0, None).await.unwrap();
        for (path, milestone, requests) in
            [("/1.svg", "networkidle0", 1), ("/2.svg", "networkidle0", 1), ("/3.svg", "networkidle2", 3)]
        {
            let held = test.site.hold(path);
            let images: String = (0..requests).map(|n| format!("<img src='{}?{n}'>", test.site.url(path))).collect();
            let html = format!("<script>onload = () => {{}}</script>{images}");
            let mut options = until(milestone);
            options.timeout = Some(1500.0);
            let error = frame.set_content(&html, options).await.unwrap_err();
            assert_eq!(error.to_string(), "Navigation Timeout Exceeded: 1500ms exceeded", "{milestone}");
            held.release("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' width='7' height='7'/>");
            frame.set_content(&html, until(milestone)).await.unwrap();
            assert_eq!(test.value("() => document.images[0].naturalWidth").await, 7);
        }
        let inner = format!("<iframe src='{}'></iframe>", test.site.url("/next.html"));
        frame.set_content(&inner, until("networkidle0")).await.unwrap();
        assert_eq!(frame.child_frames().len(), 1);
    });
}

#[test]
fn a_page_that_leaves_when_it_is_loaded_has_its_response() {
    on_page(|test| async move {
        test.site.page("/leaves", "<script>onload = () => { location.href = '/slow?ms=300' }</script>");
        for _ in 0..5 {
            let response = test.page.goto(&test.site.url("/leaves"), GotoOptions::default()).await.unwrap();
            assert_eq!(response.map(|response| response.status()), Some(200));
        }
    });
}

#[test]
fn an_open_event_stream_is_a_request_that_was_answered() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        let code = "() => new Promise(done => { new EventSource('/events').onmessage = () => done(1) })";
        test.value(code).await;
        test.page.wait_for_network_idle(100.0, 0, Some(5000.0)).await.unwrap();
        let code = "() => { fetch('/hang'); return 1 }";
        test.value(code).await;
        assert!(test.page.wait_for_network_idle(100.0, 0, Some(500.0)).await.is_err(), "one has no answer");
    });
}

#[test]
fn a_renewed_page_is_like_a_new_one_and_nobody_is_told() {
    on_page(|test| async move {
        let look = "() => ({url: location.href, history: history.length, focus: document.hasFocus(),
                            visible: document.visibilityState, width: innerWidth, opener: window.opener,
                            loaded: document.readyState, mark: typeof mark, referrer: document.referrer,
                            origin, way: performance.getEntriesByType('navigation')[0].type})";
        let new = test.value(look).await;
        test.value("() => { window.mark = 1; return 1 }").await;
        let before = test.value("() => performance.timeOrigin").await;
        test.forget_events();
        test.page.renew().await.unwrap();
        assert_eq!(test.events(), Vec::<String>::new());
        assert_eq!(test.value(look).await, new);
        assert!(test.value("() => performance.timeOrigin").await.as_f64() > before.as_f64());
        // As from a new page, and not as from one that went to about:blank.
        let image = format!("<img src='{}'>", test.site.url("/dot.svg"));
        test.page.main_frame().set_content(&image, NavigationOptions::default()).await.unwrap();
        assert_ne!(test.value("() => document.images[0].naturalWidth").await, 0);
        let went_back = test.page.go_back(NavigationOptions::default()).await.unwrap();
        assert!(went_back.is_none() && test.page.url() == "about:blank");
        test.open("/next.html").await;
        assert!(test.events().contains(&"framenavigated /next.html".to_owned()), "then it tells again");
    });
}

#[test]
fn closing_the_page_ends_its_waits() {
    on_page(|test| async move {
        let page = test.page.browser_context().new_page().await.unwrap();
        let navigation = page.wait_for_navigation(NavigationOptions::default());
        let request = page.wait_for_event(|event| matches!(event, PageEvent::Request(_)).then_some(()), None);
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
