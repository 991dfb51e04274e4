//! Hosts on loopback addresses, names whose answers change, and a client that speaks to a session by hand.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use egress::{Answer, Layer, Observer, Own, Proxy, Refusal, Resolve, Session, SessionOptions, Settings};
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How long any step of a test may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server that counts its connections and answers each request with `name|request line|headers`.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    hits: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens at an address; port 0 takes a free one.
    pub(crate) async fn start(address: &str, port: u16, name: &'static str) -> Self {
        Self::serve(address, port, move |stream| answer_requests(stream, name)).await
    }

    /// Listens and lets `serve` have each connection.
    pub(crate) async fn serve<F>(address: &str, port: u16, serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let ip: IpAddr = address.parse().expect("an address");
        let listener = TcpListener::bind((ip, port)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let hits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&hits);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                connections.spawn(serve(stream));
            }
        });
        Self { address, hits, task }
    }

    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer_requests(mut stream: TcpStream, name: &str) -> io::Result<()> {
    loop {
        let head = read_head(&mut stream).await?;
        if head.is_empty() {
            return Ok(());
        }
        let body = format!("{name}|{}", head.trim_end().replace("\r\n", "|"));
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Reads to the empty line; an empty text when the other side has closed.
pub(crate) async fn read_head<S: AsyncReadExt + Unpin>(stream: &mut S) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Names with a row of answers each: every lookup takes the next one, the last one stays.
#[derive(Default)]
pub(crate) struct Names {
    answers: Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>,
    lookups: AtomicUsize,
}

impl Names {
    pub(crate) fn set(&self, name: &str, answers: &[&[&str]]) {
        let answers =
            answers.iter().map(|answer| answer.iter().map(|text| text.parse().expect("an address")).collect());
        self.answers.lock().expect("names").insert(name.to_owned(), answers.collect());
    }

    pub(crate) fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Answer> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            if name == "never.test" {
                std::future::pending::<()>().await;
            }
            let mut answers = self.answers.lock().expect("names");
            let row = answers.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
            let answer = row.front().cloned().unwrap_or_default();
            if row.len() > 1 {
                row.pop_front();
            }
            Ok(answer)
        })
    }
}

/// Keeps what a session reports.
#[derive(Default)]
pub(crate) struct Reports(pub(crate) Mutex<Vec<String>>);

impl Observer for Reports {
    fn refused(&self, refusal: &Refusal) {
        self.0.lock().expect("reports").push(refusal.to_string());
    }

    fn proxy_failed(&self, reason: &str) {
        self.0.lock().expect("reports").push(reason.to_owned());
    }

    fn limit_reached(&self, limit: egress::Limit) {
        self.0.lock().expect("reports").push(limit.to_string());
    }
}

/// A proxy with names of its own.
pub(crate) struct World {
    pub(crate) names: Arc<Names>,
    pub(crate) reports: Arc<Reports>,
    pub(crate) proxy: Proxy,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_own(Own::default()).await
    }

    pub(crate) async fn with_own(own: Own) -> Self {
        let names = Arc::new(Names::default());
        let settings = Settings { resolver: names.clone(), own, ..Settings::default() };
        Self { names, reports: Arc::default(), proxy: Proxy::start(settings).await }
    }

    pub(crate) async fn open(&self, deny: &str) -> Session {
        let layer = Layer::parse("operator", None, Some(deny)).expect("rules");
        self.open_with(SessionOptions { policy: layer.into(), ..SessionOptions::default() }).await
    }

    pub(crate) async fn open_with(&self, options: SessionOptions) -> Session {
        let options = SessionOptions { observer: Some(self.reports.clone()), ..options };
        self.proxy.open(options).await.expect("a session")
    }

    pub(crate) fn reports(&self) -> Vec<String> {
        self.reports.0.lock().expect("reports").clone()
    }
}

/// Waits for something with the patience of a test.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it comes in time")
}

/// Waits until a condition holds.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// An answer of HTTP.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Connects to a session.
pub(crate) async fn reach(session: &Session) -> TcpStream {
    soon(TcpStream::connect(session.address())).await.expect("the session listens")
}

/// Sends a request over a connection and reads the answer, whose body has to have a length.
pub(crate) async fn exchange(stream: &mut TcpStream, request: &str) -> Option<Reply> {
    soon(async {
        stream.write_all(request.as_bytes()).await.ok()?;
        read_reply(stream).await
    })
    .await
}

/// Reads one answer; `None` when the connection ends without one.
pub(crate) async fn read_reply(stream: &mut TcpStream) -> Option<Reply> {
    let head = read_head(stream).await.ok().filter(|head| !head.is_empty())?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(Reply { status, head, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Sends a GET in absolute form over a connection of its own.
pub(crate) async fn get(session: &Session, url: &str) -> Option<Reply> {
    let mut stream = reach(session).await;
    exchange(&mut stream, &format!("GET {url} HTTP/1.1\r\nHost: ignored\r\n\r\n")).await
}

/// Asks for a tunnel by CONNECT.
pub(crate) async fn connect(session: &Session, authority: &str) -> (u16, TcpStream) {
    let mut stream = reach(session).await;
    let request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    let reply = exchange(&mut stream, &request).await;
    (reply.map_or(0, |reply| reply.status), stream)
}

/// Asks for a tunnel by SOCKS5 and returns the code of the reply.
pub(crate) async fn socks(session: &Session, host: SocksHost<'_>, port: u16) -> (u8, TcpStream) {
    let mut stream = reach(session).await;
    let mut request = vec![5, 1, 0];
    request.extend_from_slice(&[5, 1, 0]);
    match host {
        SocksHost::Name(name) => {
            request.extend_from_slice(&[3, u8::try_from(name.len()).expect("a short name")]);
            request.extend_from_slice(name.as_bytes());
        }
        SocksHost::Address(IpAddr::V4(address)) => {
            request.push(1);
            request.extend_from_slice(&address.octets());
        }
        SocksHost::Address(IpAddr::V6(address)) => {
            request.push(4);
            request.extend_from_slice(&address.octets());
        }
    }
    request.extend_from_slice(&port.to_be_bytes());
    let mut reply = [0; 12];
    let code = soon(async {
        stream.write_all(&request).await.expect("the session reads");
        stream.read_exact(&mut reply).await.map_or(0xff, |_| reply[3])
    })
    .await;
    (code, stream)
}

/// The two ways in which SOCKS5 names a host.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SocksHost<'a> {
    Name(&'a str),
    Address(IpAddr),
}
