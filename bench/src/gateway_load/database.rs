//! A database of the bench's own.

use reqwest::Client;
use serde_json::json;
use testkit::names;
use testkit::services::CouchDb;

use super::DEADLINE;
use crate::load::{self, Ask, Login};

/// A database of the bench's own, for plain writes beside the gateway's.
pub(super) struct Database<'a> {
    pub(super) server: &'a CouchDb,
    pub(super) name: String,
}

impl Database<'_> {
    /// What the server does for one connection that puts one document after the other.
    pub(super) async fn single_puts(&self) -> anyhow::Result<f64> {
        let base = format!("{}/{}", self.server.url(), self.name);
        let run = names::unique("put");
        let login = self.login();
        let taken = load::run(1, 300, &login, move |number| {
            Ask::put(format!("{base}/{run}-{number}"), json!({ "kind": "put", "number": number }).to_string())
        });
        Ok(taken.await?.rate())
    }

    pub(super) async fn delete(&self) -> anyhow::Result<()> {
        let url = format!("{}/{}", self.server.url(), self.name);
        let request = Client::new().delete(url).basic_auth(&self.server.username, Some(&self.server.password));
        request.timeout(DEADLINE).send().await?.error_for_status()?;
        Ok(())
    }

    fn login(&self) -> Login {
        Login::Password(self.server.username.clone(), self.server.password.clone())
    }
}
