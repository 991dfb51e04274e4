//! Which creation of a uuid is meant: a job may be deleted, and its uuid be used again.

use job_model::{InstanceId, Job, JobResult, Timestamp};

/// Whether a result is one of this very job.
///
/// A predecessor's result says neither instance nor time of creation. It counts unless the code began or ended before the
/// job was created, or before its last try ended.
pub(super) fn is_result_of(result: &JobResult, job: &Job) -> bool {
    if let Some(same) = same(result.instance.as_ref(), result.created_at, job) {
        return same;
    }
    let last_try = job.attempts.as_ref().and_then(|tries| tries.last()).map(|last| last.finished_at);
    let since = last_try.map_or(job.created_at, Timestamp::truncated_to_seconds);
    let before = |time: Timestamp| time.truncated_to_seconds() < since;
    !result.started_at.is_some_and(before) && !result.finished_at.is_some_and(before)
}

/// Whether a message of this instance, created then, is one of this very job; `None` when the message says neither.
pub(super) fn same(instance: Option<&InstanceId>, created_at: Option<Timestamp>, job: &Job) -> Option<bool> {
    let same_time = created_at.map(|time| time.truncated_to_seconds() == job.created_at);
    match (instance, &job.instance) {
        (Some(given), Some(own)) => Some(given == own && same_time != Some(false)),
        _ => same_time,
    }
}

#[cfg(test)]
mod tests {
    use job_model::{InstanceId, Job, JobResult, NewJob, Timestamp};

    use super::is_result_of;

    #[test]
    fn a_result_counts_for_its_own_creation_only() {
        let at = |text: &str| Some(Timestamp::parse(text).unwrap());
        let job = Job::create(NewJob::default(), Timestamp::parse("2020-01-02T03:04:05.900Z").unwrap()).unwrap();
        let result = |instance, created_at, started_at| JobResult {
            instance,
            created_at,
            started_at,
            ..JobResult::not_started(job.uuid.clone(), "")
        };
        let (own, other) = (job.instance.clone(), Some(InstanceId::fresh()));
        let early = at("2020-01-02T03:04:04.999Z");
        let in_time = at("2020-01-02T03:04:05.100Z");
        for (instance, created_at, started_at, counts) in [
            (own, None, early, true),
            (other, in_time, None, false),
            (None, in_time, early, true),
            (None, early, in_time, false),
            (None, None, in_time, true),
            (None, None, early, false),
            (None, None, None, true),
        ] {
            let result = result(instance, created_at, started_at);
            assert_eq!(is_result_of(&result, &job), counts, "{result:?}");
        }
    }
}
