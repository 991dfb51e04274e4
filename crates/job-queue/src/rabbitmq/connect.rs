//! One attempt to connect.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lapin::options::QueueDeclareOptions;
use lapin::tcp::OwnedTLSConfig;
use lapin::types::{FieldTable, ShortString};
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{AsyncTcpStream, Channel, Connection, ConnectionProperties};
use tokio::time::timeout;

use super::config::{Names, RabbitMqConfig, Tls};
use super::failure::{is_access_refused, is_precondition_failure};

/// lapin keeps buffers of 64 frames per connection. Frames of 32 KiB make that 2 MiB where the broker's default makes 8.
const FRAME_MAX: u32 = 32 * 1024;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("no answer from {address} within {seconds} s")]
    Timeout { address: String, seconds: u64 },
    #[error("{address} refused user {username:?} on virtual host {vhost:?}")]
    Access { address: String, username: String, vhost: String, source: lapin::Error },
    #[error("queue {queue} exists with other properties than durable, without arguments")]
    Mismatch { queue: String, source: lapin::Error },
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

/// Connects and declares the queues.
pub(super) async fn connect(config: &RabbitMqConfig, names: &Names, role: &str) -> Result<Connection, ConnectError> {
    let attempt = Attempt(Socket::default());
    let connected = timeout(config.connect_timeout, handshake(config, role, attempt.0.clone())).await;
    let connection = match connected {
        Ok(Ok(connection)) => connection,
        Ok(Err(source)) if is_access_refused(&source) => {
            let (username, vhost) = (config.username.clone(), config.vhost.clone());
            return Err(ConnectError::Access { address: address(config), username, vhost, source });
        }
        Ok(Err(source)) => return Err(ConnectError::Broken { address: address(config), source }),
        Err(_elapsed) => return Err(too_slow(config)),
    };
    match timeout(config.connect_timeout, declare_queues(&connection, names)).await {
        Ok(Ok(())) => {}
        Ok(Err((queue, source))) if is_precondition_failure(&source) => {
            return Err(ConnectError::Mismatch { queue: queue.to_string(), source });
        }
        Ok(Err((_, source))) => return Err(ConnectError::Broken { address: address(config), source }),
        Err(_elapsed) => return Err(too_slow(config)),
    }
    attempt.succeed();
    Ok(connection)
}

pub(super) fn address(config: &RabbitMqConfig) -> String {
    format!("{}:{}", config.host, config.port)
}

/// The two queues exactly as the predecessor declares them; the broker refuses any other declaration.
pub(super) async fn declare_queue(channel: &Channel, name: ShortString) -> lapin::Result<()> {
    channel.queue_declare(name, QueueDeclareOptions::durable(), FieldTable::default()).await.map(drop)
}

async fn declare_queues(connection: &Connection, names: &Names) -> Result<(), (ShortString, lapin::Error)> {
    for name in names.queues() {
        let declared = async { declare_queue(&connection.create_channel().await?, name.clone()).await };
        declared.await.map_err(|err| (name, err))?;
    }
    Ok(())
}

async fn handshake(config: &RabbitMqConfig, role: &str, socket: Socket) -> lapin::Result<Connection> {
    let properties = ConnectionProperties::default()
        .with_connection_name(format!("{} {role}", config.connection_name).into())
        .with_client_property("product".into(), "puppet-master".into())
        .with_client_property("version".into(), env!("CARGO_PKG_VERSION").into());
    let limit = config.connect_timeout;
    let tls = config.tls.clone();
    let runtime = lapin::runtime::default_runtime()?;
    Connection::connector(
        uri(config),
        runtime,
        async move |uri, runtime| {
            let tcp = async {
                let addresses: Vec<_> =
                    tokio::net::lookup_host((uri.authority.host.as_str(), uri.authority.port)).await?.collect();
                AsyncTcpStream::connect(&runtime, addresses).await
            };
            let stream = timeout(limit, tcp).await.map_err(io::Error::from)??;
            if let AsyncTcpStream::Plain(stream) = &stream {
                socket.hold(stream.get_ref())?;
            }
            let Some(Tls { ca_pem }) = &tls else { return Ok(stream) };
            let secured = OwnedTLSConfig { identity: None, cert_chain: ca_pem.clone() };
            Ok(stream.into_tls(&uri.authority.host, secured.as_ref()).await?)
        },
        properties,
    )
    .await
}

fn uri(config: &RabbitMqConfig) -> AMQPUri {
    let userinfo = AMQPUserInfo { username: config.username.clone(), password: config.password.clone() };
    let heartbeat = u16::try_from(config.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
    AMQPUri {
        scheme: AMQPScheme::AMQP,
        authority: AMQPAuthority { userinfo, host: config.host.clone(), port: config.port },
        vhost: config.vhost.clone(),
        query: AMQPQueryString { heartbeat: Some(heartbeat), frame_max: Some(FRAME_MAX), ..AMQPQueryString::default() },
    }
}

fn too_slow(config: &RabbitMqConfig) -> ConnectError {
    ConnectError::Timeout { address: address(config), seconds: config.connect_timeout.as_secs() }
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
