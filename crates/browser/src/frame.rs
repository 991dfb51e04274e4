//! One frame of a page. Its identity survives every navigation, even to another process.

mod actions;
mod content;
mod queries;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::{Rc, Weak};

use serde_json::{Value, json};

use crate::element_handle::ElementHandle;
use crate::error::{Awaited, Error};
use crate::execution_context::ExecutionContext;
use crate::frame_manager::FrameManager;
use crate::geometry::Point;
use crate::js_handle::JSHandle;
use crate::lifecycle_watcher::Milestone;
use crate::page::Page;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::session::Session;
use crate::wait_task::{self, Polling};
use crate::world::World;

/// Puppeteer's [`Frame`](https://pptr.dev/api/puppeteer.frame).
#[derive(Debug)]
pub struct Frame {
    manager: Weak<FrameManager>,
    session: RefCell<Rc<Session>>,
    id: RefCell<String>,
    parent: RefCell<Weak<Frame>>,
    children: RefCell<Vec<Rc<Frame>>>,
    url: RefCell<String>,
    name: RefCell<String>,
    loader_id: RefCell<String>,
    /// The loader of the last navigation that failed: Chromium shows the error's page a little after it has told of the failure.
    failed_loader_id: RefCell<String>,
    reached: RefCell<HashSet<String>>,
    /// Whether anything was loaded into it: a lazy frame that is out of view is not waited for.
    started_loading: Cell<bool>,
    detached: Cell<bool>,
    main_world: Rc<World>,
    utility_world: Rc<World>,
}

impl Frame {
    pub(crate) fn new(
        manager: Weak<FrameManager>,
        session: Rc<Session>,
        parent: Option<&Rc<Frame>>,
        id: String,
    ) -> Rc<Self> {
        let frame = Rc::new_cyclic(|frame: &Weak<Frame>| Self {
            manager,
            session: RefCell::new(session),
            id: RefCell::new(id),
            parent: RefCell::new(parent.map(Rc::downgrade).unwrap_or_default()),
            children: RefCell::default(),
            url: RefCell::default(),
            name: RefCell::default(),
            loader_id: RefCell::default(),
            failed_loader_id: RefCell::default(),
            reached: RefCell::default(),
            started_loading: Cell::new(false),
            detached: Cell::new(false),
            main_world: World::new(frame.clone()),
            utility_world: World::new(frame.clone()),
        });
        if let Some(parent) = parent {
            parent.children.borrow_mut().push(frame.clone());
        }
        frame
    }

    /// CDP's id of the frame.
    pub fn id(&self) -> String {
        self.id.borrow().clone()
    }

    pub(crate) fn has_id(&self, id: &str) -> bool {
        *self.id.borrow() == id
    }

    pub(crate) fn set_id(&self, id: &str) {
        *self.id.borrow_mut() = id.to_owned();
    }

    /// The session that the frame's commands go through: the page's, or an out-of-process frame's own.
    pub fn session(&self) -> Rc<Session> {
        self.session.borrow().clone()
    }

    pub(crate) fn set_session(&self, session: Rc<Session>) {
        *self.session.borrow_mut() = session;
    }

    /// The frame's name at its last navigation.
    pub fn name(&self) -> String {
        self.name.borrow().clone()
    }

    /// Where the frame is.
    pub fn url(&self) -> String {
        self.url.borrow().clone()
    }

    pub(crate) fn set_url(&self, url: &str) {
        *self.url.borrow_mut() = url.to_owned();
    }

    /// The frame that holds this one; `None` for the main frame and after the frame's end.
    pub fn parent_frame(&self) -> Option<Rc<Frame>> {
        self.parent.borrow().upgrade()
    }

    /// The frames in this one.
    pub fn child_frames(&self) -> Vec<Rc<Frame>> {
        self.children.borrow().clone()
    }

    /// Whether the frame is no longer part of its page.
    pub fn is_detached(&self) -> bool {
        self.detached.get()
    }

    pub(crate) fn manager(&self) -> Result<Rc<FrameManager>, Error> {
        self.manager.upgrade().ok_or(Error::TargetClosed)
    }

    /// The page that the frame belongs to.
    ///
    /// # Errors
    /// When the page is gone.
    pub fn page(&self) -> Result<Rc<Page>, Error> {
        self.manager()?.page()
    }

    pub(crate) fn loader_id(&self) -> String {
        self.loader_id.borrow().clone()
    }

    pub(crate) fn shows_failure(&self) -> bool {
        *self.loader_id.borrow() == *self.failed_loader_id.borrow()
    }

    pub(crate) fn on_failed_navigation(&self, loader_id: &str) {
        loader_id.clone_into(&mut self.failed_loader_id.borrow_mut());
    }

