//! The SOCKS5 side of a session ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)): CONNECT without authentication.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::failure::Failure;
use crate::session::Guard;
use crate::target::{Host, Target, TargetError};
use crate::tunnel;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const NO_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;

/// The codes of a reply.
const SUCCEEDED: u8 = 0;
const GENERAL_FAILURE: u8 = 1;
const NOT_ALLOWED: u8 = 2;
const HOST_UNREACHABLE: u8 = 4;
const CONNECTION_REFUSED: u8 = 5;
const TTL_EXPIRED: u8 = 6;
const COMMAND_NOT_SUPPORTED: u8 = 7;
const ADDRESS_TYPE_NOT_SUPPORTED: u8 = 8;

/// Serves one connection: greeting, request, tunnel. Returns once both sides have ended.
pub(crate) async fn serve<S>(stream: &mut S, guard: &Guard) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if !greet(stream).await? {
        return Ok(());
    }
    let target = match read_request(stream).await? {
        Ok(target) => target,
        Err(code) => return reply(stream, code).await,
    };
    match guard.dial(&target, None).await {
        Ok(mut dialled) => {
            reply(stream, SUCCEEDED).await?;
            tunnel::run(stream, &mut *dialled).await
        }
        Err(failure) => reply(stream, code_of(&failure)).await,
    }
}

/// Answers the greeting and tells whether the browser can do without authentication.
async fn greet<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<bool> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await?;
    let mut methods = [0; 255];
    let methods = &mut methods[..usize::from(head[1])];
    stream.read_exact(methods).await?;
    let possible = methods.contains(&NO_AUTHENTICATION);
    stream.write_all(&[VERSION, if possible { NO_AUTHENTICATION } else { NO_METHOD }]).await?;
    Ok(possible)
}

/// Reads the request: the target, or the code that answers a request that is not understood.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Result<Target, u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [version, command, _, address_type] = head;
    if version != VERSION {
        return Ok(Err(GENERAL_FAILURE));
    }
    let host = match address_type {
        1 => Ok(Host::Address(Ipv4Addr::from(stream.read_u32().await?).into())),
        4 => Ok(Host::Address(std::net::IpAddr::from(Ipv6Addr::from(stream.read_u128().await?)).to_canonical())),
        3 => {
            let mut name = vec![0; usize::from(stream.read_u8().await?)];
            stream.read_exact(&mut name).await?;
            std::str::from_utf8(&name).map_err(|_| TargetError::Host(String::new())).and_then(Host::parse)
        }
        _ => return Ok(Err(ADDRESS_TYPE_NOT_SUPPORTED)),
    };
    let port = stream.read_u16().await?;
    if command != CONNECT {
        return Ok(Err(COMMAND_NOT_SUPPORTED));
    }
    match host {
        Ok(host) if port > 0 => Ok(Ok(Target { host, port })),
        _ => Ok(Err(GENERAL_FAILURE)),
    }
}

/// Sends a reply. It names no bound address: browsers do not read it.
async fn reply<S: AsyncWrite + Unpin>(stream: &mut S, code: u8) -> io::Result<()> {
    stream.write_all(&[VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0]).await
}

fn code_of(failure: &Failure) -> u8 {
    match failure {
        Failure::Refused(_) | Failure::LimitReached(_) => NOT_ALLOWED,
        Failure::NameNotResolved | Failure::AddressUnreachable => HOST_UNREACHABLE,
        Failure::ConnectionRefused => CONNECTION_REFUSED,
        Failure::TimedOut => TTL_EXPIRED,
        Failure::Malformed(_)
        | Failure::ConnectionFailed
        | Failure::Upstream(_)
        | Failure::CredentialsWanted { .. } => GENERAL_FAILURE,
    }
}
