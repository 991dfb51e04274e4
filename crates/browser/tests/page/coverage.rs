use browser::coverage::{CoverageEntry, CssCoverageOptions, JsCoverageOptions};
use browser::dialect::Dialect;

use crate::fixture::with_page;

const SCRIPT: &str = "<script>function used() { return 1 }\nfunction unused() { return 2 }\nused();</script>";
const STYLE: &str = "<style>div { color: green; } p { color: red; }</style><div>x</div>";

fn used(entry: &CoverageEntry) -> Vec<&str> {
    let part = |at: i64| usize::try_from(at).expect("an offset");
    entry.ranges.iter().map(|range| &entry.text[part(range.start)..part(range.end)]).collect()
}

#[tokio::test]
async fn the_used_parts_of_scripts_are_told() {
    with_page(async |fixture| {
        fixture.site.page("/script", SCRIPT);
        let coverage = fixture.page.coverage();
        coverage.start_js_coverage(JsCoverageOptions::default()).await.expect("started");
        fixture.goto("/script").await;
        let entries = coverage.stop_js_coverage(Dialect::V1).await.expect("stopped");
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].url, fixture.site.url("/script"));
        assert_eq!(used(&entries[0]), ["function used() { return 1 }\n", "\nused();"]);
    })
    .await;
}

#[tokio::test]
async fn scripts_without_address_are_told_when_asked_for_and_our_own_never() {
    with_page(async |fixture| {
        fixture.site.page("/eval", "<script>eval('1 + 1')</script>");
        let coverage = fixture.page.coverage();
        for (anonymous, expected) in [(false, 1), (true, 2)] {
            let options = JsCoverageOptions { report_anonymous_scripts: anonymous, ..JsCoverageOptions::default() };
            coverage.start_js_coverage(options).await.expect("started");
            fixture.goto("/eval").await;
            fixture.eval("console.log('ours')").await;
            let entries = coverage.stop_js_coverage(Dialect::V1).await.expect("stopped");
            assert_eq!(entries.len(), expected, "{entries:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_navigation_forgets_unless_told_otherwise() {
    with_page(async |fixture| {
        fixture.site.page("/style", STYLE);
        let coverage = fixture.page.coverage();
        for (reset_on_navigation, expected) in [(true, 0), (false, 1)] {
            coverage.start_css_coverage(CssCoverageOptions { reset_on_navigation }).await.expect("started");
            fixture.goto("/style").await;
            fixture.goto("/empty.html").await;
            assert_eq!(coverage.stop_css_coverage(Dialect::V1).await.expect("stopped").len(), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn the_used_rules_of_style_sheets_are_told() {
    with_page(async |fixture| {
        fixture.site.page("/style", STYLE);
        let coverage = fixture.page.coverage();
        coverage.start_css_coverage(CssCoverageOptions::default()).await.expect("started");
        fixture.goto("/style").await;
        let refused = coverage.start_css_coverage(CssCoverageOptions::default()).await.expect_err("runs");
        assert_eq!(refused.to_string(), "CSSCoverage is already enabled");
        let entries = coverage.stop_css_coverage(Dialect::V1).await.expect("stopped");
        assert_eq!(entries.iter().map(used).collect::<Vec<_>>(), [["div { color: green; }"]]);
        let refused = coverage.stop_css_coverage(Dialect::V1).await.expect_err("stopped");
        assert_eq!(refused.to_string(), "CSSCoverage is not enabled");
    })
    .await;
}
