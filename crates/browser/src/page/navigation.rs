//! Going somewhere: goto, reload, back, forward, setContent, and waiting for what the page does by itself.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;

use super::Page;
use crate::context_proxy;
use crate::error::Error;
use crate::frame::Frame;
use crate::lifecycle_watcher::{Goal, LifecycleWatcher, Milestone};
use crate::remote_object::PageFunction;
use crate::response::Response;

/// How long and how far to wait for a navigation.
#[derive(Clone, Debug, Default)]
pub struct NavigationOptions {
    /// In milliseconds; 0 for no limit, `None` for the page's default.
    pub timeout: Option<f64>,
    /// `load`, `domcontentloaded`, `networkidle0`, `networkidle2`; nothing means `load`.
    pub wait_until: Vec<String>,
}

/// How to go to an address.
#[derive(Clone, Debug, Default)]
pub struct GotoOptions {
    /// In place of the `referer` among the extra headers.
    pub referer: Option<String>,
    /// How much of the referrer is sent, as the `Referrer-Policy` header names it.
    pub referrer_policy: Option<String>,
    /// How long and how far to wait.
    pub navigation: NavigationOptions,
}

/// Whether a page that is loaded again may come from the browser's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// As a click on the button does.
    Used,
    /// Everything comes from the network.
    Ignored,
}

/// The protocol's name of a referrer policy: `no-referrer` is `noReferrer`.
fn protocol_name(policy: &str) -> String {
    let mut name = String::with_capacity(policy.len());
    let mut is_start = false;
    for char in policy.chars() {
        match char {
            '-' => is_start = true,
            _ if std::mem::take(&mut is_start) => name.extend(char.to_uppercase()),
            _ => name.push(char),
        }
    }
    name
}

/// Longest time for another blank document, in milliseconds.
const RENEWAL: f64 = 2000.0;

/// How long a document that was written must have no request under way, as Chromium counts for one that was loaded.
const IDLE: Duration = Duration::from_millis(500);

const WRITE: &str = "html => {
  document.open();
  document.write(html);
  document.close();
}";

impl Frame {
    fn watch(self: &Rc<Self>, options: &NavigationOptions) -> Result<Rc<LifecycleWatcher>, Error> {
        let manager = self.manager()?;
        let world = self.utility_world();
        if world.is_gone() && manager.page()?.dialect().is_modern() {
            return Err(world.frame_detached());
        }
        let milestones = Milestone::parse(&options.wait_until)?;
        let timeout = options.timeout.unwrap_or(manager.timeouts().navigation());
        Ok(LifecycleWatcher::new(&manager, self, milestones, timeout))
    }

    /// Goes to an address; the last response, or `None` when only the fragment changed.
    ///
    /// # Errors
    /// [`Error::Load`], [`Error::NavigationTimeout`], [`Error::NavigatingFrameDetached`], [`Error::Disconnected`].
    pub async fn goto(self: &Rc<Self>, url: &str, options: GotoOptions) -> Result<Option<Rc<Response>>, Error> {
        let watcher = self.watch(&options.navigation)?;
        let mut arguments = json!({"url": url, "frameId": self.id()});
        if let Some(referer) = options.referer.or_else(|| self.manager().ok()?.network().extra_http_header("referer")) {
            arguments["referrer"] = referer.into();
        }
        if let Some(policy) = options.referrer_policy {
            arguments["referrerPolicy"] = protocol_name(&policy).into();
        }
        // The page's session can navigate every frame of it, and outlives one that leaves its process.
        let navigated = self.manager()?.session().send_raw("Page.navigate", arguments);
        let answer = watcher.unless_ended(async { navigated.await.map_err(Error::from) }).await?;
        let is_new = answer["loaderId"].as_str().is_some_and(|loader| !loader.is_empty());
        // A page that came with an error status and no body is a page.
        let failure = answer["errorText"]
            .as_str()
            .filter(|text| !text.is_empty() && *text != "net::ERR_HTTP_RESPONSE_CODE_FAILURE");
        if let Some(text) = failure {
            self.on_failed_navigation(answer["loaderId"].as_str().unwrap_or_default());
            let known = watcher.failure().filter(|_| context_proxy::is_of_proxy(text));
            let error_text = match known {
                Some(known) => known,
                None => self.manager()?.network().translated(url, text),
            };
            return Err(Error::Load { error_text, url: url.to_owned() });
        }
        watcher.reach(if is_new { Goal::NewDocument } else { Goal::SameDocument }).await?;
        Ok(watcher.response())
    }

    /// Waits until the frame has gone somewhere, be it a new document or another fragment or history entry.
    ///
    /// # Errors
    /// As [`goto`](Self::goto).
    pub async fn wait_for_navigation(
        self: &Rc<Self>,
        options: NavigationOptions,
    ) -> Result<Option<Rc<Response>>, Error> {
        let watcher = self.watch(&options)?;
        watcher.reach(Goal::AnyDocument).await?;
        Ok(watcher.response())
    }

