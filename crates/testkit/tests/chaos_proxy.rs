//! The chaos proxy in front of an echo server.

use std::time::Duration;

use testkit::chaos_proxy::ChaosProxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

async fn echo_server() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a listener");
    let port = listener.local_addr().expect("a bound listener has an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.split();
                tokio::io::copy(&mut reader, &mut writer).await
            });
        }
    });
    port
}

async fn connect(proxy: &ChaosProxy) -> TcpStream {
    TcpStream::connect(("127.0.0.1", proxy.port())).await.expect("the proxy accepts")
}

async fn echoes(stream: &mut TcpStream) -> bool {
    stream.write_all(b"x").await.is_ok() && matches!(stream.read_u8().await, Ok(b'x'))
}

#[tokio::test]
async fn cut_closes_and_refuses_until_resumed() {
    let proxy = ChaosProxy::start("127.0.0.1", echo_server().await);
    let mut stream = connect(&proxy).await;
    assert!(echoes(&mut stream).await);
    proxy.cut().await;
    assert!(!echoes(&mut stream).await);
    assert!(TcpStream::connect(("127.0.0.1", proxy.port())).await.is_err());
    proxy.resume().await;
    assert!(echoes(&mut connect(&proxy).await).await);
}

#[tokio::test]
async fn paused_bytes_pass_after_resume() {
    let proxy = ChaosProxy::start("127.0.0.1", echo_server().await);
    let mut stream = connect(&proxy).await;
    assert!(echoes(&mut stream).await);
    proxy.pause();
    stream.write_all(b"x").await.unwrap();
    let silence = timeout(Duration::from_millis(100), stream.read_u8()).await;
    assert!(silence.is_err());
    proxy.resume().await;
    assert_eq!(stream.read_u8().await.unwrap(), b'x');
}

#[tokio::test]
async fn cut_connections_spares_new_ones() {
    let proxy = ChaosProxy::start("127.0.0.1", echo_server().await);
    let mut stream = connect(&proxy).await;
    assert!(echoes(&mut stream).await);
    proxy.cut_connections();
    assert!(!echoes(&mut stream).await);
    assert!(echoes(&mut connect(&proxy).await).await);
}
