//! What a job's page cannot open, and that the job is told.

mod stage;

use browser::page::GotoOptions;
use serde_json::json;
use stage::{Stage, function, on_page};

const LOCAL: [&str; 4] = [
    "file:///etc/hostname",
    "chrome://version/",
    "devtools://devtools/bundled/inspector.html",
    "view-source:http://a.example/",
];

fn refusal(what: &str) -> String {
    format!("refused: {what} is not available to jobs: it reaches the executor's machine")
}

async fn until_refused(stage: &Stage, what: &str) {
    let wanted = refusal(what);
    let seen = async {
        while !stage.events().contains(&wanted) {
            // Any answer comes behind the events before it.
            stage.value("() => new Promise(resolve => setTimeout(() => resolve(1), 5))").await;
        }
    };
    let seen = tokio::time::timeout(std::time::Duration::from_secs(10), seen).await;
    assert!(seen.is_ok(), "no {wanted:?} in {:?}", stage.events());
    stage.forget_events();
}

#[test]
fn a_command_cannot_open_local_addresses() {
    on_page(|stage| async move {
        for url in LOCAL {
            let error = stage.page.goto(url, GotoOptions::default()).await.unwrap_err();
            let text = format!(
                "Protocol error (Page.navigate): {url} is not available to jobs: it reaches the executor's machine"
            );
            assert_eq!((error.to_string(), stage.page.url().as_str()), (text, "about:blank"));
            assert_eq!(stage.events(), [refusal(url)]);
            stage.forget_events();
        }
    });
}

#[test]
fn a_page_cannot_open_local_addresses() {
    on_page(|stage| async move {
        stage.open("/next.html").await;
        stage.forget_events();
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
                stage.page.evaluate(function(way), vec![url.into()]).await.unwrap();
                until_refused(&stage, url).await;
            }
            for worker in ["Worker", "SharedWorker"] {
                let code = format!("url => {{ setTimeout(() => new {worker}(url)); }}");
                stage.page.evaluate(function(&code), vec![url.into()]).await.unwrap();
                until_refused(&stage, &format!("a worker from {url}")).await;
            }
        }
        let urls = stage.browser.targets().iter().map(|target| target.url()).collect::<Vec<_>>();
        assert!(urls.iter().all(|url| LOCAL.iter().all(|local| !url.starts_with(local))), "{urls:?}");
        let path = format!("/redirect?to={}", LOCAL[0]);
        stage.page.goto(&stage.site.url(&path), GotoOptions::default()).await.unwrap_err();
        until_refused(&stage, "a redirect to a local address").await;
    });
}

#[test]
fn no_page_reaches_the_port_that_its_browser_is_controlled_through() {
    on_page(|stage| async move {
        let endpoint = stage.browser.ws_endpoint().to_owned();
        let address = endpoint.split('/').nth(2).unwrap();
        stage.open("/next.html").await;
        let socket = "url => new Promise(resolve => {
            const socket = new WebSocket(url);
            socket.onopen = () => resolve('open');
            socket.onerror = () => resolve('error');
        })";
        assert_eq!(stage.value_of(socket, vec![endpoint.as_str().into()]).await, "error");
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"] {
            let url = format!("http://{}/json/version", address.replace("127.0.0.1", host));
            let error = stage.page.goto(&url, GotoOptions::default()).await.unwrap_err();
            assert!(error.to_string().starts_with("net::ERR_NAME_NOT_RESOLVED"), "{error}");
        }
    });
}

#[test]
fn a_scripts_own_session_stays_within_its_page() {
    on_page(|stage| async move {
        let session = stage.page.target().create_cdp_session().await.unwrap();
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
    on_page(|stage| async move {
        stage.open("/next.html").await;
        let code = "() => { const link = document.createElement('a'); link.href = 'data:application/zip,xxxx';
                            link.download = 'x.zip'; document.body.append(link); link.click(); return 1; }";
        stage.value(code).await;
        until_refused(&stage, "the download of data:application/zip,xxxx").await;
    });
}
