//! Selectors that are more than CSS.

mod test_page;

use browser::element_handle::ElementHandle;
use browser::error::Error;
use browser::input::ClickOptions;
use browser::remote_object::{Argument, EvaluationResult};
use browser::wait_task::{Polling, WaitForOptions};
use serde_json::{Value, json};
use test_page::{TestPage, function, on_page};

const HTML: &str = "<title>Send</title><main><p id=one>Hello <b id=bold>big world</b></p><p id=two class=big>big (world)</p>
  <button id=send onclick='this.textContent = `Sent`'>Send it</button><input id=field value='typed text'>
  <div id=host></div></main>
  <script>{
    const root = document.querySelector('#host').attachShadow({mode: 'open'});
    root.innerHTML = '<p id=inner class=big>in the shade</p><section><div id=host2></div></section>';
    root.querySelector('#host2').attachShadow({mode: 'open'}).innerHTML = '<p id=deep>deeper shade</p><p id=last>last</p>';
  }</script>";

async fn ids(test: &TestPage, selector: &str) -> Vec<String> {
    let elements = test.page.main_frame().query_selector_all(selector).await.expect("the matches");
    let mut ids = Vec::new();
    for element in &elements {
        ids.push(id(element).await);
    }
    ids
}

async fn id(element: &ElementHandle) -> String {
    let id = element.handle().evaluate(function("e => e.id || e.nodeName"), vec![]).await.expect("its id");
    id.into_json().as_str().expect("a text").to_owned()
}

#[test]
fn texts_paths_names_and_shadow_trees_are_found() {
    on_page(|test| async move {
        test.page.main_frame().set_content(HTML, Default::default()).await.unwrap();
        for (selector, expected) in [
            ("::-p-text(world)", vec!["bold", "two"]),
            ("p::-p-text(big)", vec!["bold", "two"]),
            ("p::-p-text(big).big", vec!["two"]),
            ("main ::-p-text(Send) + input", vec!["field"]),
            ("::-p-text(\"big (world)\")", vec!["two"]),
            ("::-p-text(typed)", vec!["field"]),
            ("::-p-text(shade)", vec!["inner", "deep"]),
            ("text/Hello", vec!["one"]),
            ("::-p-xpath(//p[@class])", vec!["two"]),
            ("main::-p-xpath(./p/b)", vec!["bold"]),
            ("::-p-xpath(//main) > button", vec!["send"]),
            ("xpath///b", vec!["bold"]),
            ("::-p-aria(Send it)", vec!["send"]),
            ("::-p-aria([role=\"button\"])", vec!["send"]),
            ("main::-p-aria(Send it[role='button'])", vec!["send"]),
            ("::-p-aria(Nothing)", vec![]),
            ("#host >>> p", vec!["inner", "deep", "last"]),
            ("#host >>>> p", vec!["inner"]),
            (">>> p", vec!["one", "two", "inner", "deep", "last"]),
            ("#host >>> p + p", vec!["last"]),
            ("main >>> .big", vec!["two", "inner"]),
            ("#host >>> ::-p-text(deeper)", vec!["deep"]),
            ("#host >>> ::-p-text(deeper) ~ p", vec!["last"]),
            ("pierce/#deep", vec!["deep"]),
            ("#host >>> #deep, b, ::-p-text(Hello), button", vec!["one", "bold", "send", "deep"]),
            ("::-p-aria(Send it), b, button", vec!["bold", "send"]),
        ] {
            assert_eq!(ids(&test, selector).await, expected, "{selector}");
            let first = test.page.main_frame().query_selector(selector).await.unwrap();
            let first = match &first {
                Some(first) => Some(id(first).await),
                None => None,
            };
            assert_eq!(first.as_deref(), expected.first().copied(), "{selector}");
        }
    });
}

/// A document's `$eval` is one command where an element's is two: nothing else may differ.
#[test]
fn a_document_calls_functions_as_its_handle_does() {
    const FUNCTIONS: [&str; 18] = [
        "(e, a, b) => [e.id, a, b, Object.is(a, -0)]",
        "function () { return [this === window, arguments.length]; }",
        "function () { 'use strict'; return this === undefined; }",
        "async e => { await null; return e.nodeName; }",
        "e => { throw new Error('at once'); }",
        "function named(e) { throw new TypeError('named'); }",
        "e => {\n  // lines\n  const thrown = () => { throw new Error('deeper'); };\n  thrown();\n}",
        "e => {\r\n  throw new Error('other lines');\r}",
        "async e => { throw new Error('refused'); }",
        "async e => { await null; throw new Error('later'); }",
        "e => { throw 'a text'; }",
        "e => { throw {no: 'error'}; }",
        "function again(e) { return again(e); }",
        "e => e.nothing.more // with a comment",
        "e => document.body",
        "e => () => 1",
        "class Uncallable {}",
        "e => { const loop = {}; loop.loop = loop; return loop; }",
    ];
    on_page(|test| async move {
        let frame = test.page.main_frame();
        frame.set_content(HTML, Default::default()).await.unwrap();
        let document = frame.evaluate_handle(function("() => document"), vec![]).await.unwrap().as_element().unwrap();
        let arguments = || vec![Argument::from_number(-0.0), Argument::Json(json!({"__proto__": [1, "\u{2028}"]}))];
        for source in FUNCTIONS {
            for selector in ["p", "nope", "p[", ""] {
                let ours = frame.eval_on_selector(selector, function(source), arguments()).await;
                let handles = document.eval_on_selector(selector, function(source), arguments()).await;
                assert_eq!(told(ours), told(handles), "{source} on {selector}");
                let ours = frame.eval_on_selector_all(selector, function(source), arguments()).await;
                let handles = document.eval_on_selector_all(selector, function(source), arguments()).await;
                assert_eq!(told(ours), told(handles), "{source} on all {selector}");
            }
        }
    });
}

