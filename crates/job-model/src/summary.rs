//! What a list shows of a job.

use serde::{Deserialize, Serialize};

use crate::time::{optional_whole_seconds, whole_seconds};
use crate::{FileSetId, InstanceId, Job, JobId, JobState, JobStatus, Outcome, Running, Timestamp, TokenName, WaitsFor};

/// A job without what makes it large: code, vars, modules, logs and results.
///
/// The fields come out in the order of [`Job`]'s and mean the same. Stores keep it beside the job or in their index, so
/// a list of summaries reads no job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobSummary {
    /// See [`Job::uuid`].
    pub uuid: JobId,
    /// See [`Job::status`].
    pub status: JobStatus,
    /// The first [`JobSummary::ERROR_UNITS`] of [`Job::error`].
    #[serde(default)]
    pub error: String,
    /// See [`Job::created_at`].
    #[serde(with = "whole_seconds")]
    pub created_at: Timestamp,
    /// See [`Job::started_at`].
    #[serde(default, with = "optional_whole_seconds")]
    pub started_at: Option<Timestamp>,
    /// See [`Job::finished_at`].
    #[serde(default, with = "optional_whole_seconds")]
    pub finished_at: Option<Timestamp>,
    /// See [`Job::duration`].
    #[serde(default)]
    pub duration: u64,
    /// See [`Job::timeout`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// See [`Job::max_attempts`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// See [`Job::run_at`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Timestamp>,
    /// See [`Job::outcome`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// See [`Job::attempt`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// See [`Job::waits_for`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// See [`Job::running`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Running>,
    /// See [`Job::rerun_of`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<JobId>,
    /// See [`Job::batch`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<JobId>,
    /// See [`Job::owner`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<TokenName>,
    /// The set of files that it names: [`Job::file_set`], or that of its [`Job::input_files`] while it left none. Absent when it
    /// has no files, and in summaries of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_set: Option<FileSetId>,
    /// See [`Job::instance`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
}

impl JobSummary {
    /// The most of an error's text, in UTF-16 code units: an index function in JavaScript cuts at the same place.
    pub const ERROR_UNITS: usize = 300;

    /// Takes what a list shows out of a job.
    pub fn of(job: &Job) -> Self {
        Self {
            uuid: job.uuid.clone(),
            status: job.status,
            error: beginning(&job.error).to_owned(),
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            duration: job.duration,
            timeout: job.timeout,
            max_attempts: job.max_attempts,
            run_at: job.run_at,
            outcome: job.outcome,
            attempt: job.attempt,
            waits_for: job.waits_for,
            running: job.running.clone(),
            rerun_of: job.rerun_of.clone(),
            batch: job.batch.clone(),
            owner: job.owner.clone(),
            file_set: job.file_set.clone().or_else(|| job.input_files.as_ref().map(|_| FileSetId::input())),
            instance: job.instance.clone(),
        }
    }

    /// Returns the state that the job's document tells, as [`JobState::of`] of the whole job.
    pub fn state(&self) -> JobState {
        match (self.status, &self.running) {
            (JobStatus::Done, _) => self.outcome.unwrap_or_else(|| Outcome::of_error(Some(&self.error))).into(),
            (_, Some(_)) => JobState::Running,
            (_, None) => JobState::Waiting,
        }
    }

    /// Shows the summary as clients see it: without the gateways' own memory.
    #[must_use]
    pub fn published(mut self) -> Self {
        (self.instance, self.file_set) = (None, None);
        self
    }
}

/// The first [`JobSummary::ERROR_UNITS`] of a text, with no character cut in two.
fn beginning(text: &str) -> &str {
    let mut units = 0;
    for (at, char) in text.char_indices() {
        units += char.len_utf16();
        if units > JobSummary::ERROR_UNITS {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::JobSummary;
    use crate::{FileSetId, Job, JobResult, JobState, NewJob, Outcome, Timestamp};

    fn ended(error: &str) -> Job {
        let created_at = Timestamp::parse("2020-01-02T03:04:05Z").unwrap();
        let mut job = Job::create(NewJob { uuid: "j".to_owned(), ..NewJob::default() }, created_at).unwrap();
        job.finish(JobResult::not_started(job.uuid.clone(), error)).unwrap();
        job
    }

    #[test]
    fn fields_come_out_as_those_of_the_job_without_the_large_ones() {
        let job = ended("boom");
        let mut of_job = serde_json::to_value(&job).unwrap();
        for large in ["code", "vars", "modules", "logs", "results"] {
            of_job.as_object_mut().unwrap().shift_remove(large);
        }
        assert_eq!(serde_json::to_string(&JobSummary::of(&job)).unwrap(), of_job.to_string());
        assert_eq!(JobSummary::of(&job).state(), JobState::Failed);
        assert_eq!(JobSummary { outcome: Some(Outcome::TimedOut), ..JobSummary::of(&job) }.state(), JobState::TimedOut);
        assert_eq!(JobSummary::of(&job).published().instance, None);
    }

    #[test]
    fn a_summary_names_the_set_of_files_that_counts() {
        let mut job = ended("");
        assert_eq!(JobSummary::of(&job).file_set, None);
        job.input_files = Some(Vec::new());
        assert_eq!(JobSummary::of(&job).file_set, Some(FileSetId::input()));
        job.file_set = Some(FileSetId::of_attempt(1));
        assert_eq!(JobSummary::of(&job).file_set, job.file_set);
        assert_eq!(JobSummary::of(&job).published().file_set, None);
    }

    #[test]
    fn a_long_error_is_cut_between_characters() {
        let fits = "x".repeat(298) + "\u{1f600}";
        assert_eq!(JobSummary::of(&ended(&fits)).error, fits);
        let too_long = "x".repeat(299) + "\u{1f600}!";
        assert_eq!(JobSummary::of(&ended(&too_long)).error, "x".repeat(299));
        assert_eq!(JobSummary::of(&ended(&"é".repeat(400))).error, "é".repeat(300));
    }
}
