//! One attempt to connect.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lapin::types::ShortString;
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties};
use tokio::time::timeout;

use super::config::{Names, Node, RabbitMqConfig};
use super::declare::QueueType;
use super::failure::{is_access_refused, is_precondition_failure};
use super::transport;

/// lapin keeps buffers of 64 frames per connection. Frames of 32 KiB make that 2 MiB where the broker's default makes 8.
const FRAME_MAX: u32 = 32 * 1024;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("no answer from {address} within {seconds} s")]
    Timeout { address: String, seconds: u64 },
    #[error("{address} refused user {username:?} on virtual host {vhost:?}")]
    Access { address: String, username: String, vhost: String, source: lapin::Error },
    #[error(
        "queue {queue} exists with other properties than QUEUE_TYPE={} declares: set QUEUE_TYPE to the type that the queue \
         has, or empty and delete the queue, as \"Classic and quorum queues\" in docs/UPGRADING.md says",
        queue_type.as_str()
    )]
    Mismatch { queue: String, queue_type: QueueType, source: lapin::Error },
    #[error("no connection to {address}")]
    Broken { address: String, source: lapin::Error },
    #[error("not connected to {address} yet")]
    NotYet { address: String },
}

impl ConnectError {
    /// Whether only a person can help, so that a slower pace will do.
    pub(super) fn is_lasting(&self) -> bool {
        matches!(self, Self::Access { .. } | Self::Mismatch { .. })
    }
}

/// Connects to a node and declares the queues.
pub(super) async fn connect(
    config: &RabbitMqConfig,
    names: &Names,
    role: &str,
    node: &Node,
) -> Result<Connection, ConnectError> {
    let attempt = Attempt(Socket::default());
    let connected = timeout(config.connect_timeout, handshake(config, role, node, attempt.0.clone())).await;
    let too_slow = || ConnectError::Timeout { address: node.to_string(), seconds: config.connect_timeout.as_secs() };
    let connection = match connected {
        Ok(Ok(connection)) => connection,
        Ok(Err(source)) if is_access_refused(&source) => {
            let (username, vhost) = (config.username.clone(), config.vhost.clone());
            return Err(ConnectError::Access { address: node.to_string(), username, vhost, source });
        }
        Ok(Err(source)) => return Err(ConnectError::Broken { address: node.to_string(), source }),
        Err(_elapsed) => return Err(too_slow()),
    };
    match timeout(config.connect_timeout, declare_queues(&connection, names, config.queue_type)).await {
        Ok(Ok(())) => {}
        Ok(Err((queue, source))) if is_precondition_failure(&source) => {
            return Err(ConnectError::Mismatch { queue: queue.to_string(), queue_type: config.queue_type, source });
        }
        Ok(Err((_, source))) => return Err(ConnectError::Broken { address: node.to_string(), source }),
        Err(_elapsed) => return Err(too_slow()),
    }
    attempt.succeed();
    Ok(connection)
}

async fn declare_queues(
    connection: &Connection,
    names: &Names,
    queue_type: QueueType,
) -> Result<(), (ShortString, lapin::Error)> {
    for name in names.queues() {
        queue_type.declare(connection, &name).await.map_err(|err| (name, err))?;
    }
    Ok(())
}

async fn handshake(config: &RabbitMqConfig, role: &str, node: &Node, socket: Socket) -> lapin::Result<Connection> {
    let properties = ConnectionProperties::default()
        .with_connection_name(format!("{} {role}", config.connection_name).into())
        .with_client_property("product".into(), "puppet-master".into())
        .with_client_property("version".into(), env!("CARGO_PKG_VERSION").into());
    let limit = config.connect_timeout;
    let tls = config.tls.clone();
    Connection::connector(
        uri(config, node),
        transport::runtime(),
        async move |uri, _runtime| {
            let node = (uri.authority.host.as_str(), uri.authority.port);
            let opened = transport::open(node, tls.as_ref(), |stream| socket.hold(stream));
            Ok(AsyncTcpStream::Plain(timeout(limit, opened).await.map_err(io::Error::from)??))
        },
        properties,
    )
    .await
}

fn uri(config: &RabbitMqConfig, node: &Node) -> AMQPUri {
    let userinfo = AMQPUserInfo { username: config.username.clone(), password: config.password.clone() };
    let heartbeat = u16::try_from(config.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
    AMQPUri {
        scheme: AMQPScheme::AMQP,
        authority: AMQPAuthority { userinfo, host: node.host.clone(), port: node.port },
        vhost: config.vhost.clone(),
        query: AMQPQueryString { heartbeat: Some(heartbeat), frame_max: Some(FRAME_MAX), ..AMQPQueryString::default() },
    }
}

/// A second handle on the socket of an attempt. lapin watches for silence only once connected, so a peer that accepts
/// and never answers would keep lapin's thread for ever: an attempt that is given up shuts its socket down.
#[derive(Clone, Default)]
struct Socket(Arc<Mutex<SocketState>>);

#[derive(Default)]
enum SocketState {
    #[default]
    Connecting,
    Handshaking(TcpStream),
    Connected,
    GivenUp,
}

impl Socket {
    fn state(&self) -> MutexGuard<'_, SocketState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, stream: &impl AsFd) -> io::Result<()> {
        let mut state = self.state();
        if matches!(*state, SocketState::GivenUp) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        *state = SocketState::Handshaking(TcpStream::from(stream.as_fd().try_clone_to_owned()?));
        Ok(())
    }
}

/// Gives the attempt up when dropped before it succeeded.
struct Attempt(Socket);

impl Attempt {
    fn succeed(self) {
        *self.0.state() = SocketState::Connected;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if matches!(*state, SocketState::Connected) {
            return;
        }
        if let SocketState::Handshaking(socket) = std::mem::replace(&mut *state, SocketState::GivenUp) {
            // Fails only when the peer closed it already, which is as good.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
