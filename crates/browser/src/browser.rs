//! One Chromium and everything in it.

mod limits;
mod remainder;
mod targets;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::time::Duration;

use serde_json::json;
use url::Url;

use crate::browser_context::BrowserContext;
use crate::cdp_session::OpenSessions;
use crate::context_proxy::{ContextOptions, ContextProxy};
use crate::dialect::Dialect;
use crate::error::{Error, ProtocolError};
use crate::event::{Event, Sink, Tap};
use crate::guard::Guard;
use crate::launch::{Chromium, LaunchError, LaunchOptions};
use crate::page::Page;
use crate::query::handlers::QueryHandlers;
use crate::screenshot::ScreenshotQueue;
use crate::session::{Connection, RawEvent, Session, Subscription};
use crate::target::Target;

/// How long `close` lets Chromium end by itself.
const CLOSING_TIME: Duration = Duration::from_millis(300);
/// How many refusals are told to one event sink: a page can try as often as it likes, and a job's log has limits.
const TOLD_REFUSALS: u32 = 100;
/// How many hosts with certificates that are not valid are told to one event sink.
const TOLD_CERTIFICATES: usize = 100;

/// What is known of a Chromium that is connected to.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectOptions {
    /// The id of its process.
    pub process_id: Option<i32>,
    /// As [`LaunchOptions::allow_local`].
    pub allow_local: bool,
}

/// Puppeteer's `Browser`. Dropping it closes the connection, and kills the process if it was started here.
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
    /// Jobs get nothing of this machine.
    guarded: bool,
    /// The context that Chromium starts with.
    own_context: Rc<BrowserContext>,
    /// The one that counts as such: the job's.
    default_context: RefCell<Rc<BrowserContext>>,
    contexts: RefCell<Vec<Rc<BrowserContext>>>,
    targets: RefCell<Vec<Rc<Target>>>,
    ignores_https_errors: Cell<bool>,
    /// Hosts whose certificates were told to the event sink of now.
    bad_certificates: RefCell<BTreeSet<String>>,
    screenshots: ScreenshotQueue,
    /// Whose words and ways the job's script knows.
    dialect: Cell<Dialect>,
    query_handlers: Rc<QueryHandlers>,
    /// The sessions that the job has opened.
    open_sessions: OpenSessions,
    /// How many pages Chromium's own context has from the start.
    own_pages: Cell<usize>,
    /// How many pages, and how many contexts, a job may have open.
    page_limit: Cell<usize>,
    /// Pages that are being opened.
    opening: Cell<usize>,
    /// Where downloads go; without one they are refused.
    download_folder: RefCell<Option<PathBuf>>,
    subscription: RefCell<Option<Subscription>>,
    disconnection: RefCell<Option<tokio::task::AbortHandle>>,
}

impl Browser {
    /// Starts a Chromium. Needs a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// [`LaunchError`]; nothing is left running then.
    pub async fn launch(options: &LaunchOptions) -> Result<Rc<Self>, LaunchError> {
        let (chromium, pipe) = Chromium::launch(options).await?;
        let known = ConnectOptions { process_id: Some(chromium.process_group()), allow_local: options.allow_local };
        match Self::connect(pipe, known).await {
            Ok(browser) => {
                browser.process.replace(Some(chromium));
                Ok(browser)
            }
            Err(error) => Err(LaunchError::Talk { executable: chromium.executable().to_owned(), source: error.into() }),
        }
    }

