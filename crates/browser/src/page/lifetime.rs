//! How a page begins and how it ends: closed, crashed, or with its connection.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use serde_json::json;

use super::Page;
use crate::emulation::{EmulationManager, Viewport};
use crate::error::Error;
use crate::event::{PageEvent, Sink};
use crate::frame_manager::FrameManager;
use crate::input::{Keyboard, Mouse, Touchscreen};
use crate::network_manager::NetworkManager;
use crate::promise::Promise;
use crate::session::Session;
use crate::target::Target;

/// The size of a new page, in CSS pixels.
const WIDTH: u32 = 800;
const HEIGHT: u32 = 600;

impl Page {
    pub(crate) async fn create(
        session: Rc<Session>,
        target: Rc<Target>,
        sink: Rc<Sink>,
        ignore_https_errors: bool,
    ) -> Result<Rc<Self>, Error> {
        let keyboard = Keyboard::new(session.clone());
        let page = Rc::new_cyclic(|page: &Weak<Page>| {
            let network = NetworkManager::new(page.clone(), session.clone());
            Self {
                frame_manager: FrameManager::new(page.clone(), session.clone(), network),
                emulation: EmulationManager::new(session.clone()),
                mouse: Mouse::new(session.clone(), keyboard.clone()),
                touchscreen: Touchscreen::new(session.clone(), keyboard.clone()),
                keyboard,
                coverage: OnceCell::new(),
                tracing: OnceCell::new(),
                accessibility: OnceCell::new(),
                workers: RefCell::default(),
                subscriptions: RefCell::default(),
                listeners: RefCell::default(),
                next_listener: Cell::new(0),
                heard: RefCell::default(),
                bindings: RefCell::default(),
                init_scripts: RefCell::default(),
                clients: RefCell::default(),
                intercepts_drags: Cell::new(false),
                dragging: Cell::new(false),
                file_chooser: RefCell::default(),
                intercepts_file_choosers: Cell::new(false),
                device_prompt: RefCell::default(),
                hears_of_devices: Cell::new(false),
                ignores_https_errors: Cell::new(ignore_https_errors),
                silent: Cell::new(false),
                renewed: Cell::new(false),
                closed: Cell::new(false),
                crash: Promise::default(),
                session,
                target,
                sink,
            }
        });
        page.listen_to(&page.session);
        let enabled = page.frame_manager.initialize(&page.session);
        let rest = async {
            page.attach_to_related(&page.session);
            page.session.post("Performance.enable", json!({}));
            page.session.post("Log.enable", json!({}));
            if ignore_https_errors {
                page.session.post("Security.setIgnoreCertificateErrors", json!({"ignore": true}));
            }
            page.emulation.emulate_viewport(&Viewport::of_size(WIDTH, HEIGHT)).await.map(drop)
        };
        futures::try_join!(enabled, rest)?;
        Ok(page)
    }

    /// Workers and out-of-process frames wait for us before their first line, so that nothing of them is missed.
    pub(super) fn attach_to_related(&self, session: &Session) {
        let arguments = json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true});
        session.post("Target.setAutoAttach", arguments);
    }

    /// Closes the page and waits for its end; a page that may object with `beforeunload` is only asked.
    ///
    /// # Errors
    /// [`Error::PageClosed`] when it is closed.
    pub async fn close(&self, run_before_unload: bool) -> Result<(), Error> {
        if self.session.is_detached() {
            return Err(Error::PageClosed);
        }
        if run_before_unload {
            self.session.send_raw("Page.close", json!({})).await?;
            return Ok(());
        }
        let root = self.browser()?.session().clone();
        root.send_raw("Target.closeTarget", json!({"targetId": self.target.id()})).await?;
        self.target.closed().await;
        Ok(())
    }

    /// Tells whether the page is gone.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Tells whether the page's renderer has crashed.
    pub fn has_crashed(&self) -> bool {
        self.crash.get().is_some()
    }

    /// Resolves when the page's renderer has crashed.
    pub async fn crashed(&self) {
        self.crash.wait().await;
    }

    pub(crate) fn on_crashed(self: &Rc<Self>) {
        self.crash.settle(());
        // Whoever waits for the page waits no longer.
        self.frame_manager.on_disconnected(&Error::Crashed);
        self.emit(PageEvent::Error(Error::Crashed));
    }

    /// The page's session is over; its target may still be there for a moment.
    pub(crate) fn on_disconnected(&self) {
        self.frame_manager.on_disconnected(&Error::Disconnected);
    }

    pub(crate) fn on_closed(self: &Rc<Self>) {
        if self.closed.replace(true) {
            return;
        }
        self.on_disconnected();
        self.frame_manager.on_closed();
        self.emit(PageEvent::Close);
        self.subscriptions.borrow_mut().clear();
    }
}
