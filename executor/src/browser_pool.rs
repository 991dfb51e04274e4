//! The slot's browsers: started, kept warm, given to one job at a time, replaced when they have served enough.
//!
//! While a job uses its page, the page of the next one is made ahead: in a context that the job knows nothing of, or in a
//! Chromium of its own when the one that runs is not to serve again. A page that no job has called on serves the next one.

mod prepared_page;
mod warm_browser;

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use browser::Browser;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

pub(crate) use self::prepared_page::PreparedPage;
use self::prepared_page::{Way, page_in};
use self::warm_browser::WarmBrowser;
use crate::chromiums::client::ChromiumClient;
use crate::chromiums::messages::End;
use crate::config::BrowserIsolation;
use crate::protocol::SlotSettings;
use crate::slot_network::{Scheme, SlotNetwork};

/// Longest time to make a context with its page in a healthy browser.
const PREPARE: Duration = Duration::from_secs(8);
/// Longest time to take a job's context away before its browser counts as hung: the slot is to be free within two seconds
/// after its job, a new browser included.
const CLEAR: Duration = Duration::from_secs(1);
/// How long a browser that is late may take to show that it does not hang.
const ALIVE: Duration = Duration::from_millis(400);
/// How much longer one that does not hang may take: on a machine that is busy another Chromium would not be there sooner.
const CLEAR_LATE: Duration = Duration::from_secs(5);
/// How long a browser that has started may take to answer.
const TALK: Duration = Duration::from_secs(5);
/// Fresh browsers that may fail to make a page before the slot gives up.
const TRIES: u32 = 2;

/// The browsers and how they have fared.
pub(crate) struct BrowserPool {
    settings: Rc<SlotSettings>,
    chromiums: ChromiumClient,
    /// The one that has the job, or that gets the next one.
    warm: Option<Rc<WarmBrowser>>,
    ahead: Option<Ahead>,
    prepared_in: Duration,
    /// The way out of the job that runs, or of the next one. The page that is made ahead has the other one.
    way: Way,
}

/// The next job's page, being made while a job runs. Dropped, that ends.
struct Ahead {
    task: JoinHandle<Result<PreparedPage, PrepareError>>,
    /// Whether it has a Chromium of its own.
    fresh: bool,
}

