//! Plain HTTP requests: what passes, what stays behind, what happens when the target does not answer as it should.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::network::{Server, World, exchange, get, reach, read_head, read_reply, soon, until};

#[tokio::test]
async fn a_request_reaches_the_target_as_it_was_sent() {
    let world = World::new().await;
    let server = Server::start("127.0.0.2", 0, "open").await;
    let session = world.open("").await;
    let port = server.port();
    let mut stream = reach(&session).await;
    let request = format!(
        "GET http://127.0.0.2:{port}/a%20b?q=`|{{}}^[]\\&c=%zz HTTP/1.1\r\nHost: 127.0.0.2:{port}\r\nX-CaSe: Kept\r\nx-empty:\r\n\
         Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\
         Accept: b\r\nAccept: a\r\n\r\n"
    );
    let reply = exchange(&mut stream, &request).await.expect("an answer");
    assert_eq!(reply.status, 200);
    let lines: Vec<&str> = reply.body.split("|").collect();
    assert!(reply.body.starts_with("open|GET /a%20b?q=`|{}^[]\\&c=%zz HTTP/1.1|"), "{}", reply.body);
    for kept in ["X-CaSe: Kept", "Accept: b", "Accept: a"] {
        assert!(lines.contains(&kept), "{kept} of {}", reply.body);
    }
    for gone in ["Proxy-", "X-Hop", "Via", "Forwarded"] {
        assert!(!reply.body.contains(gone), "{gone} in {}", reply.body);
    }
    let again = format!("GET http://127.0.0.2:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(exchange(&mut stream, &again).await.expect("an answer").status, 200);
    assert_eq!(server.hits(), 1, "both connections are kept");
    let counters = session.close().await;
    assert_eq!((counters.connections, counters.dialled, counters.open), (1, 1, 0));
    assert!(counters.bytes_up > 200 && counters.bytes_down > 200, "{counters:?}");
}

#[tokio::test]
async fn an_answer_passes_with_its_reason_and_its_headers() {
    let world = World::new().await;
    let answer = "HTTP/1.1 404 Gone Fishing\r\nX-OdD: \u{e9}\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\n\
                  Content-Length: 2\r\n\r\nhi";
    let server = Server::serve("127.0.0.2", 0, move |mut stream| async move {
        read_head(&mut stream).await?;
        stream.write_all(answer.as_bytes()).await
    })
    .await;
    let session = world.open("").await;
    let reply = get(&session, &format!("http://127.0.0.2:{}/", server.port())).await.expect("an answer");
    assert_eq!(reply.body, "hi");
    assert_eq!(
        reply.head,
        "HTTP/1.1 404 Gone Fishing\r\nX-OdD: \u{e9}\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\n"
    );
}

#[tokio::test]
async fn bodies_are_streamed_both_ways() {
    let world = World::new().await;
    // Sends back each chunk when it comes: an answer only ends after the request went through in parts.
    let server = Server::serve("127.0.0.2", 0, |mut stream| async move {
        let head = read_head(&mut stream).await?;
        assert!(head.to_ascii_lowercase().contains("transfer-encoding: chunked"), "{head}");
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
        let mut buffer = [0; 1024];
        loop {
            let read = stream.read(&mut buffer).await?;
            if read == 0 {
                return Ok(());
            }
            stream.write_all(&buffer[..read]).await?;
        }
    })
    .await;
    let session = world.open("").await;
    let mut stream = reach(&session).await;
    let head =
        format!("POST http://127.0.0.2:{}/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", server.port());
    stream.write_all(head.as_bytes()).await.expect("sent");
    assert!(soon(read_head(&mut stream)).await.expect("a head").starts_with("HTTP/1.1 200 OK"));
    for chunk in ["5\r\nfirst\r\n", "6\r\nsecond\r\n", "0\r\n\r\n"] {
        stream.write_all(chunk.as_bytes()).await.expect("sent");
        let mut echo = vec![0; chunk.len()];
        soon(stream.read_exact(&mut echo)).await.expect("the chunk comes back before the next one goes");
        assert_eq!(String::from_utf8_lossy(&echo), chunk);
    }
}

#[tokio::test]
async fn the_answer_to_head_keeps_its_length_and_has_no_body() {
    let world = World::new().await;
    let server = Server::serve("127.0.0.2", 0, |mut stream| async move {
        while !read_head(&mut stream).await?.is_empty() {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n").await?;
        }
        Ok(())
    })
    .await;
    let session = world.open("").await;
    let mut stream = reach(&session).await;
    for _ in 0..2 {
        let request = format!("HEAD http://127.0.0.2:{}/ HTTP/1.1\r\nHost: a\r\n\r\n", server.port());
        stream.write_all(request.as_bytes()).await.expect("sent");
        assert_eq!(
            soon(read_head(&mut stream)).await.expect("a head"),
            "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"
        );
    }
}

#[tokio::test]
async fn an_upgrade_turns_the_connection_into_a_tunnel() {
    let world = World::new().await;
    let server = Server::serve("127.0.0.2", 0, |mut stream| async move {
        let head = read_head(&mut stream).await?;
        assert!(head.contains("Upgrade: websocket\r\n") && head.contains("Connection: Upgrade\r\n"), "{head}");
        stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst")
            .await?;
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await.map(drop)
    })
    .await;
    let session = world.open("").await;
    let mut stream = reach(&session).await;
    let request = format!(
        "GET http://127.0.0.2:{}/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        server.port()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let head = soon(read_head(&mut stream)).await.expect("a head");
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n") && head.contains("Upgrade: websocket"), "{head}");
    stream.write_all(b"-echo").await.expect("sent");
    let mut echo = [0; 10];
    soon(stream.read_exact(&mut echo)).await.expect("an echo");
    assert_eq!(&echo, b"first-echo");
    stream.shutdown().await.expect("closed");
    assert_eq!(soon(stream.read(&mut echo)).await.expect("an end"), 0);
    until(|| session.counters().open == 0).await;
}

#[tokio::test]
async fn a_target_that_says_nothing_gets_no_answer_made_up() {
    let world = World::new().await;
    let server =
        Server::serve("127.0.0.2", 0, |mut stream| async move { read_head(&mut stream).await.map(drop) }).await;
    let session = world.open("").await;
    assert_eq!(get(&session, &format!("http://127.0.0.2:{}/", server.port())).await, None);
}

#[tokio::test]
async fn a_body_that_breaks_off_breaks_off_for_the_browser() {
    let world = World::new().await;
    let server = Server::serve("127.0.0.2", 0, |mut stream| async move {
        read_head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await
    })
    .await;
    let session = world.open("").await;
    let mut stream = reach(&session).await;
    let request = format!("GET http://127.0.0.2:{}/ HTTP/1.1\r\nHost: a\r\n\r\n", server.port());
    stream.write_all(request.as_bytes()).await.expect("sent");
    assert!(soon(read_head(&mut stream)).await.expect("a head").contains("100"));
    let mut body = Vec::new();
    soon(stream.read_to_end(&mut body)).await.ok();
    assert_eq!(body, b"half");
}

#[tokio::test]
async fn a_kept_target_that_closed_is_dialled_again() {
    let world = World::new().await;
    // Each connection answers once, and then closes without having said so.
    let server = Server::serve("127.0.0.2", 0, |mut stream| async move {
        read_head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await
    })
    .await;
    let session = world.open("").await;
    let mut stream = reach(&session).await;
    let request = format!("GET http://127.0.0.2:{}/ HTTP/1.1\r\nHost: a\r\n\r\n", server.port());
    let mut answered = 0;
    for _ in 0..5 {
        // Between the close and its notice the request may be lost, as it would be without a proxy; the browser then asks again.
        match exchange(&mut stream, &request).await {
            Some(reply) => answered += usize::from(reply.body == "ok"),
            None => stream = reach(&session).await,
        }
    }
    assert!(answered >= 2 && server.hits() >= answered, "{answered} answers, {} connections", server.hits());
}

#[tokio::test]
async fn a_target_cannot_ask_for_credentials_of_a_proxy() {
    let world = World::new().await;
    let server = Server::serve("127.0.0.2", 0, |mut stream| async move {
        read_head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n").await
    })
    .await;
    let session = world.open("").await;
    let reply = get(&session, &format!("http://127.0.0.2:{}/", server.port())).await.expect("an answer");
    assert_eq!(reply.status, 502);
    assert!(!reply.head.to_ascii_lowercase().contains("proxy-authenticate"), "{}", reply.head);
}

#[tokio::test]
async fn answers_that_browsers_put_up_with_pass() {
    let world = World::new().await;
    for (answer, status) in [
        (&b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"[..], 200),
        (b"HTTP/1.1 200 OK\r\nX Bad Name: 1\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n", 304),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
    ] {
        let server = Server::serve("127.0.0.2", 0, move |mut stream| async move {
            read_head(&mut stream).await?;
            stream.write_all(answer).await
        })
        .await;
        let session = world.open("").await;
        let mut stream = reach(&session).await;
        let request = format!("GET http://127.0.0.2:{}/ HTTP/1.1\r\nHost: a\r\n\r\n", server.port());
        stream.write_all(request.as_bytes()).await.expect("sent");
        let reply = soon(read_reply(&mut stream)).await;
        assert_eq!(reply.map(|reply| reply.status), Some(status), "{}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn what_is_not_for_a_proxy_is_said() {
    let world = World::new().await;
    let session = world.open("").await;
    for url in ["/", "https://a.test/", "ftp://a.test/", "ws://a.test/", "*"] {
        assert_eq!(get(&session, url).await.map_or(400, |reply| reply.status), 400, "{url}");
    }
}
