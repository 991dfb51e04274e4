//! A Chromium that serves one job after the other.

use std::cell::Cell;
use std::rc::Rc;

use browser::{Browser, ConnectOptions};
use script::JobFolder;
use tokio::time::{Instant, timeout};

use super::{PrepareError, TALK};
use crate::chromiums::client::{ChromiumClient, Lease, Started};
use crate::protocol::SlotSettings;

/// A browser in use.
pub(super) struct WarmBrowser {
    pub(super) browser: Rc<Browser>,
    /// The executor's word that it is there.
    pub(super) lease: Lease,
    /// When it was started.
    pub(super) since: Instant,
    /// Jobs that it has served.
    pub(super) jobs: Cell<u32>,
}

impl WarmBrowser {
    pub(super) async fn start(chromiums: &ChromiumClient, settings: &SlotSettings) -> Result<Rc<Self>, PrepareError> {
        let limit = settings.browser_start_timeout + TALK;
        // Dropping what was begun ends it.
        let started = timeout(limit, chromiums.start()).await.map_err(|_| PrepareError::Mute)?;
        let Started { lease, process_id, pipe } = started.map_err(PrepareError::NotStarted)?;
        let options = ConnectOptions { process_id: Some(process_id), allow_local: settings.allow_local_files };
        let browser = timeout(TALK, Browser::connect(pipe, options)).await.map_err(|_| PrepareError::Mute)??;
        browser.set_ignore_https_errors(settings.ignore_https_errors);
        browser.set_page_limit(usize::try_from(settings.job_pages).unwrap_or(usize::MAX));
        browser.set_frame_limit(usize::try_from(settings.job_frames).unwrap_or(usize::MAX));
        browser.set_download_folder(settings.files_folder().join(JobFolder::DOWNLOADS));
        Ok(Rc::new(Self { browser, lease, since: Instant::now(), jobs: Cell::new(0) }))
    }

    /// Tells whether it is to be replaced after so many jobs.
    pub(super) fn has_served(&self, settings: &SlotSettings, jobs: u32) -> bool {
        jobs >= settings.browser_max_jobs || self.since.elapsed() >= settings.browser_max_age
    }
}
