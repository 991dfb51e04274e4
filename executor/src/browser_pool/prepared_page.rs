//! A page that waits for its job, in a browser context of its own.

use std::rc::Rc;
use std::time::Duration;

use browser::{ContextProxy, Page};
use tokio::time::{Instant, timeout};

use super::warm_browser::WarmBrowser;
use super::{PREPARE, PrepareError};
use crate::page_setup;
use crate::slot_network::{Scheme, SlotNetwork};

/// How long a page may have waited and still pass for one that was made just now.
const FRESH: Duration = Duration::from_millis(300);

/// The page, set up as job code expects it.
pub(crate) struct PreparedPage {
    pub(crate) page: Rc<Page>,
    warm: Rc<WarmBrowser>,
    made: Instant,
    /// Which of the slot's proxies the context is behind.
    proxy: usize,
}

/// A context's way to the network.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) network: Option<Rc<SlotNetwork>>,
    /// Which of the slot's proxies.
    pub(super) index: usize,
    pub(super) scheme: Scheme,
}

impl Way {
    fn proxy(&self) -> Option<Rc<dyn ContextProxy>> {
        Some(self.network.as_ref()?.proxy(self.index, self.scheme))
    }
}

/// Makes a page in a context of its own, which nobody sees yet.
pub(super) async fn page_in(warm: Rc<WarmBrowser>, way: Way) -> Result<PreparedPage, PrepareError> {
    let make = async {
        let page = warm.browser.create_hidden_context_behind(way.proxy()).await?.new_page().await?;
        page_setup::apply(&page).await?;
        Ok(page)
    };
    match timeout(PREPARE, make).await {
        Ok(Ok(page)) => Ok(PreparedPage { page, warm, made: Instant::now(), proxy: way.index }),
        Ok(Err(error)) => Err(PrepareError::Page(error)),
        Err(_) => Err(PrepareError::Hung),
    }
}

impl PreparedPage {
    /// Returns the browser that the page is in.
    pub(super) fn browser(&self) -> Rc<WarmBrowser> {
        Rc::clone(&self.warm)
    }

    /// Returns which of the slot's proxies its context is behind.
    pub(crate) fn proxy(&self) -> usize {
        self.proxy
    }

    /// Lets the page go; the browser that it is in.
    pub(super) fn into_browser(self) -> Rc<WarmBrowser> {
        self.warm
    }

    /// Shows the page's context to scripts, as the one that the browser starts with.
    pub(super) fn show(&self) {
        self.warm.browser.set_default_context(self.page.browser_context());
    }

    /// Says whether this page, and those that are made after it, accept certificates that are not valid. Costs nothing when that
    /// is so already.
    pub(crate) fn set_ignore_https_errors(&self, ignore: bool) {
        self.warm.browser.set_ignore_https_errors(ignore);
        self.page.set_ignore_https_errors(ignore);
    }

    /// Makes the page like one that was made just now, if it has waited: a document has a clock, and Chromium tells only
    /// once that its network is idle. For the moment before the job's first call; it does nothing until it is polled.
    pub(crate) fn renewal(&self) -> impl Future<Output = ()> + use<> {
        let (page, made) = (Rc::clone(&self.page), self.made);
        async move {
            if made.elapsed() < FRESH {
                return;
            }
            // A page that is gone tells so at the call itself.
            if let Err(error) = page.renew().await {
                tracing::warn!(%error, "a page that had waited for its job keeps its old document");
            }
        }
    }

    /// The job that had it is over, and gets no more events.
    pub(crate) fn leave(&self) {
        self.warm.browser.clear_event_sink();
    }

    /// Tells whether its page can be used.
    pub(crate) fn works(&self) -> bool {
        self.warm.browser.is_connected() && !self.page.has_crashed()
    }

    /// Resolves when the page, or its whole browser, is gone.
    pub(crate) async fn lost(&self) {
        tokio::select! {
            () = self.warm.browser.disconnected() => {}
            () = self.page.crashed() => {}
        }
    }
}
