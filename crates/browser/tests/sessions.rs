//! What a script's own CDP sessions reach, how many there may be, and that none outlives its job.

#![allow(clippy::unwrap_used)] // only tests are here

mod test_page;

use std::rc::Rc;
use std::time::Duration;

use browser::Page;
use browser::cdp_session::CDPSession;
use browser::tracing::TracingOptions;
use futures::FutureExt;
use serde_json::{Value, json};
use test_page::{TestPage, function, on_page};

const OTHERS: &str = "is not available to jobs: it reaches what is not the job's own";

async fn of_browser(test: &TestPage) -> Rc<CDPSession> {
    test.browser.target().expect("it works").create_cdp_session().await.expect("it works")
}

async fn send(session: &Rc<CDPSession>, method: &str, params: Value) -> Result<Value, String> {
    session.send(method.to_owned(), params).await.map_err(|error| error.to_string())
}

/// The page becomes a job's, and the page of the next one is there beside it.
async fn beside_the_next_job(test: &TestPage) -> Rc<Page> {
    let next = test.browser.create_hidden_context().await.expect("it works").new_page().await.expect("it works");
    test.browser.set_default_context(test.page.browser_context());
    next
}

/// The job that has had the page is over.
async fn end_the_job(test: &TestPage) {
    let ended = tokio::time::timeout(Duration::from_secs(10), test.browser.dispose_contexts());
    ended.await.expect("it ends").expect("it works");
}

#[test]
fn a_session_of_the_browser_tells_what_it_is_and_nothing_else() {
    on_page(|test| async move {
        let session = of_browser(&test).await;
        assert!(send(&session, "Browser.getVersion", json!({})).await.unwrap()["product"].is_string());
        let itself = send(&session, "Target.getTargetInfo", json!({})).await.unwrap();
        assert_eq!(itself["targetInfo"]["type"], "browser");
        let by_name = json!({"targetId": itself["targetInfo"]["targetId"]});
        assert_eq!(send(&session, "Target.getTargetInfo", by_name).await.unwrap(), itself);
        let page = json!({"targetId": test.page.target().id()});
        for (method, params) in [
            ("Browser.getWindowForTarget", page.clone()),
            ("Fetch.enable", json!({})),
            ("IO.read", json!({"handle": "0"})),
            ("Network.enable", json!({})),
            ("Security.setIgnoreCertificateErrors", json!({"ignore": true})),
            ("Storage.getCookies", json!({})),
            ("Storage.setCookies", json!({"cookies": []})),
            ("Target.getTargetInfo", page),
            ("Tracing.getCategories", json!({})),
            ("Tracing.start", json!({})),
        ] {
            let error = send(&session, method, params).await.unwrap_err();
            assert_eq!(error, format!("Protocol error ({method}): {method} {OTHERS}"));
            assert_eq!(test.events(), [format!("refused: {method} {OTHERS}")]);
            test.forget_events();
        }
        test.open("/next.html").await;
    });
}

#[test]
fn no_session_outlives_its_job() {
    on_page(|test| async move {
        let sessions = [of_browser(&test).await, test.page.target().create_cdp_session().await.unwrap()];
        send(&sessions[1], "Tracing.start", json!({})).await.unwrap();
        let next = beside_the_next_job(&test).await;
        end_the_job(&test).await;
        for session in sessions {
            let error = send(&session, "Browser.getVersion", json!({})).await.unwrap_err();
            assert!(error.contains("Session closed"), "{error}");
        }
        test.browser.set_default_context(next.browser_context());
        next.tracing().start(TracingOptions::default()).await.expect("nobody else traces");
        next.tracing().stop().await.unwrap();
        test.browser.dispose_contexts().await.unwrap();
    });
}

#[test]
fn a_trace_that_a_page_began_ends_with_its_job() {
    on_page(|test| async move {
        test.page.tracing().start(TracingOptions::default()).await.unwrap();
        let next = beside_the_next_job(&test).await;
        end_the_job(&test).await;
        test.browser.set_default_context(next.browser_context());
        next.tracing().start(TracingOptions::default()).await.expect("nobody else traces");
        test.browser.dispose_contexts().await.unwrap();
    });
}

