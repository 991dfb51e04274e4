//! Exchanges with servers of this machine: what comes back, what is left open, and what is not waited for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use fetch::{
    Body, Carries, Certificates, Client, Connection, Dial, DialError, Error, Limits, Request, RequestBody, Response,
    Roots, Unpack, UploadFailed,
};
use futures::future::LocalBoxFuture;
use rcgen::generate_simple_self_signed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use url::Url;

/// Opens connections to this machine, whatever the host is called.
#[derive(Clone, Default)]
struct Here(Arc<AtomicUsize>);

impl Dial for Here {
    fn dial(&self, host: &str, port: u16, _: Carries) -> LocalBoxFuture<'static, Result<Connection, DialError>> {
        self.0.fetch_add(1, SeqCst);
        let refused = host == "refused.test";
        Box::pin(async move {
            if refused {
                return Err(DialError::Refused("the test refuses it".to_owned()));
            }
            match TcpStream::connect(("127.0.0.1", port)).await {
                Ok(stream) => Ok(Connection { stream: Box::new(stream), is_proxy: false }),
                Err(_) => Err(DialError::ConnectionRefused),
            }
        })
    }
}

/// A server that gives every connection to `serve`.
async fn server<F>(serve: impl Fn(TcpStream, usize) -> F + Send + 'static) -> (SocketAddr, JoinSet<()>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        for number in 0.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            connections.spawn(serve(stream, number));
        }
    });
    (address, tasks)
}

/// Reads the head of a request; `None` at the end.
async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(text).ok()
}

fn client(dial: &Here, limits: Limits) -> Client {
    Client::new(Box::new(dial.clone()), Roots::default(), Certificates::Valid, limits)
}

fn get(url: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        url: Url::parse(url).expect("a URL"),
        headers: Vec::new(),
        body: RequestBody::Empty,
        unpack: Unpack::Yes,
    }
}

async fn all(response: Response) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let Some(mut body) = response.body else { return Ok(bytes) };
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

