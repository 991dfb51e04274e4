//! One job in one engine: start it, feed it from the inbox, end it.

mod beginning;
mod ending;
mod handlers;
mod report;
mod script;

use std::rc::Rc;
use std::task::Poll;

use ::browser::dialect::Dialect;
use futures::StreamExt;
use futures::future::{LocalBoxFuture, poll_fn};
use futures::stream::FuturesUnordered;
use job_model::{Api, Level, LogEntry};
use rquickjs as js;

use handlers::{interrupt_handler, rejection_tracker};
pub use report::RunReport;
pub use script::Script;

use crate::host::Host;
use crate::inbox::Item;
use crate::limits::Limits;
use crate::log::Log;
use crate::memory::Metered;
use crate::meter::Meter;
use crate::ops::registry;
use crate::poll_timer::PollTimer;
use crate::scope::{Hook, Rejection, Scope};
use crate::stop::Stop;
use crate::value::{Value, hook_text};
use crate::{ops, stack};

/// The engine of a job that has ended, with all that the job held in it and all calls that were under way.
///
/// Dropping it frees them, which takes seconds after a job of a GiB: the job is to be reported first. The job's page must
/// outlive it.
pub struct LeftEngine {
    _sandbox: Option<Sandbox>,
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
) -> (RunReport, LeftEngine) {
    let meter = Rc::new(Meter::new(limits, stop));
    let log = Log::new(Box::new(log), Rc::clone(&meter), script.json_size());
    let scope = Scope::new(host, log, meter);
    ops::events::attach(&scope);
    scope.set_dialect(dialect(script.api));
    scope.log.write(Level::Debug, "Setting page viewport to width 1920 / height 1080".to_owned());
    scope.log.write(Level::Debug, "Setting default language to en".to_owned());
    let _pace = AtFullSpeed(scope.clone());
    match Sandbox::new(scope, script) {
        Ok(mut sandbox) => (sandbox.drive().await, LeftEngine { _sandbox: Some(sandbox) }),
        Err(error) => {
            let report = RunReport::not_started(format!("failed to create the script engine: {error}"));
            (report, LeftEngine { _sandbox: None })
        }
    }
}

/// Ends what the script has slowed down, also when the run is dropped.
struct AtFullSpeed(Rc<Scope>);

impl Drop for AtFullSpeed {
    fn drop(&mut self) {
        self.0.end_slow_motion();
    }
}

/// Whose words and ways hold.
fn dialect(api: Option<Api>) -> Dialect {
    match api.unwrap_or_default() {
        Api::V1 => Dialect::V1,
        Api::V25 => Dialect::V25,
    }
}

/// Where the job stands.
enum Phase {
    /// The modules are being evaluated.
    Linking {
        exports: js::Persistent<js::Object<'static>>,
        done: js::Persistent<js::Promise<'static>>,
        names: Vec<&'static str>,
    },
    /// The code's function runs.
    Running(js::Persistent<js::Promise<'static>>),
    /// The code's function has ended, and the job is a whole script: what it began goes on.
    Leaving,
    /// The code has ended, or never began.
    Ended(Option<String>),
}

/// How much the engine holds when it collects garbage for the first time: twice what the prelude takes, which is none.
const FIRST_COLLECTION: usize = 3 << 20;

struct Sandbox {
    phase: Phase,
    ops: FuturesUnordered<LocalBoxFuture<'static, ()>>,
    scope: Rc<Scope>,
    poll_timer: Option<PollTimer>,
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
        self.poll_timer = None;
    }
}

impl Sandbox {
    fn new(scope: Rc<Scope>, script: Script) -> js::Result<Self> {
        let limits = &scope.meter.limits;
        let runtime = js::Runtime::new_with_alloc(Metered::new(Rc::clone(&scope.meter.memory)))?;
        runtime.set_gc_threshold(FIRST_COLLECTION);
        runtime.set_host_promise_rejection_tracker(Some(rejection_tracker(&scope)));
        let context = js::Context::full(&runtime)?;
        stack::limit(&context, limits.stack_bytes);
        let poll_timer = PollTimer::start(&context);
        runtime.set_interrupt_handler(Some(interrupt_handler(&scope, &context)));
        let mut sandbox =
            Self { phase: Phase::Ended(None), ops: FuturesUnordered::new(), scope, poll_timer, context, runtime };
        sandbox.begin(script);
        Ok(sandbox)
    }

