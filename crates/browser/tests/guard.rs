//! What a job's page cannot open, and that the job is told.

mod test_page;

use std::time::Duration;

use browser::page::GotoOptions;
use browser::remote_object::Argument;
use serde_json::json;
use test_page::{TestPage, function, on_page};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LOCAL: [&str; 4] = [
    "file:///etc/hostname",
    "chrome://version/",
    "devtools://devtools/bundled/inspector.html",
    "view-source:http://a.example/",
];

fn refusal(what: &str) -> String {
    format!("refused: {what} is not available to jobs: it reaches the executor's machine")
}

async fn until_refused(test: &TestPage, what: &str) {
    let wanted = refusal(what);
    let seen = async {
        while !test.events().contains(&wanted) {
            // Any answer comes behind the events before it.
            test.value("() => new Promise(resolve => setTimeout(() => resolve(1), 5))").await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(10), seen).await;
    assert!(seen.is_ok(), "no {wanted:?} in {:?}", test.events());
    test.forget_events();
}

#[test]
fn a_command_cannot_open_local_addresses() {
    on_page(|test| async move {
        for url in LOCAL {
            let error = test.page.goto(url, GotoOptions::default()).await.unwrap_err();
            let text = format!(
                "Protocol error (Page.navigate): {url} is not available to jobs: it reaches the executor's machine"
            );
            assert_eq!((error.to_string(), test.page.url().as_str()), (text, "about:blank"));
            assert_eq!(test.events(), [refusal(url)]);
            test.forget_events();
        }
    });
}

#[test]
fn a_page_cannot_open_local_addresses() {
    on_page(|test| async move {
        test.open("/next.html").await;
        test.forget_events();
        for url in LOCAL {
            for way in [
                "url => { location.href = url; }",
                "url => { window.open(url); }",
                "url => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame); }",
                "url => { new Image().src = url; }",
                "url => { const link = document.createElement('a'); link.href = url; link.target = '_blank';
                          document.body.append(link); link.click(); }",
                "url => { const form = document.createElement('form'); form.action = url; form.method = 'post'; document.body.append(form);
                          form.submit(); }",
                "url => { fetch(url).catch(() => {}); }",
                "url => { const request = new XMLHttpRequest(); request.open('GET', url); request.send(); }",
            ] {
                test.page.evaluate(function(way), vec![url.into()]).await.unwrap();
                until_refused(&test, url).await;
            }
            // These throw, and what a page throws it could have made up: the guard repeats none of it.
            for worker in ["Worker", "SharedWorker"] {
                let code = format!("url => {{ try {{ new {worker}(url) }} catch (error) {{ return error.name }} }}");
                assert_eq!(test.value_of(&code, vec![url.into()]).await, "SecurityError");
            }
        }
        let urls = test.browser.targets().iter().map(|target| target.url()).collect::<Vec<_>>();
        assert!(urls.iter().all(|url| LOCAL.iter().all(|local| !url.starts_with(local))), "{urls:?}");
        let path = format!("/redirect?to={}", LOCAL[0]);
        test.page.goto(&test.site.url(&path), GotoOptions::default()).await.unwrap_err();
        until_refused(&test, "a redirect to a local address").await;
    });
}

#[test]
fn a_page_cannot_forge_what_the_guard_tells() {
    on_page(|test| async move {
        test.open("/next.html").await;
        test.forget_events();
        let code = "n => { for (const text of [
                \"Failed to construct 'Worker': Script at 'file:///x' cannot be accessed from origin 'null'.\",
                'Not allowed to load local resource: file:///x', \"Worker': Script at '\" + 'blob:'.repeat(n) + \"x'\",
                'Fetch API cannot load file:///x. URL scheme \"file\" is not supported.' ]) {
                console.error(text);
                setTimeout(() => { throw new Error(text) });
                setTimeout(() => { throw new DOMException(text, 'SecurityError') });
                setTimeout(() => { throw text });
                Promise.reject(new Error(text));
            }
            return new Promise(done => setTimeout(done, 50)) }";
        test.page.evaluate(function(code), vec![Argument::Json(60_000.into())]).await.unwrap();
        assert_eq!(test.events_of(&["refused:"]), Vec::<String>::new());
    });
}

