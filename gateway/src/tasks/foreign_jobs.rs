//! Publishes jobs that somebody else stored: a predecessor's gateway that has died, or whoever writes to the database.
//!
//! They are found in the order of all writes, which every database keeps anyway: looking for them costs no index. What this
//! gateway wrote itself is passed over. A predecessor's gateway publishes its own jobs within a second, and one of ours
//! marks its own within a little more. So a job is taken when nobody has written to it for longer, and read only then. It
//! is claimed by its revision: of several gateways one goes on.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use job_model::{JobStatus, Timestamp};
use job_store::{JobFilter, ListQuery, Position, StoreError};
use service::Chain;
use tokio::time::Instant;

use crate::app::App;
use crate::clock::{self, Millis};
use crate::jobs;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(300);
/// How far back the first look goes; what is older is found by the sweep.
const RECENT: Millis = 60_000;
/// The most jobs of the first look.
const FIRST: u64 = 500;
/// The most rows of one request, and of one look; the next look goes on behind them.
const PAGE: u64 = 1000;
const PAGES: usize = 20;
/// Jobs that are claimed at a time.
const CONCURRENCY: usize = 16;

/// Looks until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    let mut position = None;
    loop {
        match look(&app, position.take()).await {
            Ok(next) => position = Some(next),
            // The database may be another one afterwards: the next look begins anew.
            Err(error) => {
                app.metrics.store_errors.inc();
                tracing::debug!(error = %Chain(&error), "failed to look for jobs that somebody else stored");
            }
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// One look: notes what was written, and takes what has stayed untouched for long enough.
async fn look(app: &Arc<App>, position: Option<Position>) -> Result<Position, StoreError> {
    let position = match position {
        Some(position) => follow(app, position).await?,
        None => begin(app).await?,
    };
    let due = app.untouched_jobs.take_due(Instant::now());
    let oldest = clock::now() - RECENT;
    stream::iter(due)
        .for_each_concurrent(CONCURRENCY, |id| async move { jobs::adopt_foreign(app, &id, oldest).await })
        .await;
    Ok(position)
}

/// What was stored shortly before this gateway began to look.
async fn begin(app: &App) -> Result<Position, StoreError> {
    let position = app.store.changes(None, 1).await?.position;
    let created_from = Timestamp::from_unix_millis(clock::now() - RECENT);
    let filter = JobFilter { status: Some(JobStatus::Created), created_from, ..JobFilter::ALL };
    let page = app.store.list(ListQuery { filter, skip: 0, limit: FIRST }).await?;
    let foreign = page.jobs.into_iter().filter(|job| job.value.instance.is_none()).map(|job| job.value.uuid);
    app.untouched_jobs.found(foreign, Instant::now());
    Ok(position)
}

async fn follow(app: &App, mut position: Position) -> Result<Position, StoreError> {
    for _ in 0..PAGES {
        let changes = app.store.changes(Some(&position), PAGE).await?;
        let last = changes.rows.is_empty() || changes.position == position;
        position = changes.position;
        app.untouched_jobs.follow(changes.rows, Instant::now());
        if last {
            break;
        }
    }
    Ok(position)
}
