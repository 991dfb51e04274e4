//! Databases of a test's own on a CouchDB.

use job_store::couchdb::CouchDbConfig;
use testkit::services::CouchDb;

/// A database on a server, and the one beside it.
pub(crate) struct Database {
    pub(crate) server: CouchDb,
    pub(crate) name: String,
}

impl Database {
    pub(crate) fn on(server: CouchDb) -> Self {
        Self { server, name: testkit::names::unique("jobs") }
    }

    /// On pouchdb-server, which speaks CouchDB's protocol.
    pub(crate) async fn of_the_protocol() -> Option<Self> {
        Some(Self::on(testkit::services::couchdb().await))
    }

    /// On the CouchDB that COUCHDB_URL names.
    pub(crate) async fn of_couchdb() -> Option<Self> {
        let server = testkit::services::external_couchdb();
        if server.is_none() {
            eprintln!("COUCHDB_URL is not set: the contract is not checked against a real CouchDB");
        }
        server.map(Self::on)
    }

    pub(crate) fn config(&self) -> CouchDbConfig {
        CouchDbConfig::new(&self.server.host, self.server.port)
            .with_credentials(&self.server.username, &self.server.password)
            .with_database(&self.name)
    }

    pub(crate) fn request(&self, method: reqwest::Method, database: &str) -> reqwest::RequestBuilder {
        let request = reqwest::Client::new().request(method, format!("{}/{database}", self.server.url()));
        if self.server.username.is_empty() {
            return request;
        }
        request.basic_auth(&self.server.username, Some(&self.server.password))
    }
}
