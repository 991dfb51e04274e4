//! Something that Chromium can be attached to: a page, a worker, the browser itself.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use serde_json::Value;

use crate::browser::Browser;
use crate::browser_context::BrowserContext;
use crate::cdp_session::CDPSession;
use crate::error::Error;
use crate::page::Page;
use crate::promise::Promise;
use crate::session::Session;
use crate::worker::Worker;

type Making<T> = Shared<LocalBoxFuture<'static, Result<Rc<T>, Error>>>;

/// Puppeteer's `Target`.
#[derive(Debug)]
pub struct Target {
    id: String,
    payload: RefCell<Value>,
    context: Rc<BrowserContext>,
    page: RefCell<Attached<Page>>,
    worker: RefCell<Attached<Worker>>,
    /// Whether anybody has been told: pages are not before they have an address.
    initialized: Promise<bool>,
    closed: Promise<()>,
}

/// What the model has of a target.
enum Attached<T> {
    Nothing,
    Making(Making<T>),
    Made(Rc<T>),
    /// The target is gone; what a script still holds is found, but not kept alive.
    Gone(Weak<T>),
}

impl<T> std::fmt::Debug for Attached<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Making(_) => "Making",
            Self::Made(_) => "Made",
            Self::Gone(_) => "Gone",
        })
    }
}

impl<T> Attached<T> {
    fn made(&self) -> Option<Rc<T>> {
        match self {
            Self::Made(made) => Some(made.clone()),
            Self::Gone(gone) => gone.upgrade(),
            Self::Making(making) => making.peek().and_then(|result| result.clone().ok()),
            Self::Nothing => None,
        }
    }
}

impl Target {
    pub(crate) fn new(payload: Value, context: Rc<BrowserContext>) -> Rc<Self> {
        let target = Rc::new(Self {
            id: payload["targetId"].as_str().unwrap_or_default().to_owned(),
            payload: RefCell::new(payload),
            context,
            page: RefCell::new(Attached::Nothing),
            worker: RefCell::new(Attached::Nothing),
            initialized: Promise::default(),
            closed: Promise::default(),
        });
        target.initialize_if_ready();
        target
    }

    fn raw_type(&self) -> String {
        self.payload.borrow()["type"].as_str().unwrap_or_default().to_owned()
    }

    fn initialize_if_ready(&self) {
        if self.raw_type() != "page" || !self.url().is_empty() {
            self.initialized.settle(true);
        }
    }

    pub(crate) fn is_initialized(&self) -> bool {
        self.initialized.get() == Some(true)
    }

    /// False when the target ended before anybody was told about it.
    pub(crate) async fn initialized(&self) -> bool {
        self.initialized.wait().await
    }

    pub(crate) fn update(&self, payload: Value) {
        *self.payload.borrow_mut() = payload;
        self.initialize_if_ready();
    }

    pub(crate) fn on_destroyed(&self) {
        self.initialized.settle(false);
        let page = self.page.borrow().made();
        if let Some(page) = &page {
            page.on_closed();
        }
        self.closed.settle(());
        *self.page.borrow_mut() = Attached::Gone(page.as_ref().map(Rc::downgrade).unwrap_or_default());
        let worker = self.worker.borrow().made();
        *self.worker.borrow_mut() = Attached::Gone(worker.as_ref().map(Rc::downgrade).unwrap_or_default());
    }

    /// Resolves when the target is gone.
    pub async fn closed(&self) {
        self.closed.wait().await;
    }

    /// CDP's id of the target.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns where the target is.
    pub fn url(&self) -> String {
        self.payload.borrow()["url"].as_str().unwrap_or_default().to_owned()
    }

