//! What a job is given of the world outside.

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
    /// The job's own files; without them paths are refused.
    pub folder: Option<JobFolder>,
    /// Trusted users: absolute paths of the page's calls are those of this machine (ALLOW_LOCAL_FILES).
    pub allow_local_files: bool,
    /// Large Buffers of the results become files of the job.
    pub result_files: bool,
}
