//! A page's frames and their execution contexts, as Chromium's events tell of them, over the page's session and those
//! of its out-of-process frames.

mod contexts;
mod frames;
mod places;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use serde_json::json;

use crate::browser::Shown;
use crate::error::Error;
use crate::event::PageEvent;
use crate::exception::EVALUATION_SCRIPT_URL;
use crate::execution_context::ExecutionContext;
use crate::frame::Frame;
use crate::lifecycle_watcher::{LifecycleWatcher, Watchers};
use crate::network_manager::NetworkManager;
use crate::page::Page;
use crate::request::Request;
use crate::session::{RawEvent, Session};
use crate::timeout_settings::TimeoutSettings;
use crate::world::UTILITY_WORLD;

/// Keeps [`Frame`]s and [`ExecutionContext`]s in step with the page.
#[derive(Debug)]
pub struct FrameManager {
    page: Weak<Page>,
    session: Rc<Session>,
    main_frame: Rc<Frame>,
    /// In the order in which they came, the main frame first.
    frames: RefCell<Vec<Rc<Frame>>>,
    /// One for each of these but the main frame, and for each worker.
    places: RefCell<Vec<Shown>>,
    /// Whether the job knows that there are more frames or workers than it sees.
    told_excess: Cell<bool>,
    /// Ids of contexts are unique per session only.
    contexts: RefCell<HashMap<(String, i64), Rc<ExecutionContext>>>,
    network: Rc<NetworkManager>,
    timeouts: TimeoutSettings,
    watchers: Watchers,
    /// False until the frame tree is known: nobody hears of the frames that were there before us.
    announces: Cell<bool>,
}

impl FrameManager {
    pub(crate) fn new(page: Weak<Page>, session: Rc<Session>, network: Rc<NetworkManager>) -> Rc<Self> {
        Rc::new_cyclic(|manager: &Weak<FrameManager>| {
            // A page's main frame has the id of the page's target.
            let main_frame = Frame::new(manager.clone(), session.clone(), None, session.target_id().to_owned());
            Self {
                page,
                session,
                frames: RefCell::new(vec![main_frame.clone()]),
                places: RefCell::default(),
                told_excess: Cell::new(false),
                main_frame,
                contexts: RefCell::default(),
                network,
                timeouts: TimeoutSettings::default(),
                watchers: Watchers::default(),
                announces: Cell::new(false),
            }
        })
    }

    /// Sends everything that makes `session` tell about its frames, and takes in the frames that are there.
    pub(crate) async fn initialize(&self, session: &Rc<Session>) -> Result<(), Error> {
        let enabled = session.send_raw("Page.enable", json!({}));
        let tree = session.send_raw("Page.getFrameTree", json!({}));
        session.post("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
        session.post("Runtime.enable", json!({}));
        let source = format!("//# sourceURL={EVALUATION_SCRIPT_URL}");
        session.post("Page.addScriptToEvaluateOnNewDocument", json!({"source": source, "worldName": UTILITY_WORLD}));
        let world = create_isolated_world(session, session.target_id());
        let network = NetworkManager::enable(session);
        enabled.await?;
        let tree = tree.await?;
        self.take_in(session, &tree["frameTree"]);
        self.announces.set(true);
        let children: Vec<String> = self
            .frames()
            .iter()
            .filter(|frame| Rc::ptr_eq(&frame.session(), session) && frame.id() != session.target_id())
            .map(|frame| frame.id())
            .collect();
        let worlds = children.iter().map(|id| create_isolated_world(session, id));
        // Frames may be gone before their world is made.
        let _ = futures::future::join(world, futures::future::join_all(worlds)).await;
        network.await.map(drop).map_err(Error::from)
    }

    /// Returns the page.
    ///
    /// # Errors
    /// When it is gone.
    pub fn page(&self) -> Result<Rc<Page>, Error> {
        self.page.upgrade().ok_or(Error::TargetClosed)
    }

    /// Returns the page's own session.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// Returns the page's requests and responses.
    pub fn network(&self) -> &Rc<NetworkManager> {
        &self.network
    }

    /// Returns the page's default timeouts.
    pub fn timeouts(&self) -> &TimeoutSettings {
        &self.timeouts
    }

    /// Returns the outermost frame.
    pub fn main_frame(&self) -> &Rc<Frame> {
        &self.main_frame
    }

    /// Returns all frames, parents first.
    pub fn frames(&self) -> Vec<Rc<Frame>> {
        self.frames.borrow().clone()
    }

    /// Finds the frame of that CDP id.
    pub fn frame(&self, id: &str) -> Option<Rc<Frame>> {
        self.frames.borrow().iter().find(|frame| frame.has_id(id)).cloned()
    }

    pub(crate) fn watch(&self, watcher: Weak<LifecycleWatcher>) {
        self.watchers.add(watcher);
    }

    /// Returns how many navigations are being waited for.
    pub fn waiting_navigations(&self) -> usize {
        self.watchers.waiting()
    }

    fn announce(&self, event: PageEvent) {
        if let Some(page) = self.page.upgrade().filter(|_| self.announces.get()) {
            page.emit(event);
        }
    }

    pub(crate) fn on_event(&self, session: &Rc<Session>, event: &RawEvent) {
        let params = &event.params;
        let text = |name: &str| params[name].as_str().unwrap_or_default();
        match event.method.as_str() {
            "Page.frameAttached" => self.on_frame_attached(session, text("frameId"), text("parentFrameId")),
            "Page.frameNavigated" => self.on_frame_navigated(session, &params["frame"], text("type")),
            "Page.navigatedWithinDocument" => self.on_navigated_within_document(text("frameId"), text("url")),
            "Page.frameDetached" => self.on_frame_detached(text("frameId"), text("reason")),
            "Page.frameStartedLoading" => {
                if let Some(frame) = self.frame(text("frameId")) {
                    frame.on_loading_started();
                }
            }
            "Page.frameStoppedLoading" => {
                if let Some(frame) = self.frame(text("frameId")) {
                    frame.on_loading_stopped();
                    self.watchers.tell(LifecycleWatcher::on_lifecycle_event);
                }
            }
            "Page.lifecycleEvent" => {
                if let Some(frame) = self.frame(text("frameId")) {
                    frame.on_lifecycle_event(text("loaderId"), text("name"));
                    self.watchers.tell(LifecycleWatcher::on_lifecycle_event);
                }
            }
            "Runtime.executionContextCreated" => self.on_context_created(session, &params["context"]),
            "Runtime.executionContextDestroyed" => {
                self.on_context_destroyed(session, params["executionContextId"].as_i64().unwrap_or_default());
            }
            "Runtime.executionContextsCleared" => self.forget_contexts_of(session),
            _ => {}
        }
    }

    pub(crate) fn on_request(&self, request: &Rc<Request>) {
        self.watchers.tell(|watcher| watcher.on_request(request));
    }

    /// The page's session is over.
    pub(crate) fn on_disconnected(&self, error: &Error) {
        self.watchers.tell(|watcher| watcher.end(error.clone()));
        for frame in self.frames() {
            frame.main_world().changed().wake();
            frame.utility_world().changed().wake();
        }
    }
}

fn create_isolated_world(session: &Rc<Session>, frame_id: &str) -> impl Future<Output = ()> + use<> {
    let arguments = json!({"frameId": frame_id, "worldName": UTILITY_WORLD, "grantUniveralAccess": true});
    let made = session.send_raw("Page.createIsolatedWorld", arguments);
    async move { drop(made.await) }
}
