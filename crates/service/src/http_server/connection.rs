//! One connection from its first byte to its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::door::{Door, DoorEvent, OnDoorEvent};
use super::waiting_room::RoomPlace;
use super::watch::{UnderWay, Watch};
use super::watched_stream::WatchedStream;

/// A connection is looked at so often in the time that a head may take.
const LOOKS: u32 = 4;

/// What all connections of a kind share.
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) door: Door,
    pub(super) told: OnDoorEvent,
    pub(super) stop: CancellationToken,
}

/// What a connection may be used for.
pub(super) enum Visit {
    /// Everything, in a place of its own.
    Guest(#[allow(dead_code, reason = "held until the connection ends")] OwnedSemaphorePermit),
    /// One health check, in the room for those.
    Check(RoomPlace),
}

/// Serves the connection until either side ends it.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, watch: Arc<Watch>, visit: Visit, shared: Arc<Shared>) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    // The watch does it: hyper's own time for heads runs between two requests, too.
    http.http1().timer(TokioTimer::new()).header_read_timeout(None);
    let sent_away = match &visit {
        Visit::Guest(_) => CancellationToken::new(),
        Visit::Check(place) => {
            http.http1().keep_alive(false);
            place.sent_away.clone()
        }
    };
    // An answer that is written in pieces would wait for the client's delayed acknowledgement, 40 ms on Linux.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY on a connection");
    }
    (shared.told)(DoorEvent::Opened);
    let io = TokioIo::new(WatchedStream::new(stream, watch.clone()));
    let (router, watched) = (shared.router.clone(), watch.clone());
    let service = service_fn(move |request| answer(router.clone(), request, peer, watched.begin()));
    let mut connection = pin!(http.serve_connection(io, service));
    let mut stopping = false;
    loop {
        let now = Instant::now();
        let due = watch.due(&shared.door);
        if due.is_some_and(|due| due <= now) {
            (shared.told)(DoorEvent::TimedOut);
            break;
        }
        let next_look = now + shared.door.header_timeout / LOOKS;
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                break;
            }
            () = shared.stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sent_away.cancelled() => break,
            () = sleep_until(due.map_or(next_look, |due| due.min(next_look))) => {}
        }
    }
    (shared.told)(DoorEvent::Closed);
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    under_way: UnderWay,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request).await?;
    Ok(response.map(|body| Body::new(Answering { body, _under_way: under_way })))
}

/// The body of an answer, whose request is under way until the last of it is sent.
struct Answering {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
