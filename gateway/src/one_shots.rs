//! One-shots: requests that become a job of a shipped template, and are answered with the file that the job leaves.
//!
//! The templates are in `gateway/templates`, for people to read and to copy. They are jobs like any other. What a request may
//! say is in [`options`] and [`members`], how an equal one is answered again in [`cache`].

mod cache;
mod members;
mod options;

use std::collections::BTreeMap;

use job_model::{Job, NewJob, Timestamp};

pub(crate) use cache::{CacheKey, OLDEST};
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
