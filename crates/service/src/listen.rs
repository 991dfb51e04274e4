//! Listening for connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use clap::Args;
use tokio::net::TcpListener;

use crate::config::address;

/// Where the API is.
#[derive(Clone, Debug, Args)]
pub struct ListenArgs {
    /// Address to listen on, such as 127.0.0.1 or ::1. Default: every address of the machine; in `puppet-master up`
    /// 127.0.0.1.
    #[arg(id = "listen_address", long = "listen-address", env = "LISTEN_ADDRESS", value_name = "ADDRESS",
          value_parser = address)]
    pub address: Option<IpAddr>,
    /// Port to listen on.
    #[arg(id = "listen_port", long = "listen-port", env = "LISTEN_PORT", value_name = "PORT", default_value_t = 3000)]
    pub port: u16,
}

/// Listens on one address, or on every address of both families, or on IPv4 alone where there is no other.
///
/// # Errors
/// The system's, when the address is not this machine's or the port is taken.
pub async fn listen(address: Option<IpAddr>, port: u16) -> io::Result<TcpListener> {
    if let Some(address) = address {
        return TcpListener::bind((address, port)).await;
    }
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await
        }
        listener => listener,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use tokio::net::TcpStream;

    use super::listen;

    #[tokio::test]
    async fn no_address_means_every_address() {
        let listener = listen(None, 0).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    }

    #[tokio::test]
    async fn an_address_is_the_only_one() {
        let listener = listen(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        assert!(TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).await.is_err());
        assert!(listen(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), port).await.is_err());
    }
}
