//! All that belongs to one running job on the Rust side; every op gets it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use ::browser::browser::Browser;
use ::browser::dialect::Dialect;
use ::browser::page::Page;
use futures::future::LocalBoxFuture;
use rquickjs as js;
use tokio::time::Instant;

use crate::cancel::Cancels;
use crate::downloads::Downloads;
use crate::host::Host;
use crate::inbox::{Inbox, Item};
use crate::links::Links;
use crate::log::Log;
use crate::meter::Meter;
use crate::ops::ops_object::Ops;
use crate::resources::{Resource, ResourceRef, Resources};
use crate::run_times::RunTimes;
use crate::timers::Timers;
use crate::value::Value;

/// One job's state. Ops borrow its cells for moments only: JavaScript may run inside any conversion.
pub(crate) struct Scope {
    /// The objects that JavaScript holds.
    pub resources: RefCell<Resources>,
    /// The way into JavaScript; give a clone to whoever has events.
    pub inbox: Inbox,
    /// What the job may use.
    pub host: Host,
    /// The job's log.
    pub log: Log,
    /// The job's limits and what it has used of them.
    pub(crate) meter: Rc<Meter>,
    pub(crate) timers: RefCell<Timers>,
    /// Ops that have not ended after their first poll; the sandbox takes them over.
    pub(crate) started: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
    pub(crate) promises: RefCell<Promises>,
    pub(crate) rejections: RefCell<Vec<Rejection>>,
    pub(crate) run_times: RefCell<RunTimes>,
    pub(crate) ended: Cell<bool>,
    dialect: Cell<Dialect>,
    /// How long a command of the browser may take that a call of the script sends.
    pub(crate) command_limit: Cell<Option<Duration>>,
    pub(crate) cancels: Cancels,
    /// The job is a whole script: it ends when nothing is left to run, and an error that nobody catches ends it, as in Node.
    pub(crate) whole: Rc<Cell<bool>>,
    /// When the job came to its engine: the clock of `performance` begins there.
    pub(crate) created: Instant,
    /// Which modules its names mean.
    pub(crate) links: RefCell<Option<Rc<Links>>>,
    /// Bytes of texts and buffers that came out of the engine since the op under way was called.
    pub(crate) crossed: Cell<usize>,
    /// The pages' downloads.
    pub(crate) downloads: RefCell<Downloads>,
    /// How many films it makes.
    pub(crate) films: Rc<Cell<usize>>,
    /// The crossings that its prelude has.
    pub(crate) ops: Ops,
    hooks: RefCell<HashMap<Hook, js::Persistent<js::Function<'static>>>>,
}

/// The promises of ops under way.
#[derive(Default)]
pub(crate) struct Promises {
    pub(crate) waiting: HashMap<u32, Waiting>,
    pub(crate) last: u32,
}

pub(crate) struct Waiting {
    pub(crate) resolve: js::Persistent<js::Function<'static>>,
    pub(crate) reject: js::Persistent<js::Function<'static>>,
    /// The stack that called the op, as the engine writes it, for its error.
    pub(crate) stack: String,
    /// What the op counts for in the job's memory, in bytes.
    pub(crate) held: usize,
}

/// A rejected promise that nobody handles yet.
pub(crate) struct Rejection {
    pub(crate) promise: js::Persistent<js::Value<'static>>,
    pub(crate) reason: js::Persistent<js::Value<'static>>,
}

/// The functions of the prelude that Rust calls, by their export name in `js/core/main.js`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Hook {
    /// (rid, class) → the one object of that id.
    Wrap,
    /// (rid, event name, arguments): runs the listeners.
    Dispatch,
    /// (timer number): runs its callback.
    Fire,
    /// (ArrayBuffer) → Buffer.
    Buffer,
    /// (digits) → BigInt.
    BigInt,
    /// (string) → the string without lone surrogates.
    WellFormed,
    /// (class, message, raw stack) → an error object.
    MakeError,
    /// () → the current stack as the engine writes it.
    RawStack,
    /// (thrown value) → its text, as a job's error.
    ErrorText,
    /// (rejection's reason) → its text, as a log line.
    Describe,
    /// (what makes the code's function, the names that it takes, whether it is CommonJS) runs the job.
    RunJob,
    /// () → JSON of the results.
    Results,
    /// (options) sets up the globals.
    Start,
    /// () takes the prelude out of the making of stack traces.
    PlainStacks,
    /// (URL of a module of the prelude) → what CommonJS gets of it.
    Builtin,
    /// (URL of a file that is not an ES module) → its value.
    CommonJs,
    /// (raw stack of a call under way): notes that the job waits there.
    NoteWait,
    /// (what was thrown, by which event of `process` it is told): nobody catches it.
    Fatal,
    /// () → whether a whole script may end: nothing is left to run.
    Ending,
    /// () → the exit code of a whole script that has ended.
    Exited,
}

