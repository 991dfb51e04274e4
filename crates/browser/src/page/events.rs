//! What Chromium tells about a page, in the page's words.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::Page;
use crate::binding::BindingCall;
use crate::console_message::{ConsoleLocation, ConsoleMessage, Origin};
use crate::context_proxy;
use crate::device_request_prompt::DeviceRequestPrompt;
use crate::dialog::Dialog;
use crate::event::{Event, PageEvent, PageEventKind};
use crate::exception::Exception;
use crate::execution_context::ExecutionContext;
use crate::file_chooser::FileChooser;
use crate::guard;
use crate::js_handle::JSHandle;
use crate::network_manager::NetworkManager;
use crate::promise::Promise;
use crate::remote_object::RemoteObject;
use crate::session::{RawEvent, Session};
use crate::worker::Worker;

/// The numbers that Puppeteer passes on.
const METRICS: [&str; 13] = [
    "Timestamp",
    "Documents",
    "Frames",
    "JSEventListeners",
    "Nodes",
    "LayoutCount",
    "RecalcStyleCount",
    "LayoutDuration",
    "RecalcStyleDuration",
    "ScriptDuration",
    "TaskDuration",
    "JSHeapUsedSize",
    "JSHeapTotalSize",
];

pub(super) fn known_metrics(metrics: &Value) -> Value {
    let known = metrics.as_array().into_iter().flatten().filter_map(|metric| {
        let name = metric["name"].as_str().filter(|name| METRICS.contains(name))?;
        Some((name.to_owned(), metric["value"].clone()))
    });
    Value::Object(known.collect::<Map<_, _>>())
}

/// The frames of a stack.
fn places(stack: &Value) -> Vec<ConsoleLocation> {
    let frames = stack["callFrames"].as_array().into_iter().flatten();
    let place = |frame: &Value| ConsoleLocation {
        url: frame["url"].as_str().map(str::to_owned),
        line: frame["lineNumber"].as_i64(),
        column: frame["columnNumber"].as_i64(),
    };
    frames.map(place).collect()
}

impl Page {
    pub(super) fn on_event(self: &Rc<Self>, session: &Rc<Session>, event: &RawEvent) {
        self.apply(session, event);
        self.tap(event);
    }

    /// What one of the page's workers loads.
    pub(crate) fn on_network_event(self: &Rc<Self>, session: &Rc<Session>, event: &RawEvent) {
        self.network().on_event(session, event);
        self.tap(event);
    }

    fn tap(self: &Rc<Self>, event: &RawEvent) {
        if !self.silent.get() && !self.browser_context().is_hidden() {
            self.sink.tap(self, event);
        }
    }

    fn apply(self: &Rc<Self>, session: &Rc<Session>, event: &RawEvent) {
        if event.method.starts_with("Network.") || event.method.starts_with("Fetch.") {
            if event.method == "Network.loadingFailed" && event.params["errorText"] == "net::ERR_UNSAFE_REDIRECT" {
                session.note_refusal("a redirect to a local address");
            }
            return self.network().on_event(session, event);
        }
        self.frame_manager.on_event(session, event);
        let params = &event.params;
        let is_main = Rc::ptr_eq(session, &self.session);
        match event.method.as_str() {
            "Page.domContentEventFired" if is_main => self.emit(PageEvent::DomContentLoaded),
            "Page.loadEventFired" if is_main => self.emit(PageEvent::Load),
            "Runtime.consoleAPICalled" => {
                // Messages from before the page was attached to name no context; nobody could have listened to them.
                let id = params["executionContextId"].as_i64().unwrap_or_default();
                if let Some(context) = self.frame_manager.context(session, id) {
                    self.on_console_call(&context, params, None);
                }
            }
            "Runtime.bindingCalled" => {
                if let Some(call) =
                    BindingCall::read(session, params).filter(|call| self.bindings.borrow().contains(call.name()))
                {
                    self.emit(PageEvent::BindingCalled(call));
                }
            }
            "Runtime.exceptionThrown" => self.on_exception(&params["exceptionDetails"]),
            "Page.javascriptDialogOpening" => self.on_dialog(session, params),
            "Page.fileChooserOpened" => self.on_file_chooser(session, params),
            "DeviceAccess.deviceRequestPrompted" if is_main => self.on_device_prompt(params),
            "Inspector.targetCrashed" if is_main => self.on_crashed(),
            "Performance.metrics" if is_main => {
                let title = params["title"].as_str().unwrap_or_default().to_owned();
                self.emit(PageEvent::Metrics { title, metrics: known_metrics(&params["metrics"]) });
            }
            "Audits.issueAdded" => self.emit(PageEvent::Issue(params["issue"].clone())),
            "Log.entryAdded" => self.on_log_entry(session, &params["entry"]),
            "Target.attachedToTarget" => self.on_attached(session, params),
            "Target.detachedFromTarget" => self.on_detached(params),
            _ => {}
        }
    }