/// Why no page could be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    /// Chromium does not start.
    #[error("{0}")]
    NotStarted(String),
    /// Chromium starts and does not talk.
    #[error("Chromium started and did not answer within {TALK:?}")]
    Mute,
    /// Chromium starts and says nothing of use.
    #[error("failed to talk to Chromium")]
    Talk(#[from] browser::error::ProtocolError),
    /// Chromium starts and makes no page.
    #[error("a fresh Chromium made no page")]
    Page(#[source] browser::Error),
    /// Chromium starts and does not answer.
    #[error("a fresh Chromium made no page within {PREPARE:?}")]
    Hung,
}

impl BrowserPool {
    /// A pool without a browser yet.
    pub(crate) fn new(settings: SlotSettings, chromiums: ChromiumClient, network: Option<Rc<SlotNetwork>>) -> Self {
        let way = Way { network, index: 0, scheme: Scheme::Socks5 };
        Self { settings: Rc::new(settings), chromiums, warm: None, ahead: None, prepared_in: Duration::ZERO, way }
    }

    /// Returns the slot's settings.
    pub(crate) fn settings(&self) -> Rc<SlotSettings> {
        Rc::clone(&self.settings)
    }

    /// Returns how long pages were prepared since this was asked last.
    pub(crate) fn take_prepared_in(&mut self) -> Duration {
        std::mem::take(&mut self.prepared_in)
    }

    /// A page for the next job: the one that was made ahead, or one that is made now. Starts a browser when there is
    /// none, or none that works.
    ///
    /// # Errors
    /// [`PrepareError`] when a fresh browser does not work either.
    pub(crate) async fn prepare(&mut self) -> Result<PreparedPage, PrepareError> {
        let began = Instant::now();
        let prepared = match self.made_ahead().await {
            Some(prepared) => Ok(prepared),
            None => self.prepare_now().await,
        };
        self.prepared_in += began.elapsed();
        let prepared = prepared?;
        prepared.show();
        Ok(prepared)
    }

    /// Begins with the next job's page; the job that has come must not wait for it.
    pub(crate) fn prepare_ahead(&mut self) {
        let again = self.warm.clone().filter(|warm| {
            self.settings.isolation == BrowserIsolation::Context
                && !warm.has_served(&self.settings, warm.jobs.get() + 1)
        });
        let (fresh, settings, chromiums) = (again.is_none(), Rc::clone(&self.settings), self.chromiums.clone());
        let way = Way { index: 1 - self.way.index, ..self.way.clone() };
        let task = tokio::task::spawn_local(async move {
            let warm = match again {
                Some(warm) => warm,
                None => WarmBrowser::start(&chromiums, &settings).await?,
            };
            page_in(warm, way).await
        });
        self.ahead = Some(Ahead { task, fresh });
    }

    /// The page that was made ahead, if it is good.
    async fn made_ahead(&mut self) -> Option<PreparedPage> {
        let mut ahead = self.ahead.take()?;
        let limit = if ahead.fresh { self.settings.browser_start_timeout + TALK + PREPARE } else { PREPARE };
        let made = match timeout(limit, &mut ahead.task).await {
            Ok(Ok(made)) => made,
            // It was stopped, or has panicked and said so.
            Ok(Err(_)) => return None,
            Err(_) => Err(PrepareError::Hung),
        };
        match made {
            Ok(prepared) if prepared.works() => {
                if ahead.fresh {
                    // One that had served is closed by now.
                    self.discard().await;
                    self.warm = Some(prepared.browser());
                }
                self.way.index = prepared.proxy();
                Some(prepared)
            }
            Ok(lost) => {
                // Its browser may be well, and is asked; when it does not answer it is replaced at the next clearing.
                let _ = timeout(CLEAR, lost.page.browser_context().close()).await;
                None
            }
            Err(error) => {
                tracing::warn!(%error, "no page was made ahead, making one now");
                if !ahead.fresh {
                    self.discard().await;
                }
                None
            }
        }
    }

    async fn prepare_now(&mut self) -> Result<PreparedPage, PrepareError> {
        let mut tries = 0;
        loop {
            let fresh = self.warm.is_none();
            let warm = match &self.warm {
                Some(warm) if warm.browser.is_connected() => Rc::clone(warm),
                Some(_) => {
                    self.discard().await;
                    continue;
                }
                None => {
                    let warm = WarmBrowser::start(&self.chromiums, &self.settings).await?;
                    self.warm = Some(Rc::clone(&warm));
                    warm
                }
            };
            let error = match page_in(warm, self.way.clone()).await {
                Ok(prepared) => return Ok(prepared),
                Err(error) => error,
            };
            tracing::warn!(%error, "replacing a Chromium that made no page");
            self.discard().await;
            tries += u32::from(fresh);
            if tries >= TRIES {
                return Err(error);
            }
        }
    }

    /// Another page in the place of one that a job has used, or that has died.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub(crate) async fn replace(&mut self, prepared: PreparedPage) -> Result<PreparedPage, PrepareError> {
        self.clear(prepared).await;
        self.prepare().await
    }

    /// As [`replace`](Self::replace), with a page for a job whose own proxy speaks HTTP.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub(crate) async fn replace_for_http(&mut self, prepared: PreparedPage) -> Result<PreparedPage, PrepareError> {
        self.way.scheme = Scheme::Http;
        let replaced = self.replace(prepared).await;
        self.way.scheme = Scheme::Socks5;
        replaced
    }

    /// Takes away everything of a job that has ended, and the browser when it has served enough.
    async fn clear(&mut self, prepared: PreparedPage) {
        let warm = prepared.into_browser();
        warm.browser.clear_event_sink();
        let cleared = clear_contexts(&warm.browser).await;
        warm.jobs.set(warm.jobs.get() + 1);
        if !warm.browser.is_connected() {
            // It is counted as crashed when it is replaced.
            return;
        }
        let recycle = match cleared {
            Some(Ok(())) => {
                self.settings.isolation == BrowserIsolation::Process
                    || warm.has_served(&self.settings, warm.jobs.get())
                    || warm.lease.weigh().await >= self.settings.browser_max_memory
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "replacing a Chromium that kept something of a job");
                true
            }
            None => {
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
        match &self.warm {
            Some(warm) => tokio::time::sleep_until(warm.since + self.settings.browser_max_age).await,
            None => std::future::pending().await,
        }
    }

    /// Ends a browser that has served enough, and what was made ahead in it; the next `prepare` has another.
    pub(crate) async fn recycle(&mut self) {
        self.ahead.take_if(|ahead| !ahead.fresh);
        self.end(End::Recycled).await;
    }

    /// Ends the browser, for which there will be no more jobs.
    pub(crate) async fn close(&mut self) {
        self.end(End::Unneeded).await;
    }

    /// Ends a browser that has crashed or does not answer.
    async fn discard(&mut self) {
        self.end(End::Crashed).await;
    }

    async fn end(&mut self, why: End) {
        if let Some(warm) = self.warm.take() {
            warm.browser.close().await;
            warm.lease.end(why).await;
        }
    }
}

/// Takes away the contexts of a job that has ended; `None` when Chromium does not do so in time.
async fn clear_contexts(browser: &Browser) -> Option<Result<(), browser::Error>> {
    let mut clearing = pin!(browser.dispose_contexts());
    if let Ok(cleared) = timeout(CLEAR, &mut clearing).await {
        return Some(cleared);
    }
    let answers = timeout(ALIVE, browser.version()).await.is_ok_and(|version| version.is_ok());
    if answers { timeout(CLEAR_LATE, clearing).await.ok() } else { None }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.task.abort();
    }
}
