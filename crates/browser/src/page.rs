//! One page: what belongs to it, what is set for it, and how it ends. Its doings are in the modules below.

mod clients;
mod cookies;
mod emulation;
mod events;
mod evidence;
mod films;
mod lifetime;
mod navigation;
mod new_documents;
pub(crate) mod own_session;
mod pictures;
mod settings;
mod waits;
mod window;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use serde_json::{Value, json};

pub use evidence::{Camera, Film};
pub use films::{Picture, Recording, RecordingOptions, Screencast};
pub use navigation::{Cache, GotoOptions, NavigationOptions};
use new_documents::InitScript;

use crate::accessibility::Accessibility;
use crate::browser::Browser;
use crate::browser_context::BrowserContext;
use crate::cdp_session::CDPSession;
use crate::coverage::Coverage;
use crate::device_request_prompt::DeviceRequestPrompt;
use crate::dialect::Dialect;
use crate::emulation::EmulationManager;
use crate::error::Error;
use crate::event::{Event, PageEvent, PageEventKind, Sink};
use crate::file_chooser::FileChooser;
use crate::frame::Frame;
use crate::frame_manager::FrameManager;
use crate::input::{Keyboard, Mouse, Touchscreen};
use crate::js_handle::JSHandle;
use crate::network_manager::NetworkManager;
use crate::promise::Promise;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::session::{Session, Subscription};
use crate::target::Target;
use crate::tracing::Tracing;
use crate::worker::Worker;

type Listener = Rc<dyn Fn(&PageEvent)>;

/// Puppeteer's `Page`.
pub struct Page {
    session: Rc<Session>,
    target: Rc<Target>,
    sink: Rc<Sink>,
    frame_manager: Rc<FrameManager>,
    emulation: Rc<EmulationManager>,
    keyboard: Rc<Keyboard>,
    mouse: Rc<Mouse>,
    touchscreen: Rc<Touchscreen>,
    coverage: OnceCell<Rc<Coverage>>,
    tracing: OnceCell<Rc<Tracing>>,
    accessibility: OnceCell<Rc<Accessibility>>,
    workers: RefCell<Vec<Rc<Worker>>>,
    subscriptions: RefCell<Vec<(Rc<Session>, Subscription)>>,
    /// Waits of the model itself, by number.
    listeners: RefCell<Vec<(u64, Listener)>>,
    next_listener: Cell<u64>,
    /// What the script listens to.
    heard: RefCell<HashSet<PageEventKind>>,
    bindings: RefCell<HashSet<String>>,
    /// What runs first in each new document.
    init_scripts: RefCell<Vec<InitScript>>,
    /// What the script sees of the model's own sessions.
    clients: RefCell<Vec<Rc<CDPSession>>>,
    intercepts_drags: Cell<bool>,
    /// Whether the mouse drags an element.
    dragging: Cell<bool>,
    file_chooser: RefCell<Rc<Promise<Rc<FileChooser>>>>,
    intercepts_file_choosers: Cell<bool>,
    device_prompt: RefCell<Rc<Promise<Rc<DeviceRequestPrompt>>>>,
    hears_of_devices: Cell<bool>,
    ignores_https_errors: Cell<bool>,
    /// What happens is nobody's business.
    silent: Cell<bool>,
    /// Whether the page has had another blank document, which its numbers may still count.
    renewed: Cell<bool>,
    closed: Cell<bool>,
    crash: Promise<()>,
}

impl Page {
    fn listen_to(self: &Rc<Self>, session: &Rc<Session>) {
        let (page, listened) = (Rc::downgrade(self), Rc::downgrade(session));
        let subscription = session.on_event(move |event| {
            if let (Some(page), Some(session)) = (page.upgrade(), listened.upgrade()) {
                page.on_event(&session, event);
            }
        });
        self.subscriptions.borrow_mut().push((session.clone(), subscription));
    }

