//! TLS with servers: whose certificates are believed.
//!
//! The authorities come from a file that was opened before the process gave up the right to open files. It is read when the first
//! connection needs it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::dial::Stream;
use crate::error::Error;

/// How large the file of authorities may be, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// Which certificates of servers are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificates {
    /// Valid ones.
    Valid,
    /// All; [`Response::bad_certificate`](crate::Response::bad_certificate) tells of those that are not valid.
    Any,
}

/// The system's certificate authorities, read once.
#[derive(Clone, Default)]
pub struct Roots(Arc<Source>);

#[derive(Default)]
struct Source {
    file: Option<File>,
    read: OnceLock<Arc<RootCertStore>>,
}

impl Roots {
    /// Opens the system's file of authorities. Without one no certificate is valid.
    pub fn open() -> Self {
        let file = openssl_probe::probe().cert_file.and_then(|path| File::open(path).ok());
        Self(Arc::new(Source { file, read: OnceLock::new() }))
    }

    /// These authorities.
    pub fn of(store: RootCertStore) -> Self {
        Self(Arc::new(Source { file: None, read: OnceLock::from(Arc::new(store)) }))
    }

    fn store(&self) -> Arc<RootCertStore> {
        let read = || {
            let mut store = RootCertStore::empty();
            let mut text = Vec::new();
            if let Some(mut file) = self.0.file.as_ref().map(|file| file.take(LARGEST_FILE))
                && file.read_to_end(&mut text).is_ok()
            {
                store.add_parsable_certificates(CertificateDer::pem_slice_iter(&text).flatten());
            }
            Arc::new(store)
        };
        Arc::clone(self.0.read.get_or_init(read))
    }
}

/// What makes TLS connections.
pub(crate) struct Tls {
    roots: Roots,
    certificates: Certificates,
    verifier: OnceLock<(Arc<Verifier>, TlsConnector)>,
}

impl Tls {
    pub(crate) fn new(roots: Roots, certificates: Certificates) -> Self {
        Self { roots, certificates, verifier: OnceLock::new() }
    }

    fn parts(&self) -> &(Arc<Verifier>, TlsConnector) {
        self.verifier.get_or_init(|| {
            let provider = Arc::new(ring::default_provider());
            let inner = WebPkiServerVerifier::builder_with_provider(self.roots.store(), Arc::clone(&provider)).build();
            let verifier = Arc::new(Verifier {
                // It takes no empty store.
                inner: inner.ok(),
                provider: Arc::clone(&provider),
                accepts_any: self.certificates == Certificates::Any,
                bad: Mutex::default(),
            });
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .expect("the provider has the versions that this crate is built with");
            let mut config = config
                .dangerous()
                .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)
                .with_no_client_auth();
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            (verifier, TlsConnector::from(Arc::new(config)))
        })
    }

    /// Begins TLS on a connection.
    pub(crate) async fn connect(
        &self,
        host: &str,
        stream: Box<dyn Stream>,
    ) -> Result<TlsStream<Box<dyn Stream>>, Error> {
        let name =
            ServerName::try_from(without_brackets(host).to_owned()).map_err(|error| Error::Tls(error.to_string()))?;
        self.parts().1.connect(name, stream).await.map_err(|error| match error.get_ref() {
            Some(source) => match source.downcast_ref::<TlsError>() {
                Some(TlsError::InvalidCertificate(reason)) => of_certificate(reason),
                Some(error) => Error::Tls(error.to_string()),
                None => Error::Closed,
            },
            None if error.kind() == std::io::ErrorKind::ConnectionReset => Error::Reset,
            None => Error::Closed,
        })
    }

    /// Tells whether a certificate of the host was believed though it is not valid. Says so once for each host.
    pub(crate) fn take_bad(&self, host: &str) -> bool {
        self.parts().0.bad.lock().unwrap_or_else(PoisonError::into_inner).take(without_brackets(host))
    }
}

/// A host as a certificate names it: an address of IPv6 has brackets in a URL only.
fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Node's code and words for what is wrong with a certificate.
fn of_certificate(reason: &CertificateError) -> Error {
    let (code, message) = match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("CERT_HAS_EXPIRED", "certificate has expired".to_owned())
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("CERT_NOT_YET_VALID", "certificate is not yet valid".to_owned())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match certificate's altnames".to_owned())
        }
        CertificateError::UnknownIssuer => {
            ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate".to_owned())
        }
        CertificateError::Revoked => ("CERT_REVOKED", "certificate revoked".to_owned()),
        other => ("CERT_UNTRUSTED", other.to_string()),
    };
    Error::Certificate { code, message }
}

/// Hosts with a certificate that is not valid.
#[derive(Debug, Default)]
struct BadHosts {
    new: BTreeSet<String>,
    told: BTreeSet<String>,
}

impl BadHosts {
    /// Hosts that are noted at most.
    const MOST: usize = 1000;

    fn note(&mut self, host: String) {
        if self.new.len() + self.told.len() < Self::MOST && !self.told.contains(&host) {
            self.new.insert(host);
        }
    }

    fn take(&mut self, host: &str) -> bool {
        self.new.take(host).is_some_and(|host| self.told.insert(host))
    }
}

/// Verifies as usual, and may believe what is not valid.
#[derive(Debug)]
struct Verifier {
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    accepts_any: bool,
    bad: Mutex<BadHosts>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let verified = match &self.inner {
            Some(inner) => inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        if verified.is_err() && self.accepts_any {
            self.bad.lock().unwrap_or_else(PoisonError::into_inner).note(server_name.to_str().into_owned());
            return Ok(ServerCertVerified::assertion());
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
