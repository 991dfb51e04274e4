//! A listener that must see nothing: TCP and UDP, both families.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// What came, by the case that ran then.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    case: String,
    all: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn begin(&self, case: &str) {
        self.0.lock().expect("seen").case = case.to_owned();
    }

    fn case(&self) -> String {
        self.0.lock().expect("seen").case.clone()
    }

    fn note(&self, case: String, what: String) {
        self.0.lock().expect("seen").all.push((case, what));
    }

    pub(crate) fn all(&self) -> Vec<(String, String)> {
        self.0.lock().expect("seen").all.clone()
    }

    pub(crate) fn cases(&self) -> BTreeSet<String> {
        self.all().into_iter().map(|(case, _)| case).collect()
    }
}

/// Listens on one port of 127.0.0.1 and `::1`.
pub(crate) struct Listener {
    pub(crate) port: u16,
    pub(crate) seen: Seen,
    _tasks: JoinSet<()>,
}

impl Listener {
    pub(crate) async fn start() -> Self {
        let seen = Seen::default();
        let mut tasks = JoinSet::new();
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = tcp.local_addr().expect("an address").port();
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).await.expect("the same port");
        tasks.spawn(accept(tcp, seen.clone()));
        tasks.spawn(receive(udp, seen.clone()));
        // A machine may have no IPv6.
        if let Ok(tcp) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            tasks.spawn(accept(tcp, seen.clone()));
        }
        if let Ok(udp) = UdpSocket::bind((Ipv6Addr::LOCALHOST, port)).await {
            tasks.spawn(receive(udp, seen.clone()));
        }
        Self { port, seen, _tasks: tasks }
    }
}

async fn accept(listener: TcpListener, seen: Seen) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(answer(stream, seen.clone(), seen.case()));
    }
}

/// A connection is seen, whatever it says.
async fn answer(mut stream: TcpStream, seen: Seen, case: String) {
    let mut first = vec![0; 2000];
    let read = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut first)).await;
    let text = String::from_utf8_lossy(&first[..read.map_or(0, |read| read.unwrap_or(0))]).into_owned();
    seen.note(case, format!("tcp {:?}", text.lines().next().unwrap_or_default()));
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    stream.write_all(answer.as_bytes()).await.ok();
}

async fn receive(socket: UdpSocket, seen: Seen) {
    let mut datagram = [0; 2000];
    while let Ok(bytes) = socket.recv(&mut datagram).await {
        seen.note(seen.case(), format!("udp {bytes} bytes"));
    }
}
