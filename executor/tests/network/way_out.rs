//! What is open looks to a job as it did without a guard, and what is refused is told.

use job_model::{JobNetwork, Outcome, ProxyUrl, TokenNetwork};
use serde_json::{Value, json};
use testkit::processes;

use crate::asking_proxy::AskingProxy;
use crate::guarded_slot::{GuardedSlot, told};
use crate::listener::Listener;
use crate::site::Site;

fn rules(list: &[&str]) -> Option<Vec<String>> {
    Some(list.iter().map(|rule| (*rule).to_owned()).collect())
}

/// Fails to reach `vars.url` in every way that names an error.
const FAIL: &str = r#"
    const failed = [], logged = [];
    page.on('requestfailed', request => failed.push(request.failure().errorText));
    page.on('console', message => logged.push(message.text()));
    results.goto = await page.goto(vars.url).then(() => 'reached', error => error.message);
    await page.goto('about:blank');
    await page.evaluate(url => fetch(url, {mode: 'no-cors'}).catch(() => 0), vars.url);
    await page.evaluate(url => new Promise(done => { new WebSocket(url.replace('http', 'ws')).onerror = done }), vars.url);
    await new Promise(done => setTimeout(done, 100));
    results.failed = failed; results.logged = logged;
"#;

#[tokio::test]
async fn a_failure_has_the_name_that_it_has_without_a_proxy() {
    let mut slot = GuardedSlot::start(&["--network-deny=127.0.0.1"]).await;
    let closed_port = {
        let gone = Site::start("127.0.0.2").await;
        gone.address.port()
    };
    for (url, error) in [
        ("http://127.0.0.1:1/".to_owned(), "net::ERR_BLOCKED_BY_CLIENT"),
        ("http://nobody.test/".to_owned(), "net::ERR_NAME_NOT_RESOLVED"),
        (format!("http://127.0.0.2:{closed_port}/"), "net::ERR_CONNECTION_REFUSED"),
    ] {
        let url: &str = if error.ends_with("CLIENT") { "http://127.0.0.1:4001/" } else { &url };
        let results = slot.results(FAIL, &[("url", url)]).await;
        assert_eq!(results["goto"], format!("{error} at {url}"));
        assert_eq!(results["failed"], json!([error, error]), "{url}");
        let logged = results["logged"].as_array().expect("lines");
        assert!(logged.iter().all(|line| line.as_str().expect("a text").contains(error)), "{logged:?}");
        assert_eq!(logged.len(), 2, "the fetch and the WebSocket: {logged:?}");
    }
    slot.end().await;
}

#[tokio::test]
async fn a_response_tells_the_address_of_its_server() {
    let mut slot = GuardedSlot::start(&["--network-allow=all"]).await;
    let site = Site::start("127.0.0.2").await;
    slot.names.set("site.test", &[&["127.0.0.2"]]);
    let port = site.address.port();
    let code = "const response = await page.goto(vars.url);
                results.last = response.remoteAddress();
                results.first = response.request().redirectChain()[0].response().remoteAddress()";
    let url = format!("http://site.test:{port}/serve?status=302&headers=Location%3A%20{}", site.origin());
    let results = slot.results(code, &[("url", &url)]).await;
    let address = json!({"ip": "127.0.0.2", "port": port});
    assert_eq!((&results["last"], &results["first"]), (&address, &address));
    slot.end().await;
}

#[tokio::test]
async fn a_refusal_is_told_once_for_each_host_and_rule() {
    let mut slot = GuardedSlot::start(&[]).await;
    let code = "await page.goto('about:blank');
                await page.evaluate(() => Promise.all([1, 2, 3].flatMap(port => [`127.0.0.1:${port}00`, `localhost:${port}00`])
                    .map(host => fetch(`http://${host}/`, {mode: 'no-cors'}).catch(() => 0))))";
    let result = slot.run(code, &[]).await;
    let mut lines = told(&result);
    lines.sort_unstable();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("127.0.0.1:") && lines[0].ends_with("is refused: operator denies loopback"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("localhost:"), "{lines:?}");
    let code = "await page.goto('about:blank');
                await page.evaluate(() => Promise.all(Array.from({length: 150}, (_, i) =>
                    fetch(`http://127.0.1.${i}:4001/`, {mode: 'no-cors'}).catch(() => 0))))";
    let result = slot.run(code, &[]).await;
    let lines = told(&result);
    assert_eq!((lines.len(), *lines.last().expect("a line")), (101, "what else is refused is not logged any more"));
    slot.end().await;
}

