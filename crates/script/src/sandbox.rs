//! One job in one engine: start it, feed it from the inbox, end it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{LocalBoxFuture, poll_fn};
use futures::stream::FuturesUnordered;
use job_model::{Job, Level, LogEntry, Outcome, Results, Timestamp};
use rquickjs as js;

use crate::inbox::Item;
use crate::linker::{CODE_URL, Links, Names, Texts};
use crate::log::Log;
use crate::memory::Metered;
use crate::page_use::PageUse;
use crate::resources::ResourceRef;
use crate::scope::{Hook, Rejection, Scope};
use crate::stop::Stop;
use crate::value::Value;
use crate::watch::{Limits, Watch};
use crate::{ops, prelude, results, source, stack};

/// Longest text of a job's error, in bytes.
const ERROR_BYTES: usize = 64 << 10;
/// What a stopped job's results may take to be read.
const GRACE: Duration = Duration::from_secs(2);

/// The part of a job that runs.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The body of the async function.
    pub code: String,
    /// What it sees as `vars`.
    pub vars: BTreeMap<String, String>,
    /// The modules it may import, by name.
    pub modules: BTreeMap<String, String>,
}

impl From<&Job> for Script {
    fn from(job: &Job) -> Self {
        Self { code: job.code.clone(), vars: job.vars.clone(), modules: job.modules.clone() }
    }
}

/// What the job may use of the world outside.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// The object behind the global `page`.
    pub page: Option<ResourceRef>,
    /// Where the job's first call on it is told.
    pub page_use: PageUse,
    /// Trusted users: local files are open to the page's calls (ALLOW_LOCAL_FILES).
    pub allow_local_files: bool,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    /// How it ended; one that was [stopped](Stop) counts as cancelled.
    pub outcome: Outcome,
    /// The text of the error that ended it.
    pub error: Option<String>,
    /// Its results, partial after a failure.
    pub results: Results,
    /// When the code began; `None` when it never did.
    pub started_at: Option<Timestamp>,
    /// When the code ended; `None` when it never began.
    pub finished_at: Option<Timestamp>,
    /// How long the code ran.
    pub duration_ms: u64,
}

/// Runs a script to its end, within its limits, or until `stop` is requested. Dropping the future ends it, too, and
/// leaves no report.
///
/// Must run on a current-thread runtime: nothing here is `Send`.
pub async fn run(
    script: Script,
    host: Host,
    limits: Limits,
    stop: Stop,
    log: impl FnMut(LogEntry) + 'static,
) -> RunReport {
    let watch = Rc::new(Watch::new(limits, stop));
    let log = Log::new(Box::new(log), Rc::clone(&watch));
    let scope = Scope::new(host, log, watch);
    ops::events::attach(&scope);
    scope.log.write(Level::Debug, "Setting page viewport to width 1920 / height 1080".to_owned());
    scope.log.write(Level::Debug, "Setting default language to en".to_owned());
    match Sandbox::new(scope, script) {
        Ok(sandbox) => sandbox.drive().await,
        Err(error) => RunReport::not_started(format!("failed to create the script engine: {error}")),
    }
}

impl RunReport {
    fn not_started(error: String) -> Self {
        Self {
            outcome: Outcome::Failed,
            error: Some(error),
            results: Results::new(),
            started_at: None,
            finished_at: None,
            duration_ms: 0,
        }
    }
}

/// Where the job stands.
enum Phase {
    /// The modules are being evaluated.
    Linking { exports: js::Persistent<js::Object<'static>>, done: js::Persistent<js::Promise<'static>> },
    /// The code's function runs.
    Running(js::Persistent<js::Promise<'static>>),
    /// The code has ended, or never began.
    Ended(Option<String>),
}

struct Sandbox {
    phase: Phase,
    ops: FuturesUnordered<LocalBoxFuture<'static, ()>>,
    scope: Rc<Scope>,
    context: js::Context,
    runtime: js::Runtime,
}

impl Drop for Sandbox {
    /// Values of the engine must go before the engine; ops under way may hold the page.
    fn drop(&mut self) {
        self.ops.clear();
        self.phase = Phase::Ended(None);
        self.scope.clear();
        self.runtime.set_host_promise_rejection_tracker(None);
        self.runtime.set_interrupt_handler(None);
    }
}

impl Sandbox {
    fn new(scope: Rc<Scope>, script: Script) -> js::Result<Self> {
        let limits = &scope.watch.limits;
        let runtime = js::Runtime::new_with_alloc(Metered::new(limits.memory_bytes, Rc::clone(&scope.watch.refused)))?;
        runtime.set_max_stack_size(limits.stack_bytes.min(stack::usable_bytes()));
        let watch = Rc::clone(&scope.watch);
        runtime.set_interrupt_handler(Some(Box::new(move || watch.exceeded())));
        runtime.set_host_promise_rejection_tracker(Some(rejection_tracker(&scope)));
        let context = js::Context::full(&runtime)?;
        let mut sandbox = Self { phase: Phase::Ended(None), ops: FuturesUnordered::new(), scope, context, runtime };
        sandbox.begin(script);
        Ok(sandbox)
    }

