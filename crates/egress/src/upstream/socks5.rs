//! Asks a SOCKS5 proxy for a tunnel ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928), with the password of
//! [RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)).

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Credentials;
use crate::stream::BoxStream;
use crate::target::{Host, Target};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const PASSWORD: u8 = 2;
const CONNECT: u8 = 1;

/// Returns the tunnel, or what the proxy did instead.
pub(super) async fn tunnel(
    mut stream: BoxStream,
    target: &Target,
    credentials: Option<&Credentials>,
) -> Result<BoxStream, String> {
    let broken = |error: io::Error| format!("broke off: {error}");
    match greet(&mut stream, credentials).await.map_err(broken)? {
        NO_AUTHENTICATION => {}
        PASSWORD => {
            let credentials = credentials.ok_or("wants a password")?;
            if !authenticate(&mut stream, credentials).await.map_err(broken)? {
                return Err("refused the user name and password".to_owned());
            }
        }
        _ => return Err("wants another kind of authentication".to_owned()),
    }
    stream.write_all(&request(target)?).await.map_err(broken)?;
    match read_reply(&mut stream).await.map_err(broken)? {
        0 => Ok(stream),
        code => Err(format!("answered: {}", meaning(code))),
    }
}

async fn greet(stream: &mut BoxStream, credentials: Option<&Credentials>) -> io::Result<u8> {
    let greeting: &[u8] = match credentials {
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, PASSWORD],
        None => &[VERSION, 1, NO_AUTHENTICATION],
    };
    stream.write_all(greeting).await?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await?;
    check_version(answer[0])?;
    Ok(answer[1])
}

async fn authenticate(stream: &mut BoxStream, credentials: &Credentials) -> io::Result<bool> {
    let mut message = vec![1];
    for secret in [&credentials.user, &credentials.password] {
        let text = secret.expose().as_bytes();
        message.push(u8::try_from(text.len()).map_err(io::Error::other)?);
        message.extend_from_slice(text);
    }
    stream.write_all(&message).await?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await?;
    Ok(answer[1] == 0)
}

fn request(target: &Target) -> Result<Vec<u8>, String> {
    let mut request = vec![VERSION, CONNECT, 0];
    match &target.host {
        Host::Address(IpAddr::V4(address)) => {
            request.push(1);
            request.extend_from_slice(&address.octets());
        }
        Host::Address(IpAddr::V6(address)) => {
            request.push(4);
            request.extend_from_slice(&address.octets());
        }
        Host::Name(name) => {
            request.push(3);
            request.push(u8::try_from(name.len()).map_err(|_| "cannot be sent a name that long")?);
            request.extend_from_slice(name.as_bytes());
        }
    }
    request.extend_from_slice(&target.port.to_be_bytes());
    Ok(request)
}

/// Reads the reply with the address that is bound, and returns its code.
async fn read_reply(stream: &mut BoxStream) -> io::Result<u8> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    check_version(head[0])?;
    let address = match head[3] {
        1 => 4,
        4 => 16,
        3 => usize::from(stream.read_u8().await?),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "not an answer of SOCKS5")),
    };
    let mut bound = [0; 255 + 2];
    stream.read_exact(&mut bound[..address + 2]).await?;
    Ok(head[1])
}

fn check_version(version: u8) -> io::Result<()> {
    if version == VERSION {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "not an answer of SOCKS5"))
}

fn meaning(code: u8) -> &'static str {
    match code {
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "general failure",
    }
}