#[tokio::test]
async fn a_connection_serves_a_thousand_requests() {
    let (address, _tasks) = server(|mut stream, _| async move {
        while let Some(head) = head(&mut stream).await {
            let body = format!("{} {}", head.lines().next().unwrap_or_default(), head.contains("x-a: \u{fc}b"));
            let answer = format!("HTTP/1.1 200 Fine\r\nX-B: 1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.expect("it reads");
        }
    })
    .await;
    let dial = Here::default();
    let client = client(&dial, Limits { requests: 1000, ..Limits::default() });
    for _ in 0..1000 {
        let response = client.send(get(&format!("http://{address}/a?b=1#c"))).await.expect("an answer");
        assert_eq!((response.status, response.reason.as_str()), (200, "Fine"));
        assert_eq!(response.headers[0], ("x-b".to_owned(), "1".to_owned()));
        assert_eq!(all(response).await.expect("a body"), b"GET /a?b=1 HTTP/1.1 false");
    }
    assert_eq!(dial.0.load(SeqCst), 1);
    assert_eq!(client.send(get(&format!("http://{address}/"))).await.err(), Some(Error::TooMany(1000)));
}

#[tokio::test]
async fn a_body_where_an_answer_has_none_is_not_read_for_ever() {
    let (address, _tasks) = server(|mut stream, number| async move {
        head(&mut stream).await;
        if number > 0 {
            return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.expect("it reads");
        }
        let begins = b"HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(begins).await.expect("it reads");
        while stream.write_all(b"1\r\nx\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let client = client(&Here::default(), Limits { at_once: 1, ..Limits::default() });
    let url = format!("http://{address}/");
    let response = client.send(get(&url)).await.expect("an answer");
    assert!(response.status == 205 && response.body.is_none());
    // It waits until the exchange before is over.
    let next = timeout(Duration::from_secs(20), client.send(get(&url))).await.expect("its turn comes");
    assert_eq!(all(next.expect("an answer")).await.expect("a body"), b"hi");
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let (address, _tasks) = server(|mut stream, _| async move {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.expect("it reads");
        // Closed on the second request, without an answer.
        head(&mut stream).await;
    })
    .await;
    let dial = Here::default();
    let client = client(&dial, Limits::default());
    for _ in 0..3 {
        assert_eq!(
            all(client.send(get(&format!("http://{address}/"))).await.expect("an answer")).await,
            Ok(b"hi".to_vec())
        );
    }
    let mut post = get(&format!("http://{address}/"));
    post.method = "POST".to_owned();
    assert_eq!(client.send(post).await.err(), Some(Error::Closed), "it may have been done");
}

#[tokio::test]
async fn a_body_is_read_no_faster_than_it_is_taken() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let (address, _tasks) = server(move |mut stream, _| {
        let counter = Arc::clone(&counter);
        async move {
            head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n").await.expect("it reads");
            while stream.write_all(&[7; 100_000]).await.is_ok() {
                counter.fetch_add(100_000, SeqCst);
            }
        }
    })
    .await;
    let dial = Here::default();
    let client = client(&dial, Limits::default());
    let mut body: Body =
        client.send(get(&format!("http://{address}/"))).await.expect("an answer").body.expect("a body");
    // The server is stuck once what lies between is full: buffers of the system, 6 MB at most, and ours.
    let mut before = usize::MAX;
    while before != sent.load(SeqCst) {
        before = sent.load(SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(before < 30_000_000, "{before} bytes were read ahead");
    let mut taken = 0;
    while taken < 50_000_000 {
        taken += body.next().await.expect("more").expect("no error").len();
    }
    // Dropped, it ends the exchange: the server cannot write.
    drop(body);
    let mut stuck = 0;
    while stuck != sent.load(SeqCst) {
        stuck = sent.load(SeqCst);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(stuck < 200_000_000);
}

#[tokio::test]
async fn what_is_not_taken_of_small_bodies_holds_no_connection() {
    let (address, _tasks) = server(|mut stream, _| async move {
        while head(&mut stream).await.is_some() {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.expect("it reads");
        }
    })
    .await;
    let dial = Here::default();
    let client = client(&dial, Limits { at_once: 2, ..Limits::default() });
    let mut kept = Vec::new();
    for _ in 0..20 {
        let sent = timeout(Duration::from_secs(5), client.send(get(&format!("http://{address}/"))));
        kept.push(sent.await.expect("nobody waits").expect("an answer"));
    }
    for response in kept {
        assert_eq!(all(response).await, Ok(b"hi".to_vec()));
    }
}

#[tokio::test]
async fn pieces_are_sent_as_they_come_and_a_broken_body_breaks_the_request() {
    let (address, _tasks) = server(|mut stream, _| async move {
        let head = head(&mut stream).await.unwrap_or_default();
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("x-own-length"), "{head}");
        let mut text = Vec::new();
        while !text.ends_with(b"0\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => text.push(byte),
                Err(_) => return,
            }
        }
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
        stream.write_all(answer.as_bytes()).await.expect("it reads");
        stream.write_all(&text).await.expect("it reads");
    })
    .await;
    let dial = Here::default();
    let client = client(&dial, Limits::default());
    for (last, expected) in
        [(None, Ok(b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n".to_vec())), (Some(UploadFailed), Err(Error::Upload))]
    {
        let (sender, pieces) = mpsc::channel(1);
        let mut request = get(&format!("http://{address}/"));
        request.method = "POST".to_owned();
        // Whatever a script says of the connection's framing.
        request.headers =
            vec![("content-length".to_owned(), "5".to_owned()), ("Connection".to_owned(), "close".to_owned())];
        request.body = RequestBody::Pieces(pieces);
        let feeding = async {
            sender.send(Ok(Bytes::from_static(b"ab"))).await.expect("it is read");
            tokio::task::yield_now().await;
            match last {
                None => sender.send(Ok(Bytes::from_static(b"c"))).await,
                Some(failed) => sender.send(Err(failed)).await,
            }
            .expect("it is read");
            drop(sender);
        };
        let (sent, ()) = futures::join!(client.send(request), feeding);
        let got = match sent {
            Ok(response) => all(response).await,
            Err(error) => Err(error),
        };
        assert_eq!(got, expected);
    }
}

#[tokio::test]
async fn servers_that_misbehave_have_names() {
    let (address, _tasks) = server(|mut stream, _| async move {
        let head = head(&mut stream).await.unwrap_or_default();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let answer = match path.as_str() {
            "/silent" => return std::future::pending().await,
            "/closed" => return,
            "/text" => "220 mail.example ESMTP\r\n\r\n".to_owned(),
            "/long" => format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(100_000)),
            "/short" => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".to_owned(),
            "/gzip" => "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nabcdefghijkl".to_owned(),
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".to_owned(),
        };
        stream.write_all(answer.as_bytes()).await.ok();
        if path == "/stuck" {
            std::future::pending::<()>().await;
        }
    })
    .await;
    let dial = Here::default();
    let brief = Duration::from_millis(200);
    let client = client(&dial, Limits { headers_timeout: brief, body_timeout: brief, ..Limits::default() });
    for (path, expected, code) in [
        ("silent", Error::HeadersTimeout, "UND_ERR_HEADERS_TIMEOUT"),
        ("closed", Error::Closed, "UND_ERR_SOCKET"),
        ("text", Error::Malformed, "HPE_INVALID_CONSTANT"),
        ("long", Error::HeadersOverflow, "UND_ERR_HEADERS_OVERFLOW"),
        ("short", Error::Closed, "UND_ERR_SOCKET"),
        ("stuck", Error::BodyTimeout, "UND_ERR_BODY_TIMEOUT"),
        ("gzip", Error::Encoding("gzip"), "Z_DATA_ERROR"),
    ] {
        let got = match client.send(get(&format!("http://{address}/{path}"))).await {
            Ok(response) => all(response).await.map(drop),
            Err(error) => Err(error),
        };
        assert_eq!(got, Err(expected.clone()), "{path}");
        assert_eq!(expected.node().code, Some(code));
    }
    let refused = client.send(get("http://refused.test/")).await.err().expect("an error").node();
    assert_eq!((refused.message.as_str(), refused.code), ("the test refuses it", Some("ERR_BLOCKED_BY_CLIENT")));
    let mail = client.send(get("http://a.test:25/")).await.err().expect("an error").node();
    assert_eq!(mail.message, "bad port");
    let closed = client.send(get("http://a.test:1234/")).await.err().expect("an error").node();
    assert_eq!((closed.code, closed.message.as_str()), (Some("ECONNREFUSED"), "connect ECONNREFUSED a.test:1234"));
}

#[tokio::test]
async fn certificates_are_judged_and_those_that_are_believed_anyway_are_told_once() {
    let certified = generate_simple_self_signed(vec!["good.test".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let chain = vec![certified.cert.der().clone()];
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).expect("a key"));
    let (address, _tasks) = server(move |stream, _| {
        let acceptor = TlsAcceptor::from(Arc::clone(&config));
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            while head(&mut stream).await.is_some() {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.expect("it reads");
            }
        }
    })
    .await;
    let mut store = RootCertStore::empty();
    store.add(certified.cert.der().clone()).expect("an authority");
    let url = |host: &str| format!("https://{host}:{}/", address.port());
    let dial = Here::default();
    let of = |roots, certificates| Client::new(Box::new(dial.clone()), roots, certificates, Limits::default());

    let strict = of(Roots::of(store.clone()), Certificates::Valid);
    let response = strict.send(get(&url("good.test"))).await.expect("an answer");
    assert!(!response.bad_certificate && all(response).await == Ok(b"hi".to_vec()));
    let other = strict.send(get(&url("other.test"))).await.err().expect("an error").node();
    assert_eq!(other.code, Some("ERR_TLS_CERT_ALTNAME_INVALID"));
    let nobody = of(Roots::default(), Certificates::Valid);
    let unknown = nobody.send(get(&url("good.test"))).await.err().expect("an error").node();
    assert_eq!(unknown.code, Some("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));

    let any = of(Roots::of(store), Certificates::Any);
    for (host, bad) in [("good.test", false), ("other.test", true), ("other.test", false), ("127.0.0.1", true)] {
        let response = any.send(get(&url(host))).await.expect("an answer");
        assert_eq!((response.bad_certificate, all(response).await), (bad, Ok(b"hi".to_vec())), "{host}");
    }
}
