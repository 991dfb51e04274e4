//! Pages: values, handles, events, popups, workers, exposed functions.

mod test_page;

use std::rc::Rc;
use std::time::Duration;

use browser::event::{Event, PageEvent, PageEventKind};
use browser::page::GotoOptions;
use browser::remote_object::{Argument, EvaluationResult, PageFunction};
use serde_json::json;
use test_page::{function, on_page};

#[test]
fn values_that_json_lacks_come_and_go() {
    on_page(|test| async move {
        let same = || function("x => x");
        for (argument, result) in [
            (Argument::from_number(-0.0), EvaluationResult::NegativeZero),
            (Argument::from_number(f64::NAN), EvaluationResult::NaN),
            (Argument::from_number(f64::INFINITY), EvaluationResult::Infinity),
            (Argument::from_number(f64::NEG_INFINITY), EvaluationResult::NegativeInfinity),
            (Argument::bigint("42"), EvaluationResult::BigInt("42".to_owned())),
            (Argument::Undefined, EvaluationResult::Undefined),
            (Argument::Json(json!(null)), EvaluationResult::Json(json!(null))),
            (
                Argument::Json(json!({"a": ["\u{1f600}", 1.5]})),
                EvaluationResult::Json(json!({"a": ["\u{1f600}", 1.5]})),
            ),
        ] {
            assert_eq!(test.page.evaluate(same(), vec![argument]).await.unwrap(), result);
        }
        for source in ["() => Symbol('x')", "() => window", "() => { const a = {}; a.a = a; return a; }"] {
            assert_eq!(
                test.page.evaluate(function(source), vec![]).await.unwrap(),
                EvaluationResult::Undefined,
                "{source}"
            );
        }
        assert_eq!(test.value("() => 'a\\ud83d\\u0062'").await, json!("a\u{fffd}b"));
        assert_eq!(
            test.page.evaluate(PageFunction::expression("1 + 2; // done"), vec![]).await.unwrap(),
            EvaluationResult::Json(json!(3))
        );
    });
}

#[test]
fn the_pages_exceptions_come_with_their_stack() {
    on_page(|test| async move {
        let error = test.page.evaluate(function("() => notThere.x"), vec![]).await.unwrap_err().to_string();
        assert!(error.starts_with("Evaluation failed: ReferenceError: notThere is not defined"), "{error}");
        assert!(error.contains("__puppeteer_evaluation_script__"), "{error}");
        let thrown = test.page.evaluate(function("() => { throw 'a word' }"), vec![]).await.unwrap_err().to_string();
        assert_eq!(thrown, "Evaluation failed: a word");
        let gone = function("() => { location.reload(); return new Promise(() => {}) }");
        let error = test.page.evaluate(gone, vec![]).await.unwrap_err().to_string();
        assert_eq!(error, "Protocol error (Runtime.callFunctionOn): Execution context was destroyed.");
        let never = test.page.evaluate(function("() => new Promise(() => {})"), vec![]);
        let (error, ()) = futures::join!(never, test.open("/empty.html"));
        let sentence = "Execution context was destroyed, most likely because of a navigation.";
        assert_eq!(error.unwrap_err().to_string(), sentence);
    });
}

#[test]
fn handles_lead_into_the_page() {
    on_page(|test| async move {
        let handle = test
            .page
            .evaluate_handle(function("() => ({a: 1, b: document.body, c: undefined})"), vec![])
            .await
            .unwrap();
        assert_eq!(handle.to_text(), "JSHandle@object");
        let properties = handle.get_properties().await.unwrap();
        let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(properties[1].1.as_element().is_some());
        assert_eq!(properties[2].1.to_text(), "JSHandle:undefined");
        assert_eq!(
            handle.get_property("a").await.unwrap().unwrap().json_value().await.unwrap(),
            EvaluationResult::Json(json!(1))
        );
        handle.dispose().await;
        let error = test.page.evaluate(function("x => x"), vec![Argument::Handle(handle)]).await.unwrap_err();
        assert_eq!(error.to_string(), "JSHandle is disposed!");
        let old = test.page.evaluate_handle(function("() => document.body"), vec![]).await.unwrap();
        test.open("/empty.html").await;
        let error = test.page.evaluate(function("x => x"), vec![Argument::Handle(old)]).await.unwrap_err();
        assert_eq!(error.to_string(), "JSHandles can be evaluated only in the context they were created!");
    });
}

