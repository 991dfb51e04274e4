//! One Chromium and everything in it: what belongs to it, and which part hears of an event. The parts are the modules below.

mod bluetooth;
mod contexts;
mod lifetime;
mod limits;
mod notices;
mod remainder;
mod screens;
mod targets;
mod windows;

pub use lifetime::ConnectOptions;
pub(crate) use limits::Shown;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;

use crate::browser_context::BrowserContext;
use crate::cdp_session::OpenSessions;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::event::Sink;
use crate::launch::Chromium;
use crate::query::handlers::QueryHandlers;
use crate::screenshot::ScreenshotQueue;
use crate::session::{Connection, RawEvent, Session, Subscription};
use crate::target::Target;

/// Puppeteer's [`Browser`](https://pptr.dev/api/puppeteer.browser). Dropping it closes the connection, and kills the process if
/// it was started here.
#[derive(Debug)]
pub struct Browser {
    session: Rc<Session>,
    connection: RefCell<Option<Connection>>,
    /// The process, if it was started here.
    process: RefCell<Option<Chromium>>,
    process_id: Cell<Option<i32>>,
    sink: Rc<Sink>,
    /// How often that sink was told of a refusal.
    refusals: Rc<Cell<u32>>,
    /// Whether jobs get nothing of this machine.
    guarded: bool,
    /// The context that Chromium starts with.
    own_context: Rc<BrowserContext>,
    /// The context that scripts take for that one: the job's.
    default_context: RefCell<Rc<BrowserContext>>,
    contexts: RefCell<Vec<Rc<BrowserContext>>>,
    targets: RefCell<Vec<Rc<Target>>>,
    ignores_https_errors: Cell<bool>,
    /// Hosts whose certificates the present event sink was told of.
    bad_certificates: RefCell<BTreeSet<String>>,
    screenshots: ScreenshotQueue,
    /// Whose words and ways the job's script knows.
    dialect: Cell<Dialect>,
    query_handlers: Rc<QueryHandlers>,
    /// The sessions that the job has opened; they end with the job.
    open_sessions: OpenSessions,
    /// How many pages Chromium's own context has from the start.
    own_pages: Cell<usize>,
    /// How many pages, and how many contexts, a job may have open.
    page_limit: Cell<usize>,
    /// Pages that are being opened.
    opening: Cell<usize>,
    /// How many frames and workers may be shown to a job.
    frame_limit: Cell<usize>,
    /// How many frames and workers are shown.
    shown_frames: Rc<Cell<usize>>,
    /// The screens that the job has added.
    added_screens: RefCell<Vec<String>>,
    /// Whether the job has switched a Bluetooth adapter on.
    emulates_bluetooth: Cell<bool>,
    /// Where downloads go; without one they are refused.
    download_folder: RefCell<Option<PathBuf>>,
    /// Our ear for Chromium's own events; dropped, nothing of them is heard.
    subscription: RefCell<Option<Subscription>>,
    /// The task that waits for the connection's end; aborted with the browser.
    disconnection: RefCell<Option<tokio::task::AbortHandle>>,
}

impl Browser {
    /// Returns the browser's own CDP session.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    pub(crate) fn sink(&self) -> &Rc<Sink> {
        &self.sink
    }

    /// Says which Puppeteer the job's script is written for.
    pub fn set_dialect(&self, dialect: Dialect) {
        self.dialect.set(dialect);
    }

    /// Returns whose words and ways the job's script knows.
    pub fn dialect(&self) -> Dialect {
        self.dialect.get()
    }

    /// Has everything that Chromium says wait this long, as Puppeteer's
    /// [`slowMo`](https://pptr.dev/api/puppeteer.connectoptions) does; zero ends that, also for what waits.
    pub fn set_slow_motion(&self, delay: Duration) {
        if let Some(connection) = &*self.connection.borrow() {
            connection.set_slow_motion(delay);
        }
    }

    /// Returns the query handlers that the job's script has registered; a new job has none.
    pub fn query_handlers(&self) -> &Rc<QueryHandlers> {
        &self.query_handlers
    }

    /// Says whether new pages accept any certificate, by
    /// [`Security.setIgnoreCertificateErrors`](https://chromedevtools.github.io/devtools-protocol/tot/Security/#method-setIgnoreCertificateErrors).
    pub fn set_ignore_https_errors(&self, ignore: bool) {
        if self.ignores_https_errors.replace(ignore) == ignore {
            return;
        }
        // Workers of all pages ask here.
        self.session.post("Security.setIgnoreCertificateErrors", json!({"ignore": ignore}));
    }

    pub(crate) fn ignores_https_errors(&self) -> bool {
        self.ignores_https_errors.get()
    }

    pub(crate) fn open_sessions(&self) -> &OpenSessions {
        &self.open_sessions
    }

    pub(crate) fn download_folder(&self) -> &RefCell<Option<PathBuf>> {
        &self.download_folder
    }

    /// Returns the queue of screenshots: one is taken at a time, because each changes what is shown.
    pub(crate) fn screenshot_queue(&self) -> &ScreenshotQueue {
        &self.screenshots
    }

    fn on_event(self: &Rc<Self>, event: &RawEvent) {
        let id = || event.params["targetId"].as_str().unwrap_or_default();
        match event.method.as_str() {
            "Target.targetCreated" => self.on_target_created(event.params["targetInfo"].clone()),
            "Target.targetInfoChanged" => self.on_target_changed(event.params["targetInfo"].clone()),
            "Target.targetDestroyed" => self.on_target_destroyed(id()),
            "Target.targetCrashed" => {}
            "Browser.downloadWillBegin" | "Browser.downloadProgress" => self.on_download(&event.method, &event.params),
            "Target.detachedFromTarget" => {
                let session = event.params["sessionId"].as_str();
                let targets = self.targets.borrow().clone();
                let pages = targets.iter().filter_map(|target| target.made_page());
                pages.filter(|page| page.session().id() == session).for_each(|page| page.on_disconnected());
            }
            _ => {}
        }
    }

    async fn version_field(&self, name: &str) -> Result<String, Error> {
        let answer = self.session.send_raw("Browser.getVersion", json!({})).await?;
        Ok(answer[name].as_str().unwrap_or_default().to_owned())
    }

    /// Asks for the browser's name and version, for example `HeadlessChrome/156.0.0.0`, by
    /// [`Browser.getVersion`](https://chromedevtools.github.io/devtools-protocol/tot/Browser/#method-getVersion).
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone.
    pub async fn version(&self) -> Result<String, Error> {
        self.version_field("product").await
    }

    /// Asks for what pages say they are, unless they are told to say something else.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone.
    pub async fn user_agent(&self) -> Result<String, Error> {
        self.version_field("userAgent").await
    }

    /// Returns the id of Chromium's process, and of its group; `None` when it is not known, or the browser is closed.
    pub fn process_id(&self) -> Option<i32> {
        self.process_id.get()
    }

    /// Tells whether the connection to the browser is there.
    pub fn is_connected(&self) -> bool {
        !self.session.is_detached()
    }
}
