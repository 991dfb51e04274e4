use browser::input::PressOptions;
use serde_json::json;

use crate::fixture::{Fixture, with_page};

const TEXTAREA: &str = "<textarea></textarea>";
const LOG_KEYS: &str = "window.log = []; for (const type of ['keydown', 'keypress', 'keyup']) \
    document.addEventListener(type, e => log.push([type, e.key, e.code, e.keyCode, e.location, e.repeat].join(' '))); 0";

async fn textarea(fixture: &Fixture) {
    fixture.set_content(TEXTAREA).await;
    fixture.page.main_frame().focus("textarea").await.expect("an element");
}

async fn value(fixture: &Fixture) -> serde_json::Value {
    fixture.eval("document.querySelector('textarea').value").await
}

#[tokio::test]
async fn every_character_can_be_typed() {
    with_page(async |fixture| {
        textarea(fixture).await;
        let text = "Two lines,\none of them 嗨 👹 🇯🇵!";
        fixture.page.keyboard().type_text(text, None).await.expect("typed");
        assert_eq!(value(fixture).await, text);
    })
    .await;
}

#[tokio::test]
async fn keys_that_nobody_awaits_keep_their_order() {
    with_page(async |fixture| {
        textarea(fixture).await;
        let keyboard = fixture.page.keyboard();
        keyboard.type_text("Hello World!", None).await.expect("typed");
        let left: Vec<_> = (0..6).map(|_| keyboard.press("ArrowLeft", PressOptions::default())).collect();
        keyboard.type_text("inserted ", None).await.expect("typed");
        futures::future::try_join_all(left).await.expect("pressed");
        assert_eq!(value(fixture).await, "Hello inserted World!");
    })
    .await;
}

#[tokio::test]
async fn a_key_says_its_code_its_place_and_its_repetition() {
    with_page(async |fixture| {
        textarea(fixture).await;
        fixture.eval(LOG_KEYS).await;
        let keyboard = fixture.page.keyboard();
        keyboard.press("ControlRight", PressOptions::default()).await.expect("pressed");
        keyboard.down("a", None, Vec::new()).await.expect("down");
        keyboard.down("a", None, Vec::new()).await.expect("down");
        keyboard.up("a").await.expect("up");
        keyboard.type_text("!", None).await.expect("typed");
        let expected = json!([
            "keydown Control ControlRight 17 2 false",
            "keyup Control ControlRight 17 2 false",
            "keydown a KeyA 65 0 false",
            "keypress a KeyA 97 0 false",
            "keydown a KeyA 65 0 true",
            "keypress a KeyA 97 0 true",
            "keyup a KeyA 65 0 false",
            "keydown ! Digit1 49 0 false",
            "keypress ! Digit1 33 0 false",
            "keyup ! Digit1 49 0 false",
        ]);
        assert_eq!(fixture.eval("log").await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_key_may_type_another_text() {
    with_page(async |fixture| {
        textarea(fixture).await;
        let options = PressOptions { text: Some("ё".to_owned()), ..PressOptions::default() };
        fixture.element("textarea").await.press("a", options).await.expect("pressed");
        assert_eq!(value(fixture).await, "ё");
    })
    .await;
}

#[tokio::test]
async fn an_inserted_character_has_no_key() {
    with_page(async |fixture| {
        textarea(fixture).await;
        fixture.eval("addEventListener('keydown', e => e.preventDefault(), true)").await;
        fixture.page.keyboard().send_character("嗨").await.expect("inserted");
        fixture.page.keyboard().press("b", PressOptions::default()).await.expect("pressed");
        assert_eq!(value(fixture).await, "嗨");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_key_is_named() {
    with_page(async |fixture| {
        for key in ["NotARealKey", "ё", "😊"] {
            let refused = fixture.page.keyboard().press(key, PressOptions::default()).await.expect_err("no key");
            assert_eq!(refused.to_string(), format!("Unknown key: \"{key}\""));
        }
    })
    .await;
}
