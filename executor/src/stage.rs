//! The slot's browser: started, kept warm, given to one job at a time, replaced when it has served enough.

use std::rc::Rc;
use std::time::Duration;

use browser::{Browser, LaunchOptions, Page};
use tokio::time::{Instant, timeout};

use crate::config::BrowserIsolation;
use crate::memory;
use crate::page_setup;
use crate::protocol::{BrowserReport, SlotSettings};

/// Longest time to make a context with its page in a healthy browser.
const PREPARE: Duration = Duration::from_secs(8);
/// Longest time to take a job's context away before its browser counts as hung: the slot is to be free within two seconds
/// after its job, a new browser included.
const CLEAR: Duration = Duration::from_secs(1);
/// How long a browser that has opened its port may take to answer.
const TALK: Duration = Duration::from_secs(5);
/// Fresh browsers that may fail to make a page before the slot gives up.
const TRIES: u32 = 2;

/// The browser and how it has fared.
pub(crate) struct Stage {
    settings: SlotSettings,
    browser: Option<Warm>,
    report: BrowserReport,
}

/// A browser in use.
struct Warm {
    browser: Rc<Browser>,
    since: Instant,
    jobs: u32,
}

/// A page that waits for its job, in a context of its own.
pub(crate) struct Prepared {
    /// The page, set up as job code expects it.
    pub(crate) page: Rc<Page>,
    browser: Rc<Browser>,
}

/// Why no page could be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StageError {
    /// Chromium does not start.
    #[error(transparent)]
    Launch(#[from] browser::LaunchError),
    /// Chromium starts and does not talk.
    #[error("Chromium opened its debugging port and did not answer within {TALK:?}")]
    Mute,
    /// Chromium starts and makes no page.
    #[error("a fresh Chromium made no page")]
    Page(#[source] browser::Error),
    /// Chromium starts and does not answer.
    #[error("a fresh Chromium made no page within {PREPARE:?}")]
    Hung,
}

impl Stage {
    /// A stage without a browser yet.
    pub(crate) fn new(settings: SlotSettings) -> Self {
        Self { settings, browser: None, report: BrowserReport::default() }
    }

    /// The slot's settings.
    pub(crate) fn settings(&self) -> &SlotSettings {
        &self.settings
    }

    /// What happened to browsers since this was asked last.
    pub(crate) fn take_report(&mut self) -> BrowserReport {
        std::mem::take(&mut self.report)
    }

    /// A page for the next job; starts a browser when there is none, or none that works.
    ///
    /// # Errors
    /// [`StageError`] when a fresh browser does not work either.
    pub(crate) async fn prepare(&mut self) -> Result<Prepared, StageError> {
        let began = Instant::now();
        let prepared = self.prepare_in_time().await;
        self.report.prepared_in += began.elapsed();
        prepared
    }

    async fn prepare_in_time(&mut self) -> Result<Prepared, StageError> {
        let mut tries = 0;
        loop {
            let fresh = self.browser.is_none();
            let browser = match &self.browser {
                Some(warm) if warm.browser.is_connected() => warm.browser.clone(),
                Some(_) => {
                    self.report.crashes += 1;
                    self.close().await;
                    continue;
                }
                None => self.launch().await?,
            };
            let error = match timeout(PREPARE, page_for(&browser)).await {
                Ok(Ok(prepared)) => return Ok(prepared),
                Ok(Err(error)) => StageError::Page(error),
                Err(_) => StageError::Hung,
            };
            tracing::warn!(%error, "replacing a Chromium that made no page");
            self.report.crashes += 1;
            self.close().await;
            tries += u32::from(fresh);
            if tries >= TRIES {
                return Err(error);
            }
        }
    }

    /// Takes away everything of a job that has ended, and the browser when it has served enough.
    pub(crate) async fn clear(&mut self, prepared: Prepared) {
        let Prepared { browser, page } = prepared;
        drop(page);
        browser.clear_event_sink();
        let cleared = timeout(CLEAR, browser.dispose_contexts()).await;
        let Some(warm) = &mut self.browser else { return };
        warm.jobs += 1;
        if !browser.is_connected() {
            // The next `prepare` counts it as crashed.
            return;
        }
        let recycle = match cleared {
            Ok(Ok(())) => {
                self.settings.isolation == BrowserIsolation::Process
                    || warm.jobs >= self.settings.browser_max_jobs
                    || warm.since.elapsed() >= self.settings.browser_max_age
                    || browser.process_id().map_or(0, memory::of_group) >= self.settings.browser_max_memory
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "replacing a Chromium that kept a job's context");
                true
            }
            Err(_) => {
                tracing::warn!("replacing a Chromium that did not close a job's context");
                true
            }
        };
        if recycle {
            self.recycle().await;
        }
    }

    /// Resolves when the browser is too old to wait any longer for a job.
    pub(crate) async fn aged(&self) {
        match &self.browser {
            Some(warm) => tokio::time::sleep_until(warm.since + self.settings.browser_max_age).await,
            None => std::future::pending().await,
        }
    }

    /// Ends a browser that has served enough; the next `prepare` starts another.
    pub(crate) async fn recycle(&mut self) {
        self.report.recycles += 1;
        self.close().await;
    }

    /// Ends the browser.
    pub(crate) async fn close(&mut self) {
        if let Some(warm) = self.browser.take() {
            warm.browser.close().await;
        }
    }

    async fn launch(&mut self) -> Result<Rc<Browser>, StageError> {
        let settings = &self.settings;
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
        let browser = launch.await.map_err(|_| StageError::Mute)??;
        browser.set_ignore_https_errors(true);
        self.report.starts += 1;
        self.browser = Some(Warm { browser: browser.clone(), since: Instant::now(), jobs: 0 });
        Ok(browser)
    }
}

impl Prepared {
    /// Resolves when the browser is gone.
    pub(crate) async fn disconnected(&self) {
        self.browser.disconnected().await;
    }
}

async fn page_for(browser: &Rc<Browser>) -> Result<Prepared, browser::Error> {
    let page = browser.renew_default_context().await?.new_page().await?;
    page_setup::apply(&page).await?;
    Ok(Prepared { page, browser: browser.clone() })
}