#[tokio::test]
async fn a_job_and_its_token_narrow_what_the_operator_leaves_open() {
    let mut slot = GuardedSlot::start(&["--network-allow=all", "--network-deny=127.0.0.4"]).await;
    let mut sites = Vec::new();
    for address in ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"] {
        sites.push(Site::start(address).await);
    }
    let origins: Vec<String> = sites.iter().map(Site::origin).collect();
    let list = origins.join(" ");
    let code = "results.reached = [];
                for (const url of vars.list.split(' ')) {
                    await page.goto(url).then(() => results.reached.push(url), () => 0);
                }";
    let reached = |result: job_model::JobResult| {
        let reached = result.results["reached"].as_array().cloned().expect("a list");
        reached.iter().filter_map(Value::as_str).map(|url| url[..16].to_owned()).collect::<Vec<_>>().join(" ")
    };
    let vars = [("list", &*list)];
    let all = slot.run(code, &vars).await;
    assert_eq!(reached(all), "http://127.0.0.2 http://127.0.0.3 http://127.0.0.5");
    let network = JobNetwork { deny: rules(&["127.0.0.2"]), ..JobNetwork::default() };
    let token = TokenNetwork { allow: rules(&["127.0.0.2", "127.0.0.3", "127.0.0.4"]), deny: None };
    let result = slot.run_with(code, &vars, Some(network), Some(token)).await;
    let lines = told(&result).join("\n");
    assert!(lines.contains("job denies 127.0.0.2") && lines.contains("token allows only"), "{lines}");
    assert_eq!(reached(result), "http://127.0.0.3");
    // The next job is not held to them.
    assert_eq!(reached(slot.run(code, &vars).await), "http://127.0.0.2 http://127.0.0.3 http://127.0.0.5");
    let nothing = JobNetwork { allow: rules(&[]), ..JobNetwork::default() };
    assert_eq!(reached(slot.run_with(code, &vars, Some(nothing), None).await), "");
    slot.end().await;
}

#[tokio::test]
async fn a_job_that_moves_too_many_bytes_ends_with_the_limit() {
    let mut slot = GuardedSlot::start(&["--network-allow=all", "--job-network-bytes=300000"]).await;
    let site = Site::start("127.0.0.2").await;
    let url = format!("{}/serve?body={}", site.origin(), "x".repeat(50_000));
    let code = "for (;;) { await page.goto(vars.url).catch(() => 0); results.pages = (results.pages || 0) + 1 }";
    let result = slot.run(code, &[("url", &url)]).await;
    let expected = "Limit of 300000 bytes sent and received (JOB_NETWORK_BYTES) exceeded";
    assert_eq!((result.error.as_deref(), result.outcome), (Some(expected), Some(Outcome::Failed)), "{result:?}");
    assert_eq!(slot.results("results.title = await page.title()", &[]).await, json!({"title": ""}));
    slot.end().await;
}

#[tokio::test]
async fn proxies_of_a_job_and_of_a_context_are_gone_through() {
    let mut slot = GuardedSlot::start(&["--network-allow=all", "--network-deny=127.0.0.4"]).await;
    // It answers whatever it is asked, and notes the first line.
    let proxy = Listener::start().await;
    let site = Site::start("127.0.0.2").await;
    let code = "results.body = await page.goto(vars.url).then(response => response.text())";
    let url = format!("{}/serve", site.origin());
    let of_job = |url: String| Some(JobNetwork { proxy: Some(ProxyUrl::new(url)), ..JobNetwork::default() });
    let through = of_job(format!("http://user:hunter2@127.0.0.1:{}", proxy.port));
    for _ in 0..2 {
        let result = slot.run_with(code, &[("url", &url)], through.clone(), None).await;
        assert_eq!(result.results["body"], "hi", "{result:?}");
        assert!(!format!("{result:?}").contains("hunter2"));
        // The next job goes straight, on a page that was not used with a proxy.
        assert_eq!(slot.results(code, &[("url", &url)]).await["body"], "ok");
    }
    let lines: Vec<String> = proxy.seen.all().into_iter().map(|(_, line)| line).collect();
    assert!(lines.iter().all(|line| line.contains(&format!("GET {url} HTTP/1.1"))), "{lines:?}");

    let code = "const context = await page.browser().createIncognitoBrowserContext({proxyServer: vars.proxy, proxyBypassList: ['127.0.0.3', '<-loopback>']});
                const other = await context.newPage();
                results.through = await other.goto(vars.url).then(response => response.text());
                results.past = await other.goto(vars.past).then(response => response.text(), error => error.message);
                results.straight = await page.goto(vars.url).then(response => response.text());
                results.refused = await page.browser().createBrowserContext({proxyServer: 'socks4://a:1'}).catch(error => error.message);
                await context.close()";
    let past = Site::start("127.0.0.3").await;
    let (server, past) = (format!("127.0.0.1:{}", proxy.port), format!("{}/serve", past.origin()));
    let results = slot.results(code, &[("url", &url), ("proxy", &server), ("past", &past)]).await;
    assert_eq!(
        (&results["through"], &results["past"], &results["straight"]),
        (&json!("hi"), &json!("ok"), &json!("ok"))
    );
    assert!(results["refused"].as_str().expect("an error").contains("socks4"), "{results}");

    // A proxy is itself a target of its job.
    let code = "results.error = await page.goto(vars.url).then(() => 'reached', error => error.message)";
    for (proxy, expected) in [
        ("http://127.0.0.4:4001", "BLOCKED_BY_CLIENT"),
        ("socks5://127.0.0.4:4001", "BLOCKED_BY_CLIENT"),
        ("http://127.0.0.5:4001", "PROXY_CONNECTION_FAILED"),
    ] {
        let shut = slot.run_with(code, &[("url", &url)], of_job(proxy.to_owned()), None).await;
        assert_eq!(shut.results["error"], format!("net::ERR_{expected} at {url}"), "{shut:?}");
        let refusals = told(&shut).iter().filter(|line| line.starts_with("127.0.0.4:4001 is refused")).count();
        assert_eq!(refusals, usize::from(expected == "BLOCKED_BY_CLIENT"), "{shut:?}");
    }
    slot.end().await;
}

