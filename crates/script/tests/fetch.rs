//! `fetch`, `Request`, `Response` and streams, against a server of this machine.

mod job;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use fetch::{Carries, Certificates, Client, Connection, Dial, DialError, Limits as Requests, Roots};
use futures::future::LocalBoxFuture;
use job::Ran;
use job_model::Level;
use script::{Host, Limits, Script, Stop};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Opens connections to this machine, whatever the host is called.
struct Here;

impl Dial for Here {
    fn dial(&self, host: &str, port: u16, _: Carries) -> LocalBoxFuture<'static, Result<Connection, DialError>> {
        let host = host.to_owned();
        Box::pin(async move {
            match host.as_str() {
                "refused.test" => Err(DialError::Refused("refused.test:80 is closed here".to_owned())),
                "missing.test" => Err(DialError::NameNotResolved),
                _ => match TcpStream::connect(("127.0.0.1", port)).await {
                    Ok(stream) => Ok(Connection { stream: Box::new(stream), is_proxy: false }),
                    Err(_) => Err(DialError::ConnectionRefused),
                },
            }
        })
    }
}

/// Runs code whose `SITE` and `OTHER` are two origins of one server.
fn run(code: &str) -> Ran {
    run_with(code, true)
}

fn run_with(code: &str, allowed: bool) -> Ran {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
        let client = Client::new(Box::new(Here), Roots::default(), Certificates::Valid, Requests::default());
        let host = Host { fetch: allowed.then(|| Rc::new(client)), ..Host::default() };
        let origins = format!("const SITE = 'http://site.test:{port}', OTHER = 'http://other.test:{port}'; ");
        let script = Script { code: origins + code, ..Script::default() };
        let logs = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&logs);
        let limits = Limits { deadline: Duration::from_secs(30), ..Limits::default() };
        let log = move |entry| sink.borrow_mut().push(entry);
        let (report, engine) = script::run(script, host, limits, Stop::default(), log).await;
        drop(engine);
        serving.abort();
        Ran { report, logs: logs.take() }
    })
}

fn results(code: &str) -> Value {
    let ran = run(code);
    assert_eq!(ran.report.error, None, "{code}");
    ran.report.results.into()
}

