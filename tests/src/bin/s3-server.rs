//! `s3-server FOLDER PORT`: a server of S3's protocol on 127.0.0.1 over a folder whose folders are the buckets, for tests that
//! kill it.

use anyhow::{Context, bail};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tests::s3::{KEY, SECRET};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, port] = &arguments[..] else { bail!("expected a folder and a port") };
    let files = FileSystem::new(folder).map_err(|error| anyhow::anyhow!("failed to use {folder}: {error:?}"))?;
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(SimpleAuth::from_single(KEY, SECRET));
    let service = service.build();
    let port: u16 = port.parse().with_context(|| format!("{port} is not a port"))?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let service = service.clone();
        tokio::spawn(async move {
            // Whoever asked has gone.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
