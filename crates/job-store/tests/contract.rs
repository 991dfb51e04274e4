//! The contract of the job store, kept by every implementation.

#![allow(clippy::unwrap_used, reason = "a test's functions beside the tests themselves")]

use std::sync::Arc;

use job_store::JobStore;
use job_store::contract::Backend;
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};
use job_store::embedded::EmbeddedJobStore;
use job_store::job_store_contract;
use testkit::services::CouchDb;

/// One SQLite file in a directory of its own.
struct File(tempfile::TempDir);

impl Backend for File {
    async fn open(&self) -> Arc<dyn JobStore> {
        Arc::new(EmbeddedJobStore::open(self.0.path().join("jobs.sqlite")).unwrap())
    }

    async fn close(self) {}
}

mod embedded {
    use super::*;

    async fn file() -> Option<File> {
        Some(File(tempfile::tempdir().unwrap()))
    }

    job_store_contract!(file());
}

/// One database on a server, deleted afterwards.
struct Database {
    server: CouchDb,
    name: String,
}

impl Database {
    fn on(server: CouchDb) -> Self {
        Self { server, name: testkit::names::unique("jobs") }
    }

    fn config(&self) -> CouchDbConfig {
        CouchDbConfig::new(&self.server.host, self.server.port)
            .with_credentials(&self.server.username, &self.server.password)
            .with_database(&self.name)
    }
}

impl Backend for Database {
    async fn open(&self) -> Arc<dyn JobStore> {
        Arc::new(CouchDbJobStore::new(&self.config()).unwrap())
    }

    async fn close(self) {
        let url = format!("{}/{}", self.server.url(), self.name);
        let mut request = reqwest::Client::new().delete(url);
        if !self.server.username.is_empty() {
            request = request.basic_auth(&self.server.username, Some(&self.server.password));
        }
        assert!(request.send().await.unwrap().status().is_success());
    }
}

/// CouchDB's protocol by pouchdb-server.
mod couchdb_protocol {
    use super::*;

    async fn database() -> Option<Database> {
        Some(Database::on(testkit::services::couchdb().await))
    }

    job_store_contract!(database());
}

/// The CouchDB that COUCHDB_URL names.
mod couchdb {
    use super::*;

    async fn database() -> Option<Database> {
        let server = testkit::services::external_couchdb();
        if server.is_none() {
            eprintln!("COUCHDB_URL is not set: the contract is not checked against a real CouchDB");
        }
        server.map(Database::on)
    }

    job_store_contract!(database());
}
