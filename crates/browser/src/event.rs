//! What the model tells a script about, in the order in which it happens.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use serde_json::Value;

use crate::binding::BindingCall;
use crate::cdp_session::CDPSession;
use crate::console_message::ConsoleMessage;
use crate::device_request_prompt::{Device, DeviceRequestPrompt};
use crate::dialog::Dialog;
use crate::downloads::DownloadEvent;
use crate::error::Error;
use crate::exception::Exception;
use crate::frame::Frame;
use crate::page::Page;
use crate::request::Request;
use crate::response::Response;
use crate::session::RawEvent;
use crate::target::Target;
use crate::worker::Worker;

/// Something happened. The sink that gets it must not wait.
#[derive(Clone, Debug)]
pub enum Event {
    /// A page, worker or other target came.
    TargetCreated(Rc<Target>),
    /// A target's address changed.
    TargetChanged(Rc<Target>),
    /// A target is gone.
    TargetDestroyed(Rc<Target>),
    /// The browser is gone.
    Disconnected,
    /// The job tried what reaches the executor's machine: a sentence for its log.
    Refused(String),
    /// A host was believed although its certificate is not valid. Told once for each.
    BadCertificate(String),
    /// A download of a page.
    Download(DownloadEvent),
    /// A session of the script named a folder for downloads: its text as it was given.
    DownloadFolder(String),
    /// Something of one page.
    Page(Rc<Page>, PageEvent),
    /// A worker wrote to its console.
    WorkerConsole(Rc<Worker>, Rc<ConsoleMessage>),
    /// A worker threw what nobody caught.
    WorkerError(Rc<Worker>, Rc<Exception>),
    /// A page's question for a device has one more to choose from.
    DeviceFound(Rc<DeviceRequestPrompt>, Device),
    /// An event of a session that the script sees: its method and parameters.
    CdpSession(Rc<CDPSession>, String, Value),
}

type Listener = Rc<dyn Fn(Event)>;

/// Who hears what Chromium says of a page that scripts see, after the model has. A tap must not wait, and changes nothing.
pub type Tap = Rc<dyn Fn(&Rc<Page>, &RawEvent)>;

/// Who is told. There may be nobody.
#[derive(Default)]
pub(crate) struct Sink {
    listener: RefCell<Option<Listener>>,
    tap: RefCell<Option<Tap>>,
}

impl Sink {
    pub(crate) fn set(&self, sink: Option<Listener>) {
        *self.listener.borrow_mut() = sink;
    }

    pub(crate) fn set_tap(&self, tap: Option<Tap>) {
        *self.tap.borrow_mut() = tap;
    }

    pub(crate) fn tell(&self, event: Event) {
        let sink = self.listener.borrow().clone();
        if let Some(sink) = sink {
            sink(event);
        }
    }

