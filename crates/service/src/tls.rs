//! TLS to our own servers: who is believed to be one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A file of certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {path}: {problem}", path = path.display())]
pub struct BadCaFile {
    variable: &'static str,
    path: PathBuf,
    problem: String,
}

/// Reads the certificates in a PEM file, for authorities of one's own beside those that the system knows.
///
/// # Errors
/// [`BadCaFile`] with the variable that names the file: it cannot be read, or holds no certificate.
pub fn ca_pem(variable: &'static str, path: &Path) -> Result<String, BadCaFile> {
    let bad = |problem: String| BadCaFile { variable, path: path.to_owned(), problem };
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    let certificates = certificates(&text).map_err(|error| bad(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(certificates).0 == 0 {
        return Err(bad("there is no certificate of an authority in it".to_owned()));
    }
    Ok(text)
}

/// Makes a client that believes the authorities which the system knows and those of `ca_pem`.
pub fn client_config(ca_pem: Option<&str>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    // They have been checked by `ca_pem`.
    roots.add_parsable_certificates(ca_pem.and_then(|text| certificates(text).ok()).unwrap_or_default());
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("ring has the ciphers of TLS 1.2 and 1.3");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::ca_pem;

    #[test]
    fn a_file_without_certificates_is_refused_by_the_name_of_its_variable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let told = || ca_pem("COUCH_DB_CA_FILE (--couch-db-ca-file)", &file).unwrap_err().to_string();
        assert!(told().starts_with("COUCH_DB_CA_FILE (--couch-db-ca-file) /"), "{}", told());
        std::fs::write(&file, "nothing").unwrap();
        assert!(told().ends_with("there is no certificate of an authority in it"), "{}", told());
        std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(told().ends_with("there is no certificate of an authority in it"), "{}", told());
    }
}