impl Hook {
    const ALL: [(Self, &'static str); 20] = [
        (Self::Wrap, "wrap"),
        (Self::Dispatch, "dispatch"),
        (Self::Fire, "fire"),
        (Self::Buffer, "bufferFrom"),
        (Self::BigInt, "bigInt"),
        (Self::WellFormed, "wellFormed"),
        (Self::MakeError, "makeError"),
        (Self::RawStack, "rawStack"),
        (Self::ErrorText, "errorText"),
        (Self::Describe, "describe"),
        (Self::RunJob, "runJob"),
        (Self::Results, "resultsText"),
        (Self::Start, "start"),
        (Self::PlainStacks, "plainStacks"),
        (Self::Builtin, "builtin"),
        (Self::CommonJs, "commonJs"),
        (Self::NoteWait, "noteWait"),
        (Self::Fatal, "fatal"),
        (Self::Ending, "ending"),
        (Self::Exited, "exited"),
    ];
}

impl Scope {
    /// A new job's scope.
    pub(crate) fn new(host: Host, log: Log, meter: Rc<Meter>) -> Rc<Self> {
        Rc::new(Self {
            resources: RefCell::default(),
            inbox: Inbox::default(),
            host,
            log,
            meter,
            timers: RefCell::default(),
            started: RefCell::default(),
            promises: RefCell::default(),
            rejections: RefCell::default(),
            run_times: RefCell::default(),
            ended: Cell::new(false),
            dialect: Cell::default(),
            command_limit: Cell::default(),
            cancels: Cancels::default(),
            whole: Rc::default(),
            created: Instant::now(),
            links: RefCell::default(),
            crossed: Cell::new(0),
            downloads: RefCell::default(),
            films: Rc::default(),
            ops: Ops::default(),
            hooks: RefCell::default(),
        })
    }

    /// The script is written for that Puppeteer: the browser that has the job's page is told.
    pub(crate) fn set_dialect(&self, dialect: Dialect) {
        self.dialect.set(dialect);
        if let Some(browser) = self.browser() {
            browser.set_dialect(dialect);
        }
    }

    /// The browser that has the job's page.
    pub(crate) fn browser(&self) -> Option<Rc<Browser>> {
        let page = self.host.page.as_ref().and_then(ResourceRef::downcast::<Page>);
        page.and_then(|page| page.browser().ok())
    }

    /// The browser is as fast as ever for whoever has it next.
    pub(crate) fn end_slow_motion(&self) {
        if let Some(browser) = self.browser() {
            browser.set_slow_motion(Duration::ZERO);
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect.get()
    }

    /// Whether the log's line of the error that ended the job has the author's places. The predecessor's has not.
    pub(crate) fn tells_places(&self) -> bool {
        self.whole.get() || self.dialect().is_modern()
    }

    /// Whether no call, timer or event is under way. What a page may still do is not counted.
    pub(crate) fn is_idle(&self) -> bool {
        self.promises.borrow().waiting.is_empty() && self.inbox.is_empty() && !self.timers.borrow().keep_alive()
    }

    /// Puts an event for the listeners of `target` into the inbox.
    pub(crate) fn emit<T: Resource>(&self, target: &Rc<T>, name: &'static str, args: Vec<Value>) {
        self.inbox.push(Item::Event { target: ResourceRef::new(Rc::clone(target)), name, args });
    }

    /// An op is called, maybe one that reaches the browser.
    pub(crate) fn note_call(&self, on_browser: bool) {
        if on_browser {
            self.host.page_use.note();
        }
    }

    pub(crate) fn set_hooks<'js>(&self, ctx: &js::Ctx<'js>, exports: &js::Object<'js>) -> js::Result<()> {
        for (hook, name) in Hook::ALL {
            let function = exports.get::<_, js::Function<'js>>(name)?;
            self.hooks.borrow_mut().insert(hook, js::Persistent::save(ctx, function));
        }
        Ok(())
    }

    pub(crate) fn hook<'js>(&self, ctx: &js::Ctx<'js>, hook: Hook) -> js::Result<js::Function<'js>> {
        let saved = self.hooks.borrow().get(&hook).cloned();
        saved.ok_or(js::Error::Unknown)?.restore(ctx)
    }

    /// Lets go of everything that belongs to the engine, which must happen before the engine goes.
    pub(crate) fn clear(&self) {
        self.ended.set(true);
        // They hold the scope.
        self.links.take();
        self.started.take();
        self.promises.take();
        self.rejections.take();
        self.timers.borrow_mut().clear();
        self.inbox.clear();
        self.downloads.take();
        self.hooks.take();
        self.ops.clear();
        let resources = self.resources.take();
        drop(resources);
    }
}
