//! Looks at each job when its time has come: a delayed start, an expiry, a next try.
//!
//! The times stand in the store's index ([`JobStore::due`](job_store::JobStore::due)), so whatever gateway wrote one, every
//! other one finds it. What is due moves by revision: of several gateways that see a job one goes on. A gateway knows the
//! next time of its own jobs, and looks every second while any job has one. While none has it looks every few seconds, for
//! the first job of a gateway that died before its time.

use std::sync::Arc;

use futures::{StreamExt, stream};
use job_model::Timestamp;
use job_store::StoreError;
use service::Chain;

use crate::app::App;
use crate::clock::{self, Millis};
use crate::memory::due_times::INTERVAL;
use crate::{idempotency, jobs, page_start};

/// Jobs of one page.
const PAGE: u64 = 200;
/// Jobs that are moved at a time.
const CONCURRENCY: usize = 64;
/// Time between two counts of what waits.
const COUNT_INTERVAL: Millis = 5_000;

/// Time between two looks for old idempotency keys.
const FORGET_INTERVAL: Millis = 60_000;

/// Looks until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    let (mut counted, mut forgot) = (0, clock::now());
    loop {
        let next = look(&app).await;
        let now = clock::now();
        if now - counted >= COUNT_INTERVAL {
            jobs::look_after_waiting(&app).await;
            counted = now;
        }
        if now - forgot >= FORGET_INTERVAL {
            idempotency::forget_old(&app).await;
            forgot = now;
        }
        let pause = app.due_times.pause(next, clock::now());
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            () = app.due_times.sooner() => {}
        }
    }
}

/// One look: moves every job that is due. When the next one is due, as far as that is known.
async fn look(app: &Arc<App>) -> Option<Timestamp> {
    // What is written from now on rings anew; what was written before is in the index.
    app.due_times.begin_look();
    let mut stays = 0;
    loop {
        let now = Timestamp::now();
        let mut due = match app.store.due(now, stays, PAGE).await {
            Ok(due) => due,
            Err(error) => {
                note_failure(app, &error);
                return now.after(INTERVAL);
            }
        };
        page_start::anywhere(&mut due.jobs);
        let moves = stream::iter(due.jobs).map(|job| async move { jobs::wake(app, job).await });
        let moved = moves.buffer_unordered(CONCURRENCY).filter(|moved| std::future::ready(*moved)).count().await as u64;
        stays += due.rows.saturating_sub(moved);
        if due.rows < PAGE || app.stop.is_cancelled() {
            // Those that could not move yet are looked at again soon.
            let again = if stays > 0 { now.after(INTERVAL) } else { None };
            return again.into_iter().chain(due.next).min();
        }
    }
}

fn note_failure(app: &App, error: &StoreError) {
    app.metrics.store_errors.inc();
    tracing::debug!(error = %Chain(error), "failed to look for jobs that are due");
}
