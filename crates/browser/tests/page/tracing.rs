use browser::tracing::TracingOptions;
use serde_json::Value;

use crate::fixture::with_page;

#[tokio::test]
async fn a_trace_is_json_and_has_pictures_when_asked_for() {
    with_page(async |fixture| {
        let tracing = fixture.page.tracing();
        tracing.start(TracingOptions { screenshots: true, ..TracingOptions::default() }).await.expect("started");
        let refused = tracing.start(TracingOptions::default()).await.expect_err("runs");
        assert_eq!(refused.to_string(), "Cannot start recording trace while already recording trace.");
        fixture.goto("/index.html").await;
        let trace: Value = serde_json::from_slice(&tracing.stop().await.expect("a trace")).expect("JSON");
        assert!(trace["traceEvents"].as_array().is_some_and(|events| !events.is_empty()));
    })
    .await;
}

#[tokio::test]
async fn one_page_of_a_browser_records() {
    with_page(async |fixture| {
        let other = fixture.page.browser_context().new_page().await.expect("a page");
        fixture.page.tracing().start(TracingOptions::default()).await.expect("started");
        other.tracing().start(TracingOptions::default()).await.expect_err("another records");
        fixture.page.tracing().stop().await.expect("a trace");
        other.tracing().start(TracingOptions::default()).await.expect("nobody records");
        other.tracing().stop().await.expect("a trace");
    })
    .await;
}
