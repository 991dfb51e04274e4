//! CouchDB's protocol by pouchdb-server (Node), and the real CouchDB that COUCHDB_URL may name.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use reqwest::Url;
use serde_json::json;
use tempfile::TempDir;

use super::INSTALL;
use super::server::Server;
use crate::ports;

const START_DEADLINE: Duration = Duration::from_secs(60);
const PROBE: &[u8] = b"GET / HTTP/1.0\r\n\r\n";
const LOCK_FILE: &str = include_str!("../../pouchdb/package-lock.json");

/// A CouchDB to talk to. Dropping it stops the server behind it, when there is one of ours.
#[derive(Debug)]
pub struct CouchDb {
    /// Where it listens.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// An administrator.
    pub username: String,
    /// The administrator's password.
    pub password: String,
    private: Option<Private>,
}

#[derive(Debug)]
struct Private {
    // Dropped before its directory: what still writes there would leave some of it behind.
    server: Server,
    directory: TempDir,
    storage: Storage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storage {
    Memory,
    Disk,
}

/// A pouchdb-server of this test's own, in memory: [`CouchDb::restart`] brings it back empty. Unlike CouchDB it lets
/// requests without credentials read; wrong credentials are refused.
pub async fn couchdb() -> CouchDb {
    CouchDb::start(Storage::Memory).await
}

/// A pouchdb-server of this test's own that keeps its databases on disk over [`CouchDb::kill`] and [`CouchDb::restart`].
pub async fn durable_couchdb() -> CouchDb {
    CouchDb::start(Storage::Disk).await
}

/// The real CouchDB that the environment names as COUCHDB_URL (`http://user:password@host:port`). It is shared: use
/// [`crate::names::unique`] for databases and delete them.
///
/// # Panics
/// When COUCHDB_URL is set to something else.
#[must_use]
pub fn external_couchdb() -> Option<CouchDb> {
    let text = std::env::var("COUCHDB_URL").ok().filter(|text| !text.is_empty())?;
    let url = Url::parse(&text).unwrap_or_else(|error| panic!("COUCHDB_URL is not a URL: {error}"));
    Some(CouchDb {
        host: url.host_str().expect("COUCHDB_URL names a host").to_owned(),
        port: url.port_or_known_default().expect("COUCHDB_URL names a port"),
        username: url.username().to_owned(),
        password: url.password().unwrap_or_default().to_owned(),
        private: None,
    })
}

impl CouchDb {
    async fn start(storage: Storage) -> Self {
        let mut problem = String::new();
        // Another process may take the port between the choice and the start.
        for _ in 0..3 {
            let directory = tempfile::Builder::new().prefix("couchdb-").tempdir().expect("a temporary directory");
            let port = ports::free();
            write_config(&directory, port);
            let mut server = spawn(&directory, port, storage);
            match server.answers(port, PROBE, START_DEADLINE).await {
                Ok(()) => {
                    return Self {
                        host: "127.0.0.1".to_owned(),
                        port,
                        username: "puppet".to_owned(),
                        password: "puppet".to_owned(),
                        private: Some(Private { directory, storage, server }),
                    };
                }
                Err(error) => problem = error,
            }
        }
        panic!("pouchdb-server {problem}");
    }

    /// `http://host:port` without a slash or credentials behind it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// SIGKILL. The port refuses connections until [`Self::restart`].
    ///
    /// # Panics
    /// When the server is not ours.
    pub fn kill(&mut self) {
        self.private().server.kill();
    }

    /// Starts it again on the same port, after [`Self::kill`] or instead of it.
    ///
    /// # Panics
    /// When the server is not ours or does not come back.
    pub async fn restart(&mut self) {
        let port = self.port;
        let private = self.private();
        private.server.kill();
        private.server = spawn(&private.directory, port, private.storage);
        if let Err(error) = private.server.answers(port, PROBE, START_DEADLINE).await {
            panic!("restarted pouchdb-server {error}");
        }
    }

    fn private(&mut self) -> &mut Private {
        self.private.as_mut().expect("only a CouchDB that the test started can be killed")
    }
}

fn write_config(directory: &TempDir, port: u16) {
    let config = json!({
        "httpd": { "port": port, "bind_address": "127.0.0.1" },
        "admins": { "puppet": "puppet" },
    });
    std::fs::write(directory.path().join("config.json"), config.to_string())
        .expect("a temporary directory is writable");
}

fn spawn(directory: &TempDir, port: u16, storage: Storage) -> Server {
    let mut program = Command::new("node");
    program.arg(installation().join("node_modules/pouchdb-server/lib/index.js"));
    program.args(["--config", "config.json", "--dir", "data", "--no-stdout-logs", "--port", &port.to_string()]);
    if storage == Storage::Memory {
        program.arg("--in-memory");
    }
    program.env("NODE_NO_WARNINGS", "1").current_dir(directory.path());
    Server::spawn(&program, directory.path())
}

/// Where scripts/install-test-services.sh puts pouchdb-server, checked to be the version that the lock file pins.
fn installation() -> PathBuf {
    let directory = super::cache_directory().join("pouchdb");
    let installed = std::fs::read_to_string(directory.join("package-lock.json")).unwrap_or_default();
    assert!(installed == LOCK_FILE, "pouchdb-server is not installed in {}: {INSTALL}", directory.display());
    directory
}

#[cfg(test)]
mod tests {
    use reqwest::{Client, StatusCode};
    use serde_json::{Value, json};

    use super::*;

    async fn put(couchdb: &CouchDb, path: &str, body: Value) -> StatusCode {
        let request = Client::new().put(format!("{}/{path}", couchdb.url()));
        request.basic_auth("puppet", Some("puppet")).json(&body).send().await.unwrap().status()
    }

    async fn get(couchdb: &CouchDb, path: &str) -> StatusCode {
        let request = Client::new().get(format!("{}/{path}", couchdb.url()));
        request.basic_auth("puppet", Some("puppet")).send().await.unwrap().status()
    }

    #[tokio::test]
    async fn in_memory_couchdb_checks_credentials_and_forgets_on_restart() {
        let mut couchdb = couchdb().await;
        assert_eq!(put(&couchdb, "jobs", json!({})).await, 201);
        assert_eq!(put(&couchdb, "jobs/a", json!({"x": 1})).await, 201);
        let wrong = Client::new().get(format!("{}/jobs/a", couchdb.url())).basic_auth("puppet", Some("wrong"));
        assert_eq!(wrong.send().await.unwrap().status(), 401);
        couchdb.restart().await;
        assert_eq!(get(&couchdb, "jobs/a").await, 404);
    }

    #[tokio::test]
    async fn durable_couchdb_keeps_documents_over_a_kill() {
        let mut couchdb = durable_couchdb().await;
        assert_eq!(put(&couchdb, "jobs", json!({})).await, 201);
        assert_eq!(put(&couchdb, "jobs/a", json!({"x": 1})).await, 201);
        couchdb.kill();
        assert!(reqwest::get(couchdb.url()).await.is_err());
        couchdb.restart().await;
        assert_eq!(get(&couchdb, "jobs/a").await, 200);
    }
}
