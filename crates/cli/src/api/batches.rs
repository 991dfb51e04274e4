//! Many jobs in one request.

use std::time::Duration;

use anyhow::anyhow;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::time::timeout;

use super::{Data, Gateway};

/// Longest time in which all rows become jobs.
const ACCEPTED: Duration = Duration::from_secs(1800);

impl Gateway {
    /// Makes a batch of rows, one a line. Sent once: whoever sends them again says so.
    pub(crate) async fn create_batch(&self, rows: Vec<u8>) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, "/batches").header(CONTENT_TYPE, "application/x-ndjson").body(rows);
        let sent = timeout(ACCEPTED, request.send()).await;
        let sent = sent.map_err(|_| self.unreachable(anyhow!("no answer within {} s", ACCEPTED.as_secs())))?;
        let response = sent.map_err(|error| self.unreachable(anyhow::Error::new(error.without_url())))?;
        let response = self.checked(response).await?;
        let answer: Data<Value> = self.read(response).await?;
        Ok(answer.data)
    }
}