    /// Talks to a Chromium over our end of its debugging pipe. Needs a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// [`ProtocolError`] when it does not answer.
    pub async fn connect(pipe: OwnedFd, options: ConnectOptions) -> Result<Rc<Self>, ProtocolError> {
        let sink = Rc::new(Sink::default());
        let refusals = Rc::new(Cell::new(0));
        let (log, told) = (sink.clone(), refusals.clone());
        let closed = || Guard::closed(move |text| tell_refusal(&log, &told, text));
        let guard = if options.allow_local { Guard::open() } else { closed() };
        let connection = Connection::open(pipe, guard).map_err(ProtocolError::Connect)?;
        let closed = connection.closed();
        let browser = Rc::new_cyclic(|browser: &Weak<Browser>| {
            let own_context = BrowserContext::new(browser.clone(), None, None);
            let session = connection.root().clone();
            let listener = browser.clone();
            let subscription = session.on_event(move |event| {
                if let Some(browser) = listener.upgrade() {
                    browser.on_event(event);
                }
            });
            Self {
                session,
                connection: RefCell::new(Some(connection)),
                process: RefCell::default(),
                process_id: Cell::new(options.process_id),
                sink,
                refusals,
                guarded: !options.allow_local,
                default_context: RefCell::new(own_context.clone()),
                own_context,
                contexts: RefCell::default(),
                targets: RefCell::default(),
                ignores_https_errors: Cell::new(false),
                bad_certificates: RefCell::default(),
                screenshots: ScreenshotQueue::default(),
                dialect: Cell::default(),
                query_handlers: Rc::default(),
                open_sessions: OpenSessions::default(),
                own_pages: Cell::new(1),
                page_limit: Cell::new(usize::MAX),
                opening: Cell::new(0),
                download_folder: RefCell::default(),
                subscription: RefCell::new(Some(subscription)),
                disconnection: RefCell::default(),
            }
        });
        let weak = Rc::downgrade(&browser);
        let task = tokio::task::spawn_local(async move {
            closed.await;
            if let Some(browser) = weak.upgrade() {
                browser.on_disconnected();
            }
        });
        *browser.disconnection.borrow_mut() = Some(task.abort_handle());
        // Without a filter today's Chromium keeps quiet about its own target.
        let filter = json!([{"type": "tab", "exclude": true}, {}]);
        browser.session.send_raw("Target.setDiscoverTargets", json!({"discover": true, "filter": filter})).await?;
        // A window may be on its way.
        browser.own_pages.set(browser.pages_of_own_context().max(1));
        Ok(browser)
    }

