//! A site that answers with whatever the request asks for, on an address of this machine that the policy leaves open.

use std::collections::HashMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// `/serve?status=…&type=…&headers=…&body=…`, everything percent-encoded.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Site {
    pub(crate) async fn start(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(answer(stream));
            }
        });
        Self { address, _tasks: tasks }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn answer(mut stream: TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let asked: HashMap<&str, Vec<u8>> = pairs.map(|(name, value)| (name, decoded(value))).collect();
    let text = |name: &str, default: &str| {
        asked.get(name).map_or(default.to_owned(), |value| String::from_utf8_lossy(value).into_owned())
    };
    let body = asked.get("body").cloned().unwrap_or_else(|| b"ok".to_vec());
    let headers: String = text("headers", "")
        .split('\n')
        .filter(|line| !line.is_empty())
        .fold(String::new(), |all, line| format!("{all}{line}\r\n"));
    let answer = format!(
        "HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\n{headers}\r\n",
        text("status", "200"),
        text("type", "text/html"),
        body.len(),
    );
    stream.write_all(answer.as_bytes()).await.ok();
    stream.write_all(&body).await.ok();
    stream.shutdown().await.ok();
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut all = Vec::new();
    let mut index = 0;
    while index < bytes.len() {
        let hex = text.get(index + 1..index + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[index], hex) {
            (b'%', Some(byte)) => {
                all.push(byte);
                index += 3;
            }
            (byte, _) => {
                all.push(byte);
                index += 1;
            }
        }
    }
    all
}
