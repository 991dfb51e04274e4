//! Every known way round a guard, each by a plain request, by CONNECT and by SOCKS5: none reaches a forbidden listener.

use std::net::IpAddr;

use egress::policy::Own;
use egress::{Failure, Target};
use tokio::io::AsyncWriteExt;

use crate::network::{Server, SocksHost, World, connect, exchange, get, reach, socks, soon};

/// The default of an executor, with the intranet closed.
const CLOSED: &str = "loopback,link-local,own,private";

/// Hosts that have to be refused under [`CLOSED`], and by the rule of this word.
const REFUSED: &[(&str, &str)] = &[
    // This machine, in every spelling of IPv4.
    ("127.0.0.1", "loopback"),
    ("127.0.0.1.", "loopback"),
    ("127.1", "loopback"),
    ("127.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("2130706433", "loopback"),
    ("017700000001", "loopback"),
    ("0177.0.0.1", "loopback"),
    ("0177.0.0.01", "loopback"),
    ("0x7f.0.0.1", "loopback"),
    ("0x7f000001", "loopback"),
    ("0X7F.1", "loopback"),
    ("0x7f.0x0.0x0.0x1", "loopback"),
    ("0000000000000177.1", "loopback"),
    ("0.0.0.0", "loopback"),
    ("0", "loopback"),
    ("0x0", "loopback"),
    ("0.1.2.3", "loopback"),
    // Names of this machine.
    ("localhost", "loopback"),
    ("LOCALHOST", "loopback"),
    ("localhost.", "loopback"),
    ("app.localhost", "loopback"),
    ("a.b.LocalHost.", "loopback"),
    ("localhost.localdomain", "loopback"),
    ("ip6-localhost", "loopback"),
    // IPv6, and IPv4 in it.
    ("[::1]", "loopback"),
    ("[0:0:0:0:0:0:0:1]", "loopback"),
    ("[::]", "loopback"),
    ("[::0.0.0.1]", "loopback"),
    ("[::ffff:127.0.0.1]", "loopback"),
    ("[::FFFF:7F00:1]", "loopback"),
    ("[0:0:0:0:0:ffff:127.0.0.1]", "loopback"),
    ("[::127.0.0.1]", "loopback"),
    ("[::ffff:0:127.0.0.1]", "loopback"),
    ("[64:ff9b::127.0.0.1]", "loopback"),
    ("[64:ff9b:1::7f00:1]", "loopback"),
    ("[64:ff9b:1:7f00:0:100::]", "loopback"),
    ("[2002:7f00:1::]", "loopback"),
    ("[2001:0:7f00:1::]", "loopback"),
    ("[2001:0:808:808::80ff:fffe]", "loopback"),
    ("[2606:4700::5efe:127.0.0.1]", "loopback"),
    ("[::ffff:0.0.0.0]", "loopback"),
    // This link and clouds' metadata.
    ("169.254.169.254", "link-local"),
    ("0xa9fea9fe", "link-local"),
    ("2852039166", "link-local"),
    ("0251.0376.0251.0376", "link-local"),
    ("[::ffff:169.254.169.254]", "link-local"),
    ("[64:ff9b::a9fe:a9fe]", "link-local"),
    ("[2002:a9fe:a9fe::]", "link-local"),
    ("169.254.170.2", "link-local"),
    ("[fd00:ec2::254]", "link-local"),
    ("[fe80::1]", "link-local"),
    ("100.100.100.200", "link-local"),
    ("168.63.129.16", "link-local"),
    ("metadata.google.internal", "link-local"),
    ("METADATA.google.internal.", "link-local"),
    ("metadata", "link-local"),
    // Intranets and what else is not the internet.
    ("10.0.0.1", "private"),
    ("012.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("192.168.0.1", "private"),
    ("100.64.0.1", "private"),
    ("198.18.0.1", "private"),
    ("192.0.2.1", "private"),
    ("224.0.0.1", "private"),
    ("255.255.255.255", "private"),
    ("240.0.0.1", "private"),
    ("[fc00::1]", "private"),
    ("[fdff:ffff::1]", "private"),
    ("[fec0::1]", "private"),
    ("[ff02::1]", "private"),
    ("[2001:db8::1]", "private"),
    ("[100::1]", "private"),
    ("[64:ff9b::10.0.0.1]", "private"),
    // Names that resolve to what is refused.
    ("to-loopback.test", "loopback"),
    ("to-loopback.test.", "loopback"),
    ("to-loopback6.test", "loopback"),
    ("to-mapped.test", "loopback"),
    ("to-nat64.test", "loopback"),
    ("to-zero.test", "loopback"),
    ("to-unspecified6.test", "loopback"),
    ("to-metadata.test", "link-local"),
    ("to-private.test", "private"),
    ("to-all.test", "loopback"),
    ("xn--bcher-kva.test", "loopback"),
];

/// Hosts that are not read at all.
const MALFORMED: &[&str] = &[
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::1%25lo]",
    "127.0.0.1%00.example.com",
    "127.0.0.256",
    "1.2.3.4.5",
    "0x7f.0.0.1.0x1",
    "localhost..",
    "a..localhost",
    "[::ffff:127.0.0.1",
    "::1",
    "[v1.fe80::a]",
    "127.0.0.1\\@example.com",
    "127.0.0.1#@example.com",
];

fn set_names(world: &World) {
    for (name, answer) in [
        ("to-loopback.test", &["127.0.0.1"][..]),
        ("to-loopback6.test", &["::1"]),
        ("to-mapped.test", &["::ffff:127.0.0.1"]),
        ("to-nat64.test", &["64:ff9b::7f00:1"]),
        ("to-zero.test", &["0.0.0.0"]),
        ("to-unspecified6.test", &["::"]),
        ("to-metadata.test", &["169.254.169.254"]),
        ("to-private.test", &["10.0.0.1", "fc00::1"]),
        ("to-all.test", &["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254"]),
        ("xn--bcher-kva.test", &["127.0.0.1"]),
        ("localhost.localdomain", &["8.8.8.8"]),
        ("ip6-localhost", &["8.8.8.8"]),
        ("metadata", &["8.8.8.8"]),
        ("metadata.google.internal", &["8.8.8.8"]),
    ] {
        world.names.set(name, &[answer]);
    }
}

/// Listeners at the addresses that the spellings lead to.
async fn forbidden() -> Vec<Server> {
    let first = Server::start("127.0.0.1", 0, "forbidden").await;
    let port = first.port();
    vec![first, Server::start("::1", port, "forbidden").await]
}

fn hits(servers: &[Server]) -> usize {
    servers.iter().map(Server::hits).sum()
}

#[tokio::test]
async fn no_spelling_reaches_a_forbidden_listener() {
    assert!(REFUSED.len() + MALFORMED.len() >= 90);
    let world = World::new().await;
    set_names(&world);
    let servers = forbidden().await;
    let port = servers[0].port();
    for (host, group) in REFUSED {
        let session = world.open(CLOSED).await;
        let rule = format!("operator denies {group}");

        let reply = get(&session, &format!("http://{host}:{port}/")).await.expect("an answer");
        assert_eq!(reply.status, 403, "GET {host}: {}", reply.body);
        assert!(reply.body.contains(&rule), "GET {host}: {}", reply.body);

        assert_eq!(connect(&session, &format!("{host}:{port}")).await.0, 403, "CONNECT {host}");

        let bare = host.trim_start_matches('[').trim_end_matches(']');
        for name in [*host, bare] {
            assert_eq!(socks(&session, SocksHost::Name(name), port).await.0, 2, "SOCKS5 {name}");
        }
        if let Ok(address) = bare.parse::<IpAddr>() {
            assert_eq!(socks(&session, SocksHost::Address(address), port).await.0, 2, "SOCKS5 address {host}");
        }

        let target = Target::new(host, port).expect("a target");
        let Some(Failure::Refused(refusal)) = session.failure_of(&target) else { panic!("{host} was not refused") };
        assert_eq!(refusal.rule, rule, "{host}");
        let counters = session.close().await;
        assert_eq!((counters.dialled, counters.open), (0, 0), "{host}");
    }
    assert_eq!(hits(&servers), 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_not_dialled() {
    let world = World::new().await;
    let servers = forbidden().await;
    let port = servers[0].port();
    let session = world.open(CLOSED).await;
    for host in MALFORMED {
        let status = get(&session, &format!("http://{host}:{port}/")).await.map_or(400, |reply| reply.status);
        // What follows `#` is not part of the target; the rest may be a target that is refused.
        assert!(matches!(status, 400 | 403), "GET {host}: {status}");
        let (status, _) = connect(&session, &format!("{host}:{port}")).await;
        assert!(matches!(status, 0 | 400), "CONNECT {host}: {status}");
        if *host != "::1" {
            assert_eq!(socks(&session, SocksHost::Name(host), port).await.0, 1, "SOCKS5 {host}");
        }
    }
    for authority in ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:+80", ":80", "/", "*"]
    {
        let (status, _) = connect(&session, authority).await;
        assert!(matches!(status, 0 | 400), "CONNECT {authority}: {status}");
    }
    assert_eq!(socks(&session, SocksHost::Name("a.test"), 0).await.0, 1, "port 0");
    assert_eq!(session.close().await.dialled, 0);
    assert_eq!(hits(&servers), 0);
}

#[tokio::test]
async fn a_user_name_does_not_pass_for_the_host() {
    let world = World::new().await;
    let servers = forbidden().await;
    let open = Server::start("127.0.0.2", 0, "open").await;
    let (port, open_port) = (servers[0].port(), open.port());
    let session = world.open("127.0.0.1,::1").await;
    for url in [
        format!("http://127.0.0.2:{open_port}@127.0.0.1:{port}/"),
        format!("http://127.0.0.2@127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}@127.0.0.2:{open_port}/"),
        format!("http://@127.0.0.1:{port}/"),
    ] {
        assert_eq!(get(&session, &url).await.map_or(400, |reply| reply.status), 400, "{url}");
    }
    assert!(matches!(connect(&session, &format!("127.0.0.2@127.0.0.1:{port}")).await.0, 0 | 400));
    assert_eq!((hits(&servers), open.hits()), (0, 0));
}

#[tokio::test]
async fn a_name_that_changes_its_answer_reaches_only_what_was_judged() {
    let world = World::new().await;
    let servers = forbidden().await;
    let open = Server::start("127.0.0.2", servers[0].port(), "open").await;
    let port = open.port();
    let session = world.open("127.0.0.1,::1").await;
    world.names.set("flip.test", &[&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.2"], &["::1"]]);
    let url = format!("http://flip.test:{port}/");
    for expected in [200, 403, 200, 403] {
        let before = world.names.lookups();
        assert_eq!(get(&session, &url).await.expect("an answer").status, expected);
        assert_eq!(world.names.lookups(), before + 1, "one lookup for one connection");
    }
    world.names.set("flip.test", &[&["127.0.0.2"], &["127.0.0.1"]]);
    assert_eq!(connect(&session, &format!("flip.test:{port}")).await.0, 200);
    assert_eq!(connect(&session, &format!("flip.test:{port}")).await.0, 403);
    world.names.set("flip.test", &[&["127.0.0.2"], &["127.0.0.1"]]);
    assert_eq!(socks(&session, SocksHost::Name("flip.test"), port).await.0, 0);
    assert_eq!(socks(&session, SocksHost::Name("flip.test"), port).await.0, 2);
    assert_eq!(hits(&servers), 0);
}

#[tokio::test]
async fn of_many_addresses_only_the_allowed_ones_are_dialled() {
    let world = World::new().await;
    let servers = forbidden().await;
    let open = Server::start("127.0.0.2", servers[0].port(), "open").await;
    let port = open.port();
    let session = world.open("127.0.0.1,::1").await;
    world.names.set("mixed.test", &[&["127.0.0.1", "::1", "127.0.0.2", "::ffff:127.0.0.1"]]);
    let reply = get(&session, &format!("http://mixed.test:{port}/")).await.expect("an answer");
    assert!(reply.body.starts_with("open|"), "{}", reply.body);
    assert_eq!((hits(&servers), open.hits()), (0, 1));
    // The allowed one does not listen: the others are no way out.
    world.names.set("mixed.test", &[&["127.0.0.1", "127.0.0.9", "::1"]]);
    assert_eq!(get(&session, &format!("http://mixed.test:{port}/")).await.expect("an answer").status, 502);
    assert_eq!(hits(&servers), 0);
}

#[tokio::test]
async fn a_redirect_is_a_new_request() {
    let world = World::new().await;
    let servers = forbidden().await;
    let forbidden_url = format!("http://127.0.0.1:{}/", servers[0].port());
    let location = forbidden_url.clone();
    let open = Server::serve("127.0.0.2", 0, move |mut stream| {
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        async move {
            crate::network::read_head(&mut stream).await?;
            stream.write_all(answer.as_bytes()).await
        }
    })
    .await;
    let session = world.open("127.0.0.1").await;
    let reply = get(&session, &format!("http://127.0.0.2:{}/", open.port())).await.expect("an answer");
    assert_eq!(reply.status, 302);
    assert!(reply.head.contains(&format!("Location: {forbidden_url}\r\n")), "{}", reply.head);
    assert_eq!(get(&session, &forbidden_url).await.expect("an answer").status, 403);
    assert_eq!(hits(&servers), 0);
}

#[tokio::test]
async fn a_kept_connection_is_judged_for_each_request() {
    let world = World::new().await;
    let servers = forbidden().await;
    let open = Server::start("127.0.0.2", servers[0].port(), "open").await;
    let port = open.port();
    let session = world.open("127.0.0.1,::1").await;
    let mut stream = reach(&session).await;
    for (host, status) in [("127.0.0.2", 200), ("127.0.0.1", 403), ("127.0.0.2", 200), ("[::1]", 403), ("0x7f.2", 200)]
    {
        // The header names the forbidden host; the request line counts.
        let request = format!("GET http://{host}:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        let reply = exchange(&mut stream, &request).await.expect("an answer");
        assert_eq!(reply.status, status, "{host}: {}", reply.body);
        if status == 200 {
            assert!(reply.body.contains(&format!("|Host: {host}:{port}")), "{}", reply.body);
        }
    }
    assert_eq!(hits(&servers), 0);
}

#[tokio::test]
async fn two_bodies_in_one_are_not_two_requests() {
    let world = World::new().await;
    let open = Server::start("127.0.0.2", 0, "open").await;
    let session = world.open(CLOSED).await;
    let url = format!("http://127.0.0.2:{}/", open.port());
    let inner = "GET http://127.0.0.1/ HTTP/1.1\r\nHost: a\r\n\r\n";
    for framing in [
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Content-Length: +5",
        "Content-Length: 5, 6",
    ] {
        let mut stream = reach(&session).await;
        let request = format!("POST {url} HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n0\r\n\r\n{inner}");
        let reply = exchange(&mut stream, &request).await;
        assert!(reply.as_ref().is_none_or(|reply| matches!(reply.status, 400 | 403)), "{framing}: {reply:?}");
    }
    assert_eq!(open.hits(), 0, "the address is refused");
}

#[tokio::test]
async fn services_of_ours_are_refused_by_every_name() {
    let service = Server::start("127.0.0.4", 0, "service").await;
    let port = service.port();
    let entries = [format!("couchdb.test:{port}")];
    let own = || Own::parse(entries.iter().map(String::as_str)).expect("own").with_local_addresses(|_| false);
    let world = World::with_own(own()).await;
    world.names.set("couchdb.test", &[&["10.9.9.9"]]);
    world.names.set("alias.test", &[&["10.9.9.9"]]);
    let session = world.open("own").await;
    let reply = get(&session, &format!("http://couchdb.test:{port}/")).await.expect("an answer");
    assert_eq!(reply.status, 403, "a name that had no address at the start is refused by name");
    world.proxy.set_own(own()).await;
    for host in ["couchdb.test", "COUCHDB.test.", "alias.test", "10.9.9.9", "[::ffff:10.9.9.9]", "[64:ff9b::a09:909]"] {
        let reply = get(&session, &format!("http://{host}:{port}/")).await.expect("an answer");
        assert_eq!((reply.status, reply.body.contains("operator denies own")), (403, true), "{host}: {}", reply.body);
    }
    let reply = get(&session, &format!("http://127.0.0.4:{port}/")).await.expect("an answer");
    assert_eq!(reply.status, 200, "another address of this machine is not the service");
}

#[tokio::test]
async fn the_address_of_another_session_is_refused_whatever_the_policy() {
    let world = World::new().await;
    let one = world.open("").await;
    let other = world.open("").await;
    for listener in [one.address(), other.address()] {
        let reply = get(&one, &format!("http://{listener}/")).await.expect("an answer");
        assert!(reply.body.contains("the proxy itself listens there"), "{}", reply.body);
        assert_eq!(connect(&one, &listener.to_string()).await.0, 403);
        let mapped = format!("[::ffff:{}]:{}", listener.ip(), listener.port());
        assert_eq!(connect(&one, &mapped).await.0, 403);
    }
    let closed = other.address();
    other.close().await;
    let (status, _) = soon(connect(&one, &closed.to_string())).await;
    assert_eq!(status, 502, "a closed session is nobody's address any more");
}