    /// `page`, `background_page`, `service_worker`, `shared_worker`, `browser`, or `other`.
    pub fn target_type(&self) -> &'static str {
        match self.raw_type().as_str() {
            "page" => "page",
            "background_page" => "background_page",
            "service_worker" => "service_worker",
            "shared_worker" => "shared_worker",
            "browser" => "browser",
            _ => "other",
        }
    }

    /// Returns the browser.
    ///
    /// # Errors
    /// When it is gone.
    pub fn browser(&self) -> Result<Rc<Browser>, Error> {
        self.context.browser()
    }

    /// Returns the context that the target belongs to.
    pub fn browser_context(&self) -> &Rc<BrowserContext> {
        &self.context
    }

    /// Returns the target that opened this one.
    pub fn opener(&self) -> Option<Rc<Target>> {
        let opener = self.payload.borrow()["openerId"].as_str()?.to_owned();
        self.browser().ok()?.target_by_id(&opener)
    }

    async fn attach(&self) -> Result<(Rc<Session>, Rc<Browser>), Error> {
        let browser = self.browser()?;
        let session = browser.attach_to(&self.id).await?;
        Ok((session, browser))
    }

    /// Opens a session of the script's own.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the target is gone, and when the job has too many sessions open.
    pub async fn create_cdp_session(self: &Rc<Self>) -> Result<Rc<CDPSession>, Error> {
        let browser = self.browser()?;
        let _place = browser.open_sessions().place_for_session()?;
        let session = browser.attach_to(&self.id).await?;
        Ok(CDPSession::new(session, self.clone(), &browser))
    }

    /// Returns the page, if there is one already.
    pub(crate) fn made_page(&self) -> Option<Rc<Page>> {
        self.page.borrow().made()
    }

    /// Returns the page; always the same one. `None` when the target is of another type.
    ///
    /// # Errors
    /// When the target goes away meanwhile.
    pub async fn page(self: &Rc<Self>) -> Result<Option<Rc<Page>>, Error> {
        if let Some(page) = self.made_page() {
            return Ok(Some(page));
        }
        if !matches!(self.raw_type().as_str(), "page" | "background_page") {
            return Ok(None);
        }
        self.as_page().await.map(Some)
    }

    /// Returns the page, whatever the target's type.
    ///
    /// # Errors
    /// When the target goes away meanwhile, or has no document.
    pub async fn as_page(self: &Rc<Self>) -> Result<Rc<Page>, Error> {
        if let Some(page) = self.made_page() {
            return Ok(page);
        }
        let target = self.clone();
        let make = async move {
            let (session, browser) = target.attach().await?;
            Page::create(session, target, browser.sink().clone(), browser.ignores_https_errors()).await
        };
        self.make(&self.page, make.boxed_local()).await
    }

    /// Returns the worker of a service or shared worker target.
    ///
    /// # Errors
    /// When the target goes away meanwhile.
    pub async fn worker(self: &Rc<Self>) -> Result<Option<Rc<Worker>>, Error> {
        if let Some(worker) = self.worker.borrow().made() {
            return Ok(Some(worker));
        }
        if !matches!(self.raw_type().as_str(), "service_worker" | "shared_worker") {
            return Ok(None);
        }
        let target = self.clone();
        let make = async move {
            let (session, _) = target.attach().await?;
            Ok(Worker::new(session, target.url(), target, Weak::new()))
        };
        self.make(&self.worker, make.boxed_local()).await.map(Some)
    }

    /// All who ask while it is being made get the same one.
    async fn make<T>(
        &self,
        slot: &RefCell<Attached<T>>,
        make: LocalBoxFuture<'static, Result<Rc<T>, Error>>,
    ) -> Result<Rc<T>, Error> {
        let making = match &*slot.borrow() {
            Attached::Making(making) => Some(making.clone()),
            Attached::Gone(_) => return Err(Error::TargetClosed),
            Attached::Nothing | Attached::Made(_) => None,
        };
        let making = making.unwrap_or_else(|| {
            let making = make.shared();
            *slot.borrow_mut() = Attached::Making(making.clone());
            making
        });
        let result = making.await;
        let mut slot = slot.borrow_mut();
        if matches!(&*slot, Attached::Making(_)) {
            *slot = match &result {
                Ok(made) => Attached::Made(made.clone()),
                Err(_) => Attached::Nothing,
            };
        }
        result
    }
}
