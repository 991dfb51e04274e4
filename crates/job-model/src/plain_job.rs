//! A job without anything that the predecessor did not know.

use serde::Serialize;
use serde::ser::SerializeMap;

use crate::{Job, Timestamp};

/// A job with the members that the predecessor knows, in any order, for databases that take no others.
pub struct PlainJob<'a> {
    /// The job.
    pub job: &'a Job,
    /// The order of the members: a permutation of `0..12`.
    pub order: [u8; PlainJob::MEMBERS],
}

impl PlainJob<'_> {
    /// How many members there are.
    pub const MEMBERS: usize = 12;
}

impl Serialize for PlainJob<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Results<'a>(&'a Job);
        impl Serialize for Results<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::number::optional_results(&self.0.results, serializer)
            }
        }
        let job = self.job;
        let time = |time: Option<Timestamp>| time.map(Timestamp::to_whole_seconds);
        let mut map = serializer.serialize_map(Some(Self::MEMBERS))?;
        for member in self.order {
            match member {
                0 => map.serialize_entry("uuid", &job.uuid),
                1 => map.serialize_entry("code", &job.code),
                2 => map.serialize_entry("status", &job.status),
                3 => map.serialize_entry("vars", &job.vars),
                4 => map.serialize_entry("modules", &job.modules),
                5 => map.serialize_entry("error", &job.error),
                6 => map.serialize_entry("logs", &job.logs),
                7 => map.serialize_entry("results", &Results(job)),
                8 => map.serialize_entry("created_at", &time(Some(job.created_at))),
                9 => map.serialize_entry("started_at", &time(job.started_at)),
                10 => map.serialize_entry("finished_at", &time(job.finished_at)),
                _ => map.serialize_entry("duration", &job.duration),
            }?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::PlainJob;
    use crate::JobResult;
    use crate::job::tests::created;

    #[test]
    fn a_plain_job_is_a_published_one_without_our_members() {
        let job = created().published();
        let order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        let text = serde_json::to_string(&PlainJob { job: &job, order }).unwrap();
        assert_eq!(text, serde_json::to_string(&job).unwrap());
        let mut done = created();
        (done.timeout, done.max_attempts, done.running) = (Some(1), Some(2), None);
        done.finish(JobResult::not_started(done.uuid.clone(), "why")).unwrap();
        let mut order = order;
        order.reverse();
        let plain = serde_json::to_value(PlainJob { job: &done, order }).unwrap();
        assert_eq!(plain.as_object().unwrap().len(), 12);
        assert_eq!(plain.as_object().unwrap().keys().next().unwrap(), "duration");
        for (member, value) in plain.as_object().unwrap() {
            assert_eq!(value, &serde_json::to_value(&done).unwrap()[member], "{member}");
        }
    }
}