/// Answers `/status/N?location`, `/slow`, `/endless`, and anything else with what the request was.
async fn serve(mut stream: TcpStream) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head: String = head.into_iter().map(char::from).collect();
        let mut lines = head.lines();
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
        let headers: Vec<(String, String)> =
            lines.filter_map(|line| line.split_once(": ")).map(|(a, b)| (a.to_lowercase(), b.to_owned())).collect();
        let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let mut body = Vec::new();
        if let Some(length) = header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            body.resize(length, 0);
            stream.read_exact(&mut body).await.expect("its body");
        } else if header("transfer-encoding").is_some() {
            while !body.ends_with(b"0\r\n\r\n") {
                body.push(stream.read_u8().await.expect("its body"));
            }
        }
        let answer = match path.split('/').nth(1).unwrap_or_default() {
            "status" => {
                let (status, location) = path[8..].split_once('?').unwrap_or((&path[8..], ""));
                let location = if location.is_empty() { String::new() } else { format!("Location: {location}\r\n") };
                format!("HTTP/1.1 {status} Odd\r\n{location}Content-Length: 2\r\n\r\nhi")
            }
            "loop" => "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "slow" => {
                tokio::time::sleep(Duration::from_secs(20)).await;
                return;
            }
            "endless" => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await.ok();
                while stream.write_all(&[b'x'; 10_000]).await.is_ok() {}
                return;
            }
            "cookies" => {
                "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n".to_owned()
            }
            _ => {
                let told = json!({
                    "method": method, "path": path, "body": String::from_utf8_lossy(&body),
                    "headers": headers.iter().cloned().map(|(a, b)| (a, b.into())).collect::<serde_json::Map<_, _>>(),
                })
                .to_string();
                let length = told.len();
                format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{told}")
            }
        };
        let sent =
            if method == "HEAD" { answer.split_inclusive("\r\n\r\n").next().unwrap_or_default() } else { &answer };
        if stream.write_all(sent.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[test]
fn an_answer_has_all_that_nodes_has() {
    let got = results(
        "const response = await fetch(SITE + '/a?b=1#c', { headers: { 'X-A': '\u{fc}' } });
         results.response = [response.status, response.ok, response.statusText, response.type, response.redirected, response.url === SITE + '/a?b=1',
           response.headers.get('Content-Type'), response.bodyUsed, response instanceof Response, `${response}`];
         const { headers, ...rest } = await response.json();
         results.rest = rest;
         results.sent = ['accept', 'accept-language', 'sec-fetch-mode', 'user-agent', 'accept-encoding', 'x-a'].map((name) => headers[name]);
         results.used = [response.bodyUsed, await response.text().catch(String)];
         const cookies = await fetch(new URL(SITE + '/cookies'));
         results.cookies = [cookies.headers.getSetCookie(), await fetch(SITE).then((r) => r.json()).then((r) => 'cookie' in r.headers)];
         try { cookies.headers.set('a', 'b'); } catch (error) { results.frozen = String(error); }
         const head = await fetch(SITE, { method: 'head' });
         results.head = [head.status, head.body, await head.text()];
         const empty = await fetch(SITE + '/status/204');
         results.empty = [empty.status, empty.body];
         results.kinds = [(await (await fetch(SITE)).arrayBuffer()) instanceof ArrayBuffer, (await (await fetch(SITE)).blob()).type, (await (await fetch(SITE)).bytes()) instanceof Uint8Array];",
    );
    assert_eq!(
        got,
        json!({
            "response": [200, true, "OK", "basic", false, true, "application/json", false, true, "[object Response]"],
            "rest": {"method": "GET", "path": "/a?b=1", "body": ""},
            "sent": ["*/*", "*", "cors", "node", "gzip, deflate", "\u{fc}"],
            "used": [true, "TypeError: Body is unusable: Body has already been read"],
            "cookies": [["a=1", "b=2"], false], "frozen": "TypeError: immutable",
            "head": [200, null, ""], "empty": [204, null], "kinds": [true, "application/json", true],
        })
    );
}

#[test]
fn bodies_of_every_kind_are_sent() {
    let got = results(
        "const send = async (body, more = {}) => {
           const { body: text, headers } = await (await fetch(SITE, { method: 'POST', body, ...more })).json();
           return [headers['content-type'] ?? null, headers['content-length'] ?? headers['transfer-encoding'], text];
         };
         results.text = await send('\u{e4}');
         results.params = await send(new URLSearchParams({ a: '1 2' }));
         results.bytes = [await send(new Uint8Array([65, 66])), await send(new Uint8Array([65, 66]).buffer), await send(Buffer.from('ab'))];
         results.blob = await send(new Blob(['x'], { type: 'text/x' }));
         results.none = await send(undefined);
         const form = new FormData();
         form.append('a', '1');
         form.append('f', new Blob(['file'], { type: 'text/f' }), 'n.txt');
         const [type, , text] = await send(form);
         const boundary = type.split('boundary=')[1];
         results.form = [type.split(';')[0], text.split(boundary).join('B')];
         const stream = () => new ReadableStream({ start(c) { c.enqueue(new Uint8Array([65])); c.enqueue(new Uint8Array([66])); c.close(); } });
         results.stream = await send(stream(), { duplex: 'half' });
         results.generator = await send((async function* () { yield 'a'; yield 'b'; })(), { duplex: 'half' });
         results.half = await send(stream()).catch(String);
         results.own = await send('x', { headers: { 'content-type': 'a/b' } });
         results.broken = await fetch(SITE, { method: 'POST', duplex: 'half', body: new ReadableStream({ pull() { throw new Error('mine'); } }) }).catch((e) => `${e.message} ${e.cause.message}`);
         const request = new Request(SITE, { method: 'put', body: 'again' });
         results.request = [request.method, (await (await fetch(request.clone())).json()).body, (await (await fetch(request)).json()).body, request.bodyUsed];",
    );
    let expected_form = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; \
                         filename=\"n.txt\"\r\nContent-Type: text/f\r\n\r\nfile\r\n--B--\r\n";
    assert_eq!(
        got,
        json!({
            "text": ["text/plain;charset=UTF-8", "2", "\u{e4}"],
            "params": ["application/x-www-form-urlencoded;charset=UTF-8", "5", "a=1+2"],
            "bytes": [[null, "2", "AB"], [null, "2", "AB"], [null, "2", "ab"]],
            "blob": ["text/x", "1", "x"], "none": [null, "0", ""], "form": ["multipart/form-data", expected_form],
            "stream": [null, "chunked", "1\r\nA\r\n1\r\nB\r\n0\r\n\r\n"],
            "generator": [null, "chunked", "1\r\na\r\n1\r\nb\r\n0\r\n\r\n"],
            "half": "TypeError: RequestInit: duplex option is required when sending a body.",
            "own": ["a/b", "1", "x"], "broken": "fetch failed mine", "request": ["PUT", "again", "again", true],
        })
    );
}

