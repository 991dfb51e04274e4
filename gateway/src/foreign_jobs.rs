//! Publishes jobs that somebody else stored: a predecessor's gateway that has died, or whoever writes to the database.
//!
//! A predecessor's gateway publishes its own jobs within a second. So a job of somebody else's is taken when this gateway
//! has seen it `created` for that long. It is claimed by its revision: of several gateways one goes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use job_model::{JobId, JobStatus, Timestamp};
use job_store::{JobFilter, ListQuery, Revision, StoreError};
use service::Chain;
use tokio::time::Instant;

use crate::app::App;
use crate::clock::{self, Millis};
use crate::jobs;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long a job is left to its own gateway.
const LEFT: Duration = Duration::from_secs(1);
/// How far back a look goes; what is older is found by the sweep.
const RECENT: Millis = 60_000;
/// The most jobs of one look.
const PAGE: u64 = 500;
/// When so many jobs were accepted here since the last look, a look costs more than it is worth: most of what it would
/// see are those. It is put off, but not for ever.
const BUSY: u64 = 100;
const PUT_OFF: u32 = 6;
/// Jobs that are claimed at a time.
const CONCURRENCY: usize = 16;

/// Looks until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    let mut seen = HashMap::new();
    let (mut accepted, mut put_off) = (0, 0);
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        let now_accepted = app.metrics.created.get();
        put_off = if now_accepted - accepted > BUSY && put_off < PUT_OFF { put_off + 1 } else { 0 };
        accepted = now_accepted;
        if put_off > 0 {
            continue;
        }
        if let Err(error) = look(&app, &mut seen).await {
            app.metrics.store_errors.inc();
            tracing::debug!(error = %Chain(&error), "failed to look for jobs that somebody else stored");
        }
    }
}

/// One look: takes what was seen unchanged for long enough.
async fn look(app: &Arc<App>, seen: &mut HashMap<(JobId, Revision), Instant>) -> Result<(), StoreError> {
    let created_from = Timestamp::from_unix_millis(clock::now() - RECENT);
    let filter = JobFilter { status: Some(JobStatus::Created), created_from, ..JobFilter::ALL };
    let page = app.store.list(ListQuery { filter, skip: 0, limit: PAGE }).await?;
    // Jobs of a gateway of ours carry an instance, and are published by it or by the sweep.
    let foreign =
        page.jobs.into_iter().filter(|job| job.value.instance.is_none() && !app.created_here.contains(&job.value.uuid));
    let now = Instant::now();
    let present: HashMap<_, _> = foreign
        .map(|job| {
            let key = (job.value.uuid, job.revision);
            let since = seen.get(&key).copied().unwrap_or(now);
            (key, since)
        })
        .collect();
    let due: Vec<JobId> =
        present.iter().filter(|(_, since)| now - **since >= LEFT).map(|((id, _), _)| id.clone()).collect();
    *seen = present;
    stream::iter(due).for_each_concurrent(CONCURRENCY, |id| async move { jobs::adopt(app, &id).await }).await;
    Ok(())
}
