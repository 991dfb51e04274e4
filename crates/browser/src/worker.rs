//! A web worker of a page, or a service or shared worker of a browser.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use serde_json::json;

use crate::cdp_session::CDPSession;
use crate::error::{Awaited, Error};
use crate::event::Event;
use crate::exception::Exception;
use crate::execution_context::ExecutionContext;
use crate::js_handle::JSHandle;
use crate::page::Page;
use crate::promise::{Promise, milliseconds, within};
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::session::{RawEvent, Session, Subscription};
use crate::target::Target;
use crate::timeout_settings::TimeoutSettings;
use crate::wait_task::Polling;

/// How long a service worker that is to end may take until it runs.
const BEGINNING: Duration = Duration::from_secs(1);

/// Puppeteer's `Worker`.
#[derive(Debug)]
pub struct Worker {
    session: Rc<Session>,
    url: String,
    /// Gets the worker's console and exceptions; empty for shared and service workers.
    page: Weak<Page>,
    /// What it is, or belongs to.
    target: Rc<Target>,
    client: OnceCell<Rc<CDPSession>>,
    /// Whether the script listens to it.
    heard: Cell<bool>,
    context: Promise<Rc<ExecutionContext>>,
    /// The worker's script is there, and runs before whatever is asked from now on.
    started: Promise<()>,
    subscription: RefCell<Option<Subscription>>,
}

impl Worker {
    pub(crate) fn new(session: Rc<Session>, url: String, target: Rc<Target>, page: Weak<Page>) -> Rc<Self> {
        let worker = Rc::new_cyclic(|worker: &Weak<Worker>| {
            let listener = worker.clone();
            let subscription = session.on_event(move |event| {
                if let Some(worker) = listener.upgrade() {
                    worker.on_event(event);
                }
            });
            Self {
                session: session.clone(),
                url,
                page,
                target,
                client: OnceCell::new(),
                heard: Cell::new(false),
                context: Promise::default(),
                started: Promise::default(),
                subscription: RefCell::new(Some(subscription)),
            }
        });
        session.post("Runtime.enable", json!({}));
        if let Some(page) = worker.page.upgrade() {
            // The page's session tells only that the worker's script is asked for.
            session.post("Network.enable", json!({}));
            page.network().add_session(&session);
        }
        // The worker has its context before it has its script; the debugger alone tells of scripts. It must not stop
        // the worker meanwhile.
        session.post("Debugger.setSkipAllPauses", json!({"skip": true}));
        session.post("Debugger.enable", json!({}));
        session.post("Runtime.runIfWaitingForDebugger", json!({}));
        worker
    }

    fn on_event(self: &Rc<Self>, event: &RawEvent) {
        if event.method.starts_with("Network.") || event.method.starts_with("Fetch.") {
            if let Some(page) = self.page.upgrade() {
                page.on_network_event(&self.session, event);
            }
            return;
        }
        let params = &event.params;
        match event.method.as_str() {
            "Runtime.executionContextCreated" => {
                let id = params["context"]["id"].as_i64().unwrap_or_default();
                self.context.settle(ExecutionContext::of_worker(self.session.clone(), id, self.url.clone()));
            }
            "Debugger.scriptParsed" | "Debugger.scriptFailedToParse" if self.started.get().is_none() => {
                self.started.settle(());
                self.session.post("Debugger.disable", json!({}));
            }
            "Runtime.consoleAPICalled" => {
                if let (Some(page), Some(context)) = (self.page.upgrade(), self.context.get()) {
                    page.on_console_call(&context, params, Some(self));
                }
            }
            "Runtime.exceptionThrown" => {
                if let Some(browser) = self.target.browser().ok().filter(|_| self.heard.get()) {
                    let thrown = Rc::new(Exception::new(&params["exceptionDetails"]));
                    browser.sink().tell(Event::WorkerError(self.clone(), thrown));
                }
                if let Some(page) = self.page.upgrade() {
                    page.on_exception(&params["exceptionDetails"]);
                }
            }
            _ => {}
        }
    }

