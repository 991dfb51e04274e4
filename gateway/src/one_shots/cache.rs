//! Earlier answers: a request that says `cache` may be answered from the job of an equal one.
//!
//! Which job that is stands in a note beside the files of jobs, which all gateways see and a restart does not touch. Only
//! requests that say `cache` write and read such notes. The name of a note is made of all that could change the answer,
//! who asks and what that token may reach included, so nobody is answered from another token's job.

use std::time::Duration;

use job_files::JobFiles;
use job_model::{InstanceId, Job, JobId};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use service::Chain;

use super::{OneShot, OneShotRequest};
use crate::clock::{self, Millis};
use crate::tokens::Grant;

/// How old an answer may be at most: the most that a request may say, a day.
pub(crate) const OLDEST: Duration = Duration::from_secs(86_400);
/// The same in seconds.
pub(super) const LONGEST: u32 = 86_400;

/// What tells requests apart: their kind, all that they say, and by which token they come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CacheKey([u8; 32]);

/// What a note says.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    job: JobId,
    instance: Option<InstanceId>,
    /// When it was written. What the job answers is younger.
    at: Millis,
}

/// An earlier answer.
pub(crate) struct Earlier {
    pub(crate) job: JobId,
    instance: Option<InstanceId>,
    pub(crate) age: Duration,
}

impl Earlier {
    /// Whether this is the job that is meant: its uuid may have been used again.
    pub(crate) fn is(&self, job: &Job) -> bool {
        job.instance == self.instance
    }
}

impl CacheKey {
    pub(crate) fn of(kind: OneShot, request: &OneShotRequest, grant: &Grant) -> Self {
        let options = request.options.to_string();
        let html = request.html.as_deref().unwrap_or_default();
        let network = grant.network().map(serde_json::to_string).and_then(Result::ok).unwrap_or_default();
        let parts = [&format!("{kind:?}"), kind.code(), &options, html, grant.name(), &network];
        let mut digest = Context::new(&SHA256);
        for part in parts {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
        let mut key = [0; 32];
        key.copy_from_slice(digest.finish().as_ref());
        Self(key)
    }

    /// Notes whose job answers the request. Without the note the next request makes a job of its own.
    pub(crate) async fn note(&self, files: &JobFiles, job: JobId, instance: Option<InstanceId>) {
        let note = Note { job, instance, at: clock::now() };
        let text = serde_json::to_string(&note).expect("an id and a time are JSON");
        if let Err(error) = files.note(&self.0, text).await {
            tracing::warn!(job.id = %note.job, error = %Chain(&error), "failed to note an answer, an equal request runs a job of its own");
        }
    }

    /// An equal request's job, when the note of it is no older than this.
    pub(crate) async fn find(&self, files: &JobFiles, longest: Duration) -> Option<Earlier> {
        let text = match files.noted(&self.0).await {
            Ok(text) => text?,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "failed to look for an earlier answer, running a job");
                return None;
            }
        };
        let Note { job, instance, at } = serde_json::from_slice(&text).ok()?;
        let age = clock::now().saturating_sub(at);
        let age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
        (age <= longest).then_some(Earlier { job, instance, age })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_files::JobFiles;
    use job_model::{InstanceId, JobId};

    use super::{CacheKey, OneShot};
    use crate::tokens::Grant;

    fn key(kind: OneShot, body: &str) -> CacheKey {
        let request = kind.read(serde_json::from_str(body).unwrap()).unwrap();
        CacheKey::of(kind, &request, &Grant::Everything)
    }

    #[tokio::test]
    async fn an_answer_is_found_by_an_equal_request_wherever_it_comes_in() {
        let folder = tempfile::tempdir().unwrap();
        let files = || JobFiles::in_folder(folder.path()).unwrap();
        let own = key(OneShot::Content, r#"{"url":"http://a/","cache":5}"#);
        let (job, instance) = (JobId::fresh(), Some(InstanceId::fresh()));
        own.note(&files(), job.clone(), instance.clone()).await;
        let day = Duration::from_secs(86_400);
        let equal = key(OneShot::Content, r#"{"cache":9,"url":"http://a/"}"#);
        let found = equal.find(&files(), day).await.unwrap();
        assert_eq!((found.job, found.instance), (job, instance));
        let others = [
            key(OneShot::Links, r#"{"url":"http://a/"}"#),
            key(OneShot::Content, r#"{"url":"http://a/b"}"#),
            key(OneShot::Content, r#"{"html":"http://a/"}"#),
        ];
        for other in others {
            assert!(other.find(&files(), day).await.is_none());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(equal.find(&files(), Duration::ZERO).await.is_none(), "it is too old");
        assert_eq!(files().forget_notes(day).await.unwrap(), 0);
        assert_eq!(files().forget_notes(Duration::ZERO).await.unwrap(), 1);
        assert!(equal.find(&files(), day).await.is_none());
    }
}
