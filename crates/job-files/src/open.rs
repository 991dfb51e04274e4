//! From an address to a store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use url::Url;

use crate::http_client::Connector;
use crate::{FilesError, JobFiles};

/// How long a request is tried: whoever asks tries again, and says so.
const RETRY: Duration = Duration::from_secs(20);

impl JobFiles {
    /// Opens the store at an address: `file:///folder`, `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix`.
    ///
    /// Credentials, region and endpoint come from the variables that the providers' own tools read: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL` and so on. An endpoint with `http:` is taken at its word.
    /// Nothing is asked of the store yet.
    ///
    /// # Errors
    /// [`FilesError::Url`], which says what is wrong.
    pub fn open(address: &str) -> Result<Self, FilesError> {
        let refused =
            |reason: &dyn std::fmt::Display| FilesError::Url { url: shown(address), reason: reason.to_string() };
        let url = Url::parse(address).map_err(|error| {
            refused(&format_args!(
                "{error}, expected file:///FOLDER, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX or gs://BUCKET/PREFIX"
            ))
        })?;
        if url.scheme() == "file" {
            let folder = url.to_file_path().map_err(|()| refused(&"expected file:///FOLDER"))?;
            return Self::in_folder(&folder);
        }
        let prefix = Path::from_url_path(url.path()).map_err(|error| refused(&error))?;
        let name = shown(address);
        match url.scheme() {
            "s3" | "s3a" => {
                let builder = AmazonS3Builder::from_env().with_url(bucket(&url)).with_retry(retries());
                Self::in_cloud(builder.with_http_connector(Connector).build(), prefix, name)
            }
            "az" | "azure" | "abfs" | "abfss" => {
                let builder = MicrosoftAzureBuilder::from_env().with_url(bucket(&url)).with_retry(retries());
                Self::in_cloud(builder.with_http_connector(Connector).build(), prefix, name)
            }
            "gs" => {
                let builder = GoogleCloudStorageBuilder::from_env().with_url(bucket(&url)).with_retry(retries());
                Self::in_cloud(builder.with_http_connector(Connector).build(), prefix, name)
            }
            other => Err(refused(&format_args!("{other}: is not one of file:, s3:, az: and gs:"))),
        }
    }

    /// Opens the store in a folder, which is made.
    ///
    /// # Errors
    /// [`FilesError::Url`] when the folder cannot be made.
    pub fn in_folder(folder: &std::path::Path) -> Result<Self, FilesError> {
        let name = format!("file://{}", folder.display());
        let refused = |error: &dyn std::fmt::Display| FilesError::Url { url: name.clone(), reason: error.to_string() };
        std::fs::create_dir_all(folder).map_err(|error| refused(&error))?;
        let folder: PathBuf = folder.canonicalize().map_err(|error| refused(&error))?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| refused(&error))?;
        // A result is published once its files are stored: they must be there after a fall of the machine, too.
        let store = Arc::new(store.with_automatic_cleanup(true).with_fsync(true));
        Ok(Self { store, prefix: Path::default(), signer: None, folder: Some(folder), name })
    }

    /// Opens a store at an S3 endpoint with these credentials, for tests.
    #[doc(hidden)]
    pub fn at_endpoint(endpoint: &str, bucket: &str, key: &str, secret: &str) -> Result<Self, FilesError> {
        let builder = AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_bucket_name(bucket)
            .with_region("us-east-1")
            .with_access_key_id(key)
            .with_secret_access_key(secret)
            .with_retry(RetryConfig { max_retries: 1, ..retries() });
        Self::in_cloud(
            builder.with_http_connector(Connector).build(),
            Path::from("some/prefix"),
            format!("s3://{bucket}"),
        )
    }

    fn in_cloud<S: ObjectStore + Signer>(
        store: object_store::Result<S>,
        prefix: Path,
        name: String,
    ) -> Result<Self, FilesError> {
        let refused = |error: object_store::Error| FilesError::Url { url: name.clone(), reason: error.to_string() };
        let store = Arc::new(store.map_err(refused)?);
        Ok(Self { store: store.clone(), prefix, signer: Some(store), folder: None, name })
    }
}

fn retries() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: RETRY, backoff: BackoffConfig::default() }
}

/// The address without its path, which is our prefix.
fn bucket(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.authority())
}

/// The address without a user's name and password, and without a query.
fn shown(address: &str) -> String {
    match Url::parse(address) {
        Ok(mut url) => {
            url.set_query(None);
            // A file's address has no place for them.
            let _ = url.set_password(None);
            let _ = url.set_username("");
            url.to_string()
        }
        Err(_) => address.chars().take(80).collect(),
    }
}