    /// Loads the prelude, links the modules and starts their evaluation.
    fn begin(&mut self, script: Script) {
        let wrapped = source::wrap(&script.code);
        let links = Links::new(Rc::clone(&self.scope), wrapped.imports, script.modules);
        self.runtime.set_loader(Names(Rc::clone(&links)), Texts(Rc::clone(&links)));
        let scope = Rc::clone(&self.scope);
        let begun = self.enter(|ctx| {
            prelude::load(ctx, &scope)?;
            links.seal();
            let vars = script.vars.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
            let page = scope.host.page.clone().map_or(Value::Undefined, Value::Resource);
            let (vars, page) = (Value::Object(vars).into_js(ctx, &scope)?, page.into_js(ctx, &scope)?);
            scope.hook(ctx, Hook::Start)?.call::<_, ()>((vars, page))?;
            scope.host.page_use.watch();
            let module = js::Module::declare(ctx.clone(), CODE_URL, wrapped.text)?;
            module.meta()?.set("url", CODE_URL)?;
            let (module, done) = module.eval()?;
            let exports = module.namespace()?;
            Ok(Phase::Linking { exports: js::Persistent::save(ctx, exports), done: js::Persistent::save(ctx, done) })
        });
        self.phase = match begun {
            Ok(phase) => phase,
            Err(text) => Phase::Ended(Some(text)),
        };
    }

