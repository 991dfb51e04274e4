//! How a browser begins, started here or connected to, and how it ends.

use std::cell::{Cell, RefCell};
use std::os::fd::OwnedFd;
use std::rc::{Rc, Weak};
use std::time::Duration;

use serde_json::json;

use super::Browser;
use super::notices::tell_refusal;
use crate::browser_context::BrowserContext;
use crate::cdp_session::OpenSessions;
use crate::error::ProtocolError;
use crate::event::{Event, Sink};
use crate::guard::Guard;
use crate::launch::{Chromium, LaunchError, LaunchOptions};
use crate::screenshot::ScreenshotQueue;
use crate::session::Connection;

/// How long `close` lets Chromium end by itself.
const CLOSING_TIME: Duration = Duration::from_millis(300);

/// What is known of a Chromium that [`Browser::connect`] connects to.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectOptions {
    /// The id of its process.
    pub process_id: Option<i32>,
    /// As [`LaunchOptions::allow_local`].
    pub allow_local: bool,
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
                frame_limit: Cell::new(usize::MAX),
                shown_frames: Rc::default(),
                opening: Cell::new(0),
                added_screens: RefCell::default(),
                emulates_bluetooth: Cell::new(false),
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

    /// Waits until the browser is gone. Chromium decides how long that takes.
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

    /// Closes the connection and leaves the browser running, if it is another's.
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

    fn on_disconnected(&self) {
        let targets = self.targets.take();
        targets.iter().for_each(|target| target.on_destroyed());
        self.contexts.take();
        self.sink.tell(Event::Disconnected);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(task) = self.disconnection.take() {
            task.abort();
        }
    }
}