#[tokio::test]
async fn the_operators_proxy_gets_its_credentials_and_no_job_sees_them() {
    let proxy = AskingProxy::start().await;
    for (password, got) in [("pw", "200 hi"), ("hunter2", "net::ERR_PROXY_CONNECTION_FAILED at http://far.test/x")] {
        let flag = format!(r#"--chromium-extra-args=["--proxy-server=http://us:{password}@{}"]"#, proxy.address);
        let mut slot = GuardedSlot::start(&["--network-allow=all", &flag]).await;
        // What the page gives is for its own proxies.
        let code = "await page.authenticate({username: 'no', password: 'no'});
                    const got = response => response.text().then(text => `${response.status()} ${text}`);
                    results.got = await page.goto('http://far.test/x').then(got, error => error.message)";
        let result = slot.run(code, &[]).await;
        assert_eq!((&result.results["got"], proxy.take_served().len()), (&json!(got), usize::from(password == "pw")));
        let failures = told(&result).iter().filter(|line| line.contains("refused its user name and password")).count();
        assert_eq!(failures, usize::from(password == "hunter2"), "{result:?}");
        assert!(!format!("{result:?}").contains("hunter2"));
        let lines: String = processes::tree(std::process::id()).into_iter().map(processes::command_line).collect();
        assert!(lines.contains("chrom") && !lines.contains(&format!("us:{password}")), "{lines}");
        slot.end().await;
    }
}

/// A text as it is, a number as one.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test]
async fn a_proxy_that_asks_gets_the_credentials_of_the_page() {
    let mut slot = GuardedSlot::start(&["--network-allow=all"]).await;
    let proxy = AskingProxy::start().await;
    let (plain, secure) = ("http://far.test/x", "https://far.test/x");
    let of_job =
        Some(JobNetwork { proxy: Some(ProxyUrl::new(format!("http://{}", proxy.address))), ..Default::default() });
    let code = "if (vars.password) await page.authenticate({username: 'us', password: vars.password});
                const got = response => response.text().then(text => `${response.status()} ${text}`, () => response.status());
                results.got = await page.goto(vars.url).then(got, error => error.message)";
    let mut shown = Vec::new();
    for (url, password) in [(plain, ""), (plain, "no"), (plain, "pw"), (secure, ""), (secure, "no"), (secure, "pw")] {
        let result = slot.run_with(code, &[("url", url), ("password", password)], of_job.clone(), None).await;
        assert_eq!(result.error, None, "{result:?}");
        shown.push(format!("{} {}", text(&result.results["got"]), proxy.take_served().join(" ")));
    }
    assert_eq!(
        shown,
        [
            "407 who ".to_owned(),
            "407 who ".to_owned(),
            "200 hi get".to_owned(),
            "407 ".to_owned(),
            "407 ".to_owned(),
            // The tunnel stands, and what is in it is not TLS.
            format!("net::ERR_SSL_PROTOCOL_ERROR at {secure} connect"),
        ]
    );

    // Of a context's own proxy, too, which may as well name them itself.
    let code = "const context = await page.browser().createIncognitoBrowserContext({proxyServer: vars.proxy});
                const other = await context.newPage();
                if (vars.password) await other.authenticate({username: 'us', password: vars.password});
                results.got = await other.goto('http://far.test/x').then(response => response.text());
                await context.close()";
    for (credentials, password, got) in [("", "pw", "hi"), ("us:pw@", "", "hi"), ("", "", "who")] {
        let server = format!("http://{credentials}{}", proxy.address);
        let results = slot.results(code, &[("proxy", &server), ("password", password)]).await;
        assert_eq!(results["got"], got, "{credentials}");
    }
    slot.end().await;
}
