//! One session, one user after the other; one user, several sessions.

use egress::upstream::{Bypass, ChosenBy};
use egress::{Failure, Layer, Limits, Policy, SessionOptions, Target, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::network::{Server, SocksHost, World, connect, get, socks, soon, until};

fn denying(rules: &str) -> Policy {
    Layer::parse("job", None, Some(rules)).expect("rules").into()
}

async fn echo() -> Server {
    Server::serve("127.0.0.2", 0, |mut stream| async move {
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn nothing_leaves_before_a_user_is_admitted_and_after_it_is_withdrawn() {
    let world = World::new().await;
    let server = echo().await;
    let authority = server.address.to_string();
    let target = Target::parse_authority(&authority).expect("a target");
    let session = world.proxy.open_closed().await.expect("a session");
    assert_eq!(connect(&session, &authority).await.0, 403);
    assert_eq!(socks(&session, SocksHost::Address(server.address.ip()), server.port()).await.0, 2);
    assert_eq!(server.hits(), 0);

    let admission = world.proxy.admission(Policy::open(), Limits::default(), Some(world.reports.clone()));
    session.admit(&admission, None);
    let (status, mut tunnel) = connect(&session, &authority).await;
    assert_eq!(status, 200);
    assert_eq!(session.remote_address_of(&target), Some(server.address));

    session.withdraw();
    assert_eq!(soon(tunnel.read(&mut [0; 1])).await.unwrap_or(0), 0, "the tunnel of the user before is closed");
    assert_eq!(session.remote_address_of(&target), None, "nothing of the user before is known");
    assert_eq!(connect(&session, &authority).await.0, 403);
    assert_eq!(server.hits(), 1);
    assert_eq!(admission.counters().dialled, 1);
    assert!(world.reports().is_empty(), "refusals of a session without a user are nobody's");
}

#[tokio::test]
async fn a_connection_of_the_user_before_is_not_the_next_users() {
    let world = World::new().await;
    let server = echo().await;
    let session = world.proxy.open_closed().await.expect("a session");
    session.admit(&world.proxy.admission(denying("127.0.0.2"), Limits::default(), None), None);
    // Connected, and silent: the next user's policy is not this connection's.
    let mut early = crate::network::reach(&session).await;
    until(|| session.counters().open == 1).await;
    session.admit(&world.proxy.admission(Policy::open(), Limits::default(), None), None);
    let request = format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", server.address);
    early.write_all(request.as_bytes()).await.ok();
    let mut answer = Vec::new();
    soon(early.read_to_end(&mut answer)).await.ok();
    assert!(answer.is_empty(), "{answer:?}");
    assert_eq!(server.hits(), 0);
    assert_eq!(connect(&session, &server.address.to_string()).await.0, 200);
}

#[tokio::test]
async fn the_limits_of_a_user_hold_for_all_of_its_sessions_together() {
    let world = World::new().await;
    let server = echo().await;
    let authority = server.address.to_string();
    let limits = Limits { connections: 2, bytes: 100_000, ..Limits::default() };
    let admission = world.proxy.admission(Policy::open(), limits, Some(world.reports.clone()));
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let session = world.proxy.open_closed().await.expect("a session");
        session.admit(&admission, None);
        sessions.push(session);
    }
    let (_, mut first) = connect(&sessions[0], &authority).await;
    let (_, mut second) = connect(&sessions[1], &authority).await;
    assert_eq!(connect(&sessions[2], &authority).await.0, 0, "a third connection is one too many");
    for tunnel in [&mut first, &mut second] {
        let mut received = 0;
        soon(async {
            while received < 60_000 && tunnel.write_all(&[b'x'; 1000]).await.is_ok() {
                match tunnel.read(&mut [0; 4096]).await {
                    Ok(bytes) if bytes > 0 => received += bytes,
                    _ => break,
                }
            }
        })
        .await;
    }
    assert!(soon(second.read(&mut [0; 1])).await.unwrap_or(0) == 0, "the sum is reached by the second");
    assert_eq!(
        world.reports(),
        ["the limit of connections is reached", "the limit of bytes to send and receive is reached"]
    );
    let counters = admission.counters();
    assert!(counters.bytes_up + counters.bytes_down >= 100_000, "{counters:?}");
}

#[tokio::test]
async fn a_plain_request_that_fails_is_dropped_where_a_user_wants_that() {
    let world = World::new().await;
    let site = Server::start("127.0.0.2", 0, "site").await;
    let session = world.proxy.open_closed().await.expect("a session");
    let admission = world.proxy.admission(denying("127.0.0.4"), Limits::default(), None).dropping_failures();
    session.admit(&admission, None);
    assert_eq!(get(&session, "http://127.0.0.4:1/").await, None);
    assert_eq!(get(&session, "http://nobody.test/").await, None);
    assert_eq!(get(&session, &format!("http://{}/", site.address)).await.expect("an answer").status, 200);
    assert_eq!(connect(&session, "127.0.0.4:1").await.0, 403, "a tunnel is answered all the same");
}

#[tokio::test]
async fn what_goes_past_the_proxy_is_judged_as_without_one() {
    let world = World::new().await;
    let site = Server::start("127.0.0.2", 0, "site").await;
    let proxy = Server::start("127.0.0.3", 0, "proxy").await;
    world.names.set("past.test", &[&["127.0.0.2"]]);
    world.names.set("shut.test", &[&["127.0.0.4"]]);
    let upstream = Upstream::parse(&format!("http://{}", proxy.address), ChosenBy::Operator).expect("an upstream");
    let upstream = upstream.with_bypass(Bypass::parse("*.test,<-loopback>").expect("a list"));
    let options =
        SessionOptions { policy: denying("127.0.0.4"), upstream: Some(upstream), ..SessionOptions::default() };
    let session = world.open_with(options).await;
    let port = site.port();
    assert!(get(&session, &format!("http://past.test:{port}/")).await.expect("an answer").body.starts_with("site|"));
    assert!(get(&session, &format!("http://127.0.0.2:{port}/")).await.expect("an answer").body.starts_with("proxy|"));
    assert_eq!(get(&session, &format!("http://shut.test:{port}/")).await.expect("an answer").status, 403);
    let target = Target::new("shut.test", port).expect("a target");
    assert!(matches!(session.failure_of(&target), Some(Failure::Refused(_))));
}
