//! Looks for schedules that are due.

use std::sync::Arc;

use futures::{StreamExt, stream};
use job_model::Timestamp;
use job_store::records::RecordError;
use service::Chain;

use super::{Schedule, firing};
use crate::app::App;
use crate::records::record_looks::RecordLooks;
use crate::records::typed_records::{self, TypedRecord};

/// Schedules that one look takes.
const PAGE: usize = 200;
/// Schedules that are worked on at a time.
const CONCURRENCY: usize = 16;

/// Looks until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    let mut looks = RecordLooks::new(&app, Schedule::KIND, &app.schedules_changed);
    while looks.next().await {
        if let Err(error) = look(&app, Timestamp::now()).await {
            app.metrics.store_errors.inc();
            tracing::debug!(error = %Chain(&error), "failed to look for schedules that are due");
        }
    }
}

/// One look: all that is due now.
pub(super) async fn look(app: &App, now: Timestamp) -> Result<(), RecordError> {
    let due = typed_records::due::<Schedule>(app.records.as_ref(), now, PAGE).await?;
    let work = stream::iter(due).map(|stored| async move {
        let name = stored.value.name.clone();
        if let Err(error) = firing::advance(app, stored, now).await {
            app.metrics.store_errors.inc();
            tracing::warn!(schedule = name, error = %Chain(&error), "failed to work on a schedule");
        }
    });
    work.buffer_unordered(CONCURRENCY).collect::<()>().await;
    Ok(())
}
