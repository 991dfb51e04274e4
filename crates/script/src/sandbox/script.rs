//! What is run.

use std::collections::BTreeMap;

use job_model::{Api, Job, Language};

use crate::log::text_size;

/// The part of a job that runs.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The body of the async function, or a whole script.
    pub code: String,
    /// What the code is written in.
    pub language: Language,
    /// What it sees as `vars`.
    pub vars: BTreeMap<String, String>,
    /// The modules it may import, by name.
    pub modules: BTreeMap<String, String>,
    /// Which Puppeteer it is written for; 1.20 when it does not say.
    pub api: Option<Api>,
}

impl Script {
    /// What it takes in the job's document, in bytes of JSON.
    pub(super) fn json_size(&self) -> usize {
        const AROUND: usize = r#""":"","#.len();
        let texts = |texts: &BTreeMap<String, String>| -> usize {
            texts.iter().map(|(name, text)| AROUND + text_size(name) + text_size(text)).sum()
        };
        text_size(&self.code) + texts(&self.vars) + texts(&self.modules)
    }
}

impl From<&Job> for Script {
    fn from(job: &Job) -> Self {
        Self {
            code: job.code.clone(),
            language: job.language.unwrap_or_default(),
            vars: job.vars.clone(),
            modules: job.modules.clone(),
            api: job.api,
        }
    }
}
