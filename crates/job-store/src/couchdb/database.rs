//! The database of the jobs and its index: made at the start, and again when somebody dropped them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::Instant;

use super::trouble::Trouble;
use super::{CouchDbJobStore, design};
use crate::StoreError;

/// The databases that the predecessor made beside its own; a single-node CouchDB complains without them.
const SYSTEM_DATABASES: [&str; 4] = ["_global_changes", "_metadata", "_replicator", "_users"];

/// A database that is missing again so soon after it was made is left to the next call.
const REMAKE_PAUSE: Duration = Duration::from_secs(1);

impl CouchDbJobStore {
    async fn make_databases(&self) -> Result<(), StoreError> {
        let failed = self.failed("make the database of the jobs");
        self.http.ensure_database().await.map_err(&failed)?;
        for name in SYSTEM_DATABASES {
            let reply = self.http.put_database(Some(name)).await.map_err(&failed)?;
            if !reply.status.is_success() && reply.status != StatusCode::PRECONDITION_FAILED {
                tracing::debug!("did not make database {name}: {}", reply.fault());
            }
        }
        Ok(())
    }

    /// Makes the database and its index unless they are there.
    pub(super) async fn make(&self) -> Result<(), StoreError> {
        self.make_databases().await?;
        design::ensure(&self.http).await.map_err(self.failed("make the index of the job list"))?;
        self.indexed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Does some work, and does it again when the database or its index was dropped since `prepare` and had to be made
    /// anew. What is not there has not been written, so nothing is done twice.
    pub(super) async fn with_database<T, W>(&self, work: impl Fn() -> W) -> Result<T, Trouble>
    where
        W: Future<Output = Result<T, Trouble>>,
    {
        let missing = match work().await {
            Err(Trouble::Missing(fault)) => fault,
            done => return done,
        };
        let mut made = self.made.lock().await;
        match *made {
            None => return Err(Trouble::Missing(missing)),
            Some(last) if last.elapsed() < REMAKE_PAUSE => {}
            Some(_) => {
                tracing::warn!("the database of the jobs is gone and is made again: {missing}");
                if self.make().await.is_err() {
                    return Err(Trouble::Missing(missing));
                }
                *made = Some(Instant::now());
            }
        }
        drop(made);
        work().await
    }
}
