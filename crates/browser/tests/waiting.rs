//! Waiting for elements and functions.

mod test_page;

use browser::error::ErrorKind;
use browser::page::{GotoOptions, NavigationOptions};
use browser::remote_object::{Argument, EvaluationResult, PageFunction};
use browser::wait_task::{Polling, WaitForOptions};
use serde_json::json;
use test_page::{function, on_page};

#[test]
fn a_selector_is_waited_for_across_navigations() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        test.site.page(
            "/late.html",
            "<script>setTimeout(() => document.body.innerHTML = '<p id=late>here</p>', 30)</script><body>",
        );
        let wait = frame.wait_for_selector("#late", WaitForOptions::default());
        let walk = async {
            test.open("/empty.html").await;
            test.page.goto(&test.site.cross_site_url("/late.html"), GotoOptions::default()).await.unwrap();
        };
        let (found, ()) = futures::join!(wait, walk);
        let found = found.unwrap().unwrap();
        let text = found.handle().evaluate(function("e => e.textContent"), vec![]).await.unwrap();
        assert_eq!(text, EvaluationResult::Json(json!("here")));
    });
}

#[test]
fn visibility_is_waited_for() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        frame.set_content("<p style='display:none'>x</p>", Default::default()).await.unwrap();
        let visible = WaitForOptions { visible: true, ..WaitForOptions::default() };
        let show = function(
            "() => new Promise(f => setTimeout(() => f(document.querySelector('p').style.display = 'block'), 30))",
        );
        let (shown, done) = futures::join!(frame.wait_for_selector("p", visible), test.page.evaluate(show, vec![]));
        done.unwrap();
        assert!(shown.unwrap().is_some());
        let hidden = WaitForOptions { hidden: true, ..WaitForOptions::default() };
        let remove = function("() => document.querySelector('p').remove()");
        let (gone, done) = futures::join!(frame.wait_for_selector("p", hidden), test.page.evaluate(remove, vec![]));
        done.unwrap();
        assert!(gone.unwrap().is_none());
    });
}

#[test]
fn an_expired_wait_says_what_for() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        let options = WaitForOptions { timeout: Some(20.0), ..WaitForOptions::default() };
        let error = frame.wait_for_selector("b", options).await.unwrap_err();
        assert_eq!(error.to_string(), "waiting for selector \"b\" failed: timeout 20ms exceeded");
        assert_eq!(error.kind(), ErrorKind::TimeoutError);
        let error = frame.wait_for_xpath("//b", options).await.unwrap_err();
        assert_eq!(error.to_string(), "waiting for XPath \"//b\" failed: timeout 20ms exceeded");
        let never = PageFunction::expression("false");
        let error = frame.wait_for_function(never, Polling::Raf, Some(20.0), vec![]).await.unwrap_err();
        assert_eq!(error.to_string(), "waiting for function failed: timeout 20ms exceeded");
        let broken = frame.wait_for_selector("*?", WaitForOptions::default()).await.unwrap_err();
        assert!(
            broken.to_string().contains("Evaluation failed") && broken.to_string().contains("not a valid selector"),
            "{broken}"
        );
    });
}

#[test]
fn functions_are_asked_by_every_polling() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        for polling in [Polling::Raf, Polling::Mutation, Polling::Interval(5.0)] {
            let counted = function("step => (window.count = (window.count || 0) + step) > 3 && window.count");
            let nudge = function(
                "() => { const t = setInterval(() => document.body.append('x'), 5); setTimeout(() => clearInterval(t), 200) }",
            );
            test.page.evaluate(nudge, vec![]).await.unwrap();
            let handle =
                frame.wait_for_function(counted, polling, None, vec![Argument::from_number(2.0)]).await.unwrap();
            assert_eq!(handle.json_value().await.unwrap(), EvaluationResult::Json(json!(4)));
            test.value("() => window.count = null || 1").await;
            test.value("() => { delete window.count; return 1 }").await;
        }
        assert!(Polling::parse(&json!(-1)).unwrap_err().to_string().contains("Cannot poll with non-positive interval"));
        assert!(Polling::parse(&json!("none")).unwrap_err().to_string().contains("Unknown polling"));
    });
}

#[test]
fn a_removed_frame_ends_its_waits() {
    on_page(|test| async move {
        test.open("/frames.html").await;
        let frame = test.page.frames().into_iter().find(|frame| frame.name() == "first").unwrap();
        let wait = frame.wait_for_selector("#never", WaitForOptions::default());
        let remove = function("() => document.querySelector('#first').remove()");
        let (waited, done) = futures::join!(wait, test.page.evaluate(remove, vec![]));
        done.unwrap();
        assert_eq!(waited.unwrap_err().to_string(), "waitForFunction failed: frame got detached.");
        let late = frame.wait_for_selector("#never", WaitForOptions::default()).await.unwrap_err().to_string();
        assert!(late.starts_with("Execution Context is not available in detached frame"), "{late}");
    });
}

#[test]
fn a_wait_for_less_than_no_time_is_over_at_once() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        let options = WaitForOptions { timeout: Some(-5.0), ..WaitForOptions::default() };
        let error = frame.wait_for_selector("b", options).await.unwrap_err();
        assert_eq!(error.to_string(), "waiting for selector \"b\" failed: timeout -5ms exceeded");
        let navigation = NavigationOptions { timeout: Some(-5.0), ..NavigationOptions::default() };
        let error = test.page.wait_for_navigation(navigation).await.unwrap_err();
        assert_eq!(error.to_string(), "Navigation Timeout Exceeded: -5ms exceeded");
    });
}
