//! A page's frames and their execution contexts, as Chromium's events tell of them, over the page's session and those
//! of its out-of-process frames.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use serde_json::{Value, json};

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
    /// Ids of contexts are unique per session only.
    contexts: RefCell<HashMap<(String, i64), Rc<ExecutionContext>>>,
    network: Rc<NetworkManager>,
    timeouts: TimeoutSettings,
    watchers: Watchers,
    /// False until the frame tree is known: nobody is told about the frames that were there before us.
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

    fn take_in(&self, session: &Rc<Session>, tree: &Value) {
        let frame = &tree["frame"];
        let id = frame["id"].as_str().unwrap_or_default();
        if let Some(parent) = frame["parentId"].as_str() {
            self.on_frame_attached(session, id, parent);
        }
        if let Some(known) = self.frame(id) {
            known.on_navigated(frame);
            self.announce(PageEvent::FrameNavigated(known));
        }
        for child in tree["childFrames"].as_array().into_iter().flatten() {
            self.take_in(session, child);
        }
    }

    /// The page.
    ///
    /// # Errors
    /// When it is gone.
    pub fn page(&self) -> Result<Rc<Page>, Error> {
        self.page.upgrade().ok_or(Error::TargetClosed)
    }

    /// The page's own session.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// The page's requests and responses.
    pub fn network(&self) -> &Rc<NetworkManager> {
        &self.network
    }

    /// The page's default timeouts.
    pub fn timeouts(&self) -> &TimeoutSettings {
        &self.timeouts
    }

    /// The outermost frame.
    pub fn main_frame(&self) -> &Rc<Frame> {
        &self.main_frame
    }

    /// All frames, parents first.
    pub fn frames(&self) -> Vec<Rc<Frame>> {
        self.frames.borrow().clone()
    }

    /// The frame of that CDP id.
    pub fn frame(&self, id: &str) -> Option<Rc<Frame>> {
        self.frames.borrow().iter().find(|frame| frame.id() == id).cloned()
    }

    pub(crate) fn context(&self, session: &Session, id: i64) -> Option<Rc<ExecutionContext>> {
        self.contexts.borrow().get(&context_key(session, id)).cloned()
    }

    pub(crate) fn watch(&self, watcher: Weak<LifecycleWatcher>) {
        self.watchers.add(watcher);
    }

    /// How many navigations are being waited for.
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
                let key = context_key(session, params["executionContextId"].as_i64().unwrap_or_default());
                let context = self.contexts.borrow_mut().remove(&key);
                context.iter().for_each(forget);
            }
            "Runtime.executionContextsCleared" => self.forget_contexts_of(session),
            _ => {}
        }
    }

    fn on_frame_attached(&self, session: &Rc<Session>, id: &str, parent_id: &str) {
        if let Some(frame) = self.frame(id) {
            // Back from a process of its own.
            if !Rc::ptr_eq(&frame.session(), session) {
                self.move_to(&frame, session);
            }
            return;
        }
        let Some(parent) = self.frame(parent_id) else { return };
        let Some(manager) = self.page.upgrade().map(|page| Rc::downgrade(page.frame_manager())) else { return };
        let frame = Frame::new(manager, session.clone(), Some(&parent), id.to_owned());
        self.frames.borrow_mut().push(frame.clone());
        self.announce(PageEvent::FrameAttached(frame));
    }

    fn on_frame_navigated(&self, session: &Rc<Session>, payload: &Value, navigation: &str) {
        let id = payload["id"].as_str().unwrap_or_default();
        let is_main = payload["parentId"].is_null() && Rc::ptr_eq(session, &self.session);
        let frame = if is_main { Some(self.main_frame.clone()) } else { self.frame(id) };
        let Some(frame) = frame else { return };
        for child in frame.child_frames() {
            self.remove(&child);
        }
        if is_main {
            frame.set_id(id);
        }
        frame.on_navigated(payload);
        if navigation == "BackForwardCacheRestore" {
            self.watchers.tell(|watcher| watcher.on_swapped(&frame));
        }
        self.announce(PageEvent::FrameNavigated(frame));
    }

    fn on_navigated_within_document(&self, id: &str, url: &str) {
        let Some(frame) = self.frame(id) else { return };
        frame.set_url(url);
        self.watchers.tell(|watcher| watcher.on_navigated_within_document(&frame));
        self.announce(PageEvent::FrameNavigated(frame));
    }

    fn on_frame_detached(&self, id: &str, reason: &str) {
        // A swapped frame goes on in another process, where its own session tells about it.
        if reason == "swap" {
            return;
        }
        if let Some(frame) = self.frame(id) {
            self.remove(&frame);
        }
    }

    fn remove(&self, frame: &Rc<Frame>) {
        for child in frame.child_frames() {
            self.remove(&child);
        }
        frame.on_detached();
        self.frames.borrow_mut().retain(|known| !Rc::ptr_eq(known, frame));
        self.watchers.tell(|watcher| watcher.on_frame_detached(frame));
        self.announce(PageEvent::FrameDetached(frame.clone()));
    }

    /// From now on the frame is what `session` tells about.
    fn move_to(&self, frame: &Rc<Frame>, session: &Rc<Session>) {
        frame.set_session(session.clone());
        frame.main_world().set_context(None);
        frame.utility_world().set_context(None);
    }

    /// An `iframe` target was attached: one of the frames lives in a process of its own.
    pub(crate) fn on_remote_frame(&self, session: &Rc<Session>) {
        if let Some(frame) = self.frame(session.target_id()) {
            self.move_to(&frame, session);
        }
    }

    /// The process of a frame is gone. Either the frame is, too, or it has moved into its parent's process, which tells
    /// of it a little later; the future finds out which.
    pub(crate) fn on_remote_frame_gone(
        self: &Rc<Self>,
        session: &Rc<Session>,
    ) -> Option<impl Future<Output = ()> + use<>> {
        self.forget_contexts_of(session);
        let frame = self.frame(session.target_id()).filter(|frame| Rc::ptr_eq(&frame.session(), session))?;
        let Some(parent) = frame.parent_frame() else {
            self.remove(&frame);
            return None;
        };
        let parent = parent.session();
        self.move_to(&frame, &parent);
        let tree = parent.send_raw("Page.getFrameTree", json!({}));
        let manager = Rc::downgrade(self);
        Some(async move {
            let tree = tree.await.unwrap_or_default();
            let Some(manager) = manager.upgrade() else { return };
            let has_moved_on = !Rc::ptr_eq(&frame.session(), &parent);
            if !has_moved_on && !frame.is_detached() && !holds(&tree["frameTree"], &frame.id()) {
                manager.remove(&frame);
            }
        })
    }

    fn on_context_created(&self, session: &Rc<Session>, payload: &Value) {
        let of_frame = payload["auxData"]["frameId"].as_str().and_then(|id| self.frame(id));
        let frame = of_frame.filter(|frame| Rc::ptr_eq(&frame.session(), session));
        let world = frame.and_then(|frame| {
            if payload["auxData"]["isDefault"] == true {
                return Some(frame.main_world().clone());
            }
            // Another client of the same page may make a world of that name, too; the first is as good.
            let is_ours = payload["name"] == UTILITY_WORLD && !frame.utility_world().has_context();
            is_ours.then(|| frame.utility_world().clone())
        });
        let id = payload["id"].as_i64().unwrap_or_default();
        let weak = world.as_ref().map(Rc::downgrade).unwrap_or_default();
        let context = ExecutionContext::new(session.clone(), id, weak);
        self.contexts.borrow_mut().insert(context_key(session, id), context.clone());
        if let Some(world) = world {
            world.set_context(Some(context));
        }
    }

    fn forget_contexts_of(&self, session: &Rc<Session>) {
        let mut contexts = self.contexts.borrow_mut();
        let gone: Vec<_> = contexts.extract_if(|_, context| Rc::ptr_eq(context.session(), session)).collect();
        drop(contexts);
        gone.iter().for_each(|(_, context)| forget(context));
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

/// Whether a frame tree has that frame.
fn holds(tree: &Value, id: &str) -> bool {
    tree["frame"]["id"] == id || tree["childFrames"].as_array().into_iter().flatten().any(|child| holds(child, id))
}

fn create_isolated_world(session: &Rc<Session>, frame_id: &str) -> impl Future<Output = ()> + use<> {
    let arguments = json!({"frameId": frame_id, "worldName": UTILITY_WORLD, "grantUniveralAccess": true});
    let made = session.send_raw("Page.createIsolatedWorld", arguments);
    async move { drop(made.await) }
}

fn context_key(session: &Session, id: i64) -> (String, i64) {
    (session.id().unwrap_or_default().to_owned(), id)
}

fn forget(context: &Rc<ExecutionContext>) {
    if let Some(world) = context.world() {
        world.unset_context(context);
    }
}
