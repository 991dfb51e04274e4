//! A web worker of a page, or a service or shared worker of a browser.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use serde_json::json;

use crate::error::Error;
use crate::execution_context::ExecutionContext;
use crate::js_handle::JSHandle;
use crate::page::Page;
use crate::promise::Promise;
use crate::remote_object::{Argument, EvaluationResult, PageFunction, exception_message};
use crate::session::{RawEvent, Session, Subscription};

/// Puppeteer's `Worker`.
#[derive(Debug)]
pub struct Worker {
    session: Rc<Session>,
    url: String,
    /// Gets the worker's console and exceptions; empty for shared and service workers.
    page: Weak<Page>,
    context: Promise<Rc<ExecutionContext>>,
    /// The worker's script is there, and runs before whatever is asked from now on.
    started: Promise<()>,
    subscription: RefCell<Option<Subscription>>,
}

impl Worker {
    pub(crate) fn new(session: Rc<Session>, url: String, page: Weak<Page>) -> Rc<Self> {
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
                context: Promise::default(),
                started: Promise::default(),
                subscription: RefCell::new(Some(subscription)),
            }
        });
        session.post("Runtime.enable", json!({}));
        // The worker has its context before it has its script; the debugger alone tells of scripts. It must not stop
        // the worker meanwhile.
        session.post("Debugger.setSkipAllPauses", json!({"skip": true}));
        session.post("Debugger.enable", json!({}));
        session.post("Runtime.runIfWaitingForDebugger", json!({}));
        worker
    }

    fn on_event(&self, event: &RawEvent) {
        let params = &event.params;
        match event.method.as_str() {
            "Runtime.executionContextCreated" => {
                let id = params["context"]["id"].as_i64().unwrap_or_default();
                self.context.settle(ExecutionContext::new(self.session.clone(), id, Weak::new()));
            }
            "Debugger.scriptParsed" | "Debugger.scriptFailedToParse" if self.started.get().is_none() => {
                self.started.settle(());
                self.session.post("Debugger.disable", json!({}));
            }
            "Runtime.consoleAPICalled" => {
                if let (Some(page), Some(context)) = (self.page.upgrade(), self.context.get()) {
                    page.on_console_call(&context, params);
                }
            }
            "Runtime.exceptionThrown" => {
                if let Some(page) = self.page.upgrade() {
                    page.on_exception(exception_message(&params["exceptionDetails"]));
                }
            }
            _ => {}
        }
    }

    /// The session that the worker's commands go through.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// Where its script came from.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The worker's only context, once its script has begun.
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

    /// The worker is gone; its listener, too.
    pub(crate) fn on_destroyed(&self) {
        self.subscription.take();
    }
}