#[test]
fn redirects_are_followed_as_the_standard_says() {
    let got = results(
        "const go = (path, options) => fetch(SITE + path, options);
         const told = async (response) => { const r = await response.json(); return [response.redirected, r.method, r.path, r.body, 'authorization' in r.headers, 'content-type' in r.headers]; };
         const post = { method: 'POST', body: 'x', headers: { authorization: 'secret' } };
         results.see = await told(await go('/status/303?/there', post));
         results.moved = await told(await go('/status/301?/there', post));
         results.kept = await told(await go('/status/307?/there', post));
         results.away = await told(await go(`/status/308?${OTHER}/there`, post));
         const manual = await go('/status/302?/there', { redirect: 'manual' });
         results.manual = [manual.status, manual.headers.get('location'), await manual.text()];
         const cause = (promise) => promise.then(() => 'none', (error) => `${error.message}: ${error.cause.message}`);
         results.failed = [await cause(go('/status/302?/there', { redirect: 'error' })), await cause(go('/loop')),
           await cause(go('/status/302?ftp://a/')), await cause(go('/status/307?/a', { method: 'POST', duplex: 'half', body: new ReadableStream({ start(c) { c.close(); } }) }))];
         results.fragment = (await go('/status/302?/there#new')).url.endsWith('/there');",
    );
    assert_eq!(
        got,
        json!({
            "see": [true, "GET", "/there", "", true, false], "moved": [true, "GET", "/there", "", true, false],
            "kept": [true, "POST", "/there", "x", true, true], "away": [true, "POST", "/there", "x", false, true],
            "manual": [302, "/there", "hi"],
            "failed": ["fetch failed: unexpected redirect", "fetch failed: redirect count exceeded", "fetch failed: URL scheme must be a HTTP(S) scheme",
                "fetch failed: the body of a redirected request cannot be sent again"],
            "fragment": true,
        })
    );
}

#[test]
fn failures_are_nodes_and_say_where() {
    let ran = run(
        "const cause = async (url) => { try { await fetch(url); } catch (error) { return [String(error.name), error.message, error.cause.code, error.cause.message, error.cause.hostname]; } };
         results.all = [await cause('http://missing.test/'), await cause('http://refused.test/'), await cause('http://a.test:25/'), await cause('ftp://a/')];
         results.url = await fetch('/relative').catch((e) => [String(e), e.cause.code]);
         results.secret = await fetch('http://u:p@a/').catch(String);
         await fetch('http://missing.test/');",
    );
    assert_eq!(
        Value::from(ran.report.results.clone()),
        json!({
            "all": [
                ["TypeError", "fetch failed", "ENOTFOUND", "getaddrinfo ENOTFOUND missing.test", "missing.test"],
                ["TypeError", "fetch failed", "ERR_BLOCKED_BY_CLIENT", "refused.test:80 is closed here", null],
                ["TypeError", "fetch failed", null, "bad port", null], ["TypeError", "fetch failed", null, "unknown scheme", null],
            ],
            "url": ["TypeError: Failed to parse URL from /relative", "ERR_INVALID_URL"],
            "secret": "TypeError: Request cannot be constructed from a URL that includes credentials: http://u:p@a/",
        })
    );
    assert_eq!(ran.error(), "TypeError: fetch failed: getaddrinfo ENOTFOUND missing.test");
    assert_eq!(ran.report.error_at.map(|at| at.line), Some(5));
}

