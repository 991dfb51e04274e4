//! Upstream proxies: a session of another proxy is the upstream, or a small server that speaks the protocol by hand.

use std::sync::{Arc, Mutex};

use egress::upstream::ChosenBy;
use egress::{Failure, Layer, Policy, Proxy, Session, SessionOptions, Settings, Target, Upstream};
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::network::{Names, Server, SocksHost, World, connect, exchange, get, reach, read_head, socks, soon};

async fn through(world: &World, url: &str, deny: &str, chosen_by: ChosenBy) -> Session {
    let upstream = Upstream::parse(url, chosen_by).expect("an upstream");
    let policy: Policy = Layer::parse("operator", None, Some(deny)).expect("rules").into();
    world.open_with(SessionOptions { policy, upstream: Some(upstream), ..SessionOptions::default() }).await
}

#[tokio::test]
async fn every_scheme_carries_requests_and_tunnels() {
    let world = World::new().await;
    let server = Server::start("127.0.0.2", 0, "open").await;
    world.names.set("open.test", &[&["127.0.0.2"]]);
    let last = world.open("").await;
    for scheme in ["http", "socks5", "socks5h"] {
        let before = last.counters().dialled;
        let session = through(&world, &format!("{scheme}://{}", last.address()), "", ChosenBy::Operator).await;
        let port = server.port();
        let reply = get(&session, &format!("http://open.test:{port}/path")).await.expect("an answer");
        assert!(reply.body.starts_with("open|GET /path HTTP/1.1|"), "{scheme}: {}", reply.body);
        assert_eq!(connect(&session, &format!("open.test:{port}")).await.0, 200, "{scheme}");
        assert_eq!(socks(&session, SocksHost::Name("open.test"), port).await.0, 0, "{scheme}");
        assert_eq!(last.counters().dialled, before + 3, "{scheme}: all went through the upstream");
        let expected = if scheme == "http" { "http" } else { "socks5" };
        assert_eq!(session.proxy_server(), format!("{expected}://{}", session.address()));
    }
}

/// A proxy that notes the head of each request, and answers it.
async fn noting(answer: &'static str) -> (Server, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&heads);
    let server = Server::serve("127.0.0.5", 0, move |mut stream| {
        let noted = Arc::clone(&noted);
        async move {
            let head = read_head(&mut stream).await?;
            noted.lock().expect("heads").push(head);
            stream.write_all(answer.as_bytes()).await
        }
    })
    .await;
    (server, heads)
}

