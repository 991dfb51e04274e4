//! What a job is given of the world outside.

use std::rc::Rc;

use crate::calls::Calls;
use crate::job_folder::JobFolder;
use crate::page_use::PageUse;
use crate::resources::ResourceRef;

/// What the job may use of the world outside.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// The object behind the global `page`.
    pub page: Option<ResourceRef>,
    /// Where the job's first call on it is told.
    pub page_use: PageUse,
    /// Who is told of the calls on the browser.
    pub calls: Calls,
    /// The job's own files; without them paths are refused.
    pub folder: Option<JobFolder>,
    /// Trusted users: absolute paths of the page's calls are those of this machine (ALLOW_LOCAL_FILES).
    pub allow_local_files: bool,
    /// What makes the job's own requests; without it `fetch` is switched off (JOB_FETCH).
    pub fetch: Option<Rc<fetch::Client>>,
    /// Whether large Buffers of the results become files of a job that is not for today's Puppeteer; those of other jobs do.
    /// `None` where the files of jobs are not kept.
    pub result_files: Option<bool>,
}
