//! TLS in front of a server that has none, with a certificate of an authority of the test's own.

use std::net::Ipv4Addr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::background::Background;
use crate::ports;

/// Listens on 127.0.0.1 and forwards what it decrypts. Stops when dropped.
#[derive(Debug)]
pub struct TlsTerminator {
    /// Where clients connect: its certificate is for `localhost` and 127.0.0.1.
    pub port: u16,
    /// The certificate of the authority, which no system knows.
    pub ca_pem: String,
    _thread: Background,
}

impl TlsTerminator {
    /// In front of `port` of `host`.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start(host: &str, port: u16) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(names).expect("names").signed_by(&key, &authority).expect("signed");
        let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a private key");
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("a certificate with its key");
        let own_port = ports::free();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, own_port)).expect("a free port can be bound");
        listener.set_nonblocking(true).expect("a listener can be made non-blocking");
        let upstream = (host.to_owned(), port);
        let thread = Background::spawn(move || serve(listener, TlsAcceptor::from(Arc::new(server)), upstream));
        Self { port: own_port, ca_pem: authority.pem(), _thread: thread }
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, upstream: (String, u16)) {
    let listener = TcpListener::from_std(listener).expect("a listener of this thread's runtime");
    while let Ok((client, _)) = listener.accept().await {
        let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
        tokio::spawn(async move {
            // A client that does not believe us, and a server that is away, end the connection.
            let Ok(mut client) = acceptor.accept(client).await else { return };
            let Ok(mut server) = TcpStream::connect(upstream).await else { return };
            let _ = copy_bidirectional(&mut client, &mut server).await;
        });
    }
}