    /// A call of the console by a frame, or by one of the page's workers.
    pub(crate) fn on_console_call(
        self: &Rc<Self>,
        context: &Rc<ExecutionContext>,
        params: &Value,
        worker: Option<&Rc<Worker>>,
    ) {
        let args = params["args"].as_array().into_iter().flatten();
        let objects = args.filter_map(|arg| RemoteObject::from_value(arg.clone()).ok());
        let handles: Vec<Rc<JSHandle>> = objects.map(|object| JSHandle::new(context.clone(), object)).collect();
        let worker_hears = worker.is_some_and(|worker| worker.has_listeners());
        let page_hears = self.has_listeners(PageEventKind::Console);
        if !page_hears && !worker_hears {
            handles.iter().for_each(|handle| handle.release());
            return;
        }
        let origin = Origin {
            page: Rc::downgrade(self),
            frame: context.frame(),
            worker: worker.map(Rc::downgrade).unwrap_or_default(),
        };
        let kind = params["type"].as_str().unwrap_or_default().to_owned();
        let message = ConsoleMessage::of_call(kind, handles, places(&params["stackTrace"]), origin);
        if let Some(worker) = worker.filter(|_| worker_hears) {
            self.sink.tell(Event::WorkerConsole(worker.clone(), message.clone()));
        }
        if page_hears {
            self.emit(PageEvent::Console(message));
        }
    }

    pub(crate) fn on_exception(self: &Rc<Self>, details: &Value) {
        self.emit(PageEvent::PageError(Rc::new(Exception::new(details))));
    }

    fn on_log_entry(self: &Rc<Self>, session: &Session, entry: &Value) {
        for arg in entry["args"].as_array().into_iter().flatten() {
            if let Some(id) = arg["objectId"].as_str() {
                session.post("Runtime.releaseObject", json!({"objectId": id}));
            }
        }
        // Workers report themselves.
        if entry["source"] == "worker" {
            return;
        }
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        if let Some(address) = guard::refused_address(&text("text")) {
            session.note_refusal(&address);
        }
        let url = entry["url"].as_str().map(str::to_owned);
        let message = text("text");
        let failed = context_proxy::failed_web_socket(&message).or(url.as_deref()).unwrap_or_default();
        let message = self.network().translated(failed, &message);
        let location = ConsoleLocation { url, line: entry["lineNumber"].as_i64(), column: None };
        let origin = Origin { page: Rc::downgrade(self), frame: Some(self.main_frame().clone()), ..Origin::default() };
        self.emit(PageEvent::Console(ConsoleMessage::new(text("level"), message, vec![location], origin)));
    }

    fn on_dialog(self: &Rc<Self>, session: &Rc<Session>, params: &Value) {
        // A dialog that nobody answers would stop the page for ever.
        if !self.has_listeners(PageEventKind::Dialog) {
            session.post("Page.handleJavaScriptDialog", json!({"accept": params["type"] == "beforeunload"}));
            return;
        }
        let text = |name: &str| params[name].as_str().unwrap_or_default().to_owned();
        let dialog = Dialog::new(session.clone(), text("type"), text("message"), text("defaultPrompt"));
        self.emit(PageEvent::Dialog(dialog));
    }

