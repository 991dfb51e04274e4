//! A Chromium that serves one job after the other.

use std::cell::Cell;
use std::rc::Rc;

use browser::{Browser, LaunchOptions};
use tokio::time::{Instant, timeout};

use super::{PrepareError, TALK};
use crate::protocol::SlotSettings;

/// A browser in use.
pub(super) struct WarmBrowser {
    pub(super) browser: Rc<Browser>,
    /// When it was started.
    pub(super) since: Instant,
    /// Jobs that it has served.
    pub(super) jobs: Cell<u32>,
}

impl WarmBrowser {
    pub(super) async fn launch(settings: &SlotSettings) -> Result<Rc<Self>, PrepareError> {
        let options = LaunchOptions {
            executable: settings.chromium_executable.clone(),
            headless: settings.headless,
            extra_args: settings.extra_args.clone(),
            run_dir: settings.run_dir.clone(),
            timeout: settings.browser_start_timeout,
            allow_local: settings.allow_local_files,
            memory_limit: Some(settings.job_page_memory),
            ..LaunchOptions::default()
        };
        // Dropping the launch kills what it started.
        let launch = timeout(settings.browser_start_timeout + TALK, Browser::launch(&options));
        let browser = launch.await.map_err(|_| PrepareError::Mute)??;
        browser.set_ignore_https_errors(true);
        browser.set_page_limit(usize::try_from(settings.job_pages).unwrap_or(usize::MAX));
        Ok(Rc::new(Self { browser, since: Instant::now(), jobs: Cell::new(0) }))
    }

    /// Whether it is to be replaced after so many jobs.
    pub(super) fn has_served(&self, settings: &SlotSettings, jobs: u32) -> bool {
        jobs >= settings.browser_max_jobs || self.since.elapsed() >= settings.browser_max_age
    }
}
