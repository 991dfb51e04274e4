//! The suite on the stores that there are: a folder, and a server that speaks S3's protocol.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use job_files::{JobFiles, contract};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;

#[tokio::test]
async fn a_folder_keeps_the_promises() {
    let dir = tempfile::tempdir().unwrap();
    contract::run(&JobFiles::in_folder(&dir.path().join("files")).unwrap()).await;
}

#[tokio::test]
async fn a_folder_is_named_by_its_address() {
    let dir = tempfile::tempdir().unwrap();
    let address = format!("file://{}/some%20files", dir.path().display());
    JobFiles::open(&address).unwrap().ping().await.unwrap();
    assert!(dir.path().join("some files").is_dir());
}

#[tokio::test]
async fn a_server_of_s3s_protocol_keeps_the_promises() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("bucket")).unwrap();
    let mut service = S3ServiceBuilder::new(FileSystem::new(dir.path()).unwrap());
    service.set_auth(SimpleAuth::from_single("key", "secret"));
    let service = service.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service.clone();
            tokio::spawn(async move {
                let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    let files = JobFiles::at_endpoint(&endpoint, "bucket", "key", "secret").unwrap();
    files.ping().await.unwrap();
    contract::run(&files).await;
    server.abort();
}

#[tokio::test]
async fn a_store_that_is_away_is_told() {
    let files = JobFiles::at_endpoint("http://127.0.0.1:9", "bucket", "key", "secret").unwrap();
    let error = files.ping().await.unwrap_err();
    assert!(matches!(error, job_files::FilesError::Away { .. }), "{error}");
}

#[test]
fn an_address_that_cannot_be_used_says_why() {
    for (address, reason) in [
        ("/var/files", "expected file:///FOLDER"),
        ("ftp://host/x", "ftp: is not one of"),
        ("file://host/x", "expected file:///FOLDER"),
    ] {
        let error = JobFiles::open(address).unwrap_err().to_string();
        assert!(error.starts_with("FILES_URL ") && error.contains(reason), "{error}");
    }
}
