//! Serves HTTP to strangers.
//!
//! Nobody keeps a connection without using it: a request's head has its time, and so has the pause before the next one. What
//! is under way is not bounded here, except that an answer nobody reads ends: waiting for a job, following its events and
//! sending a large body slowly are what the API is for. Connections are limited; beyond the limit a few more are taken for
//! health checks, and whoever holds one of those without asking anything makes room for the next.

mod connection;
mod door;
mod waiting_room;
mod watch;
mod watched_stream;

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::connection::{Shared, Visit};
pub use self::door::{Door, DoorEvent, OnDoorEvent};
use self::waiting_room::WaitingRoom;
use self::watch::Watch;

/// How long nothing is accepted after the system had no descriptor or no memory for a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// A server's two faces, and its door.
pub struct HttpServer {
    /// What is served.
    pub app: Router,
    /// What is served to connections beyond [`Door::most_connections`]: health checks, and a refusal of everything else.
    pub checks: Router,
    /// How long connections may be held, and how many.
    pub door: Door,
    /// Hears what happens.
    pub told: OnDoorEvent,
}

impl HttpServer {
    /// Serves until `stop`, then answers what is under way. Dropping the future closes all connections.
    ///
    /// The future is boxed, so that the protocols are compiled in this crate and not once more in each that serves.
    pub fn serve(self, listener: TcpListener, stop: CancellationToken) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.serve_until(stop, listener))
    }

    async fn serve_until(self, stop: CancellationToken, listener: TcpListener) {
        let Self { app, checks, door, told } = self;
        let places = Arc::new(Semaphore::new(door.most_connections));
        let room = Arc::new(WaitingRoom::default());
        let app = Arc::new(Shared { router: app, door, told: told.clone(), stop: stop.clone() });
        let checks = Arc::new(Shared { router: checks, door, told: told.clone(), stop: stop.clone() });
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                // The client went away between its call and our answer.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
                    ) =>
                {
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let watch = Watch::new();
            let visit = match places.clone().try_acquire_owned() {
                Ok(place) => Visit::Guest(place),
                Err(_) => {
                    told(DoorEvent::TurnedAway);
                    // The next ones wait at the door meanwhile: those in the room are to have their time.
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = room.has_room() => {}
                    }
                    let Some(place) = room.enter(&watch) else { continue };
                    Visit::Check(place)
                }
            };
            let shared = if matches!(visit, Visit::Guest(_)) { app.clone() } else { checks.clone() };
            connections.spawn(connection::serve(stream, peer, watch, visit, shared));
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use axum::Router;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::timeout;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::AbortOnDropHandle;

    use super::{Door, DoorEvent, HttpServer};

    const LONG: Duration = Duration::from_secs(20);

    struct Running {
        port: u16,
        timed_out: Arc<AtomicUsize>,
        stop: CancellationToken,
        task: AbortOnDropHandle<()>,
    }

    async fn start(most_connections: usize, idle_timeout: Duration) -> Running {
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(900)).await;
            "slow"
        };
        let app = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/slow", get(slow))
            .route("/upload", post(|body: String| async move { body.len().to_string() }));
        let checks = Router::new().route("/livez", get(|| async { "ok" }));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (timed_out, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let counted = timed_out.clone();
        let told = Arc::new(move |event| {
            if event == DoorEvent::TimedOut {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        let door = Door { header_timeout: Duration::from_millis(300), idle_timeout, most_connections };
        let server = HttpServer { app, checks, door, told };
        let task = AbortOnDropHandle::new(tokio::spawn(server.serve(listener, stop.clone())));
        Running { port, timed_out, stop, task }
    }

    async fn connect(running: &Running) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, running.port)).await.unwrap()
    }

    /// Everything until the server closes the connection.
    async fn rest(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        // A connection that is cut off may end by a reset.
        let _ = timeout(LONG, stream.read_to_end(&mut text)).await.expect("the server closes");
        String::from_utf8_lossy(&text).into_owned()
    }

    async fn ask(running: &Running, path: &str) -> String {
        let mut stream = connect(running).await;
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        rest(stream).await
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_closes_the_connection() {
        let running = start(10, LONG).await;
        let silent = connect(&running).await;
        let mut slow = connect(&running).await;
        let dripping = async {
            while slow.write_all(b"G").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(LONG, dripping).await.expect("the server closes");
        assert_eq!(rest(silent).await, "");
        assert_eq!(running.timed_out.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_connection_is_kept_between_requests_for_its_time() {
        let running = start(10, Duration::from_millis(600)).await;
        let mut stream = connect(&running).await;
        for _ in 0..2 {
            stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            let mut answer = [0; 1000];
            let length = timeout(LONG, stream.read(&mut answer)).await.unwrap().unwrap();
            assert!(answer[..length].ends_with(b"here"));
        }
        assert_eq!(rest(stream).await, "");
        assert_eq!(running.timed_out.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_is_under_way_has_all_the_time() {
        let running = start(10, Duration::from_millis(100)).await;
        assert!(ask(&running, "/slow").await.ends_with("slow"));
        let mut stream = connect(&running).await;
        stream
            .write_all(b"POST /upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 8\r\n\r\n")
            .await
            .unwrap();
        for _ in 0..8 {
            stream.write_all(b"x").await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(rest(stream).await.ends_with("\r\n\r\n8"));
        assert_eq!(running.timed_out.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn health_is_answered_when_all_places_are_taken() {
        let running = start(2, LONG).await;
        let mut taken = Vec::new();
        for _ in 0..60 {
            let mut stream = connect(&running).await;
            stream.write_all(b"G").await.unwrap();
            taken.push(stream);
        }
        assert!(ask(&running, "/livez").await.ends_with("ok"));
        assert!(ask(&running, "/slow").await.starts_with("HTTP/1.1 404"), "checks alone are served");
        for stream in taken {
            rest(stream).await;
        }
        assert!(ask(&running, "/slow").await.ends_with("slow"), "there is room again");
    }

    #[tokio::test]
    async fn stopping_answers_what_is_under_way() {
        let running = start(10, LONG).await;
        let idle = connect(&running).await;
        let (answer, ()) = tokio::join!(ask(&running, "/slow"), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            running.stop.cancel();
        });
        assert!(answer.ends_with("slow"));
        assert_eq!(rest(idle).await, "");
        timeout(LONG, running.task).await.unwrap().unwrap();
    }
}