    pub(crate) fn has_reached(&self, milestone: Milestone) -> bool {
        self.reached.borrow().contains(milestone.protocol_name())
    }

    pub(crate) fn on_navigated(&self, payload: &Value) {
        *self.name.borrow_mut() = payload["name"].as_str().unwrap_or_default().to_owned();
        let fragment = payload["urlFragment"].as_str().unwrap_or_default();
        *self.url.borrow_mut() = format!("{}{fragment}", payload["url"].as_str().unwrap_or_default());
    }

    pub(crate) fn on_lifecycle_event(&self, loader_id: &str, name: &str) {
        if name == "init" {
            *self.loader_id.borrow_mut() = loader_id.to_owned();
            self.reached.borrow_mut().clear();
        }
        self.reached.borrow_mut().insert(name.to_owned());
    }

    pub(crate) fn on_loading_started(&self) {
        self.started_loading.set(true);
    }

    /// Whether anything was loaded into the frame.
    pub fn has_started_loading(&self) -> bool {
        self.started_loading.get()
    }

    pub(crate) fn on_loading_stopped(&self) {
        let mut reached = self.reached.borrow_mut();
        reached.insert("DOMContentLoaded".to_owned());
        reached.insert("load".to_owned());
    }

    pub(crate) fn on_detached(self: &Rc<Self>) {
        self.detached.set(true);
        self.main_world.detach();
        self.utility_world.detach();
        if let Some(parent) = self.parent_frame() {
            parent.children.borrow_mut().retain(|child| !Rc::ptr_eq(child, self));
        }
        *self.parent.borrow_mut() = Weak::new();
    }

    pub(crate) fn main_world(&self) -> &Rc<World> {
        &self.main_world
    }

    pub(crate) fn utility_world(&self) -> &Rc<World> {
        &self.utility_world
    }

    /// The `<iframe>` that shows the frame; `None` for the main frame and after the frame's end.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn frame_element(&self) -> Result<Option<ElementHandle>, Error> {
        let Some(parent) = self.parent_frame() else { return Ok(None) };
        let owner = parent.session().send_raw("DOM.getFrameOwner", json!({"frameId": self.id()})).await?;
        let context = parent.execution_context().await?;
        context.adopt_backend_node(&owner["backendNodeId"]).await.map(Some)
    }

    /// How far the frame's own coordinates are from the page's: only frames of another process count from zero.
    pub(crate) async fn offset_in_page(self: &Rc<Self>) -> Result<Point, Error> {
        let mut offset = Point { x: 0.0, y: 0.0 };
        let mut frame = self.clone();
        while let Some(parent) = frame.parent_frame() {
            let session = parent.session();
            if !Rc::ptr_eq(&frame.session(), &session) {
                let owner = session.send_raw("DOM.getFrameOwner", json!({"frameId": frame.id()})).await?;
                let arguments = json!({"backendNodeId": owner["backendNodeId"]});
                let model = session.send_raw("DOM.getBoxModel", arguments).await?;
                offset.x += model["model"]["content"][0].as_f64().unwrap_or_default();
                offset.y += model["model"]["content"][1].as_f64().unwrap_or_default();
            }
            frame = parent;
        }
        Ok(offset)
    }

    /// The context of the frame's own scripts, once there is one.
    ///
    /// # Errors
    /// [`Error::FrameDetached`].
    pub async fn execution_context(&self) -> Result<Rc<ExecutionContext>, Error> {
        self.main_world.context().await
    }

    /// Runs code in the frame. See [`ExecutionContext::evaluate`].
    ///
    /// # Errors
    /// As there, and [`Error::FrameDetached`].
    pub async fn evaluate(&self, function: PageFunction, arguments: Vec<Argument>) -> Result<EvaluationResult, Error> {
        self.main_world.evaluate(function, arguments).await
    }

    /// Runs code in the frame and keeps the value there. See [`ExecutionContext::evaluate_handle`].
    ///
    /// # Errors
    /// As there, and [`Error::FrameDetached`].
    pub async fn evaluate_handle(
        &self,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<Rc<JSHandle>, Error> {
        self.main_world.evaluate_handle(function, arguments).await
    }

    /// Waits until the function's value is truthy, whatever documents come and go.
    ///
    /// # Errors
    /// As [`wait_for_selector`](Self::wait_for_selector).
    pub async fn wait_for_function(
        &self,
        function: PageFunction,
        polling: Polling,
        timeout: Option<f64>,
        arguments: Vec<Argument>,
    ) -> Result<Rc<JSHandle>, Error> {
        let timeout = timeout.unwrap_or(self.manager()?.timeouts().any());
        wait_task::wait_for_function(&self.main_world, &function, &Awaited::Function, polling, timeout, arguments).await
    }
}
