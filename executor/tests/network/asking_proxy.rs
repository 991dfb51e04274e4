//! A proxy of HTTP that wants the user `us` with the password `pw`, and notes what it is asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// `us:pw`, as clients send it.
const AUTHORIZATION: &str = "proxy-authorization: basic dxm6chc=";

pub(crate) struct AskingProxy {
    pub(crate) address: SocketAddr,
    served: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl AskingProxy {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let served = Arc::<Mutex<Vec<String>>>::default();
        let mut tasks = JoinSet::new();
        let noted = Arc::clone(&served);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&noted)));
            }
        });
        Self { address, served, _tasks: tasks }
    }

    /// The methods of the requests with the right credentials, since this was asked last. Chromium tries TLS again that fails: what
    /// comes twice in a row counts once.
    pub(crate) fn take_served(&self) -> Vec<String> {
        let mut served = std::mem::take(&mut *self.served.lock().expect("served"));
        served.dedup();
        served
    }
}

/// Answers one request after the other.
async fn serve(mut stream: TcpStream, served: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    loop {
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(bytes) if bytes > 0 => head.extend_from_slice(&part[..bytes]),
            _ => return,
        }
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8_lossy(&std::mem::take(&mut head)).to_lowercase();
        let is_known = text.contains(AUTHORIZATION);
        if is_known {
            let method = text.split(' ').next().unwrap_or_default().to_owned();
            served.lock().expect("served").push(method);
        }
        if is_known && text.starts_with("connect") {
            return be_no_tls(stream).await;
        }
        let answer = if is_known {
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
        } else {
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\n\
             Content-Length: 3\r\n\r\nwho"
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Says that the tunnel stands, and answers the first words in it with what is not TLS.
async fn be_no_tls(mut stream: TcpStream) {
    let mut hello = [0; 4096];
    for answer in ["HTTP/1.1 200 OK\r\n\r\n", "Here should be TLS.\r\n"] {
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.read(&mut hello).await.is_err() {
            return;
        }
    }
}