    pub(crate) fn tap(&self, page: &Rc<Page>, event: &RawEvent) {
        let tap = self.tap.borrow().clone();
        if let Some(tap) = tap {
            tap(page, event);
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sink(set: {})", self.listener.borrow().is_some())
    }
}

/// Something of one page, under Puppeteer's names.
#[derive(Clone, Debug)]
pub enum PageEvent {
    /// `close`
    Close,
    /// `console`
    Console(Rc<ConsoleMessage>),
    /// `dialog`
    Dialog(Rc<Dialog>),
    /// `domcontentloaded`
    DomContentLoaded,
    /// `error`: the renderer crashed.
    Error(Error),
    /// `frameattached`
    FrameAttached(Rc<Frame>),
    /// `framedetached`
    FrameDetached(Rc<Frame>),
    /// `framenavigated`
    FrameNavigated(Rc<Frame>),
    /// `load`
    Load,
    /// `metrics`, by `console.timeStamp()`
    Metrics {
        /// What the page passed.
        title: String,
        /// Name and number each.
        metrics: Value,
    },
    /// `pageerror`: an exception that nobody caught.
    PageError(Rc<Exception>),
    /// `popup`
    Popup(Rc<Page>),
    /// `request`
    Request(Rc<Request>),
    /// `requestfailed`
    RequestFailed(Rc<Request>),
    /// `requestfinished`
    RequestFinished(Rc<Request>),
    /// `requestservedfromcache`: from the memory of the page's process
    RequestServedFromCache(Rc<Request>),
    /// `issue`: what Chromium's DevTools would show, in CDP's form
    Issue(Value),
    /// `response`
    Response(Rc<Response>),
    /// `workercreated`
    WorkerCreated(Rc<Worker>),
    /// `workerdestroyed`
    WorkerDestroyed(Rc<Worker>),
    /// The page called an exposed function.
    BindingCalled(Rc<BindingCall>),
}

/// A [`PageEvent`] without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // each is the event of that name
pub enum PageEventKind {
    Close,
    Console,
    Dialog,
    DomContentLoaded,
    Error,
    FrameAttached,
    FrameDetached,
    FrameNavigated,
    Load,
    Metrics,
    PageError,
    Popup,
    Request,
    RequestFailed,
    RequestFinished,
    RequestServedFromCache,
    Issue,
    Response,
    WorkerCreated,
    WorkerDestroyed,
    BindingCalled,
}

impl PageEvent {
    /// Returns which event it is.
    pub fn kind(&self) -> PageEventKind {
        match self {
            Self::Close => PageEventKind::Close,
            Self::Console(_) => PageEventKind::Console,
            Self::Dialog(_) => PageEventKind::Dialog,
            Self::DomContentLoaded => PageEventKind::DomContentLoaded,
            Self::Error(_) => PageEventKind::Error,
            Self::FrameAttached(_) => PageEventKind::FrameAttached,
            Self::FrameDetached(_) => PageEventKind::FrameDetached,
            Self::FrameNavigated(_) => PageEventKind::FrameNavigated,
            Self::Load => PageEventKind::Load,
            Self::Metrics { .. } => PageEventKind::Metrics,
            Self::PageError(_) => PageEventKind::PageError,
            Self::Popup(_) => PageEventKind::Popup,
            Self::Request(_) => PageEventKind::Request,
            Self::RequestFailed(_) => PageEventKind::RequestFailed,
            Self::RequestFinished(_) => PageEventKind::RequestFinished,
            Self::RequestServedFromCache(_) => PageEventKind::RequestServedFromCache,
            Self::Issue(_) => PageEventKind::Issue,
            Self::Response(_) => PageEventKind::Response,
            Self::WorkerCreated(_) => PageEventKind::WorkerCreated,
            Self::WorkerDestroyed(_) => PageEventKind::WorkerDestroyed,
            Self::BindingCalled(_) => PageEventKind::BindingCalled,
        }
    }
}

impl PageEventKind {
    /// Returns the name that a Puppeteer program listens to; `None` for what has no name there.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Close => "close",
            Self::Console => "console",
            Self::Dialog => "dialog",
            Self::DomContentLoaded => "domcontentloaded",
            Self::Error => "error",
            Self::FrameAttached => "frameattached",
            Self::FrameDetached => "framedetached",
            Self::FrameNavigated => "framenavigated",
            Self::Load => "load",
            Self::Metrics => "metrics",
            Self::PageError => "pageerror",
            Self::Popup => "popup",
            Self::Request => "request",
            Self::RequestFailed => "requestfailed",
            Self::RequestFinished => "requestfinished",
            Self::RequestServedFromCache => "requestservedfromcache",
            Self::Issue => "issue",
            Self::Response => "response",
            Self::WorkerCreated => "workercreated",
            Self::WorkerDestroyed => "workerdestroyed",
            Self::BindingCalled => return None,
        })
    }

    /// Finds the event of that name.
    pub fn parse(name: &str) -> Option<Self> {
        const ALL: [PageEventKind; 20] = [
            PageEventKind::Close,
            PageEventKind::Console,
            PageEventKind::Dialog,
            PageEventKind::DomContentLoaded,
            PageEventKind::Error,
            PageEventKind::FrameAttached,
            PageEventKind::FrameDetached,
            PageEventKind::FrameNavigated,
            PageEventKind::Load,
            PageEventKind::Metrics,
            PageEventKind::PageError,
            PageEventKind::Popup,
            PageEventKind::Request,
            PageEventKind::RequestFailed,
            PageEventKind::RequestFinished,
            PageEventKind::RequestServedFromCache,
            PageEventKind::Issue,
            PageEventKind::Response,
            PageEventKind::WorkerCreated,
            PageEventKind::WorkerDestroyed,
        ];
        ALL.into_iter().find(|kind| kind.name() == Some(name))
    }
}