#[tokio::test]
async fn an_http_upstream_gets_requests_in_full_with_our_credentials() {
    let world = World::new().await;
    let (upstream, heads) = noting("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let session = through(&world, &format!("http://us:pw@{}", upstream.address), "", ChosenBy::Operator).await;
    let mut stream = reach(&session).await;
    let request = "GET http://far.test/x HTTP/1.1\r\nHost: far.test\r\nProxy-Authorization: Basic b3RoZXI6\r\n\r\n";
    assert_eq!(exchange(&mut stream, request).await.expect("an answer").body, "ok");
    assert_eq!(connect(&session, "far.test:443").await.0, 200);
    let heads = heads.lock().expect("heads").clone();
    assert!(heads[0].starts_with("GET http://far.test/x HTTP/1.1\r\n"), "{}", heads[0]);
    assert!(heads[1].starts_with("CONNECT far.test:443 HTTP/1.1\r\n"), "{}", heads[1]);
    for head in heads {
        let head = head.to_ascii_lowercase();
        assert_eq!(head.matches("proxy-authorization").count(), 1, "{head}");
        assert!(head.contains("proxy-authorization: basic dxm6chc=\r\n"), "{head}");
    }
}

#[tokio::test]
async fn an_upstream_that_refuses_is_told_without_its_password() {
    let world = World::new().await;
    let (upstream, _) = noting("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await;
    let session = through(&world, &format!("http://us:hunter2@{}", upstream.address), "", ChosenBy::Operator).await;
    assert_eq!(connect(&session, "far.test:443").await.0, 502);
    let failure = session.failure_of(&Target::new("far.test", 443).expect("a target")).expect("a failure");
    let text = format!("{failure} {failure:?}");
    assert!(text.contains("407") && !text.contains("hunter2"), "{text}");
    assert_eq!(failure.net_error(), "net::ERR_PROXY_CONNECTION_FAILED");
    let reply = get(&session, "http://far.test/").await.expect("an answer");
    assert_eq!(reply.status, 502, "the browser is not asked for the upstream's credentials");
}

#[tokio::test]
async fn an_upstream_that_takes_no_passwords_is_told_by_name() {
    let world = World::new().await;
    let (upstream, _) = noting(
        "HTTP/1.1 407 Who\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    for credentials in ["", "us:hunter2@"] {
        world.reports.0.lock().expect("reports").clear();
        let session = through(&world, &format!("http://{credentials}{}", upstream.address), "", ChosenBy::Job).await;
        assert_eq!(connect(&session, "far.test:443").await.0, 502, "{credentials}");
        assert_eq!(get(&session, "http://far.test/").await.expect("an answer").status, 502, "{credentials}");
        let expected = format!(
            "http://{} takes negotiate and ntlm only, which cannot be chained: let it take Basic, or name a proxy that does",
            upstream.address
        );
        assert_eq!(*world.reports.0.lock().expect("reports"), [expected], "{credentials}");
    }
}

/// A proxy that wants the user `us` with the password `pw`, and notes the first line of each request with them.
async fn wanting() -> (Server, Arc<Mutex<Vec<String>>>) {
    let served = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&served);
    let server = Server::serve("127.0.0.5", 0, move |mut stream| {
        let noted = Arc::clone(&noted);
        async move {
            let head = read_head(&mut stream).await?;
            let answer = if head.to_ascii_lowercase().contains("proxy-authorization: basic dxm6chc=\r\n") {
                noted.lock().expect("heads").push(head.lines().next().unwrap_or_default().to_owned());
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            } else {
                "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"a\"\r\nProxy-Authenticate: Digest realm=\"a\"\r\n\
                 Content-Length: 0\r\n\r\n"
            };
            stream.write_all(answer.as_bytes()).await
        }
    })
    .await;
    (server, served)
}

#[tokio::test]
async fn a_browser_is_asked_for_the_credentials_of_an_upstream_without() {
    let world = World::new().await;
    let (upstream, served) = wanting().await;
    let session = through(&world, &format!("http://{}", upstream.address), "", ChosenBy::Job).await;
    let authorization =
        |line: &str| format!("{line} HTTP/1.1\r\nHost: far.test\r\nProxy-Authorization: Basic dXM6cHc=\r\n\r\n");
    for line in ["GET http://far.test/x", "CONNECT far.test:443"] {
        let mut stream = reach(&session).await;
        let asked =
            exchange(&mut stream, &format!("{line} HTTP/1.1\r\nHost: far.test\r\n\r\n")).await.expect("an answer");
        assert_eq!(asked.status, 407, "{line}");
        let challenges: Vec<&str> =
            asked.head.lines().filter(|line| line.to_ascii_lowercase().starts_with("proxy-authenticate: ")).collect();
        assert_eq!(challenges.len(), 2, "{}", asked.head);
        let served = exchange(&mut stream, &authorization(line)).await.expect("an answer on the same connection");
        assert_eq!(served.status, 200, "{line}");
    }
    assert_eq!(served.lock().expect("heads").len(), 2);
    // Credentials for a proxy are for no target.
    let server = Server::start("127.0.0.2", 0, "straight").await;
    let straight = world.open("").await;
    let mut stream = reach(&straight).await;
    let line = authorization(&format!("GET http://{}/", server.address));
    let reply = exchange(&mut stream, &line).await.expect("an answer");
    assert!(!reply.body.to_ascii_lowercase().contains("authorization"), "{}", reply.body);
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_told() {
    let world = World::new().await;
    let gone = Server::start("127.0.0.5", 0, "gone").await.address;
    for scheme in ["http", "https", "socks5h"] {
        let session = through(&world, &format!("{scheme}://{gone}"), "", ChosenBy::Operator).await;
        assert_eq!(connect(&session, "far.test:443").await.0, 502, "{scheme}");
        let failure = session.failure_of(&Target::new("far.test", 443).expect("a target"));
        assert!(matches!(failure, Some(Failure::Upstream(_))), "{failure:?}");
    }
}

#[tokio::test]
async fn targets_are_judged_before_an_upstream_hears_of_them() {
    let world = World::new().await;
    let (upstream, heads) = noting("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    world.names.set("inside.test", &[&["8.8.8.8", "10.0.0.1"]]);
    let deny = "loopback,link-local,private,*.corp";
    for scheme in ["http", "socks5", "socks5h"] {
        let session = through(&world, &format!("{scheme}://{}", upstream.address), deny, ChosenBy::Operator).await;
        for host in
            ["127.0.0.1", "[::ffff:7f00:1]", "0x7f.1", "localhost", "metadata.google.internal", "a.corp", "inside.test"]
        {
            assert_eq!(
                get(&session, &format!("http://{host}/")).await.expect("an answer").status,
                403,
                "{scheme} {host}"
            );
            assert_eq!(connect(&session, &format!("{host}:443")).await.0, 403, "{scheme} {host}");
            assert_eq!(socks(&session, SocksHost::Name(host), 443).await.0, 2, "{scheme} {host}");
        }
    }
    assert_eq!(upstream.hits(), 0);
    assert!(heads.lock().expect("heads").is_empty());
}

#[tokio::test]
async fn a_kept_connection_to_an_upstream_is_judged_for_each_request() {
    let world = World::new().await;
    world.names.set("flip.test", &[&["8.8.8.8"], &["10.0.0.1"]]);
    let upstream = Server::start("127.0.0.5", 0, "upstream").await;
    let session = through(&world, &format!("http://{}", upstream.address), "private", ChosenBy::Operator).await;
    let mut stream = reach(&session).await;
    let request = "GET http://flip.test/ HTTP/1.1\r\nHost: flip.test\r\n\r\n";
    for status in [200, 403] {
        assert_eq!(exchange(&mut stream, request).await.expect("an answer").status, status);
    }
}

#[tokio::test]
async fn an_upstream_that_a_job_chose_is_a_target_itself() {
    let world = World::new().await;
    let upstream = Server::start("127.0.0.5", 0, "upstream").await;
    let url = format!("http://{}", upstream.address);
    let session = through(&world, &url, "127.0.0.5", ChosenBy::Job).await;
    assert_eq!(get(&session, "http://far.test/").await.expect("an answer").status, 403);
    assert_eq!(connect(&session, "far.test:443").await.0, 403);
    assert_eq!(upstream.hits(), 0);
    assert_eq!(world.reports(), [format!("{} is refused: operator denies 127.0.0.5", upstream.address)]);
    let session = through(&world, &url, "127.0.0.5", ChosenBy::Operator).await;
    assert_eq!(get(&session, "http://far.test/").await.expect("an answer").status, 200);
}

/// A SOCKS5 proxy that wants a password, notes what it is asked for, and connects there when that is an address.
async fn socks_proxy(asked: Arc<Mutex<Vec<String>>>) -> Server {
    Server::serve("127.0.0.5", 0, move |mut stream| {
        let asked = Arc::clone(&asked);
        async move {
            let mut greeting = [0; 4];
            stream.read_exact(&mut greeting).await?;
            assert_eq!(greeting, [5, 2, 0, 2]);
            stream.write_all(&[5, 2]).await?;
            let mut login = [0; 9];
            stream.read_exact(&mut login).await?;
            let right = &login == b"\x01\x02us\x04p@ss";
            stream.write_all(&[1, u8::from(!right)]).await?;
            let mut head = [0; 4];
            stream.read_exact(&mut head).await?;
            let host = match head[3] {
                1 => std::net::Ipv4Addr::from(stream.read_u32().await?).to_string(),
                _ => {
                    let mut name = vec![0; usize::from(stream.read_u8().await?)];
                    stream.read_exact(&mut name).await?;
                    String::from_utf8_lossy(&name).into_owned()
                }
            };
            let port = stream.read_u16().await?;
            asked.lock().expect("asked").push(host.clone());
            let Ok(mut target) = TcpStream::connect((host.as_str(), port)).await else {
                // The address that is bound may be a name.
                return stream.write_all(&[5, 4, 0, 3, 1, b'x', 0, 0]).await;
            };
            stream.write_all(&[5, 0, 0, 4]).await?;
            stream.write_all(&[0; 18]).await?;
            copy_bidirectional(&mut stream, &mut target).await.map(drop)
        }
    })
    .await
}

#[tokio::test]
async fn socks5_is_given_a_judged_address_and_socks5h_the_name() {
    let world = World::new().await;
    let server = Server::start("127.0.0.2", 0, "open").await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let upstream = socks_proxy(Arc::clone(&asked)).await;
    world.names.set("open.test", &[&["127.0.0.2"], &["127.0.0.1"]]);
    let session =
        through(&world, &format!("socks5://us:p%40ss@{}", upstream.address), "127.0.0.1", ChosenBy::Operator).await;
    let url = format!("http://open.test:{}/", server.port());
    assert_eq!(get(&session, &url).await.expect("an answer").status, 200);
    assert_eq!(get(&session, "http://unknown.test/").await.expect("an answer").status, 502);
    let session =
        through(&world, &format!("socks5h://us:p%40ss@{}", upstream.address), "127.0.0.1", ChosenBy::Operator).await;
    assert_eq!(get(&session, "http://unknown.invalid/").await.expect("an answer").status, 502);
    assert_eq!(*asked.lock().expect("asked"), ["127.0.0.2", "unknown.invalid"]);
    let wrong = through(&world, &format!("socks5h://us:nope@{}", upstream.address), "", ChosenBy::Operator).await;
    assert_eq!(get(&wrong, &url).await.expect("an answer").status, 502);
}

#[tokio::test]
async fn an_https_upstream_has_to_have_a_certificate_that_counts() {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["proxy.test".to_owned(), "127.0.0.5".to_owned()])
        .and_then(|params| params.self_signed(&key))
        .expect("a certificate");
    let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(ring::default_provider());
    let server_tls = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("the versions of ring")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(server_tls));
    let target = Server::start("127.0.0.2", 0, "open").await;
    let inner = World::new().await;
    let inner_session = inner.open("").await;
    let last = inner_session.address();
    // TLS in front of a session: an HTTPS proxy.
    let upstream = Server::serve("127.0.0.5", 0, move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await?;
            let mut session = TcpStream::connect(last).await?;
            copy_bidirectional(&mut stream, &mut session).await.map(drop)
        }
    })
    .await;
    let names = Arc::new(Names::default());
    names.set("proxy.test", &[&["127.0.0.5"]]);
    names.set("other.test", &[&["127.0.0.5"]]);
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).expect("a root");
    let trusting = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the versions of ring")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let trusting = Arc::new(trusting);
    for (trust, host, status) in [
        (Some(Arc::clone(&trusting)), "proxy.test", 200),
        (Some(Arc::clone(&trusting)), "127.0.0.5", 200),
        (Some(trusting), "other.test", 502),
        (None, "proxy.test", 502),
    ] {
        let settings = Settings { resolver: names.clone(), upstream_tls: trust, ..Settings::default() };
        let proxy = Proxy::start(settings).await;
        let url = format!("https://{host}:{}", upstream.port());
        let upstream = Some(Upstream::parse(&url, ChosenBy::Operator).expect("an upstream"));
        let session = proxy.open(SessionOptions { upstream, ..SessionOptions::default() }).await.expect("a session");
        let authority = target.address.to_string();
        let (answered, _) = soon(connect(&session, &authority)).await;
        let failure = session.failure_of(&Target::parse_authority(&authority).expect("a target"));
        assert_eq!(answered, status, "CONNECT by {host}: {failure:?}");
        let reply = get(&session, &format!("http://{authority}/")).await.expect("an answer");
        assert_eq!(reply.status, status, "GET by {host}: {}", reply.body);
    }
}