    /// Runs in the engine, then all microtasks. The error is the text of what was thrown.
    fn enter<R>(&self, run: impl FnOnce(&js::Ctx<'_>) -> js::Result<R>) -> Result<R, String> {
        let watch = &self.scope.watch;
        self.enter_once(|ctx| {
            let answer = run(ctx).map_err(|error| thrown_text(ctx, &self.scope, error));
            while !watch.exceeded() && ctx.execute_pending_job() {}
            answer
        })
    }

    /// Runs in the engine and leaves the microtasks alone: after its end a job gets no more turns.
    fn enter_once<R>(&self, run: impl FnOnce(&js::Ctx<'_>) -> R) -> R {
        self.scope.watch.measure(|| self.context.with(|ctx| run(&ctx)))
    }

    async fn drive(mut self) -> RunReport {
        loop {
            self.advance();
            if matches!(self.phase, Phase::Ended(_)) || self.scope.watch.exceeded() {
                break;
            }
            self.report_rejections();
            let watch = Rc::clone(&self.scope.watch);
            tokio::select! {
                biased;
                () = watch.stop_requested() => continue,
                item = tokio::time::timeout_at(watch.deadline(), self.next_item()) => match item {
                    Ok(item) => self.deliver(item),
                    Err(_) => continue,
                },
            }
            // A flood of items must not keep the browser's own task from running.
            tokio::task::consume_budget().await;
        }
        self.finish()
    }

    /// Moves on when what the phase waits for has happened.
    fn advance(&mut self) {
        if let Phase::Linking { exports, done } = &self.phase {
            let (exports, done) = (exports.clone(), done.clone());
            let scope = Rc::clone(&self.scope);
            let next = self.enter(|ctx| {
                let Some(result) = done.restore(ctx)?.result::<js::Value<'_>>() else { return Ok(None) };
                result?;
                let body: js::Function<'_> = exports.restore(ctx)?.get("default")?;
                let running: js::Promise<'_> = scope.hook(ctx, Hook::RunJob)?.call((body,))?;
                Ok(Some(Phase::Running(js::Persistent::save(ctx, running))))
            });
            match next {
                Ok(Some(phase)) => self.phase = phase,
                Ok(None) => {}
                Err(text) => self.phase = Phase::Ended(Some(text)),
            }
        }
        if let Phase::Running(running) = &self.phase {
            let running = running.clone();
            let ended = self.enter(|ctx| Ok(running.restore(ctx)?.state() != js::promise::PromiseState::Pending));
            if ended.unwrap_or(true) {
                self.phase = Phase::Ended(None);
            }
        }
    }

    /// The next item for JavaScript. Ops and timers make progress only while this is polled.
    async fn next_item(&mut self) -> Item {
        let (scope, ops) = (&self.scope, &mut self.ops);
        ops.extend(scope.started.take());
        poll_fn(|cx| {
            while let Poll::Ready(Some(())) = ops.poll_next_unpin(cx) {}
            while let Poll::Ready(id) = scope.timers.borrow_mut().poll_due(cx) {
                scope.inbox.push(Item::Timer(id));
            }
            scope.inbox.poll_pop(cx)
        })
        .await
    }

    fn deliver(&self, item: Item) {
        let scope = &self.scope;
        let delivered = self.enter(|ctx| match item {
            Item::Completion { promise, result } => ops::settle(ctx, scope, promise, result),
            Item::Timer(id) => scope.hook(ctx, Hook::Fire)?.call((id,)),
            Item::Event { target, name, args } => {
                let (rid, class) = scope.resources.borrow_mut().insert(&target);
                // Defined, not assigned: a script's setters on Array.prototype do not see them.
                let values = Value::Array(args).into_js(ctx, scope)?;
                scope.hook(ctx, Hook::Dispatch)?.call((rid, class, name, values))
            }
        });
        if let Err(text) = delivered {
            tracing::debug!(error = text, "an item did not reach the script");
        }
    }

    /// Logs the promises that were rejected and that nobody has handled by the end of the microtasks, as Node does.
    fn report_rejections(&self) {
        for Rejection { reason, .. } in self.scope.rejections.take() {
            let scope = &self.scope;
            let text: Result<String, String> =
                self.enter(|ctx| scope.hook(ctx, Hook::Describe)?.call((reason.restore(ctx)?,)));
            if let Ok(text) = text {
                scope.log.write(Level::Warn, format!("Unhandled rejection: {text}"));
            }
        }
    }

    fn finish(mut self) -> RunReport {
        let scope = Rc::clone(&self.scope);
        self.ops.clear();
        let mut error = match &self.phase {
            Phase::Ended(Some(text)) => Some(scope.watch.explain(text.clone())),
            _ => scope.course.borrow().error.clone(),
        };
        error = error.map(clipped);
        let stopped = scope.watch.grace(GRACE);
        let mut outcome = if error.is_some() { Outcome::Failed } else { Outcome::Succeeded };
        if let Some(hit) = stopped {
            scope.course.borrow_mut().stop(&scope.log, &hit.error);
            outcome = hit.outcome;
            error = Some(hit.error);
        } else if let (Phase::Ended(Some(_)), Some(text)) = (&self.phase, &error) {
            scope.log.write_last(Level::Error, text.clone());
        }
        let results = self.read_results().unwrap_or_else(|reason| {
            if error.is_none() {
                scope.log.write_last(Level::Error, reason.clone());
                error = Some(reason);
                outcome = Outcome::Failed;
            }
            Results::new()
        });
        let course = scope.course.borrow();
        RunReport {
            outcome,
            error,
            results,
            started_at: course.started_at(),
            finished_at: course.finished_at(),
            duration_ms: course.duration_ms(),
        }
    }

    fn read_results(&self) -> Result<Results, String> {
        let scope = &self.scope;
        let text: String = self
            .enter_once(|ctx| {
                let text = scope.hook(ctx, Hook::Results).and_then(|hook| hook.call(()));
                text.map_err(|error| thrown_text(ctx, scope, error))
            })
            .map_err(|text| {
                let text = scope.watch.explain(text);
                scope.watch.reason().map_or_else(|| format!("Results cannot be stored: {text}"), |hit| hit.error)
            })?;
        results::parse(&text, scope.watch.limits.result_bytes)
    }
}

/// An error is a sentence: the log has its own limits, and what is longer than this belongs into the results.
fn clipped(mut error: String) -> String {
    if error.len() > ERROR_BYTES {
        let end = (0..=ERROR_BYTES).rev().find(|end| error.is_char_boundary(*end)).unwrap_or_default();
        let rest = error.len() - end;
        error.truncate(end);
        error.push_str(&format!("… ({rest} more bytes)"));
    }
    error
}

/// The text of a thrown value as a job's error; the engine's own errors as they are.
fn thrown_text(ctx: &js::Ctx<'_>, scope: &Scope, error: js::Error) -> String {
    if !matches!(error, js::Error::Exception) {
        return error.to_string();
    }
    let thrown = ctx.catch();
    let text = scope.hook(ctx, Hook::ErrorText).and_then(|hook| hook.call::<_, String>((thrown.clone(),)));
    text.unwrap_or_else(|_| {
        ctx.catch();
        thrown.as_exception().and_then(js::Exception::message).unwrap_or_else(|| "Error".to_owned())
    })
}

fn rejection_tracker(scope: &Rc<Scope>) -> js::runtime::RejectionTracker {
    let scope = Rc::downgrade(scope);
    Box::new(move |ctx, promise, reason, handled| {
        let Some(scope) = scope.upgrade() else { return };
        let promise = js::Persistent::save(&ctx, promise);
        if handled {
            scope.rejections.borrow_mut().retain(|waiting| waiting.promise != promise);
        } else if !scope.ended.get() {
            let reason = js::Persistent::save(&ctx, reason);
            scope.rejections.borrow_mut().push(Rejection { promise, reason });
        }
    })
}
