//! Picks up what was left behind: jobs that a crash left `created`, and jobs that were lost while `queued`.
//!
//! Safe with any number of gateways: a job is claimed by its revision before it is published, so of several sweeps that
//! see it one goes on. A job may still be published twice (a claim whose gateway was only slow); the executor asks before
//! it begins such a copy, and the first result stays.
//!
//! Jobs that carry no note of a gateway of ours and are older than `REQUEUE_MAX_AGE` are what a predecessor left behind at
//! each restart of its broker. They are counted and left as they are.

use std::sync::Arc;

use futures::{StreamExt, stream};
use job_model::{Job, JobId, JobStatus, Timestamp};
use job_store::{LeftoverQuery, Stored};
use service::Chain;

use crate::app::App;
use crate::clock;
use crate::jobs;
use crate::tasks::queue_sampler;

/// Jobs looked at in one go.
const PAGE: u64 = 200;
/// Pages of recent jobs in one round at most: then the interval passes, whatever is left.
const PAGES: usize = 50;
/// Pages of old jobs in one round, until all of them were seen once; afterwards one.
const OLD_PAGES: usize = 10;
/// Jobs that are published at a time.
const CONCURRENCY: usize = 256;

/// Sweeps until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    let mut old = [OldJobs::new(JobStatus::Created), OldJobs::new(JobStatus::Queued)];
    let mut warned = 0;
    loop {
        round(&app, &mut old).await;
        if old.iter().all(|jobs| jobs.counted) {
            let left = old.iter().map(|jobs| jobs.left).sum();
            app.metrics.left_old.set(i64::try_from(left).unwrap_or(i64::MAX));
            if left != warned {
                tracing::warn!(
                    jobs = left,
                    "{left} jobs of a predecessor are older than REQUEUE_MAX_AGE and are left as they are: raise \
                     REQUEUE_MAX_AGE to run them all, or POST /jobs/UUID/rerun to run one"
                );
            }
            warned = left;
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(app.settings.sweep_interval) => {}
        }
    }
}

/// One look at what was left behind.
async fn round(app: &App, old: &mut [OldJobs]) {
    // Without a broker nothing can be published: claims would only hide the jobs from other gateways.
    if let Err(error) = queue_sampler::sample(app).await {
        app.metrics.broker_errors.inc();
        tracing::warn!(error = %Chain(&error), "sweep put off: the queue cannot be used");
        return;
    }
    let statuses = [JobStatus::Created, JobStatus::Queued];
    for (status, old) in statuses.into_iter().zip(old) {
        if status == JobStatus::Queued && app.settings.requeue_after().is_zero() {
            (old.counted, old.left) = (true, 0);
            continue;
        }
        // A job that was created later cannot be left behind yet.
        let created_until = match status {
            JobStatus::Created => clock::before(app.settings.publish_after),
            _ => jobs::loss_horizon(app),
        };
        let mut recent = Pages { status, created_from: clock::before(app.settings.requeue_max_age), after: None };
        for _ in 0..PAGES {
            let Some(created_until) = created_until else { break };
            let Some(found) = recent.next(app, created_until).await else { return };
            let last = (found.len() as u64) < PAGE;
            pick_up(app, status, found).await;
            if last || app.stop.is_cancelled() {
                break;
            }
        }
        for _ in 0..if old.counted { 1 } else { OLD_PAGES } {
            if app.stop.is_cancelled() || !old.look(app).await {
                break;
            }
        }
    }
}

/// Publishes those of a page that were left behind.
async fn pick_up(app: &App, status: JobStatus, jobs: Vec<Stored<Job>>) {
    stream::iter(jobs)
        .for_each_concurrent(CONCURRENCY, |job| async move {
            if status == JobStatus::Created {
                jobs::publish_left(app, job).await;
            } else {
                app.watermarks().note_use(job.value.queue_priority());
                jobs::publish_lost(app, job).await;
            }
        })
        .await;
}

/// The jobs of a status, oldest first, page by page.
struct Pages {
    status: JobStatus,
    created_from: Option<Timestamp>,
    after: Option<(Timestamp, JobId)>,
}

impl Pages {
    /// The next page; `None` when the store is in trouble.
    async fn next(&mut self, app: &App, created_until: Timestamp) -> Option<Vec<Stored<Job>>> {
        let query = LeftoverQuery {
            status: self.status,
            created_from: self.created_from,
            created_until,
            after: self.after.clone(),
            limit: PAGE,
        };
        match app.store.leftovers(query).await {
            Ok(found) => {
                self.after = found.last().map(|job| (job.value.created_at, job.value.uuid.clone()));
                Some(found)
            }
            Err(error) => {
                app.metrics.store_errors.inc();
                let status = self.status;
                tracing::warn!(error = %Chain(&error), "sweep put off: failed to look for {status} jobs");
                None
            }
        }
    }
}

/// The jobs of a status that are older than `REQUEUE_MAX_AGE`: walked through slowly, again and again.
struct OldJobs {
    pages: Pages,
    /// Left in the walk under way.
    seen: u64,
    /// Left in the last whole walk.
    left: u64,
    /// Whether there was a whole walk.
    counted: bool,
}

impl OldJobs {
    fn new(status: JobStatus) -> Self {
        Self { pages: Pages { status, created_from: None, after: None }, seen: 0, left: 0, counted: false }
    }

    /// Looks at a page. False at the end of a walk.
    async fn look(&mut self, app: &App) -> bool {
        let Some(oldest_recent) = clock::before(app.settings.requeue_max_age) else {
            (self.counted, self.left) = (true, 0);
            return false;
        };
        let Some(found) = self.pages.next(app, oldest_recent).await else { return false };
        let last = (found.len() as u64) < PAGE;
        let (left, ours): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|job| job.value.instance.is_none() && job.value.dispatch.is_none());
        self.seen += left.len() as u64;
        pick_up(app, self.pages.status, ours).await;
        if last {
            (self.left, self.counted, self.seen) = (self.seen, true, 0);
            self.pages.after = None;
        }
        !last
    }
}
