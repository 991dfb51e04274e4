use std::cell::Cell;
use std::rc::Rc;

use browser::emulation::Viewport;
use browser::event::{Event, PageEvent, PageEventKind};
use browser::input::{ClickOptions, MouseButton};
use serde_json::json;

use crate::fixture::with_page;

const LOG_MOUSE: &str = "window.log = []; for (const type of ['mousedown', 'mouseup', 'click', 'dblclick', 'contextmenu']) \
    addEventListener(type, e => log.push([type, e.button, e.buttons, e.detail, e.clientX, e.clientY, e.isTrusted])); 0";

#[tokio::test]
async fn a_click_is_trusted_and_where_it_should_be() {
    with_page(async |fixture| {
        fixture.eval(LOG_MOUSE).await;
        fixture.page.mouse().click(50.0, 60.0, ClickOptions::default()).await.expect("clicked");
        let expected = json!([
            ["mousedown", 0, 1, 1, 50, 60, true],
            ["mouseup", 0, 0, 1, 50, 60, true],
            ["click", 0, 0, 1, 50, 60, true],
        ]);
        assert_eq!(fixture.eval("log").await, expected);
    })
    .await;
}

#[tokio::test]
async fn what_a_click_logs_is_told_when_it_ends() {
    with_page(async |fixture| {
        fixture.eval("addEventListener('click', () => console.log('clicked')); 0").await;
        fixture.page.set_has_listeners(PageEventKind::Console, true);
        let told = Rc::new(Cell::new(0));
        let counted = told.clone();
        fixture.browser.set_event_sink(Rc::new(move |event| {
            if let Event::Page(_, PageEvent::Console(_)) = event {
                counted.set(counted.get() + 1);
            }
        }));
        for click in 1..=50 {
            fixture.page.mouse().click(50.0, 60.0, ClickOptions::default()).await.expect("clicked");
            assert_eq!(told.get(), click);
        }
    })
    .await;
}

#[tokio::test]
async fn two_clicks_are_a_double_click_and_the_right_button_opens_a_menu() {
    with_page(async |fixture| {
        fixture.eval(LOG_MOUSE).await;
        let mouse = fixture.page.mouse();
        mouse.click(5.0, 5.0, ClickOptions { count: 2, ..ClickOptions::default() }).await.expect("clicked");
        mouse
            .click(5.0, 5.0, ClickOptions { button: MouseButton::Right, ..ClickOptions::default() })
            .await
            .expect("clicked");
        let types = fixture.eval("log.map(entry => entry[0] + entry[3]).join(' ')").await;
        let expected =
            "mousedown1 mouseup1 click1 mousedown2 mouseup2 click2 dblclick2 mousedown1 contextmenu0 mouseup1";
        assert_eq!(types, expected);
    })
    .await;
}

#[tokio::test]
async fn a_movement_has_steps_of_equal_length() {
    with_page(async |fixture| {
        let mouse = fixture.page.mouse();
        mouse.move_to(100.0, 100.0, 1).await.expect("moved");
        fixture.eval("window.log = []; addEventListener('mousemove', e => log.push([e.clientX, e.clientY])); 0").await;
        mouse.move_to(200.0, 300.0, 5).await.expect("moved");
        assert_eq!(fixture.eval("log").await, json!([[120, 140], [140, 180], [160, 220], [180, 260], [200, 300]]));
    })
    .await;
}

#[tokio::test]
async fn modifier_keys_are_the_keyboards() {
    with_page(async |fixture| {
        fixture.eval("window.log = []; addEventListener('mousedown', e => log.push(e.shiftKey)); 0").await;
        let page = &fixture.page;
        page.keyboard().down("Shift", None, Vec::new()).await.expect("down");
        page.mouse().click(5.0, 5.0, ClickOptions::default()).await.expect("clicked");
        page.keyboard().up("Shift").await.expect("up");
        page.mouse().click(5.0, 5.0, ClickOptions::default()).await.expect("clicked");
        assert_eq!(fixture.eval("log").await, json!([true, false]));
    })
    .await;
}

#[tokio::test]
async fn the_wheel_scrolls() {
    with_page(async |fixture| {
        fixture.set_content("<div style='height: 5000px'></div>").await;
        fixture.eval("window.scrolled = new Promise(done => addEventListener('scroll', done, {once: true})); 0").await;
        fixture.page.mouse().move_to(10.0, 10.0, 1).await.expect("moved");
        fixture.page.mouse().wheel(0.0, 200.0).await.expect("turned");
        assert_eq!(fixture.eval("scrolled.then(() => scrollY > 0)").await, true);
    })
    .await;
}

#[tokio::test]
async fn a_tap_touches_once() {
    with_page(async |fixture| {
        let viewport = Viewport { has_touch: Some(true), is_mobile: Some(true), ..Viewport::of_size(375, 667) };
        fixture.page.set_viewport(viewport).await.expect("a viewport");
        fixture.set_content("<button>x</button>").await;
        fixture
            .eval(
                "window.log = []; for (const t of ['touchstart', 'touchend']) addEventListener(t, e => log.push(t)); 0",
            )
            .await;
        fixture.element("button").await.tap().await.expect("tapped");
        assert_eq!(fixture.eval("log").await, json!(["touchstart", "touchend"]));
    })
    .await;
}
