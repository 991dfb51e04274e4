//! A TCP proxy that a test cuts and pauses: an outage of a broker or a database without touching the server.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::background::Background;
use crate::ports;

const REBIND_PAUSE: Duration = Duration::from_millis(20);
const SWITCH_DEADLINE: Duration = Duration::from_secs(20);

/// A proxy on 127.0.0.1 in front of one address. Stops when dropped.
#[derive(Debug)]
pub struct ChaosProxy {
    port: u16,
    line: watch::Sender<Line>,
    /// Whether the proxy accepts connections now.
    listening: watch::Receiver<bool>,
    _thread: Background,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    state: LineState,
    /// Connections of an earlier generation are closed.
    generation: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineState {
    Flowing,
    Paused,
    Cut,
}

impl ChaosProxy {
    /// Forwards to `port` of `host` from a port of its own.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start(host: &str, port: u16) -> Self {
        let own_port = ports::free();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, own_port)).expect("a free port can be bound");
        listener.set_nonblocking(true).expect("a listener can be made non-blocking");
        let line = watch::Sender::new(Line { state: LineState::Flowing, generation: 0 });
        let (upstream, changes) = ((host.to_owned(), port), line.subscribe());
        let (announce, listening) = watch::channel(true);
        let thread = Background::spawn(move || serve(listener, own_port, upstream, changes, announce));
        Self { port: own_port, line, listening, _thread: thread }
    }

    /// Where clients connect, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Closes all connections and refuses new ones until [`Self::resume`].
    pub async fn cut(&self) {
        self.set(LineState::Cut);
        self.wait_until_listening(false).await;
    }

    /// Closes all connections; new ones work.
    pub fn cut_connections(&self) {
        self.line.send_modify(|line| line.generation += 1);
    }

    /// Keeps connections open, and accepts new ones, but no byte passes until [`Self::resume`].
    pub fn pause(&self) {
        self.set(LineState::Paused);
    }

    /// Ends [`Self::cut`] and [`Self::pause`]; held bytes pass.
    pub async fn resume(&self) {
        self.set(LineState::Flowing);
        self.wait_until_listening(true).await;
    }

    async fn wait_until_listening(&self, wanted: bool) {
        let mut listening = self.listening.clone();
        let reached = timeout(SWITCH_DEADLINE, listening.wait_for(|now| *now == wanted)).await;
        assert!(matches!(reached, Ok(Ok(_))), "the proxy could not listen on its port {} again", self.port);
    }

    fn set(&self, state: LineState) {
        self.line.send_modify(|line| {
            line.generation += u64::from(state == LineState::Cut);
            line.state = state;
        });
    }
}

async fn serve(
    listener: std::net::TcpListener,
    port: u16,
    upstream: (String, u16),
    mut line: watch::Receiver<Line>,
    announce: watch::Sender<bool>,
) {
    let mut listener = Some(TcpListener::from_std(listener).expect("a listener moves into the runtime"));
    loop {
        if line.borrow_and_update().state == LineState::Cut {
            // Without a listener the kernel refuses; an accepted connection would already be a success to some clients.
            listener = None;
            announce.send_replace(false);
            if line.wait_for(|line| line.state != LineState::Cut).await.is_err() {
                return;
            }
        }
        let Some(listening) = &listener else {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(bound) => {
                    listener = Some(bound);
                    announce.send_replace(true);
                }
                Err(_) => sleep(REBIND_PAUSE).await,
            }
            continue;
        };
        tokio::select! {
            accepted = listening.accept() => if let Ok((client, _)) = accepted {
                tokio::spawn(relay(client, upstream.clone(), line.clone()));
            },
            changed = line.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

/// One connection: ends when either side ends, or when the line is cut.
async fn relay(client: TcpStream, upstream: (String, u16), mut line: watch::Receiver<Line>) {
    let generation = line.borrow().generation;
    let flowing = line.clone();
    let forward = async move {
        let Ok(server) = TcpStream::connect(upstream).await else { return };
        let (client_in, client_out) = client.into_split();
        let (server_in, server_out) = server.into_split();
        tokio::select! {
            () = pump(client_in, server_out, flowing.clone()) => {}
            () = pump(server_in, client_out, flowing) => {}
        }
    };
    tokio::select! {
        () = forward => {}
        _ = line.wait_for(|line| line.generation != generation) => {}
    }
}

async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut line: watch::Receiver<Line>) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if line.wait_for(|line| line.state == LineState::Flowing).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