    /// Replaces the document by this HTML and waits for what it loads.
    ///
    /// # Errors
    /// [`Error::NavigationTimeout`], [`Error::Evaluation`].
    pub async fn set_content(self: &Rc<Self>, html: &str, options: NavigationOptions) -> Result<(), Error> {
        Milestone::parse(&options.wait_until)?;
        // `document.open()` makes Chromium count the document's milestones anew.
        self.utility_world().evaluate(PageFunction::own(WRITE), vec![html.into()]).await?;
        let watcher = self.watch(&options)?;
        let Some((loaded, concurrency)) = watcher.without_idleness() else {
            return watcher.reach(Goal::Milestones).await;
        };
        // Chromium tells once a document that its network is idle, and a document that is written anew is the same one.
        let loaded = LifecycleWatcher::new(&*self.manager()?, self, loaded, 0.0);
        let idle = async {
            loaded.reach(Goal::Milestones).await?;
            self.manager()?.network().idle(|| self.unfinished_requests() <= concurrency, IDLE).await;
            Ok(())
        };
        tokio::select! {
            biased;
            reached = watcher.reach(Goal::Milestones) => reached,
            idle = watcher.unless_ended(idle) => idle,
        }
    }

    /// The requests under way of the frame and those below it.
    fn unfinished_requests(&self) -> usize {
        let network = self.manager().map(|manager| manager.network().clone());
        let own = network.map_or(0, |network| network.unfinished_requests_of(self));
        own + self.child_frames().iter().map(|child| child.unfinished_requests()).sum::<usize>()
    }
}

impl Page {
    /// See [`Frame::goto`].
    ///
    /// # Errors
    /// As there.
    pub async fn goto(&self, url: &str, options: GotoOptions) -> Result<Option<Rc<Response>>, Error> {
        if let Some(coverage) = self.coverage.get() {
            coverage.before_navigation().await;
        }
        self.main_frame().goto(url, options).await
    }

    /// See [`Frame::wait_for_navigation`].
    ///
    /// # Errors
    /// As there.
    pub async fn wait_for_navigation(&self, options: NavigationOptions) -> Result<Option<Rc<Response>>, Error> {
        self.main_frame().wait_for_navigation(options).await
    }

    /// Gives the page another blank document in place of the blank one that it was made with: clocks, timers and
    /// milestones are as if the page were made now. Nobody is told, and nobody may use the page meanwhile.
    ///
    /// # Errors
    /// [`Error::NavigationTimeout`], and what the protocol refuses.
    pub async fn renew(&self) -> Result<(), Error> {
        let _silence = Silence::of(&self.silent);
        let options = NavigationOptions { timeout: Some(RENEWAL), wait_until: Vec::new() };
        let watcher = self.main_frame().watch(&options)?;
        // A document that the protocol opens or reloads differs from a new page's: the former reaches no local network, the
        // latter counts as reloaded.
        let leave = json!({"expression": "location.replace('about:blank')"});
        let left = self.session.send_raw("Runtime.evaluate", leave);
        self.renewed.set(true);
        watcher.unless_ended(async { left.await.map_err(Error::from) }).await?;
        watcher.reach(Goal::NewDocument).await
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// As [`Frame::goto`].
    pub async fn reload(&self, options: NavigationOptions, cache: Cache) -> Result<Option<Rc<Response>>, Error> {
        let watcher = self.main_frame().watch(&options)?;
        let asked = self.session.send_raw("Page.reload", json!({"ignoreCache": cache == Cache::Ignored}));
        watcher.unless_ended(async { asked.await.map_err(Error::from) }).await?;
        // A page that is told it is left may change its history entry: the same document with another address.
        watcher.reach(Goal::NewDocument).await?;
        Ok(watcher.response())
    }

    /// One step back in the history; `None` when there is none.
    ///
    /// # Errors
    /// As [`Frame::goto`].
    pub async fn go_back(&self, options: NavigationOptions) -> Result<Option<Rc<Response>>, Error> {
        self.go(-1, options).await
    }

    /// One step forward in the history; `None` when there is none.
    ///
    /// # Errors
    /// As [`Frame::goto`].
    pub async fn go_forward(&self, options: NavigationOptions) -> Result<Option<Rc<Response>>, Error> {
        self.go(1, options).await
    }

    async fn go(&self, steps: i64, options: NavigationOptions) -> Result<Option<Rc<Response>>, Error> {
        let history = self.session.send_raw("Page.getNavigationHistory", json!({})).await?;
        let index = history["currentIndex"].as_i64().unwrap_or_default() + steps;
        let entry = usize::try_from(index).ok().and_then(|index| history["entries"].get(index));
        let Some(entry) = entry else {
            let refused = self.dialect().is_modern().then(|| Error::message("History entry to navigate to not found."));
            return refused.map_or(Ok(None), Err);
        };
        let watcher = self.main_frame().watch(&options)?;
        let asked = self.session.send_raw("Page.navigateToHistoryEntry", json!({"entryId": entry["id"]}));
        watcher.unless_ended(async { asked.await.map_err(Error::from) }).await?;
        watcher.reach(Goal::AnyDocument).await?;
        Ok(watcher.response())
    }
}

/// While it lives, a page tells nothing.
struct Silence<'a>(&'a Cell<bool>);

impl<'a> Silence<'a> {
    fn of(silent: &'a Cell<bool>) -> Self {
        silent.set(true);
        Self(silent)
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