#[test]
fn a_signal_ends_a_request_and_a_body() {
    let got = results(
        "const told = (promise) => promise.then(() => 'none', (error) => `${error.name}: ${error.message}`);
         results.before = await told(fetch(SITE, { signal: AbortSignal.abort() }));
         results.timeout = await told(fetch(SITE + '/slow', { signal: AbortSignal.timeout(50) }));
         const controller = new AbortController();
         const response = await fetch(SITE + '/endless', { signal: controller.signal });
         const text = told(response.text());
         setTimeout(() => controller.abort(new Error('enough')), 50);
         results.body = await text;
         const other = new AbortController();
         const reader = (await fetch(SITE + '/endless', { signal: other.signal })).body.getReader();
         results.first = (await reader.read()).value.length > 0;
         other.abort();
         let last; do { last = await told(reader.read()); } while (last === 'none');
         results.reader = last;
         let bytes = 0;
         for await (const chunk of (await fetch(SITE + '/endless')).body) { bytes += chunk.length; if (bytes > 1e6) break; }
         results.left = bytes > 1e6;",
    );
    assert_eq!(
        got,
        json!({
            "before": "AbortError: This operation was aborted", "timeout": "TimeoutError: The operation was aborted due to timeout",
            "body": "Error: enough", "first": true, "reader": "AbortError: This operation was aborted", "left": true,
        })
    );
}

#[test]
fn responses_and_requests_are_made_by_scripts() {
    let got = results(
        r#"const stream = new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('{"a":1}')); c.close(); } });
         results.stream = await new Response(stream).json();
         results.json = [Response.json({ a: 1 }).headers.get('content-type'), await Response.json([1], { status: 201 }).text()];
         const redirect = Response.redirect('http://a/b', 307);
         results.redirect = [redirect.status, redirect.headers.get('location'), Response.error().type];
         const one = new Response('twice'), two = one.clone();
         results.clone = [await one.text(), await two.text(), two.bodyUsed];
         const piped = new Response('caf\u00e9').body.pipeThrough(new TextDecoderStream());
         let text = ''; for await (const part of piped) text += part;
         results.piped = text;
         const form = new FormData(); form.append('a', 'b\n"c"'); form.append('f', new File(['x'], 'n.bin', { type: 'a/b' }));
         const read = await new Response(form).formData();
         results.form = [read.get('a'), read.get('f').name, read.get('f').type, await read.get('f').text()];
         results.params = [...(await new Response(new URLSearchParams('a=1&b=2')).formData())];
         results.bad = [() => new Response('', { status: 99 }), () => new Response('x', { status: 204 }), () => new Request('http://a', { body: 'x' }), () => new Request('http://a', { method: 'TRACE' })]
           .map((make) => { try { make(); return 'none'; } catch (error) { return String(error); } });
         results.data = [await (await fetch('data:text/plain;charset=utf-8,a%20b')).text(), (await (await fetch('data:;base64,YWI=')).blob()).type, await (await fetch('data:image/png;base64,YWI=')).text()];
         const request = new Request('http://a/b', { method: 'patch', headers: [['x', '1']], signal: AbortSignal.abort() });
         results.request = [request.url, request.method, request.headers.get('x'), request.signal.aborted, request.redirect, `${request}`];
         results.shown = util.inspect(new Response('a', { headers: { b: 'c' } }), { breakLength: Infinity });
         results.globals = [typeof fetch, fetch.name, fetch.length, Object.keys(globalThis).includes('fetch'), typeof XMLHttpRequest];
         let duplexRead = false;
         const axios = new Request('http://localhost', { body: new ReadableStream(), method: 'POST', get duplex() { duplexRead = true; return 'half'; } });
         results.axios = [duplexRead, axios.headers.has('Content-Type'), Object.prototype.toString.call(new Response('').body)];"#,
    );
    assert_eq!(
        got,
        json!({
            "stream": {"a": 1}, "json": ["application/json", "[1]"], "redirect": [307, "http://a/b", "error"],
            "clone": ["twice", "twice", true], "piped": "café", "form": ["b\r\n\"c\"", "n.bin", "a/b", "x"],
            "params": [["a", "1"], ["b", "2"]],
            "bad": ["RangeError: init[\"status\"] must be in the range of 200 to 599, inclusive.",
                "TypeError: Response constructor: Invalid response status code 204",
                "TypeError: Request with GET/HEAD method cannot have body.", "TypeError: 'TRACE' HTTP method is unsupported."],
            "data": ["a b", "text/plain;charset=us-ascii", "ab"],
            "request": ["http://a/b", "patch", "1", true, "follow", "[object Request]"],
            "shown": "Response { status: 200, statusText: '', headers: Headers { b: 'c', 'content-type': 'text/plain;charset=UTF-8' }, \
                      bodyUsed: false, ok: true, redirected: false, type: 'default', url: '' }",
            "globals": ["function", "fetch", 1, false, "undefined"], "axios": [true, false, "[object ReadableStream]"],
        })
    );
}

