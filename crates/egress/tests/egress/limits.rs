//! What a session may use, and what happens beyond.

use std::time::Duration;

use egress::{Failure, Limits, SessionOptions, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::network::{Server, SocksHost, World, connect, get, reach, socks, soon, until};

async fn limited(world: &World, limits: Limits) -> egress::Session {
    world.open_with(SessionOptions { limits, ..SessionOptions::default() }).await
}

/// A server that sends without end, and reads nothing.
async fn fountain() -> Server {
    Server::serve("127.0.0.2", 0, |mut stream| async move {
        loop {
            stream.write_all(&[b'x'; 4096]).await?;
        }
    })
    .await
}

/// A server that reads without end, and sends nothing.
async fn sink() -> Server {
    Server::serve("127.0.0.2", 0, |mut stream| async move {
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_told_once() {
    let world = World::new().await;
    let server = sink().await;
    let session = limited(&world, Limits { connections: 2, ..Limits::default() }).await;
    let authority = server.address.to_string();
    let (first, _stream) = connect(&session, &authority).await;
    let (second, other) = connect(&session, &authority).await;
    assert_eq!((first, second), (200, 200));
    for _ in 0..3 {
        assert_eq!(connect(&session, &authority).await.0, 0);
    }
    assert_eq!(world.reports(), ["the limit of connections is reached"]);
    drop(other);
    until(|| session.counters().open == 1).await;
    assert_eq!(connect(&session, &authority).await.0, 200, "a place that is free again is given again");
}

#[tokio::test]
async fn bytes_received_end_with_every_connection_at_the_limit() {
    let world = World::new().await;
    let server = fountain().await;
    let session = limited(&world, Limits { bytes: 100_000, ..Limits::default() }).await;
    let (_, mut stream) = connect(&session, &server.address.to_string()).await;
    let mut received = Vec::new();
    soon(stream.read_to_end(&mut received)).await.ok();
    assert!((50_000..200_000).contains(&received.len()), "{}", received.len());
    let mut later = reach(&session).await;
    later.write_all(b"GET http://127.0.0.2/ HTTP/1.1\r\n\r\n").await.ok();
    let mut answer = Vec::new();
    soon(later.read_to_end(&mut answer)).await.ok();
    assert!(answer.len() < 1000, "no more than one answer begins");
    assert_eq!(world.reports(), ["the limit of bytes to send and receive is reached"]);
}

#[tokio::test]
async fn bytes_sent_end_with_every_connection_at_the_limit() {
    let world = World::new().await;
    let server = sink().await;
    let session = limited(&world, Limits { bytes: 100_000, ..Limits::default() }).await;
    let (code, mut stream) = socks(&session, SocksHost::Address(server.address.ip()), server.port()).await;
    assert_eq!(code, 0);
    let sent = soon(async {
        let mut sent = 0u64;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {
            sent += 4096;
        }
        sent
    })
    .await;
    assert!(sent >= 90_000);
    until(|| session.counters().open == 0).await;
    assert!(session.counters().bytes_up < 200_000);
    assert_eq!(world.reports(), ["the limit of bytes to send and receive is reached"]);
}

#[tokio::test]
async fn silence_closes_a_connection_and_bytes_keep_it() {
    let world = World::new().await;
    let server = sink().await;
    let session = limited(&world, Limits { idle_timeout: Duration::from_millis(300), ..Limits::default() }).await;
    let (_, mut tunnel) = connect(&session, &server.address.to_string()).await;
    let mut silent = reach(&session).await;
    let mut half = reach(&session).await;
    half.write_all(b"GET http://127.0").await.expect("sent");
    let mut half_socks = reach(&session).await;
    half_socks.write_all(&[5, 1]).await.expect("sent");
    let mut byte = [0; 1];
    for stream in [&mut tunnel, &mut silent, &mut half, &mut half_socks] {
        assert_eq!(soon(stream.read(&mut byte)).await.unwrap_or(0), 0);
    }
    until(|| session.counters().open == 0).await;
}

#[tokio::test]
async fn a_lookup_that_never_ends_is_given_up() {
    let world = World::new().await;
    let session = limited(&world, Limits { connect_timeout: Duration::from_millis(100), ..Limits::default() }).await;
    assert_eq!(get(&session, "http://never.test/").await.expect("an answer").status, 504);
    assert_eq!(socks(&session, SocksHost::Name("never.test"), 80).await.0, 6);
    let target = Target::new("never.test", 80).expect("a target");
    assert_eq!(session.failure_of(&target), Some(Failure::TimedOut));
}

#[tokio::test]
async fn each_failure_has_the_name_that_chromium_gives_it() {
    let world = World::new().await;
    let server = Server::start("127.0.0.2", 0, "open").await;
    let session = world.open("127.0.0.3").await;
    let closed = {
        let gone = Server::start("127.0.0.2", 0, "gone").await;
        gone.port()
    };
    for (host, port, code, error) in [
        ("127.0.0.3", 80, 2, "net::ERR_BLOCKED_BY_CLIENT"),
        ("nobody.test", 80, 4, "net::ERR_NAME_NOT_RESOLVED"),
        ("127.0.0.2", closed, 5, "net::ERR_CONNECTION_REFUSED"),
    ] {
        until_refused(&session, host, port, code).await;
        let failure = session.failure_of(&Target::new(host, port).expect("a target")).expect("a failure");
        assert_eq!(failure.net_error(), error);
    }
    let target = Target::new("127.0.0.2", server.port()).expect("a target");
    assert_eq!(session.remote_address_of(&target), None);
    assert_eq!(socks(&session, SocksHost::Name("127.0.0.2"), server.port()).await.0, 0);
    assert_eq!(session.remote_address_of(&target), Some(server.address));
    assert_eq!(session.failure_of(&target), None);
}

/// Asks until the answer is the expected one: a listener that was dropped may live for a moment longer.
async fn until_refused(session: &egress::Session, host: &str, port: u16, code: u8) {
    soon(async { while socks(session, SocksHost::Name(host), port).await.0 != code {} }).await;
}

#[tokio::test]
async fn the_same_refusal_is_told_once() {
    let world = World::new().await;
    let session = world.open("loopback").await;
    for _ in 0..20 {
        get(&session, "http://127.0.0.1:1/").await;
        get(&session, "http://localhost:1/").await;
    }
    assert_eq!(
        world.reports(),
        ["127.0.0.1:1 is refused: operator denies loopback", "localhost:1 is refused: operator denies loopback"]
    );
    let counters = session.counters();
    assert_eq!((counters.refused, counters.refused_unreported), (40, 38));
    assert_eq!(world.proxy.counters().refused, 40);
}
