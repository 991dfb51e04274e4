//! Noise where a request should be: no panic, no connection to a target, and the session goes on.

use egress::{Limits, Policy, SessionOptions};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::network::{Server, World, exchange, get, reach, soon, until};

/// Beginnings of requests, so that the noise behind them comes further than the first byte.
const BEGINNINGS: &[&[u8]] = &[
    b"",
    b"GET ",
    b"GET http://",
    b"GET http://127.0.0.1",
    b"CONNECT ",
    b"CONNECT 127.0.0.1:",
    b"POST http://127.0.0.1/ HTTP/1.1\r\n",
    b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: a\r\nConnection: ",
    b"\x05",
    b"\x05\x01\x00",
    b"\x05\x01\x00\x05\x01\x00",
    b"\x05\x01\x00\x05\x01\x00\x03",
    b"\x05\x02\x00\x02\x05\x02\x00\x01",
    b"\x04\x01\x00\x50\x7f\x00\x00\x01x\x00",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
];

#[test]
fn noise_neither_reaches_a_target_nor_ends_the_session() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (world, server, session) = runtime.block_on(async {
        let world = World::new().await;
        let session = world.open("loopback,link-local,private,public").await;
        (world, Server::start("127.0.0.2", 0, "open").await, session)
    });
    let noise = (0..BEGINNINGS.len(), prop::collection::vec(any::<u8>(), 0..300), prop::bool::ANY);
    let config = Config { cases: 600, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&noise, |(beginning, noise, ends_the_head)| {
            runtime.block_on(async {
                let mut stream = reach(&session).await;
                let mut bytes = [BEGINNINGS[beginning], &noise].concat();
                if ends_the_head {
                    bytes.extend_from_slice(b"\r\n\r\n");
                }
                // The session may close while it is written to.
                stream.write_all(&bytes).await.ok();
                stream.shutdown().await.ok();
                let mut answer = Vec::new();
                soon(stream.read_to_end(&mut answer)).await.ok();
                Ok(())
            })
        })
        .expect("no noise upsets the session");
    runtime.block_on(async {
        until(|| session.counters().open == 0).await;
        assert_eq!((session.counters().dialled, server.hits()), (0, 0));
        let reply = get(&session, "http://127.0.0.1/").await.expect("the session still answers");
        assert_eq!(reply.status, 403);
    });
    drop(world);
}

#[tokio::test]
async fn a_head_has_a_size() {
    let world = World::new().await;
    let server = Server::start("127.0.0.2", 0, "open").await;
    let limits = Limits { head_bytes: 16 * 1024, ..Limits::default() };
    let session = world.open_with(SessionOptions { policy: Policy::open(), limits, ..SessionOptions::default() }).await;
    let request = |size: usize| {
        let filling = "x".repeat(size);
        format!("GET http://127.0.0.2:{}/ HTTP/1.1\r\nHost: a\r\nX: {filling}\r\n\r\n", server.port())
    };
    let mut stream = reach(&session).await;
    assert_eq!(exchange(&mut stream, &request(12 * 1024)).await.expect("an answer").status, 200);
    let mut stream = reach(&session).await;
    let reply = exchange(&mut stream, &request(64 * 1024)).await;
    assert!(reply.is_none_or(|reply| reply.status == 431));
    assert_eq!(server.hits(), 1);
}