#[test]
fn a_script_that_has_its_own_fetch_keeps_it() {
    let own = "function fetch() { return 'own' } results.a = fetch();";
    assert_eq!(run(own).result("a"), "own");
    assert_eq!(run("globalThis.fetch = () => 'own'; results.a = fetch();").result("a"), "own");
    // The predecessor had none, and its jobs may ask. Whole scripts hear what Node says.
    assert_eq!(run("results.a = typeof fetch;").result("a"), "undefined");
    assert_eq!(run("results.a = typeof globalThis.fetch;").result("a"), "function");
    assert_eq!(run("import 'node:path'; results.a = typeof fetch;").result("a"), "function");
    let modules = "import nodeFetch, { Headers as H } from 'node-fetch'; import { fetch as f } from 'undici'; import { ReadableStream as S } from 'node:stream/web';
         results.a = [(await (await nodeFetch(SITE)).json()).method, f === fetch, H === Headers, S === ReadableStream];";
    assert_eq!(run(modules).result("a"), &json!(["GET", true, true, true]));
}

#[test]
fn fetch_can_be_switched_off() {
    let ran = run_with("results.data = await (await fetch('data:,a')).text(); await fetch(SITE);", false);
    assert_eq!(ran.error(), "TypeError: fetch is switched off here (JOB_FETCH=false)");
    assert_eq!(ran.report.results["data"], "a");
    assert!(ran.messages(Level::Warn).is_empty());
}

#[test]
fn a_thousand_requests_leave_nothing() {
    let got = results(
        "let sum = 0;
         for (let i = 0; i < 1000; i++) { const response = await fetch(SITE + '/' + i); if (i % 2) sum += (await response.json()).path.length; }
         results.sum = sum > 0;
         results.at_once = (await Promise.all(Array.from({ length: 200 }, (_, i) => fetch(SITE + '/' + i).then((r) => r.json())))).every((r, i) => r.path === '/' + i);
         const unread = []; for (let i = 0; i < 200; i++) unread.push(await fetch(SITE + '/' + i));
         results.unread = (await unread[7].json()).path;",
    );
    assert_eq!(got, json!({"sum": true, "at_once": true, "unread": "/7"}));
}

#[test]
fn nodes_http_makes_requests_of_the_job() {
    let ran = run("import http from 'node:http'; import https from 'https'; import { text } from 'stream/consumers';
        const answer = (request) => new Promise((resolve, reject) => { request.on('response', resolve).on('error', reject); });
        const got = await answer(http.get(`${SITE}/a?b=1`, { headers: { 'X-A': 'ü', Cookie: ['c=1', 'd=2'] } }));
        const { headers } = JSON.parse(await text(got));
        const sent = http.request({ host: 'site.test', port: new URL(SITE).port, path: '/p', method: 'post', auth: 'u:p' });
        sent.setHeader('content-type', 'text/plain'); sent.write('one '); sent.end('two');
        const posted = JSON.parse(await text(await answer(sent)));
        const moved = await answer(http.get(`${SITE}/status/302?/x`)); moved.resume();
        const cookies = await answer(http.get(`${SITE}/cookies`)); cookies.resume();
        const failed = await answer(http.get('http://refused.test/')).catch((error) => error);
        const late = http.get(`${SITE}/slow`, { timeout: 20 }); late.on('timeout', () => late.destroy(new Error('late')));
        results.a = [got.statusCode, got.headers['content-type'], got.complete, Object.keys(headers).sort().join(' '), headers['x-a'],
          posted.method, posted.body, posted.headers.authorization, moved.statusCode, moved.headers.location, cookies.headers['set-cookie'],
          failed.code, (await answer(late).catch((error) => error)).message, https.globalAgent.defaultPort];
        results.agent = await new Promise((resolve) => { try { http.get(SITE, { agent: { callback() {} } }); } catch (error) { resolve(error.message.slice(0, 36)); } });");
    assert_eq!(
        ran.result("a"),
        &json!([
            200,
            "application/json",
            true,
            "cookie host x-a",
            "\u{fc}",
            "POST",
            "one two",
            "Basic dTpw",
            302,
            "/x",
            ["a=1", "b=2"],
            "ERR_BLOCKED_BY_CLIENT",
            "late",
            443
        ])
    );
    assert_eq!(ran.result("agent"), "http.request: a job opens no sockets");
}
