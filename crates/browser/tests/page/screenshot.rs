use browser::emulation::Viewport;
use browser::geometry::Rect;
use browser::screenshot::{ImageType, Screenshot, ScreenshotOptions};
use serde_json::json;

use crate::fixture::with_page;

/// Width and height, out of a PNG's first chunk.
fn size(screenshot: &Screenshot) -> (u32, u32) {
    let bytes = screenshot.bytes().expect("base64");
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[tokio::test]
async fn a_screenshot_shows_the_viewport_the_clip_or_everything() {
    with_page(async |fixture| {
        fixture.page.set_viewport(Viewport::of_size(300, 200)).await.expect("a viewport");
        fixture.set_content("<body style='margin: 0'><div style='height: 1000px; width: 50px'></div>").await;
        let take =
            async |options: ScreenshotOptions| size(&fixture.page.screenshot(&options).await.expect("a picture"));
        assert_eq!(take(ScreenshotOptions::default()).await, (300, 200));
        let clip = |y| Some(Rect { x: 10.2, y, width: 20.0, height: 30.0 });
        assert_eq!(take(ScreenshotOptions { clip: clip(10.0), ..ScreenshotOptions::default() }).await, (20, 30));
        assert_eq!(take(ScreenshotOptions { clip: clip(900.0), ..ScreenshotOptions::default() }).await, (20, 30));
        assert_eq!(take(ScreenshotOptions { full_page: true, ..ScreenshotOptions::default() }).await, (300, 1000));
        assert_eq!(fixture.eval("[innerWidth, innerHeight]").await, json!([300, 200]));
    })
    .await;
}

#[tokio::test]
async fn a_jpeg_has_a_quality() {
    with_page(async |fixture| {
        let options =
            ScreenshotOptions { image_type: ImageType::Jpeg, quality: Some(30.0), ..ScreenshotOptions::default() };
        let taken = fixture.page.screenshot(&options).await.expect("a picture");
        assert_eq!(taken.bytes().expect("base64")[..3], [0xff, 0xd8, 0xff]);
    })
    .await;
}

#[tokio::test]
async fn screenshots_of_one_browser_wait_for_each_other() {
    with_page(async |fixture| {
        let other = fixture.page.browser_context().new_page().await.expect("a page");
        let options = ScreenshotOptions::default();
        let taken = futures::try_join!(
            fixture.page.screenshot(&options),
            other.screenshot(&options),
            fixture.page.screenshot(&options),
        );
        let (first, second, third) = taken.expect("pictures");
        assert_eq!([size(&first), size(&second), size(&third)], [(800, 600); 3]);
    })
    .await;
}

#[tokio::test]
async fn an_element_is_taken_whole_wherever_it_is() {
    with_page(async |fixture| {
        fixture.page.set_viewport(Viewport::of_size(500, 400)).await.expect("a viewport");
        fixture
            .set_content(
                "<div style='height: 1500px'></div><b style='display: block; width: 50px; height: 40px'></b>\
                 <i style='display: block; width: 600px; height: 700px'></i>",
            )
            .await;
        let options = ScreenshotOptions::default();
        let small = fixture.element("b").await.screenshot(&options).await.expect("a picture");
        assert_eq!(size(&small), (50, 40));
        let large = fixture.element("i").await.screenshot(&options).await.expect("a picture");
        assert_eq!(size(&large), (600, 700));
        assert_eq!(fixture.eval("[innerWidth, innerHeight]").await, json!([500, 400]));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_has_no_picture() {
    with_page(async |fixture| {
        fixture.set_content("<h1>x</h1><p style='height: 0; width: 50px'></p>").await;
        let options = ScreenshotOptions::default();
        let (gone, flat) = (fixture.element("h1").await, fixture.element("p").await);
        fixture.eval("document.querySelector('h1').remove()").await;
        let refused = gone.screenshot(&options).await.expect_err("gone");
        assert_eq!(refused.to_string(), "Node is either not visible or not an HTMLElement");
        let refused = flat.screenshot(&options).await.expect_err("flat");
        assert_eq!(refused.to_string(), "Node has 0 height.");
    })
    .await;
}
