//! A folder served on the loopback address, so that an example job has a page to open without any network.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::{Context, ensure};
use tokio_util::task::AbortOnDropHandle;
use tower_http::services::ServeDir;

use crate::job_source::JobSource;

/// Serves until it is dropped.
pub(crate) struct Site {
    url: String,
    _server: AbortOnDropHandle<()>,
}

impl Site {
    /// Serves the pages of a job and gives it their address as `vars.url`: those of the folder that is named, or else those
    /// beside the code, when the job runs here and its vars name no other address.
    pub(crate) async fn of_job(
        named: Option<&Path>,
        source: &mut JobSource,
        here: bool,
    ) -> anyhow::Result<Option<Self>> {
        let beside = source.site.clone().filter(|_| here && !source.vars.contains_key("url"));
        let Some(folder) = named.map(Path::to_owned).or(beside) else { return Ok(None) };
        let site = Self::serve(&folder).await?;
        source.vars.insert("url".to_owned(), site.url.clone());
        Ok(Some(site))
    }

    /// Begins to serve the files of a folder on a free port.
    async fn serve(folder: &Path) -> anyhow::Result<Self> {
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