#[test]
fn elements_are_found_and_acted_on() {
    on_page(|test| async move {
        let frame = test.page.main_frame();
        let html = "<div><p>one</p><p>two</p></div><input><select><option value=a>A</option><option value=b>B</option></select><button onclick='window.clicked = 1' style='margin-top: 3000px'>b</button>";
        frame.set_content(html, Default::default()).await.unwrap();
        assert_eq!(frame.query_selector_all("p").await.unwrap().len(), 2);
        assert_eq!(frame.xpath("//p[2]").await.unwrap().len(), 1);
        assert!(frame.query_selector("b").await.unwrap().is_none());
        let text =
            frame.eval_on_selector("p", function("(e, end) => e.textContent + end"), vec!["!".into()]).await.unwrap();
        assert_eq!(text, EvaluationResult::Json(json!("one!")));
        let count = frame.eval_on_selector_all("p", function("all => all.length"), vec![]).await.unwrap();
        assert_eq!(count, EvaluationResult::Json(json!(2)));
        let error = frame.eval_on_selector("b", function("e => e"), vec![]).await.unwrap_err();
        assert_eq!(error.to_string(), "Error: failed to find element matching selector \"b\"");
        frame.type_text("input", "Héllo 你", None).await.unwrap();
        assert_eq!(test.value("() => document.querySelector('input').value").await, json!("Héllo 你"));
        assert_eq!(frame.select("select", vec!["b".to_owned()]).await.unwrap(), ["b"]);
        frame.click("button", Default::default()).await.unwrap();
        assert_eq!(test.value("() => window.clicked").await, json!(1));
        let error = frame.click("nothing", Default::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "No node found for selector: nothing");
        frame.set_content("<p style='display:none'>x</p>", Default::default()).await.unwrap();
        let error = frame.click("p", Default::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "Node is either not visible or not an HTMLElement");
    });
}

#[test]
fn the_console_is_heard_before_the_evaluation_ends() {
    on_page(|test| async move {
        test.page.set_has_listeners(PageEventKind::Console, true);
        test.value("() => { console.warn('a', 1, {b: 2}); return 1 }").await;
        assert_eq!(test.events_of(&["console"]), ["console warning a 1 JSHandle@object"]);
        test.page
            .goto("data:text/html,<script>throw new Error('uncaught')</script>", GotoOptions::default())
            .await
            .unwrap();
        assert_eq!(test.events_of(&["pageerror"]), ["pageerror Error: uncaught"]);
    });
}

#[test]
fn unheard_dialogs_do_not_stop_the_page() {
    on_page(|test| async move {
        assert_eq!(test.value("() => { alert('x'); return confirm('y') }").await, json!(false));
    });
}

#[test]
fn exposed_functions_answer_in_every_document() {
    on_page(|test| async move {
        test.page.expose_binding("add").await.unwrap();
        test.browser.set_event_sink(Rc::new(|event| {
            let Event::Page(_, PageEvent::BindingCalled(call)) = event else { return };
            let numbers: Vec<i64> = call.args().iter().filter_map(|arg| arg.as_i64()).collect();
            match numbers.as_slice() {
                [] => call.reject_error("nothing to add", "at home"),
                numbers => call.resolve(Some(&json!(numbers.iter().sum::<i64>()))),
            }
        }));
        assert_eq!(test.value("() => add(1, 2)").await, json!(3));
        test.open("/frames.html").await;
        for frame in test.page.frames() {
            let sum = frame.evaluate(function("() => add(3, 4)"), vec![]).await.unwrap();
            assert_eq!(sum, EvaluationResult::Json(json!(7)));
        }
        assert_eq!(test.value("() => add().catch(e => e.message + e.stack)").await, json!("nothing to addat home"));
        assert!(test.page.expose_binding("add").await.unwrap_err().to_string().contains("already exists"));
    });
}

#[test]
fn workers_can_be_talked_to() {
    on_page(|test| async move {
        let created = test.page.wait_for_event(
            |event| match event {
                PageEvent::WorkerCreated(worker) => Some(worker.clone()),
                _ => None,
            },
            None,
        );
        let (worker, ()) = futures::join!(created, test.open("/worker.html"));
        let worker = worker.unwrap();
        assert_eq!(worker.url(), test.site.url("/worker.js"));
        assert_eq!(worker.evaluate(function("() => 6 * 7"), vec![]).await.unwrap(), EvaluationResult::Json(json!(42)));
        test.open("/empty.html").await;
        assert!(test.page.workers().is_empty());
        assert_eq!(test.events_of(&["workerdestroyed"]).len(), 1);
    });
}

