//! A frame's main or isolated realm as it survives navigations: the context of the moment, and who waits for the next.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::error::Error;
use crate::execution_context::ExecutionContext;
use crate::frame::Frame;
use crate::js_handle::{ElementHandle, JSHandle};
use crate::promise::{Waiters, within};
use crate::query::handlers::QueryHandlers;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};

/// The name of the isolated world that the model's own code runs in.
pub(crate) const UTILITY_WORLD: &str = "__puppeteer_utility_world__";

/// One of a frame's two worlds.
#[derive(Debug, Default)]
pub(crate) struct World {
    frame: Weak<Frame>,
    context: RefCell<Option<Rc<ExecutionContext>>>,
    /// The context's `document`, asked for once.
    document: RefCell<Option<ElementHandle>>,
    /// How many contexts there have been: a wait sees by it that it must start again.
    generation: Cell<u64>,
    detached: Cell<bool>,
    changed: Waiters,
}

impl World {
    pub(crate) fn new(frame: Weak<Frame>) -> Rc<Self> {
        Rc::new(Self { frame, ..Self::default() })
    }

    pub(crate) fn frame(&self) -> Option<Rc<Frame>> {
        self.frame.upgrade()
    }

    pub(crate) fn set_context(&self, context: Option<Rc<ExecutionContext>>) {
        *self.document.borrow_mut() = None;
        if context.is_some() {
            self.generation.set(self.generation.get() + 1);
        }
        *self.context.borrow_mut() = context;
        self.changed.wake();
    }

    /// Forgets the context if it is this one.
    pub(crate) fn unset_context(&self, context: &Rc<ExecutionContext>) {
        let is_current = self.context.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, context));
        if is_current {
            self.set_context(None);
        }
    }

    pub(crate) fn has_context(&self) -> bool {
        self.context.borrow().is_some()
    }

    pub(crate) fn detach(&self) {
        self.detached.set(true);
        self.changed.wake();
    }

    pub(crate) fn is_detached(&self) -> bool {
        self.detached.get()
    }

    /// Tells whether there is no such frame any more. A newer Puppeteer's frames go with their page.
    pub(crate) fn is_gone(&self) -> bool {
        let page = || self.frame().and_then(|frame| frame.page().ok());
        self.detached.get() || page().is_some_and(|page| page.is_closed() && page.dialect().is_modern())
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Wakes at each change of the context.
    pub(crate) fn changed(&self) -> &Waiters {
        &self.changed
    }

    /// Waits for the current context, or the next one when the frame is between two documents. Newer Puppeteers wait no longer
    /// than for other things.
    pub(crate) async fn context(&self) -> Result<Rc<ExecutionContext>, Error> {
        if self.is_gone() {
            return Err(self.frame_detached());
        }
        if let Some(context) = self.context.borrow().clone() {
            return Ok(context);
        }
        let Some(limit) = self
            .frame()
            .and_then(|frame| frame.page().ok())
            .filter(|page| page.dialect().is_modern())
            .map(|page| page.default_timeout())
        else {
            return self.next_context().await;
        };
        within(limit, self.next_context()).await.unwrap_or(Err(Error::EventTimeout(limit)))
    }

    async fn next_context(&self) -> Result<Rc<ExecutionContext>, Error> {
        self.changed
            .until(|| {
                if let Some(context) = self.context.borrow().clone() {
                    return Some(Ok(context));
                }
                if self.detached.get() {
                    return Some(Err(self.frame_detached()));
                }
                if self.frame().is_some_and(|frame| frame.session().has_crashed()) {
                    return Some(Err(Error::Crashed));
                }
                let is_over = self.frame().is_none_or(|frame| frame.session().is_detached());
                is_over.then_some(Err(Error::TargetClosed))
            })
            .await
    }

    pub(crate) fn frame_detached(&self) -> Error {
        let (url, id) = self.frame().map(|frame| (frame.url(), frame.id())).unwrap_or_default();
        Error::FrameDetached { url, id }
    }

    /// Returns the query handlers that the script has registered.
    pub(crate) fn query_handlers(&self) -> Rc<QueryHandlers> {
        let page = self.frame().and_then(|frame| frame.page().ok());
        let browser = page.and_then(|page| page.browser().ok());
        browser.map(|browser| browser.query_handlers().clone()).unwrap_or_default()
    }

    pub(crate) async fn evaluate(
        &self,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<EvaluationResult, Error> {
        self.context().await?.evaluate(function, arguments).await
    }

    pub(crate) async fn evaluate_handle(
        &self,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<Rc<JSHandle>, Error> {
        self.context().await?.evaluate_handle(function, arguments).await
    }

    /// Returns the current document's handle. Nobody else disposes of it; it goes with its context.
    pub(crate) async fn document(&self) -> Result<ElementHandle, Error> {
        if let Some(document) = self.document.borrow().clone().filter(|_| !self.is_gone()) {
            return Ok(document);
        }
        let context = self.context().await?;
        let handle = context.evaluate_handle(PageFunction::expression("document"), Vec::new()).await?;
        let document = handle.as_element().ok_or(Error::ContextDestroyed)?;
        let still_current = self.context.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, &context));
        if still_current {
            *self.document.borrow_mut() = Some(document.clone());
        }
        Ok(document)
    }
}
