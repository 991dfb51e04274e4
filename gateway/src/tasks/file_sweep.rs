//! Removes sets of files that no job names: those of attempts whose result was not the first, of deleted jobs, and of
//! requests and executors that were cut off. Likewise those of what jobs are made of (`template_files`). What is noted of answers beside them goes when it is too old to be used.
//!
//! Safe with any number of gateways, and at any time: only what can never count again is removed. A job that is done names
//! its set for good, so every other set of its attempts is lost. A creation of a job that is not in the store is gone for
//! good, once it is old enough that its insert cannot be under way. While a job is not done all its sets stay: a result that
//! names one may be on its way. So the files of a try that failed stay until the job has ended, and go then.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use job_files::{FilesError, FoundSet, JobFiles};
use job_model::{InstanceId, JobId, JobStatus, JobSummary};
use job_store::StoreError;
use service::Chain;

use crate::app::App;
use crate::one_shots::OLDEST;
use crate::template_files;

/// How long the files of a new job may be on their way before the job's insert.
const INSERT: Duration = Duration::from_secs(60 * 60);
/// Sets whose owners are asked for at a time.
const AT_ONCE: usize = 500;

/// Sweeps until `stop`, where there is a store of files.
pub(crate) async fn run(app: Arc<App>) {
    let Some(files) = &app.files else { return };
    loop {
        match sweep(&app, files, INSERT).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(sets = removed, "files that belong to no job are removed"),
            Err(error) => tracing::warn!(error = %Chain(&error), "sweep of files put off"),
        }
        match template_files::sweep(&app, files, INSERT).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(sets = removed, "files that no script, schedule or batch names are removed"),
            Err(error) => tracing::warn!(error = %Chain(&error), "sweep of files put off"),
        }
        if let Err(error) = files.forget_notes(OLDEST).await {
            tracing::warn!(error = %Chain(&error), "failed to remove notes of old answers, trying again later");
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(app.settings.files_sweep_interval) => {}
        }
    }
}

/// One look at all sets; how many were removed.
async fn sweep(app: &App, files: &JobFiles, insert: Duration) -> Result<u64, FilesError> {
    let mut removed = 0;
    let mut batches = files.sets();
    while let Some(batch) = batches.try_next().await? {
        for some in batch.chunks(AT_ONCE) {
            let owners = known_owners(app, some).await;
            for found in some {
                if app.stop.is_cancelled() {
                    return Ok(removed);
                }
                if is_lost(app, owners.get(&found.key.job), found, insert).await {
                    files.remove(&found.key).await?;
                    removed += 1;
                }
            }
        }
    }
    Ok(removed)
}

/// What the index of jobs knows of the sets' owners. Of the others, few as a rule, whole jobs are read.
async fn known_owners(app: &App, found: &[FoundSet]) -> HashMap<JobId, JobSummary> {
    let ids: BTreeSet<&JobId> = found.iter().map(|found| &found.key.job).collect();
    match app.store.with_files(ids.into_iter().cloned().collect()).await {
        Ok(jobs) => jobs.into_iter().map(|job| (job.uuid.clone(), job)).collect(),
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(error = %Chain(&error), "failed to look which jobs have files, reading them one by one");
            HashMap::new()
        }
    }
}

/// Whether no job can name the set any more. In doubt it stays.
async fn is_lost(app: &App, owner: Option<&JobSummary>, found: &FoundSet, insert: Duration) -> bool {
    let old = SystemTime::now().duration_since(found.changed).is_ok_and(|age| age > insert);
    if let Some(owner) = owner {
        return lost_beside(owner, found, old);
    }
    match app.store.get(&found.key.job).await {
        Ok(stored) => lost_beside(&JobSummary::of(&stored.value), found, old),
        Err(StoreError::NotFound { .. }) => old,
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(job.id = %found.key.job, error = %Chain(&error), "failed to look whose a set of files is");
            false
        }
    }
}

fn lost_beside(owner: &JobSummary, found: &FoundSet, old: bool) -> bool {
    if owner.instance.as_ref().map(InstanceId::creation) != found.key.instance {
        return old;
    }
    !found.key.set.is_input() && owner.status == JobStatus::Done && owner.file_set.as_ref() != Some(&found.key.set)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use job_files::{FoundSet, SetKey};
    use job_model::{FileSetId, InstanceId, Job, JobResult, JobSummary, NewJob, Timestamp};

    use super::lost_beside;

    #[test]
    fn only_what_can_never_count_again_is_lost() {
        let mut job = Job::create(NewJob::default(), Timestamp::now()).unwrap();
        let (won, other) = (FileSetId::of_attempt(1), FileSetId::of_attempt(1));
        let set = |instance: &Option<InstanceId>, set: &FileSetId| FoundSet {
            key: SetKey { job: job.uuid.clone(), instance: instance.clone(), set: set.clone() },
            changed: SystemTime::now(),
        };
        let (own, before) = (job.instance.clone(), Some(InstanceId::fresh()));
        let found = [set(&own, &won), set(&own, &other), set(&own, &FileSetId::input()), set(&before, &won)];
        let lost = |job: &Job, old| {
            let summary = JobSummary::of(job);
            let indexed: JobSummary = serde_json::from_str(&serde_json::to_string(&summary).unwrap()).unwrap();
            let [of_job, of_summary] =
                [summary, indexed].map(|owner| found.each_ref().map(|found| lost_beside(&owner, found, old)));
            assert_eq!(of_job, of_summary, "the index knows as much as the job");
            of_job
        };
        assert_eq!(lost(&job, true), [false, false, false, true], "a result may be on its way");
        job.input_files = Some(Vec::new());
        assert_eq!(lost(&job, true), [false, false, false, true]);
        let mut without = job.clone();
        without.finish(JobResult::not_started(job.uuid.clone(), "")).unwrap();
        assert_eq!(lost(&without, false), [true, true, false, false]);
        job.finish(JobResult { file_set: Some(won.clone()), ..JobResult::not_started(job.uuid.clone(), "") }).unwrap();
        assert_eq!(lost(&job, false), [false, true, false, false]);
        assert_eq!(lost(&job, true), [false, true, false, true]);
    }
}
