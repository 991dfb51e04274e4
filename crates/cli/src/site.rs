//! A folder served on the loopback address, so that an example job has a page to open without any network.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::{Context, ensure};
use tokio_util::task::AbortOnDropHandle;
use tower_http::services::ServeDir;

/// Serves until it is dropped.
pub(crate) struct Site {
    /// `http://127.0.0.1:PORT/`.
    pub(crate) url: String,
    _server: AbortOnDropHandle<()>,
}

impl Site {
    /// Begins to serve the files of a folder on a free port.
    pub(crate) async fn serve(folder: &Path) -> anyhow::Result<Self> {
        ensure!(folder.is_dir(), "{} is not a folder", folder.display());
        let listener =
            tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("failed to listen on 127.0.0.1")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let router = axum::Router::new().fallback_service(ServeDir::new(folder));
        let server = tokio::spawn(async move {
            // It ends with its task only.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, _server: AbortOnDropHandle::new(server) })
    }
}