#[test]
fn a_service_worker_ends_when_it_is_closed_right_after_its_begin() {
    on_page(|test| async move {
        test.open("/serviceworker.html").await;
        let targets = || test.browser.targets();
        let target = loop {
            match targets().into_iter().find(|target| target.target_type() == "service_worker") {
                Some(target) => break target,
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        };
        target.worker().await.unwrap().expect("it has a worker").close().await.unwrap();
        // Chromium installs it once more, as another target.
        while targets().iter().any(|known| Rc::ptr_eq(known, &target)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn a_worker_is_asked_after_its_script_began() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        for script in
            ["self.answer = 42; debugger;", "", "self.answer = 1;\nawait 0;\nself.answer = 42;", "syntax error"]
        {
            let is_module = script.contains("await");
            let start = function(
                "(text, isModule) => { window.kept = new Worker(URL.createObjectURL(new Blob([text], {type: 'text/javascript'})),
                   {type: isModule ? 'module' : 'classic'}); }",
            );
            let created = test.page.wait_for_event(
                |event| match event {
                    PageEvent::WorkerCreated(worker) => Some(worker.clone()),
                    _ => None,
                },
                None,
            );
            let arguments = vec![script.into(), Argument::Json(is_module.into())];
            let (worker, started) = futures::join!(created, test.page.evaluate(start, arguments));
            started.unwrap();
            let answer = worker.unwrap().evaluate(PageFunction::expression("self.answer"), vec![]).await;
            let answer = answer.unwrap_or_else(|error| panic!("{script}: {error}"));
            let expected =
                if script.contains("42") { EvaluationResult::Json(json!(42)) } else { EvaluationResult::Undefined };
            assert_eq!(answer, expected, "{script}");
        }
    });
}

#[test]
fn popups_are_pages_with_an_opener() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        test.page.set_has_listeners(PageEventKind::Popup, true);
        let opened = test.page.wait_for_event(
            |event| match event {
                PageEvent::Popup(popup) => Some(popup.clone()),
                _ => None,
            },
            None,
        );
        let (popup, done) =
            futures::join!(opened, test.page.evaluate(function("() => { window.open('about:blank') }"), vec![]));
        done.unwrap();
        let popup = popup.unwrap();
        assert_eq!(
            popup.evaluate(function("() => !!opener"), vec![]).await.unwrap(),
            EvaluationResult::Json(json!(true))
        );
        let opener = popup.target().opener().unwrap();
        assert!(Rc::ptr_eq(&opener.page().await.unwrap().unwrap(), &test.page));
        assert_eq!(test.page.browser_context().pages().await.unwrap().len(), 2);
        popup.close(false).await.unwrap();
        assert_eq!(test.page.browser_context().pages().await.unwrap().len(), 1);
    });
}

#[test]
fn metrics_are_puppeteers_thirteen() {
    on_page(|test| async move {
        assert_eq!(test.page.metrics().await.unwrap().as_object().unwrap().len(), 13);
        let target = test.browser.target().expect("the browser has a target");
        assert_eq!(target.target_type(), "browser");
        let session = test.page.target().create_cdp_session().await.unwrap();
        session.send("Runtime.enable".to_owned(), json!({})).await.unwrap();
        assert!(test.events().iter().any(|event| event == "Runtime.executionContextCreated"));
        session.detach().await.unwrap();
        let error = session.send("Runtime.enable".to_owned(), json!({})).await.unwrap_err().to_string();
        assert_eq!(error, "Protocol error (Runtime.enable): Session closed. Most likely the page has been closed.");
        assert!(session.detach().await.unwrap_err().to_string().contains("Session already detached"));
    });
}

#[test]
fn a_hidden_context_is_nobodys_until_it_is_shown() {
    on_page(|test| async move {
        let browser = &test.browser;
        let (contexts, targets) = (browser.browser_contexts().len(), browser.targets().len());
        let hidden = browser.create_hidden_context().await.unwrap();
        let page = hidden.new_page().await.unwrap();
        page.goto(&test.site.url("/console.html"), GotoOptions::default()).await.unwrap();
        assert_eq!(test.events(), Vec::<String>::new());
        assert_eq!((browser.browser_contexts().len(), browser.targets().len()), (contexts, targets));
        assert!(!browser.pages().await.unwrap().iter().any(|known| Rc::ptr_eq(known, &page)));

        browser.dispose_contexts().await.unwrap();
        assert!(!page.is_closed(), "what is hidden is kept");

        browser.set_default_context(&hidden);
        assert!(Rc::ptr_eq(&browser.default_browser_context(), &hidden));
        assert_eq!(browser.browser_contexts().len(), 1);
        let shown = browser.pages().await.unwrap();
        assert!(shown.len() == 1 && Rc::ptr_eq(&shown[0], &page));
        page.goto(&test.site.url("/empty.html"), GotoOptions::default()).await.unwrap();
        assert!(test.events().iter().any(|event| event.starts_with("framenavigated")));
        browser.dispose_contexts().await.unwrap();
        page.target().closed().await;
    });
}