    /// Returns the page's own CDP session.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    pub(crate) fn frame_manager(&self) -> &Rc<FrameManager> {
        &self.frame_manager
    }

    /// Returns the page's requests and network settings.
    pub fn network(&self) -> &Rc<NetworkManager> {
        self.frame_manager.network()
    }

    /// Returns what the page believes about its screen, place and time.
    pub fn emulation(&self) -> &Rc<EmulationManager> {
        &self.emulation
    }

    /// Returns the keyboard.
    pub fn keyboard(&self) -> &Rc<Keyboard> {
        &self.keyboard
    }

    /// Returns the mouse.
    pub fn mouse(&self) -> &Rc<Mouse> {
        &self.mouse
    }

    /// Returns the fingers.
    pub fn touchscreen(&self) -> &Rc<Touchscreen> {
        &self.touchscreen
    }

    /// Returns the page's coverage: which code was used.
    pub fn coverage(&self) -> &Rc<Coverage> {
        self.coverage.get_or_init(|| Coverage::new(self.session.clone()))
    }

    /// Chromium's own trace.
    pub fn tracing(&self) -> &Rc<Tracing> {
        self.tracing.get_or_init(|| Tracing::new(self.session.clone()))
    }

    /// Returns the page's accessibility: what a screen reader sees.
    pub fn accessibility(self: &Rc<Self>) -> &Rc<Accessibility> {
        self.accessibility.get_or_init(|| Accessibility::new(Rc::downgrade(self)))
    }

    /// Returns the page's target.
    pub fn target(&self) -> &Rc<Target> {
        &self.target
    }

    /// Returns the page's browser.
    ///
    /// # Errors
    /// When it is gone.
    pub fn browser(&self) -> Result<Rc<Browser>, Error> {
        self.target.browser()
    }

    /// Whose words and ways the job's script knows.
    pub fn dialect(&self) -> Dialect {
        self.browser().map(|browser| browser.dialect()).unwrap_or_default()
    }

    /// Returns the page's browser context.
    pub fn browser_context(&self) -> &Rc<BrowserContext> {
        self.target.browser_context()
    }

    /// Returns the outermost frame.
    pub fn main_frame(&self) -> &Rc<Frame> {
        self.frame_manager.main_frame()
    }

    /// Returns all frames, parents first.
    pub fn frames(&self) -> Vec<Rc<Frame>> {
        self.frame_manager.frames()
    }

    /// Returns the web workers of the page.
    pub fn workers(&self) -> Vec<Rc<Worker>> {
        self.workers.borrow().clone()
    }

    /// Returns where the main frame is.
    pub fn url(&self) -> String {
        self.main_frame().url()
    }

    /// Tells whether the page's own scripts run.
    pub fn is_java_script_enabled(&self) -> bool {
        self.emulation.scripts_run()
    }

    /// Tells the page whether a script listens to an event. It matters for those that cost something or change the
    /// page's course: `Console`, `Dialog`, `Popup`.
    pub fn set_has_listeners(&self, kind: PageEventKind, has: bool) {
        let mut heard = self.heard.borrow_mut();
        let changed = if has { heard.insert(kind) } else { heard.remove(&kind) };
        if changed && kind == PageEventKind::Issue {
            self.session.post(if has { "Audits.enable" } else { "Audits.disable" }, json!({}));
        }
    }

    /// Tells whether a script listens to an event.
    pub fn has_listeners(&self, kind: PageEventKind) -> bool {
        self.heard.borrow().contains(&kind)
    }

    pub(crate) fn emit(self: &Rc<Self>, event: PageEvent) {
        if self.silent.get() && event.kind() != PageEventKind::Error && event.kind() != PageEventKind::Close {
            return;
        }
        let listeners: Vec<Listener> = self.listeners.borrow().iter().map(|(_, listener)| listener.clone()).collect();
        for listener in listeners {
            listener(&event);
        }
        if !self.browser_context().is_hidden() {
            self.sink.tell(Event::Page(self.clone(), event));
        }
    }

    /// Runs code in the main frame. See [`Frame::evaluate`].
    ///
    /// # Errors
    /// As there.
    pub async fn evaluate(&self, function: PageFunction, arguments: Vec<Argument>) -> Result<EvaluationResult, Error> {
        self.main_frame().evaluate(function, arguments).await
    }

    /// Runs code in the main frame and keeps the value there. See [`Frame::evaluate_handle`].
    ///
    /// # Errors
    /// As there.
    pub async fn evaluate_handle(
        &self,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<Rc<JSHandle>, Error> {
        self.main_frame().evaluate_handle(function, arguments).await
    }

    /// Finds all objects of the main frame's heap that have this prototype.
    ///
    /// # Errors
    /// As [`ExecutionContext::query_objects`](crate::execution_context::ExecutionContext::query_objects).
    pub async fn query_objects(&self, prototype: &Rc<JSHandle>) -> Result<Rc<JSHandle>, Error> {
        self.main_frame().execution_context().await?.query_objects(prototype).await
    }

    /// Performance numbers under Puppeteer's thirteen names.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn metrics(&self) -> Result<Value, Error> {
        // The document that a renewed page had before counts until Chromium's collector finds it.
        if self.renewed.take() {
            self.session.send_raw("HeapProfiler.collectGarbage", json!({})).await?;
        }
        let answer = self.session.send_raw("Performance.getMetrics", json!({})).await?;
        Ok(events::known_metrics(&answer["metrics"]))
    }

    /// Brings the page's tab to the front.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn bring_to_front(&self) -> Result<(), Error> {
        self.session.send_raw("Page.bringToFront", json!({})).await?;
        Ok(())
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").field("url", &self.url()).field("closed", &self.closed).finish_non_exhaustive()
    }
}