    /// The browser's own CDP session.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    pub(crate) fn sink(&self) -> &Rc<Sink> {
        &self.sink
    }

    /// Who is told about events, at once and in Chromium's order. The sink must not wait.
    pub fn set_event_sink(&self, sink: Rc<dyn Fn(Event)>) {
        self.refusals.set(0);
        self.query_handlers.clear();
        self.bad_certificates.borrow_mut().clear();
        self.sink.set(Some(sink));
    }

    /// The job's script is written for that Puppeteer.
    pub fn set_dialect(&self, dialect: Dialect) {
        self.dialect.set(dialect);
    }

    /// Whose words and ways the job's script knows.
    pub fn dialect(&self) -> Dialect {
        self.dialect.get()
    }

    /// The query handlers that the job's script has registered; a new job has none.
    pub fn query_handlers(&self) -> &Rc<QueryHandlers> {
        &self.query_handlers
    }

    /// Whether that context is there.
    pub(crate) fn has_context(&self, context: &BrowserContext) -> bool {
        let contexts = self.contexts.borrow();
        std::ptr::eq(&*self.own_context, context) || contexts.iter().any(|known| std::ptr::eq(&**known, context))
    }

    /// Who hears what Chromium says of the pages that scripts see; nobody with `None`.
    pub fn set_tap(&self, tap: Option<Tap>) {
        self.sink.set_tap(tap);
    }

    /// From now on nobody is told.
    pub fn clear_event_sink(&self) {
        self.sink.set(None);
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

    /// Takes note of an answer that came with a certificate which is not valid. It is told once for each host, a hundred
    /// times at most.
    pub(crate) fn note_bad_certificate(&self, url: &str) {
        let Some(host) = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)) else { return };
        let mut told = self.bad_certificates.borrow_mut();
        if told.len() < TOLD_CERTIFICATES && told.insert(host.clone()) {
            self.sink.tell(Event::BadCertificate(host));
        }
    }

    pub(crate) fn open_sessions(&self) -> &OpenSessions {
        &self.open_sessions
    }

    pub(crate) fn download_folder(&self) -> &RefCell<Option<PathBuf>> {
        &self.download_folder
    }

    /// One screenshot at a time: each changes what is shown.
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

    fn on_disconnected(&self) {
        let targets = self.targets.take();
        targets.iter().for_each(|target| target.on_destroyed());
        self.contexts.take();
        self.sink.tell(Event::Disconnected);
    }

    pub(crate) fn target_by_id(&self, id: &str) -> Option<Rc<Target>> {
        self.targets.borrow().iter().find(|target| target.id() == id).cloned()
    }

    fn context_by_id(&self, id: &str) -> Option<Rc<BrowserContext>> {
        self.contexts.borrow().iter().find(|context| context.id() == Some(id)).cloned()
    }

    /// Opens a context with cookies, caches and permissions of its own. It ends with our connection at the latest.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone.
    pub async fn create_browser_context(&self) -> Result<Rc<BrowserContext>, Error> {
        self.create_browser_context_with(ContextOptions::default()).await
    }

    /// Opens a context as [`create_browser_context`](Self::create_browser_context) does, with what a script says of it. Behind the
    /// default context's proxy, a proxy of the script's choice is reached through that one's owner.
    ///
    /// # Errors
    /// As there, and when the owner of the default context's proxy refuses the script's.
    pub async fn create_browser_context_with(&self, options: ContextOptions) -> Result<Rc<BrowserContext>, Error> {
        self.check_context_limit()?;
        let default = self.default_browser_context();
        match default.proxy() {
            Some(proxy) if options.proxy_server.is_some() => {
                let proxy = proxy.open(&options).map_err(Error::message)?;
                self.create_context(Some(proxy), ContextOptions::default()).await
            }
            Some(proxy) => self.create_context(Some(proxy.clone()), ContextOptions::default()).await,
            None => self.create_context(None, options).await,
        }
    }

    async fn create_context(
        &self,
        proxy: Option<Rc<dyn ContextProxy>>,
        options: ContextOptions,
    ) -> Result<Rc<BrowserContext>, Error> {
        let mut arguments = json!({"disposeOnDetach": true});
        match (&proxy, options.proxy_server) {
            (Some(proxy), _) => {
                arguments["proxyServer"] = proxy.server().into();
                // Chromium goes straight to this machine unless it is told not to.
                arguments["proxyBypassList"] = "<-loopback>".into();
            }
            (None, Some(server)) => {
                arguments["proxyServer"] = server.into();
                arguments["proxyBypassList"] = options.proxy_bypass_list.join(",").into();
            }
            (None, None) => {}
        }
        let answer = self.session.send_raw("Target.createBrowserContext", arguments).await?;
        let id = answer["browserContextId"].as_str().unwrap_or_default().to_owned();
        if let Some(behavior) = self.download_behavior(&id, self.guarded) {
            self.session.post("Browser.setDownloadBehavior", behavior);
        }
        let context = BrowserContext::new(
            self.own_context.browser().as_ref().map(Rc::downgrade).unwrap_or_default(),
            Some(id),
            proxy,
        );
        self.contexts.borrow_mut().push(context.clone());
        Ok(context)
    }

    /// Opens a context for a job to come, which the job that runs meanwhile knows nothing of. It is shown by
    /// [`set_default_context`](Self::set_default_context).
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone.
    pub async fn create_hidden_context(&self) -> Result<Rc<BrowserContext>, Error> {
        self.create_hidden_context_behind(None).await
    }

    /// Opens a context as [`create_hidden_context`](Self::create_hidden_context) does, whose requests go through a proxy.
    ///
    /// # Errors
    /// As there.
    pub async fn create_hidden_context_behind(
        &self,
        proxy: Option<Rc<dyn ContextProxy>>,
    ) -> Result<Rc<BrowserContext>, Error> {
        let context = self.create_context(proxy, ContextOptions::default()).await?;
        context.set_hidden(true);
        Ok(context)
    }

    /// Puts a context in the place of the one that the browser starts with, which is hidden from now on: a job finds a
    /// browser of its own.
    pub fn set_default_context(&self, context: &Rc<BrowserContext>) {
        self.own_context.set_hidden(true);
        context.set_hidden(false);
        self.default_context.replace(context.clone());
    }

    /// Disposes of every context that was created here and is not hidden, with all that is in it, and of the sessions
    /// that scripts have opened, also of those that were being made. The context that the browser starts with takes its place
    /// again, and is empty.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone, [`Error::Message`] when something is left: then the browser is not to be used
    /// any more.
    pub async fn dispose_contexts(&self) -> Result<(), Error> {
        self.own_context.set_hidden(false);
        self.default_context.replace(self.own_context.clone());
        self.open_sessions.end(&self.session).await;
        self.clear_contexts().await
    }

    pub(crate) async fn dispose_context(&self, id: &str) -> Result<(), Error> {
        self.session.send_raw("Target.disposeBrowserContext", json!({"browserContextId": id})).await?;
        self.contexts.borrow_mut().retain(|context| context.id() != Some(id));
        Ok(())
    }

    /// All contexts, the one that the browser starts with first.
    pub fn browser_contexts(&self) -> Vec<Rc<BrowserContext>> {
        let default = self.default_browser_context();
        let contexts = self.contexts.borrow();
        let others = contexts.iter().filter(|context| !context.is_hidden() && !Rc::ptr_eq(context, &default));
        [vec![default.clone()], others.cloned().collect()].concat()
    }

    /// The context that the browser starts with, or that was put in its place.
    pub fn default_browser_context(&self) -> Rc<BrowserContext> {
        self.default_context.borrow().clone()
    }

    /// Whether a browser context, by CDP's id, is one that scripts know of.
    pub(crate) fn shows_context(&self, id: &str) -> bool {
        self.context_by_id(id).is_some_and(|context| !context.is_hidden())
    }

    /// Whether a target, by CDP's id, is one that scripts know of.
    pub(crate) fn shows_target(&self, id: &str) -> bool {
        self.target_by_id(id).is_some_and(|target| self.shows(&target))
    }

    /// Whether a target is to be seen: not one of a context that is hidden.
    fn shows(&self, target: &Target) -> bool {
        !target.browser_context().is_hidden() || target.target_type() == "browser"
    }

    /// Tells about a target, unless it is hidden.
    fn tell(&self, target: Rc<Target>, event: impl FnOnce(Rc<Target>) -> Event) {
        if self.shows(&target) {
            self.sink.tell(event(target));
        }
    }

    /// Opens a page in the context that the browser starts with.
    ///
    /// # Errors
    /// As [`BrowserContext::new_page`].
    pub async fn new_page(&self) -> Result<Rc<Page>, Error> {
        self.default_browser_context().new_page().await
    }

    /// All pages of all contexts.
    ///
    /// # Errors
    /// As [`BrowserContext::pages`].
    pub async fn pages(&self) -> Result<Vec<Rc<Page>>, Error> {
        let contexts = self.browser_contexts();
        let pages = futures::future::try_join_all(contexts.iter().map(BrowserContext::pages)).await?;
        Ok(pages.into_iter().flatten().collect())
    }

    /// All targets that anybody was told about.
    pub fn targets(&self) -> Vec<Rc<Target>> {
        self.targets.borrow().iter().filter(|target| target.is_initialized() && self.shows(target)).cloned().collect()
    }

    /// The browser's own target.
    pub fn target(&self) -> Option<Rc<Target>> {
        self.targets().into_iter().find(|target| target.target_type() == "browser")
    }

    async fn version_field(&self, name: &str) -> Result<String, Error> {
        let answer = self.session.send_raw("Browser.getVersion", json!({})).await?;
        Ok(answer[name].as_str().unwrap_or_default().to_owned())
    }

    /// For example `HeadlessChrome/156.0.0.0`.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone.
    pub async fn version(&self) -> Result<String, Error> {
        self.version_field("product").await
    }

    /// What pages say they are, unless they are told to say something else.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the browser is gone.
    pub async fn user_agent(&self) -> Result<String, Error> {
        self.version_field("userAgent").await
    }

    /// The id of Chromium's process, and of its group; `None` when it is not known, or the browser is closed.
    pub fn process_id(&self) -> Option<i32> {
        self.process_id.get()
    }

    /// Whether the browser can be talked to.
    pub fn is_connected(&self) -> bool {
        !self.session.is_detached()
    }

    /// Resolves when the browser is gone.
    pub async fn disconnected(&self) {
        let closed = self.connection.borrow().as_ref().map(Connection::closed);
        if let Some(closed) = closed {
            closed.await;
        }
    }

    /// Ends the browser: asks it to, and kills all of its processes if it was started here.
    pub async fn close(&self) {
        let asked = self.session.send_raw("Browser.close", json!({}));
        // Whether it obeyed does not matter: it is killed.
        let _ = tokio::time::timeout(CLOSING_TIME, asked).await;
        self.disconnect();
        self.process_id.set(None);
        drop(self.process.take());
    }

    /// Leaves the browser running, if it is another's.
    pub fn disconnect(&self) {
        let was_connected = self.connection.take().is_some();
        self.subscription.take();
        if let Some(task) = self.disconnection.take() {
            task.abort();
        }
        if was_connected {
            self.on_disconnected();
        }
    }
}

/// Tells the script what was refused, unless it was told often.
fn tell_refusal(sink: &Sink, told: &Cell<u32>, text: String) {
    told.set(told.get().saturating_add(1));
    if told.get() <= TOLD_REFUSALS {
        sink.tell(Event::Refused(text));
    }
    if told.get() == TOLD_REFUSALS {
        sink.tell(Event::Refused("what else is refused is not logged any more".to_owned()));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(task) = self.disconnection.take() {
            task.abort();
        }
    }
}
