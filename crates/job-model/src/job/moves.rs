//! What happens to a job's document: it is created, marked as queued, tried again, and ended by its first result.

use std::collections::BTreeMap;

use super::{Dispatch, Job};
use crate::{
    Attempt, IllegalMove, InstanceId, InvalidJobId, JobId, JobResult, JobStatus, NewJob, Outcome, Results, Timestamp,
    WaitsFor,
};

impl Job {
    /// Makes the job that a client asks for, as it is before anything happened to it.
    ///
    /// # Errors
    /// [`InvalidJobId`] when the client brought an id that cannot name a document.
    pub fn create(new: NewJob, now: Timestamp) -> Result<Self, InvalidJobId> {
        let uuid = if new.uuid.is_empty() { JobId::fresh() } else { JobId::parse(new.uuid)? };
        let run_at = new.run_at.or_else(|| now.after(new.delay?));
        let later = run_at.filter(|time| *time > now);
        let mut depends_on = new.depends_on.unwrap_or_default();
        depends_on.extend(new.vars_from.iter().flat_map(BTreeMap::values).map(|var| var.job.clone()));
        depends_on.sort();
        depends_on.dedup();
        let depends_on = Some(depends_on).filter(|jobs| !jobs.is_empty());
        let (waits_for, first_look) = match (later, &depends_on) {
            (Some(time), _) => (Some(WaitsFor::Time), Some(time)),
            (None, Some(_)) => (Some(WaitsFor::Jobs), Some(now)),
            (None, None) => (None, None),
        };
        Ok(Self {
            uuid,
            code: new.code,
            status: JobStatus::Created,
            vars: new.vars,
            modules: new.modules,
            error: String::new(),
            logs: None,
            results: None,
            created_at: now.truncated_to_seconds(),
            started_at: None,
            finished_at: None,
            duration: 0,
            timeout: new.timeout,
            max_attempts: new.max_attempts,
            network: new.network,
            network_token: None,
            api: new.api,
            language: new.language,
            ignore_https_errors: new.ignore_https_errors,
            record: new.record,
            result_files: new.files.auto.then_some(true),
            priority: new.priority,
            run_at,
            expires_at: new.expires_at,
            retry: new.retry,
            key: new.key,
            max_running: new.max_running,
            on_duplicate: new.on_duplicate,
            webhook: new.webhook,
            depends_on,
            vars_from: new.vars_from,
            script: None,
            schedule: None,
            batch: None,
            outcome: None,
            error_at: None,
            error_stack: None,
            attempt: None,
            attempts: None,
            waits_for,
            running: None,
            rerun_of: None,
            owner: None,
            input_files: None,
            files: None,
            file_set: None,
            instance: Some(InstanceId::fresh()),
            // A gateway that knows no times finds it claimed until then.
            dispatch: first_look.map(|at| Dispatch { at, attempts: 0 }),
            wake_at: first_look.or(new.expires_at),
            trace: None,
        })
    }

    /// Notes that the broker has confirmed the job.
    ///
    /// # Errors
    /// [`IllegalMove`] when it is done already.
    pub fn mark_queued(&mut self) -> Result<(), IllegalMove> {
        self.status = self.status.move_to(JobStatus::Queued)?;
        Ok(())
    }

    /// Begins anew after a try that failed, at `wake_at`: as a try of its own, of which nothing is known yet.
    ///
    /// # Errors
    /// [`IllegalMove`] when it is done already.
    pub fn try_again(&mut self, attempt: Attempt, wake_at: Timestamp) -> Result<(), IllegalMove> {
        self.status = self.status.move_to(JobStatus::Created)?;
        let tries = self.attempts.get_or_insert_default();
        tries.push(attempt);
        self.instance = self.instance.as_ref().map(|instance| instance.of_try(tries.len() + 1));
        (self.running, self.dispatch) = (None, None);
        (self.waits_for, self.wake_at) = (Some(WaitsFor::Retry), Some(wake_at));
        Ok(())
    }

    /// Takes the result over. Only the first one: a job that is done stays as it is.
    ///
    /// # Errors
    /// [`IllegalMove`] when it is done already; the job is unchanged.
    pub fn finish(&mut self, result: JobResult) -> Result<(), IllegalMove> {
        self.status = self.status.move_to(JobStatus::Done)?;
        self.outcome = Some(result.outcome.unwrap_or_else(|| Outcome::of_error(result.error.as_deref())));
        (self.error_at, self.error_stack) = (result.error_at, result.error_stack);
        self.attempt = result.attempt;
        (self.running, self.waits_for) = (None, None);
        // What is to be told is told by whichever gateway looks at it next: the mark is written with the result.
        self.wake_at = self.webhook.as_ref().filter(|webhook| webhook.tells_end(self.outcome)).map(|_| self.created_at);
        self.error = result.error.unwrap_or_default();
        self.logs = Some(result.logs);
        self.results = Some(sorted(result.results));
        self.started_at = result.started_at.map(Timestamp::truncated_to_seconds);
        self.finished_at = result.finished_at.map(Timestamp::truncated_to_seconds);
        self.duration = result.duration;
        (self.files, self.file_set) = (result.files, result.file_set);
        Ok(())
    }
}

/// The same results with sorted keys at every depth.
fn sorted(mut results: Results) -> Results {
    results.sort_keys();
    results.values_mut().for_each(serde_json::Value::sort_all_objects);
    results
}

#[cfg(test)]
mod tests {
    use super::Job;
    use crate::job::tests::created;
    use crate::{JobResult, JobStatus, Timestamp};

    #[test]
    fn large_buffers_become_files_of_jobs_that_say_so() {
        let made =
            |text: &str| Job::create(serde_json::from_str(text).unwrap(), Timestamp::now()).unwrap().result_files;
        assert_eq!(made(r#"{"files":"auto"}"#), Some(true));
        for text in ["{}", r#"{"files":{}}"#, r#"{"result_files":true}"#] {
            assert_eq!(made(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_result_stays() {
        let mut job = created();
        job.finish(JobResult::not_started(job.uuid.clone(), "first")).unwrap();
        assert!(job.finish(JobResult::not_started(job.uuid.clone(), "second")).is_err());
        assert_eq!((job.status, job.error.as_str()), (JobStatus::Done, "first"));
        assert!(job.mark_queued().is_err());
    }

    #[test]
    fn the_keys_of_results_are_sorted_at_every_depth() {
        let mut job = created();
        let results = serde_json::from_str(r#"{"z":{"y":1,"B":2},"a":[{"d":1,"c":2}]}"#).unwrap();
        job.finish(JobResult { results, ..JobResult::not_started(job.uuid.clone(), "") }).unwrap();
        let text = serde_json::to_string(&job.results).unwrap();
        assert_eq!(text, r#"{"a":[{"c":2,"d":1}],"z":{"B":2,"y":1}}"#);
    }

    #[test]
    fn a_result_may_overtake_the_queued_mark() {
        let mut job = created();
        job.finish(JobResult::not_started(job.uuid.clone(), "")).unwrap();
        assert_eq!(job.status, JobStatus::Done);
    }
}