fn told(result: Result<EvaluationResult, Error>) -> Result<EvaluationResult, String> {
    result.map_err(|error| error.to_string())
}

#[test]
fn every_call_that_takes_a_selector_takes_these() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        frame.set_content(HTML, Default::default()).await.unwrap();
        let text = frame.eval_on_selector("::-p-aria(Send it)", function("e => e.textContent"), vec![]).await.unwrap();
        assert_eq!(text.into_json(), json!("Send it"));
        let count = frame.eval_on_selector_all("::-p-text(big)", function("all => all.length"), vec![]).await.unwrap();
        assert_eq!(count.into_json(), json!(2));
        frame.click("::-p-text(Send it)", ClickOptions::default()).await.unwrap();
        assert_eq!(test.value("() => document.querySelector('button').textContent").await, json!("Sent"));
        frame.type_text("::-p-xpath(//input)", "!", None).await.unwrap();
        frame.hover("#host >>> #deep").await.unwrap();
        let host = frame.query_selector("#host").await.unwrap().unwrap();
        assert_eq!(id(&host.query_selector(">>> #last").await.unwrap().unwrap()).await, "last");
        let missing = frame.click("::-p-text(nowhere)", ClickOptions::default()).await.unwrap_err();
        assert_eq!(missing.to_string(), "No node found for selector: ::-p-text(nowhere)");
        let unknown = frame.query_selector("::-p-react(x)").await.unwrap_err();
        assert_eq!(unknown.to_string(), "Unknown selector type: react");
    });
}

#[test]
fn they_are_waited_for() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        frame.set_content(HTML, Default::default()).await.unwrap();
        let later = "() => { setTimeout(() => {
            document.querySelector('#host').shadowRoot.innerHTML += '<p>came</p><button>Came, too</button>';
        }, 30); }";
        for (selector, visible) in
            [("#host >>> ::-p-text(came)", false), ("::-p-aria(Came, too)", false), ("::-p-aria(Came, too)", true)]
        {
            frame.set_content(HTML, Default::default()).await.unwrap();
            let options = WaitForOptions { visible, ..WaitForOptions::default() };
            let wait = frame.wait_for_selector(selector, options);
            let (found, done) = futures::join!(wait, test.page.evaluate(function(later), vec![]));
            done.unwrap();
            let found = found.unwrap().unwrap();
            // It is of the page's own world.
            assert_eq!(
                test.value_of("e => e.isConnected", vec![Argument::Handle(found.handle().clone())]).await,
                json!(true)
            );
        }
        let hidden = WaitForOptions { hidden: true, timeout: Some(5_000.0), ..WaitForOptions::default() };
        assert!(frame.wait_for_selector("::-p-aria(Never)", hidden).await.unwrap().is_none());
        let short = WaitForOptions { timeout: Some(30.0), ..WaitForOptions::default() };
        let error = frame.wait_for_selector("::-p-aria(Never)", short).await.unwrap_err();
        assert_eq!(error.to_string(), "waiting for selector \"::-p-aria(Never)\" failed: timeout 30ms exceeded");
        let error = frame.wait_for_selector("::-p-text(Never)", short).await.unwrap_err();
        assert_eq!(error.to_string(), "waiting for selector \"::-p-text(Never)\" failed: timeout 30ms exceeded");
    });
}

#[test]
fn a_wait_without_limit_ends_in_the_page_when_nobody_waits_any_more() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        let asked = "() => { window.asked = (window.asked || 0) + 1; }";
        let wait = frame.wait_for_function(function(asked), Polling::Interval(1.0), Some(0.0), vec![]);
        let seen = async { while test.value("() => window.asked > 3").await != Value::Bool(true) {} };
        tokio::select! {
            _ = wait => panic!("it came true"),
            () = seen => {}
        }
        let still = "() => new Promise(answer => {
            let last = window.asked;
            const look = () => window.asked === last ? answer(false) : (last = window.asked, setTimeout(look, 100));
            setTimeout(look, 100);
        })";
        assert_eq!(test.value(still).await, json!(false));
    });
}
