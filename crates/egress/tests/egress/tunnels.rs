//! Tunnels: many of them, both ends of each, and the end of all.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use egress::{Limits, SessionOptions};

use crate::network::{Server, SocksHost, World, connect, socks, soon, until};

const TUNNELS: usize = 1000;

async fn echo() -> Server {
    Server::serve("127.0.0.2", 0, |mut stream| async move {
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await.map(drop)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_tunnels_stand_at_a_time_and_end_with_their_session() {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, most.min(65536), most).expect("a higher limit");
    let world = World::new().await;
    let server = echo().await;
    let limits = Limits { connections: TUNNELS, ..Limits::default() };
    let session = world.open_with(SessionOptions { limits, ..SessionOptions::default() }).await;
    let before = resident_bytes();

    let mut tunnels: Vec<TcpStream> = Vec::new();
    for number in 0..TUNNELS {
        let (code, tunnel) = if number % 2 == 0 {
            let (status, tunnel) = connect(&session, &server.address.to_string()).await;
            (u8::from(status != 200), tunnel)
        } else {
            socks(&session, SocksHost::Address(server.address.ip()), server.port()).await
        };
        assert_eq!(code, 0, "tunnel {number}");
        tunnels.push(tunnel);
    }
    assert_eq!(session.counters().open, TUNNELS as u64);

    let mut talking = JoinSet::new();
    for (number, mut tunnel) in tunnels.into_iter().enumerate() {
        talking.spawn(async move {
            let message = vec![u8::try_from(number % 251).expect("a byte"); 10_000];
            let mut echo = vec![0; message.len()];
            let (mut read, mut write) = tunnel.split();
            let (sent, received) = tokio::join!(write.write_all(&message), read.read_exact(&mut echo));
            sent.expect("sent");
            received.expect("received");
            assert!(echo == message, "tunnel {number}");
            tunnel
        });
    }
    let mut tunnels = soon(talking.join_all()).await;
    // Both ends and the test's own buffers are in this process, too, so this is a generous bound.
    let each = resident_bytes().saturating_sub(before) / TUNNELS;
    assert!(each < 200 * 1024, "{each} bytes for each tunnel");

    let counters = soon(session.close()).await;
    assert_eq!((counters.open, counters.dialled), (0, TUNNELS as u64));
    assert!(counters.bytes_up >= 10_000_000 && counters.bytes_down >= 10_000_000, "{counters:?}");
    for tunnel in &mut tunnels {
        assert_eq!(soon(tunnel.read(&mut [0; 1])).await.unwrap_or(0), 0, "the tunnel is closed");
    }
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a /proc");
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * 4096
}

#[tokio::test]
async fn dropping_a_session_closes_its_listener_and_its_tunnels() {
    let world = World::new().await;
    let server = echo().await;
    let session = world.open("").await;
    let other = world.open("").await;
    let (_, mut tunnel) = connect(&session, &server.address.to_string()).await;
    let (_, mut of_other) = connect(&other, &server.address.to_string()).await;
    let address = session.address();
    drop(session);
    assert_eq!(soon(tunnel.read(&mut [0; 1])).await.unwrap_or(0), 0);
    soon(async { while TcpStream::connect(address).await.is_ok() {} }).await;
    of_other.write_all(b"x").await.expect("the other session goes on");
    assert_eq!(soon(of_other.read_u8()).await.expect("an echo"), b'x');
    until(|| world.proxy.counters().open == 1).await;
}

#[tokio::test]
async fn the_end_of_one_side_is_passed_on_and_the_other_goes_on() {
    let world = World::new().await;
    // Answers only after the browser's side has ended.
    let server = Server::serve("127.0.0.2", 0, |mut stream| async move {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await?;
        all.reverse();
        stream.write_all(&all).await
    })
    .await;
    let session = world.open("").await;
    for way in ["CONNECT", "SOCKS5"] {
        let mut tunnel = match way {
            "CONNECT" => connect(&session, &server.address.to_string()).await.1,
            _ => socks(&session, SocksHost::Address(server.address.ip()), server.port()).await.1,
        };
        tunnel.write_all(b"abc").await.expect("sent");
        tunnel.shutdown().await.expect("ended");
        let mut answer = String::new();
        soon(tunnel.read_to_string(&mut answer)).await.expect("an answer");
        assert_eq!(answer, "cba", "{way}");
    }
}

#[tokio::test]
async fn a_target_that_speaks_first_is_heard() {
    let world = World::new().await;
    let server =
        Server::serve("127.0.0.2", 0, |mut stream| async move { stream.write_all(b"220 ready\r\n").await }).await;
    let session = world.open("").await;
    let (_, mut tunnel) = connect(&session, &server.address.to_string()).await;
    let mut greeting = String::new();
    soon(tunnel.read_to_string(&mut greeting)).await.expect("a greeting");
    assert_eq!(greeting, "220 ready\r\n");
}

#[tokio::test]
async fn what_is_sent_with_the_request_goes_through_the_tunnel() {
    let world = World::new().await;
    let server = echo().await;
    let session = world.open("").await;
    let mut stream = crate::network::reach(&session).await;
    let request = format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\nearly", server.address);
    stream.write_all(request.as_bytes()).await.expect("sent");
    assert!(soon(crate::network::read_head(&mut stream)).await.expect("a head").contains("200"));
    let mut echo = [0; 5];
    soon(stream.read_exact(&mut echo)).await.expect("an echo");
    assert_eq!(&echo, b"early");
}

#[tokio::test]
async fn both_families_are_dialled_and_the_first_to_answer_counts() {
    let world = World::new().await;
    let server = Server::start("::1", 0, "six").await;
    let session = world.open("").await;
    world.names.set("both.test", &[&["127.0.0.9", "::1"]]);
    let (status, _tunnel) = connect(&session, &format!("both.test:{}", server.port())).await;
    assert_eq!(status, 200);
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn a_target_that_resets_resets_the_browser() {
    let world = World::new().await;
    let server = Server::serve("127.0.0.2", 0, |mut stream| async move {
        stream.read_u8().await?;
        stream.set_zero_linger()
    })
    .await;
    let session = world.open("").await;
    let (_, mut tunnel) = socks(&session, SocksHost::Address(server.address.ip()), server.port()).await;
    tunnel.write_all(b"x").await.expect("sent");
    let error = soon(tunnel.read_u8()).await.expect_err("no byte comes");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}