    /// Returns the session that the worker's commands go through.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// Returns where its script came from.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the worker's only context, once its script has begun.
    ///
    /// # Errors
    /// When the worker ends first.
    pub async fn execution_context(&self) -> Result<Rc<ExecutionContext>, Error> {
        let ready = async {
            self.started.wait().await;
            self.context.wait().await
        };
        tokio::select! {
            biased;
            context = ready => Ok(context),
            () = self.session.closed() => Err(Error::TargetClosed),
        }
    }

    /// Runs code in the worker. See [`ExecutionContext::evaluate`].
    ///
    /// # Errors
    /// As there.
    pub async fn evaluate(&self, function: PageFunction, arguments: Vec<Argument>) -> Result<EvaluationResult, Error> {
        self.execution_context().await?.evaluate(function, arguments).await
    }

    /// Runs code in the worker and keeps the value there. See [`ExecutionContext::evaluate_handle`].
    ///
    /// # Errors
    /// As there.
    pub async fn evaluate_handle(
        &self,
        function: PageFunction,
        arguments: Vec<Argument>,
    ) -> Result<Rc<JSHandle>, Error> {
        self.execution_context().await?.evaluate_handle(function, arguments).await
    }

    /// Tells whether the script listens to the worker.
    pub fn has_listeners(&self) -> bool {
        self.heard.get()
    }

    /// Tells whether the script listens to the worker.
    pub fn set_has_listeners(&self, has: bool) {
        self.heard.set(has);
    }

    /// Returns the script's view of the worker's session.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn client(&self) -> Result<Rc<CDPSession>, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = CDPSession::over(self.session.clone(), self.target.clone(), &self.target.browser()?);
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Waits until the function's value is truthy, asking again after so many milliseconds.
    ///
    /// # Errors
    /// [`Error::WaitTimeout`], and as [`evaluate`](Self::evaluate).
    pub async fn wait_for_function(
        &self,
        function: PageFunction,
        polling: Polling,
        timeout: Option<f64>,
        arguments: Vec<Argument>,
    ) -> Result<Rc<JSHandle>, Error> {
        let pause = match polling {
            Polling::Interval(interval) => milliseconds(interval),
            Polling::Raf | Polling::Mutation => return Err(Error::message("Cannot poll DOM in a worker")),
        };
        let timeout = timeout.unwrap_or_else(|| {
            self.page.upgrade().map_or_else(|| TimeoutSettings::default().any(), |page| page.default_timeout())
        });
        let asking = async {
            loop {
                let handle = self.evaluate_handle(function.clone(), arguments.clone()).await?;
                if handle.is_truthy() {
                    return Ok(handle);
                }
                tokio::time::sleep(pause).await;
            }
        };
        let expired = || Err(Error::WaitTimeout { what: Awaited::Function, timeout });
        within(timeout, asking).await.unwrap_or_else(expired)
    }

    /// Ends the worker.
    ///
    /// # Errors
    /// [`Error::Protocol`] when it is gone.
    pub async fn close(&self) -> Result<(), Error> {
        if matches!(self.target.target_type(), "service_worker" | "shared_worker") {
            // One that is ended before it runs may stay for ever.
            self.session.caught_up(BEGINNING).await;
            let root = self.target.browser()?.session().clone();
            let closed = root.send_raw("Target.closeTarget", json!({"targetId": self.target.id()}));
            // One that somebody is attached to does not end.
            root.post("Target.detachFromTarget", json!({"sessionId": self.session.id()}));
            root.give_up_target(self.target.id());
            closed.await?;
            return Ok(());
        }
        self.evaluate(PageFunction::own("() => self.close()"), Vec::new()).await.map(drop)
    }

    /// The worker is gone; its listener, too.
    pub(crate) fn on_destroyed(&self) {
        self.subscription.take();
        if let Some(page) = self.page.upgrade() {
            page.network().on_worker_gone(&self.session);
        }
    }
}
