use browser::geometry::{Point, Rect};
use browser::input::ClickOptions;
use browser::js_handle::ElementHandle;
use browser::page::GotoOptions;
use browser::remote_object::PageFunction;
use serde_json::json;

use crate::fixture::{Fixture, with_page};

const LOG_CLICKS: &str = "window.log = []; addEventListener('click', e => log.push(e.target.id)); 0";

async fn click(element: &ElementHandle) {
    element.click(ClickOptions::default()).await.expect("clicked");
}

/// What was clicked, after a click on `#it` of this document.
async fn clicked(fixture: &Fixture, html: &str) -> serde_json::Value {
    fixture.set_content(html).await;
    fixture.eval(LOG_CLICKS).await;
    click(&fixture.element("#it").await).await;
    fixture.eval("log.join()").await
}

#[tokio::test]
async fn rotated_scrolled_and_broken_elements_are_hit() {
    with_page(async |fixture| {
        let square = "width: 100px; height: 100px; margin: 50px";
        for html in [
            format!("<div id=it style='{square}; transform: rotate(45deg)'></div>"),
            format!("<div style='height: 3000px'></div><div id=it style='{square}'></div>"),
            format!("<div style='overflow: auto; height: 150px'><p style='height: 900px'></p><p id=it style='{square}'></p></div>"),
            "<p style='width: 120px; font: 16px monospace'>some words and <a id=it>a link over two lines</a></p>".to_owned(),
        ] {
            assert_eq!(clicked(fixture, &html).await, "it", "{html}");
        }
    })
    .await;
}

#[tokio::test]
async fn hidden_and_detached_elements_cannot_be_clicked() {
    with_page(async |fixture| {
        fixture.set_content("<button style='display: none'>x</button><p>text</p>").await;
        let (hidden, gone) = (fixture.element("button").await, fixture.element("p").await);
        fixture.eval("document.querySelector('p').remove()").await;
        let refused = hidden.click(ClickOptions::default()).await.expect_err("hidden");
        assert_eq!(refused.to_string(), "Node is either not visible or not an HTMLElement");
        let refused = gone.click(ClickOptions::default()).await.expect_err("gone");
        assert_eq!(refused.to_string(), "Node is detached from document");
        assert_eq!(hidden.bounding_box().await.expect("no box"), None);
    })
    .await;
}

#[tokio::test]
async fn the_boxes_of_an_element_lie_in_each_other() {
    with_page(async |fixture| {
        let style = "position: absolute; left: 10px; top: 20px; width: 30px; height: 40px; \
                     margin: 1px; border: 2px solid; padding: 3px";
        fixture.set_content(&format!("<div style='{style}'></div>")).await;
        let element = fixture.element("div").await;
        let bounds = element.bounding_box().await.expect("a page");
        assert_eq!(bounds, Some(Rect { x: 11.0, y: 21.0, width: 40.0, height: 50.0 }));
        let model = element.box_model().await.expect("a page").expect("a box");
        assert_eq!((model.width, model.height), (40.0, 50.0));
        let corners = [model.margin, model.border, model.padding, model.content].map(|quad| quad.0[0]);
        assert_eq!(corners, [10.0, 11.0, 13.0, 16.0].map(|x| Point { x, y: x + 10.0 }));
    })
    .await;
}

#[tokio::test]
async fn an_element_in_a_frame_of_another_process_is_clicked_and_typed_into() {
    with_page(async |fixture| {
        fixture.site.page("/inner", "<body style='margin: 0'><input style='margin: 40px'>");
        let source = fixture.site.cross_site_url("/inner");
        fixture.site.page(
            "/outer",
            format!("<p style='height: 100px'></p><iframe style='margin: 50px' src='{source}'></iframe>"),
        );
        fixture.page.goto(&fixture.site.url("/outer"), GotoOptions::default()).await.expect("a page");
        let frame = fixture.page.frames().into_iter().find(|frame| frame.url() == source).expect("a frame");
        let input = frame.query_selector("input").await.expect("a selector").expect("an element");
        click(&input).await;
        input.type_text("typed 嗨", None).await.expect("typed");
        let value = frame.evaluate(PageFunction::expression("document.querySelector('input').value"), Vec::new()).await;
        assert_eq!(value.expect("a value").into_json(), json!("typed 嗨"));
        let bounds = input.bounding_box().await.expect("a page").expect("a box");
        assert!(bounds.x > 90.0 && bounds.y > 190.0, "{bounds:?} is where the page has it");
    })
    .await;
}