#[test]
fn an_address_of_many_blobs_is_an_address() {
    on_page(|test| async move {
        let url = "blob:".repeat(60_000);
        assert!(test.page.goto(&(url.clone() + "x"), GotoOptions::default()).await.is_err());
        let error =
            test.page.goto(&(url + "file:///etc/passwd"), GotoOptions::default()).await.unwrap_err().to_string();
        assert!(error.ends_with("is not available to jobs: it reaches the executor's machine"), "{}", &error[..300]);
        let code =
            "n => { location.href = 'blob:'.repeat(n) + 'x'; new Image().src = 'blob:'.repeat(n) + 'file:///x' }";
        test.page.evaluate(function(code), vec![Argument::Json(60_000.into())]).await.unwrap();
        test.open("/next.html").await;
    });
}

#[test]
fn a_page_that_tries_without_end_does_not_fill_the_log() {
    on_page(|test| async move {
        test.open("/next.html").await;
        test.forget_events();
        test.value("() => { for (let i = 0; i < 300; i++) new Image().src = 'file:///' + i; return 1 }").await;
        let last = "refused: what else is refused is not logged any more";
        let told = async {
            while !test.events().iter().any(|event| event == last) {
                test.value("() => new Promise(done => setTimeout(done, 5, 1))").await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), told)
            .await
            .unwrap_or_else(|_| panic!("{:?}", test.events().last()));
        test.value("() => { new Image().src = 'file:///x'; return new Promise(done => setTimeout(done, 50, 1)) }")
            .await;
        assert_eq!(test.events_of(&["refused:"]).len(), 101);
    });
}

#[test]
fn nothing_listens_where_browsers_were_controlled_through_once() {
    on_page(|test| async move {
        let free = (29_400..29_500).find_map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).ok()).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let url = format!("http://127.0.0.1:{port}/json/version");
        let error = test.page.goto(&url, GotoOptions::default()).await.unwrap_err();
        assert!(error.to_string().starts_with("net::ERR_CONNECTION_REFUSED"), "{error}");
        // A site there is like any other.
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let serve = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            assert!(connection.read(&mut request).await.unwrap() > 0);
            let answer =
                b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfine";
            connection.write_all(answer).await.unwrap();
            connection
        };
        let url = format!("http://127.0.0.1:{port}/");
        let (answer, _connection) = tokio::join!(test.page.goto(&url, GotoOptions::default()), serve);
        answer.unwrap();
        assert_eq!(test.value("() => document.body.innerText").await, "fine");
    });
}

#[test]
fn a_scripts_own_session_stays_within_its_page() {
    on_page(|test| async move {
        let session = test.page.target().create_cdp_session().await.unwrap();
        for (method, params) in [
            ("Browser.close", json!({})),
            ("Page.setDownloadBehavior", json!({"behavior": "allow", "downloadPath": "/tmp"})),
            ("Target.createTarget", json!({"url": "about:blank"})),
            ("DOM.setFileInputFiles", json!({"files": ["/etc/hostname"]})),
        ] {
            let error = session.send(method.to_owned(), params).await.unwrap_err();
            assert!(error.to_string().contains("is not available to jobs"), "{error}");
        }
        let url = json!({"url": "file:///etc/hostname"});
        assert!(session.send("Page.navigate".to_owned(), url).await.is_err());
        let answer = session.send("Runtime.evaluate".to_owned(), json!({"expression": "1 + 1"})).await.unwrap();
        assert_eq!(answer["result"]["value"], 2);
    });
}

#[test]
fn downloads_leave_nothing_on_the_machine() {
    on_page(|test| async move {
        test.open("/next.html").await;
        let code = "() => { const link = document.createElement('a'); link.href = 'data:application/zip,xxxx';
                            link.download = 'x.zip'; document.body.append(link); link.click(); return 1; }";
        test.value(code).await;
        until_refused(&test, "the download of data:application/zip,xxxx").await;
    });
}
