//! One-shots: requests that become a job of a shipped template, and are answered with the file that the job leaves.
//!
//! The templates are in `gateway/templates`, for people to read and to copy. They are jobs like any other. What a request may
//! say is in [`options`].

mod options;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use job_model::{Job, JobId, NewJob, Timestamp};
use ring::digest::{Context, SHA256};

pub(crate) use options::{OneShotRequest, Refused};

/// A kind of one-shot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum OneShot {
    Screenshot,
    Pdf,
    Content,
    Markdown,
    Links,
    Scrape,
    Snapshot,
}

impl OneShot {
    fn code(self) -> &'static str {
        match self {
            Self::Screenshot => include_str!("../templates/screenshot/code.mjs"),
            Self::Pdf => include_str!("../templates/pdf/code.mjs"),
            Self::Content => include_str!("../templates/content/code.mjs"),
            Self::Markdown => include_str!("../templates/markdown/code.mjs"),
            Self::Links => include_str!("../templates/links/code.mjs"),
            Self::Scrape => include_str!("../templates/scrape/code.mjs"),
            Self::Snapshot => include_str!("../templates/snapshot/code.mjs"),
        }
    }

    /// The job of a request.
    pub(crate) fn job(self, request: &OneShotRequest) -> Job {
        let mut modules =
            BTreeMap::from([("one-shot".to_owned(), include_str!("../templates/one_shot.mjs").to_owned())]);
        if self == Self::Markdown {
            modules.insert("markdown".to_owned(), include_str!("../templates/markdown.mjs").to_owned());
        }
        let new = NewJob {
            code: self.code().to_owned(),
            vars: BTreeMap::from([("request".to_owned(), request.options.to_string())]),
            modules,
            timeout: request.timeout,
            ..NewJob::default()
        };
        Job::create(new, Timestamp::now()).expect("a job without an id of the client's gets a good one")
    }
}

/// What tells requests apart: their kind, all that they say, and by which token they come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey([u8; 32]);

impl CacheKey {
    pub(crate) fn of(kind: OneShot, request: &OneShotRequest, token: &str) -> Self {
        let mut digest = Context::new(&SHA256);
        let options = request.options.to_string();
        let html = request.html.as_deref().unwrap_or_default();
        for part in [format!("{kind:?}").as_bytes(), options.as_bytes(), html.as_bytes(), token.as_bytes()] {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let mut key = [0; 32];
        key.copy_from_slice(digest.finish().as_ref());
        Self(key)
    }
}

/// The jobs of this gateway's latest answers. A request that says `cache` may be answered from an equal one's.
#[derive(Debug, Default)]
pub(crate) struct OneShotCache(Mutex<HashMap<CacheKey, (JobId, Instant)>>);

/// Answers that are remembered.
const REMEMBERED: usize = 1000;

impl OneShotCache {
    /// Notes whose job has just been answered.
    pub(crate) fn note(&self, key: CacheKey, job: JobId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED
            && let Some(oldest) = known.iter().min_by_key(|(_, (_, at))| *at).map(|(key, _)| key.clone())
        {
            known.remove(&oldest);
        }
        known.insert(key, (job, Instant::now()));
    }

    /// An equal request's job and its age, when it is no older than this.
    pub(crate) fn find(&self, key: &CacheKey, longest: Duration) -> Option<(JobId, Duration)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (job, at) = known.get(key)?;
        let age = at.elapsed();
        (age <= longest).then(|| (job.clone(), age))
    }
}