#[test]
fn sessions_are_bounded() {
    on_page(|test| async move {
        let target = test.browser.target().unwrap();
        let mut sessions = Vec::new();
        let error = loop {
            match target.create_cdp_session().await {
                Ok(session) => sessions.push(session),
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!(error, "Limit of 256 open CDP sessions exceeded: detach those that are not needed");
        assert_eq!(sessions.len(), 256);
        sessions.pop().unwrap().detach().await.unwrap();
        sessions.push(target.create_cdp_session().await.expect("there is a place again"));
        let all = futures::future::join_all((0..300).map(|_| target.create_cdp_session())).await;
        assert!(all.iter().all(Result::is_err), "those under way count, too");
    });
}

#[test]
fn cookies_are_those_of_the_jobs_context() {
    on_page(|test| async move {
        let next = beside_the_next_job(&test).await;
        let cookie =
            |name: &str| json!({"cookies": [{"name": name, "value": "1", "domain": "127.0.0.1", "path": "/"}]});
        let session = test.page.target().create_cdp_session().await.unwrap();
        send(&session, "Storage.setCookies", cookie("mine")).await.unwrap();
        let got = send(&session, "Storage.getCookies", json!({})).await.unwrap();
        assert_eq!(got["cookies"][0]["name"], "mine");
        assert_eq!(test.page.cookies(vec![test.site.origin()]).await.unwrap().len(), 1);
        send(&session, "Storage.clearCookies", json!({})).await.unwrap();
        assert_eq!(test.page.cookies(vec![test.site.origin()]).await.unwrap().len(), 0);
        test.forget_events();

        let mut planted = cookie("planted");
        planted["browserContextId"] = next.browser_context().id().unwrap().into();
        let id = json!({"browserContextId": planted["browserContextId"]});
        let target = json!({"targetId": next.target().id()});
        for (method, params) in [
            ("Storage.setCookies", planted),
            ("Storage.getCookies", id.clone()),
            ("Storage.clearCookies", id),
            ("Target.getTargetInfo", target.clone()),
            ("Browser.getWindowForTarget", target),
        ] {
            let error = send(&session, method, params).await.unwrap_err();
            assert!(error.ends_with(OTHERS), "{error}");
            assert_eq!(test.events(), [format!("refused: {method} {OTHERS}")]);
            test.forget_events();
        }
        let info = send(&session, "Target.getTargetInfo", json!({"targetId": test.page.target().id()})).await;
        assert_eq!(info.unwrap()["targetInfo"]["browserContextId"], test.page.browser_context().id().unwrap());
        assert_eq!(next.cookies(vec![test.site.origin()]).await.unwrap().len(), 0);
        end_the_job(&test).await;
        test.browser.set_default_context(next.browser_context());
        test.browser.dispose_contexts().await.unwrap();
    });
}

/// Traces for a moment; the handle of the stream.
async fn trace(test: &TestPage, session: &Rc<CDPSession>) -> Result<String, String> {
    test.forget_streams();
    send(session, "Tracing.start", json!({"transferMode": "ReturnAsStream"})).await?;
    send(session, "Tracing.end", json!({})).await?;
    let come = async {
        while test.streams().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), come).await.expect("the trace comes");
    Ok(test.streams().remove(0))
}

#[test]
fn a_stream_is_its_jobs() {
    on_page(|test| async move {
        let session = test.page.target().create_cdp_session().await.unwrap();
        let next = beside_the_next_job(&test).await;
        let handle = trace(&test, &session).await.unwrap();
        let read = json!({"handle": handle});
        assert!(send(&session, "IO.read", read.clone()).await.unwrap()["data"].is_string());
        end_the_job(&test).await;
        test.browser.set_default_context(next.browser_context());
        let session = next.target().create_cdp_session().await.unwrap();
        for handle in [handle.as_str(), "0", "1", "2", "3", "blob:11111111-1111-1111-1111-111111111111"] {
            for method in ["IO.read", "IO.close"] {
                let error = send(&session, method, json!({"handle": handle})).await.unwrap_err();
                assert!(error.ends_with(OTHERS), "{error}");
            }
        }
        test.browser.dispose_contexts().await.unwrap();
    });
}

#[test]
fn open_streams_are_bounded() {
    on_page(|test| async move {
        let session = test.page.target().create_cdp_session().await.unwrap();
        let handle = trace(&test, &session).await.unwrap();
        let print = json!({"transferMode": "ReturnAsStream"});
        let prints = futures::future::join_all((0..9).map(|_| send(&session, "Page.printToPDF", print.clone()))).await;
        let refused: Vec<_> = prints.into_iter().filter_map(Result::err).collect();
        let sentence = "Limit of 8 open streams exceeded: close those that are read with IO.close";
        assert_eq!(refused, vec![format!("Protocol error (Page.printToPDF): {sentence}"); 2]);
        assert_eq!(trace(&test, &session).await.unwrap_err(), format!("Protocol error (Tracing.start): {sentence}"));
        send(&session, "IO.close", json!({"handle": handle})).await.unwrap();
        trace(&test, &session).await.expect("there is a place again");
    });
}

#[test]
fn pages_and_contexts_are_bounded() {
    on_page(|test| async move {
        test.browser.set_page_limit(4);
        let browser = &test.browser;
        // The one that Chromium opens at its start, and the test's own, are two of them.
        let pages = futures::future::join_all((0..5).map(|_| browser.new_page())).await;
        let refused: Vec<_> = pages.iter().filter_map(|page| page.as_ref().err()).map(ToString::to_string).collect();
        assert_eq!(refused, ["Limit of 4 open pages (JOB_PAGES) exceeded"; 3]);
        test.open("/next.html").await;
        test.forget_events();
        test.value("() => { for (let i = 0; i < 3; i++) window.open('about:blank'); return 1 }").await;
        let closed = "refused: Limit of 4 open pages (JOB_PAGES) exceeded: closing a popup";
        let come = async {
            while test.events().iter().filter(|event| *event == closed).count() < 3
                || browser.pages().await.unwrap().len() > 4
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), come).await.unwrap_or_else(|_| panic!("{:?}", test.events()));
        for page in pages.into_iter().flatten() {
            page.close(false).await.unwrap();
        }
        browser.new_page().await.expect("there is a place again").close(false).await.unwrap();
        for _ in 0..3 {
            browser.create_browser_context().await.unwrap();
        }
        let error = browser.create_browser_context().await.unwrap_err().to_string();
        assert_eq!(error, "Limit of 4 open browser contexts (JOB_PAGES) exceeded");
    });
}

