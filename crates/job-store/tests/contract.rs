//! The contract of the job store, kept by every implementation.

#![allow(clippy::unwrap_used, reason = "a test's functions beside the tests themselves")]

mod database;

use std::sync::Arc;

use database::Database;
use job_store::JobStore;
use job_store::contract::Backend;
use job_store::couchdb::CouchDbJobStore;
use job_store::embedded::EmbeddedJobStore;
use job_store::job_store_contract;

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

impl Backend for Database {
    async fn open(&self) -> Arc<dyn JobStore> {
        Arc::new(CouchDbJobStore::new(&self.config()).unwrap())
    }

    async fn close(self) {
        let deleted = self.request(reqwest::Method::DELETE, &self.name).send().await.unwrap();
        assert!(deleted.status().is_success());
    }
}

/// CouchDB's protocol by pouchdb-server.
mod couchdb_protocol {
    use super::*;

    job_store_contract!(Database::of_the_protocol());
}

/// The CouchDB that COUCHDB_URL names.
mod couchdb {
    use super::*;

    job_store_contract!(Database::of_couchdb());
}