    /// Runs in the engine, then all microtasks. The error is the text of what was thrown.
    fn enter<R>(&self, run: impl FnOnce(&js::Ctx<'_>) -> js::Result<R>) -> Result<R, String> {
        let meter = &self.scope.meter;
        self.enter_once(|ctx| {
            let answer = run(ctx).map_err(|error| thrown_text(ctx, &self.scope, error));
            while !meter.exceeded() && ctx.execute_pending_job() {}
            answer
        })
    }

    /// Runs in the engine and leaves the microtasks alone: after its end a job gets no more turns.
    fn enter_once<R>(&self, run: impl FnOnce(&js::Ctx<'_>) -> R) -> R {
        self.scope.meter.measure(|| self.context.with(|ctx| run(&ctx)))
    }

    async fn drive(&mut self) -> RunReport {
        loop {
            self.advance();
            if matches!(self.phase, Phase::Ended(_)) || self.scope.meter.exceeded() {
                break;
            }
            if self.report_rejections() {
                // Whoever hears of them may have ended the job.
                continue;
            }
            let meter = Rc::clone(&self.scope.meter);
            tokio::select! {
                biased;
                () = meter.stop_requested() => continue,
                item = tokio::time::timeout_at(meter.deadline(), self.next_item()) => match item {
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
        if let Phase::Linking { exports, done, names } = &self.phase {
            let (exports, done) = (exports.clone(), done.clone());
            let scope = Rc::clone(&self.scope);
            let next = self.enter(|ctx| {
                let Some(result) = done.restore(ctx)?.result::<js::Value<'_>>() else { return Ok(None) };
                result?;
                let make: js::Function<'_> = exports.restore(ctx)?.get("default")?;
                run_job(ctx, &scope, make, names, false).map(Some)
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
                self.phase = if self.scope.whole.get() { Phase::Leaving } else { Phase::Ended(None) };
            }
        }
        if self.scope.whole.get() && self.scope.run_times.borrow().error.is_some() {
            self.phase = Phase::Ended(None);
        }
        if matches!(self.phase, Phase::Leaving) && self.may_end() {
            self.phase = Phase::Ended(None);
        }
    }

    /// Whether a whole script has nothing left to run. Asking may give it something: `beforeExit`.
    fn may_end(&self) -> bool {
        let scope = &self.scope;
        scope.rejections.borrow().is_empty()
            && scope.is_idle()
            && self.enter(|ctx| scope.hook(ctx, Hook::Ending)?.call::<_, bool>(())).unwrap_or(true)
            && scope.is_idle()
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
            Item::Completion { promise, result } => registry::settle(ctx, scope, promise, result),
            Item::Timer(id) => scope.hook(ctx, Hook::Fire)?.call((id,)),
            Item::Event { target, name, args } => {
                // What never entered has no listeners.
                let known = scope.resources.borrow().id_of(&target);
                let Some((rid, class)) = known else { return Ok(()) };
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
    /// Answers whether there were any.
    fn report_rejections(&self) -> bool {
        let rejections = self.scope.rejections.take();
        let any = !rejections.is_empty();
        for Rejection { reason, .. } in rejections {
            let scope = &self.scope;
            if scope.whole.get() {
                let told = self.enter(|ctx| {
                    scope.hook(ctx, Hook::Fatal)?.call::<_, ()>((reason.restore(ctx)?, "unhandledRejection"))
                });
                drop(told);
                continue;
            }
            let text = self.enter(|ctx| hook_text(ctx, scope, Hook::Describe, (reason.restore(ctx)?,)));
            if let Ok(text) = text {
                scope.log.write(Level::Warn, format!("Unhandled rejection: {text}"));
            }
        }
        any
    }
}

/// Runs the code by the function that makes it.
fn run_job<'js>(
    ctx: &js::Ctx<'js>,
    scope: &Scope,
    make: js::Function<'js>,
    names: &[&str],
    common_js: bool,
) -> js::Result<Phase> {
    let running: js::Promise<'js> = scope.hook(ctx, Hook::RunJob)?.call((make, names.to_vec(), common_js))?;
    Ok(Phase::Running(js::Persistent::save(ctx, running)))
}

/// The text of a thrown value as a job's error; the engine's own errors as they are.
fn thrown_text(ctx: &js::Ctx<'_>, scope: &Scope, error: js::Error) -> String {
    if !matches!(error, js::Error::Exception) {
        return error.to_string();
    }
    let thrown = ctx.catch();
    let text = hook_text(ctx, scope, Hook::ErrorText, (thrown.clone(),));
    text.unwrap_or_else(|_| {
        ctx.catch();
        thrown.as_exception().and_then(js::Exception::message).unwrap_or_else(|| "Error".to_owned())
    })
}