#[test]
fn frames_and_workers_are_bounded() {
    on_page(|test| async move {
        test.browser.set_frame_limit(3);
        test.open("/next.html").await;
        test.forget_events();
        let told =
            "refused: Limit of 3 frames and workers (JOB_FRAMES) exceeded: the job does not see the page's others";
        let seen = || test.page.frames().len() - 1 + test.page.workers().len();
        test.value(
            "() => { for (let i = 0; i < 10; i++) document.body.append(document.createElement('iframe')); return 1 }",
        )
        .await;
        let workers = "() => Promise.all(Array.from({length: 4}, () => new Promise(resolve => {
            new Worker('data:text/javascript,postMessage(1)').onmessage = resolve }))).then(() => 1)";
        test.value(workers).await;
        assert_eq!((seen(), test.page.frames().len()), (3, 4), "those beyond run, and are not seen");
        assert_eq!(test.events().iter().filter(|event| *event == told).count(), 1, "{:?}", test.events());
        // What goes makes room.
        test.value("() => { document.body.textContent = ''; return 1 }").await;
        test.value(
            "() => { for (let i = 0; i < 3; i++) document.body.append(document.createElement('iframe')); return 1 }",
        )
        .await;
        assert_eq!(seen(), 3);
        test.page.close(false).await.unwrap();
        let other = test.browser.new_page().await.unwrap();
        let frames = "() => { for (let i = 0; i < 5; i++) document.body.append(document.createElement('iframe')) }";
        other.evaluate(function(frames), Vec::new()).await.unwrap();
        assert_eq!(other.frames().len(), 4, "a page that is closed keeps no places");
    });
}

/// What Chromium says of itself when no job runs.
async fn state(test: &TestPage) -> (usize, usize) {
    let root = test.browser.session();
    let contexts = root.send_raw("Target.getBrowserContexts", json!({})).await.unwrap();
    let targets = root.send_raw("Target.getTargets", json!({"filter": [{}]})).await.unwrap();
    let attached = targets["targetInfos"].as_array().unwrap().iter().filter(|target| target["attached"] == true);
    (contexts["browserContextIds"].as_array().unwrap().len(), attached.count())
}

#[test]
fn what_was_being_made_when_the_job_ended_goes_too() {
    on_page(|test| async move {
        let next = beside_the_next_job(&test).await;
        for _ in 0..20 {
            // The commands are sent; nobody waits for the answers.
            assert!(test.browser.create_browser_context().now_or_never().is_none());
            assert!(test.browser.target().unwrap().create_cdp_session().now_or_never().is_none());
            assert!(test.page.target().create_cdp_session().now_or_never().is_none());
            assert!(next.target().create_cdp_session().now_or_never().is_none());
        }
        end_the_job(&test).await;
        let (contexts, attached) = state(&test).await;
        assert_eq!(contexts, 1, "the next job's");
        // Its page and the browser, which has this very connection.
        assert!(attached <= 2, "{attached} targets are attached to");
        test.browser.set_default_context(next.browser_context());
        assert!(next.main_frame().title().await.is_ok());
        test.browser.dispose_contexts().await.unwrap();
        assert_eq!(state(&test).await.0, 0);
    });
}

#[test]
fn a_browser_that_keeps_something_of_a_job_says_so() {
    let cookies = json!({"cookies": [{"name": "planted", "value": "x", "domain": "127.0.0.1", "path": "/"}]});
    let remainders = [
        (
            "Storage.setCookies",
            cookies,
            "a job has left 0 sessions, and 0 pages and 1 cookies in the browser's own context",
        ),
        (
            "Target.createTarget",
            json!({"url": "about:blank"}),
            "a job has left 0 sessions, and 1 pages and 0 cookies in the browser's own context",
        ),
    ];
    for (method, params, said) in remainders {
        on_page(|test| async move {
            test.browser.session().send_raw(method, params).await.unwrap();
            let error = test.browser.dispose_contexts().await.unwrap_err();
            assert_eq!(error.to_string(), said, "{method}");
        });
    }
}