    fn on_file_chooser(&self, session: &Rc<Session>, params: &Value) {
        let multiple = params["mode"] != "selectSingle";
        let chooser = FileChooser::new(session.clone(), multiple, params["backendNodeId"].as_i64());
        let waiting = self.file_chooser.replace(Rc::new(Promise::default()));
        waiting.settle(chooser);
    }

    /// Who waits gets the question; a known one hears of more devices itself.
    fn on_device_prompt(self: &Rc<Self>, params: &Value) {
        let prompt = DeviceRequestPrompt::new(&self.session, Rc::downgrade(self), &self.sink, params);
        self.device_prompt.replace(Rc::new(Promise::default())).settle(prompt);
    }

    fn on_attached(self: &Rc<Self>, parent: &Rc<Session>, params: &Value) {
        let id = params["sessionId"].as_str().unwrap_or_default();
        let Some(session) = parent.sibling(id) else { return };
        match session.target_type() {
            "worker" if self.frame_manager.shows_one_more() => {
                let url = params["targetInfo"]["url"].as_str().unwrap_or_default().to_owned();
                let worker = Worker::new(session, url, self.target.clone(), Rc::downgrade(self));
                self.workers.borrow_mut().push(worker.clone());
                self.emit(PageEvent::WorkerCreated(worker));
            }
            "iframe" if self.frame_manager.may_show(session.target_id()) => self.on_remote_frame(&session),
            _ => {
                // A service worker that somebody is attached to never dies, and what is too much is not to be known. One that is
                // left before it runs never starts, and one that ends meanwhile answers no more. The task ends by itself: the
                // answer comes, or fails with the session.
                let (parent, id) = (parent.clone(), id.to_owned());
                tokio::task::spawn_local(async move {
                    let runs = session.send_raw("Runtime.runIfWaitingForDebugger", json!({}));
                    futures::future::select(std::pin::pin!(runs), std::pin::pin!(session.given_up())).await;
                    parent.post("Target.detachFromTarget", json!({"sessionId": id}));
                });
            }
        }
    }

    /// A frame in a process of its own waits for everything that holds for the page.
    fn on_remote_frame(self: &Rc<Self>, session: &Rc<Session>) {
        self.frame_manager.on_remote_frame(session);
        self.listen_to(session);
        self.network().add_session(session);
        for script in &*self.init_scripts.borrow() {
            session.post("Page.addScriptToEvaluateOnNewDocument", json!({"source": script.source}));
        }
        for name in &*self.bindings.borrow() {
            session.post("Runtime.addBinding", json!({"name": name}));
        }
        let (manager, page, session) = (self.frame_manager.clone(), Rc::downgrade(self), session.clone());
        // It ends by itself: every answer that it awaits comes, or fails with the session.
        tokio::task::spawn_local(async move {
            let enabled = crate::eager::begin(manager.initialize(&session));
            if let Some(page) = page.upgrade() {
                page.attach_to_related(&session);
            }
            session.post("Log.enable", json!({}));
            session.post("Runtime.runIfWaitingForDebugger", json!({}));
            if let Err(error) = enabled.await {
                tracing::debug!(%error, "an out-of-process frame went away while it was attached to");
            }
        });
    }

    fn on_detached(self: &Rc<Self>, params: &Value) {
        let id = params["sessionId"].as_str().unwrap_or_default();
        let worker = self.workers.borrow().iter().find(|worker| worker.session().id() == Some(id)).cloned();
        if let Some(worker) = worker {
            self.workers.borrow_mut().retain(|known| !Rc::ptr_eq(known, &worker));
            self.frame_manager.shows_one_less();
            self.emit(PageEvent::WorkerDestroyed(worker.clone()));
            worker.on_destroyed();
            return;
        }
        let remote = self
            .subscriptions
            .borrow()
            .iter()
            .map(|(session, _)| session.clone())
            .find(|session| session.id() == Some(id));
        if let Some(session) = remote {
            if let Some(looking) = self.frame_manager.on_remote_frame_gone(&session) {
                // It ends by itself: the parent's session answers, or fails.
                tokio::task::spawn_local(looking);
            }
            NetworkManager::remove_session(self.network(), &session);
            self.subscriptions.borrow_mut().retain(|(known, _)| !Rc::ptr_eq(known, &session));
        }
    }
}
