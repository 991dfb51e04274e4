//! One job in one engine: start it, feed it from the inbox, end it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use ::browser::dialect::Dialect;
use futures::StreamExt;
use futures::future::{LocalBoxFuture, poll_fn};
use futures::stream::FuturesUnordered;
use job_model::{Api, ErrorAt, Job, Language, Level, LogEntry, Outcome, Results, Timestamp};
use rquickjs as js;

use crate::error_place::ErrorPlace;
use crate::host::Host;
use crate::inbox::Item;
use crate::limits::Limits;
use crate::linker::{Names, Texts, set_meta};
use crate::links::{CODE_URL, Code, Links};
use crate::log::{Log, clipped, text_size};
use crate::memory::Metered;
use crate::meter::{Hit, Interrupt, Meter};
use crate::ops::registry;
use crate::poll_timer::PollTimer;
use crate::prelude::{self, LateGlobals};
use crate::scope::{Hook, Rejection, Scope};
use crate::stop::Stop;
use crate::surface::Surface;
use crate::value::{Value, hook_text};
use crate::{ops, results, source, stack, typescript};

/// What the results of a job that was ended may take to be read. The executor kills a slot 600 ms after it asked for a
/// job's end, and 1.2 s after the job's time: the rest is for the result's way to it.
const GRACE: Duration = Duration::from_millis(400);
/// Memory for reading the results of a job that has used up its own.
const RESULTS_MEMORY: usize = 64 << 20;

/// The part of a job that runs.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The body of the async function, or a whole script.
    pub code: String,
    /// What the code is written in.
    pub language: Language,
    /// What it sees as `vars`.
    pub vars: BTreeMap<String, String>,
    /// The modules it may import, by name.
    pub modules: BTreeMap<String, String>,
    /// Which Puppeteer it is written for; 1.20 when it does not say.
    pub api: Option<Api>,
}

impl Script {
    /// What it takes in the job's document, in bytes of JSON.
    fn json_size(&self) -> usize {
        const AROUND: usize = r#""":"","#.len();
        let texts = |texts: &BTreeMap<String, String>| -> usize {
            texts.iter().map(|(name, text)| AROUND + text_size(name) + text_size(text)).sum()
        };
        text_size(&self.code) + texts(&self.vars) + texts(&self.modules)
    }
}

impl From<&Job> for Script {
    fn from(job: &Job) -> Self {
        Self {
            code: job.code.clone(),
            language: job.language.unwrap_or_default(),
            vars: job.vars.clone(),
            modules: job.modules.clone(),
            api: job.api,
        }
    }
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    /// How it ended; one that was [stopped](Stop) counts as cancelled.
    pub outcome: Outcome,
    /// The text of the error that ended it.
    pub error: Option<String>,
    /// Where in the job's own text the error was thrown, when that is known.
    pub error_at: Option<ErrorAt>,
    /// The error with the author's lines that led to it; known when `error_at` is.
    pub error_stack: Option<String>,
    /// Its results, partial after a failure.
    pub results: Results,
    /// When the code began; `None` when it never did.
    pub started_at: Option<Timestamp>,
    /// When the code ended; `None` when it never began.
    pub finished_at: Option<Timestamp>,
    /// How long the code ran.
    pub duration_ms: u64,
}

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
    match Sandbox::new(scope, script) {
        Ok(mut sandbox) => (sandbox.drive().await, LeftEngine { _sandbox: Some(sandbox) }),
        Err(error) => {
            let report = RunReport::not_started(format!("failed to create the script engine: {error}"));
            (report, LeftEngine { _sandbox: None })
        }
    }
}

/// Whose words and ways hold.
fn dialect(api: Option<Api>) -> Dialect {
    match api.unwrap_or_default() {
        Api::V1 => Dialect::V1,
        Api::V25 => Dialect::V25,
    }
}

impl RunReport {
    fn not_started(error: String) -> Self {
        Self {
            outcome: Outcome::Failed,
            error: Some(error),
            error_at: None,
            error_stack: None,
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

    /// Loads the prelude, links the modules and starts their evaluation; CommonJS has nothing to link and runs.
    fn begin(&mut self, script: Script) {
        let scope = Rc::clone(&self.scope);
        let memory_bytes = scope.meter.limits.memory_bytes;
        let mut code = source::without_shebang(&script.code);
        let mut own = Code { source: script.code.clone(), java_script: None };
        let mut unreadable = None;
        if script.language == Language::Ts {
            match scope.meter.measure(|| typescript::strip(&code, memory_bytes)) {
                Ok(java_script) => {
                    code = java_script.text.clone().into();
                    own.java_script = Some(java_script);
                }
                Err(error) => {
                    code = String::new().into();
                    unreadable = Some(error);
                }
            }
        }
        let mut surface = Surface::of(&code);
        let links = Links::new(Rc::clone(&scope.whole), own, &surface, script.modules, memory_bytes);
        *scope.links.borrow_mut() = Some(Rc::clone(&links));
        if let Some(error) = unreadable {
            let text = format!("SyntaxError: {}", error.message);
            let stack = format!("{text}\n    at {CODE_URL}:{}:{}", error.line, error.column);
            let place = ErrorPlace::new(Some(&links), CODE_URL, (error.line, error.column), stack);
            scope.run_times.borrow_mut().place = Some(place);
            self.phase = Phase::Ended(Some(text));
            return;
        }
        if !scope.whole.get() && script.language == Language::Js && *code != script.code {
            // The predecessor refused a first line for Unix.
            code = script.code.as_str().into();
            surface = Surface::of(&code);
        }
        let wrapped = source::wrap(&code, &surface);
        let texts = || links.texts().map(String::as_str).chain([&*code]);
        let reg_exp_statics = texts().any(source::names_reg_exp_statics);
        let globals = LateGlobals::of(texts, scope.whole.get());
        let builtins = links.all_builtins(&surface);
        // A script that asks for the module is written for today's Puppeteer, unless the job says another.
        if script.api.is_none() && builtins.iter().any(|builtin| builtin.url.starts_with("internal:puppeteer/")) {
            scope.set_dialect(dialect(Some(Api::V25)));
        }
        let wanted = globals.urls().chain(builtins.iter().map(|builtin| builtin.url));
        let wanted = wanted.chain(prelude::language_methods_named(texts()));
        self.runtime
            .set_loader(Names(Rc::clone(&links), Rc::clone(&scope)), Texts(Rc::clone(&links), Rc::clone(&scope)));
        let begun = self.enter(|ctx| {
            prelude::load(ctx, &scope, wanted)?;
            // The prelude does not fail for a limit: a job that has too little ends by its own first step.
            scope.meter.memory.set_limit(scope.meter.limits.memory_bytes);
            let vars = script.vars.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
            let page = scope.host.page.clone().map_or(Value::Undefined, Value::Resource);
            let (vars, page) = (Value::Object(vars).into_js(ctx, &scope)?, page.into_js(ctx, &scope)?);
            scope.hook(ctx, Hook::Start)?.call::<_, ()>((
                vars,
                page,
                reg_exp_statics,
                scope.dialect().is_modern(),
                globals.late(),
                globals.named(),
            ))?;
            scope.host.page_use.watch();
            if wrapped.script {
                let make: js::Function<'_> = ops::modules::script(ctx, CODE_URL, wrapped.text)?.get()?;
                return run_job(ctx, &scope, make, &wrapped.names, true);
            }
            let module = js::Module::declare(ctx.clone(), CODE_URL, wrapped.text)?;
            set_meta(&module, CODE_URL, scope.whole.get())?;
            let (module, done) = module.eval()?;
            let exports = module.namespace()?;
            Ok(Phase::Linking {
                exports: js::Persistent::save(ctx, exports),
                done: js::Persistent::save(ctx, done),
                names: wrapped.names,
            })
        });
        self.phase = match begun {
            Ok(phase) => phase,
            Err(text) => Phase::Ended(Some(text)),
        };
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

    fn finish(&self) -> RunReport {
        let scope = Rc::clone(&self.scope);
        if scope.whole.get() {
            self.leave();
        }
        let mut end = scope.meter.reason();
        if let Some(hit) = &end {
            // Room first: what is refused from now on would count as another limit that was hit, and the results be lost.
            scope.meter.memory.add_room(RESULTS_MEMORY);
            scope.meter.grace(GRACE);
            self.note_wait();
            if hit.outcome == Outcome::TimedOut {
                self.tell_wait();
            }
            if hit.outcome != Outcome::Succeeded {
                scope.run_times.borrow_mut().stop(&scope.log, &hit.error);
            }
        } else if let Phase::Ended(Some(text)) = &self.phase {
            let shown = scope
                .run_times
                .borrow()
                .place
                .as_ref()
                .filter(|_| scope.tells_places())
                .map(|place| place.stack.clone());
            scope.log.write_last(Level::Error, shown.unwrap_or_else(|| text.clone()));
            end = Some(failed(text.clone()));
        } else {
            end = scope.run_times.borrow().error.clone().map(failed);
        }
        if scope.whole.get() {
            scope.run_times.borrow_mut().end_whole(&scope.log);
        }
        end = end.filter(|hit| hit.outcome != Outcome::Succeeded);
        scope.meter.memory.add_room(RESULTS_MEMORY);
        let results = self.read_results().unwrap_or_else(|hit| {
            if end.is_none() {
                scope.log.write_last(Level::Error, hit.error.clone());
                end = Some(hit);
            }
            Results::new()
        });
        let times = scope.run_times.borrow();
        let place = times.place.clone().filter(|_| end.is_some());
        RunReport {
            outcome: end.as_ref().map_or(Outcome::Succeeded, |hit| hit.outcome),
            error: end.map(|hit| clipped(hit.error)),
            error_at: place.as_ref().map(|place| place.at.clone()),
            error_stack: place.map(|place| place.stack),
            results,
            started_at: times.started_at(),
            finished_at: times.finished_at(),
            duration_ms: times.duration_ms(),
        }
    }

    /// The error of a job that was ended from outside came from where its code waits: of several calls under way that is the
    /// last one.
    fn note_wait(&self) {
        let scope = &self.scope;
        scope.run_times.borrow_mut().place = None;
        let waiting = {
            let promises = scope.promises.borrow();
            let last = promises.waiting.iter().max_by_key(|(number, _)| **number);
            let timer = || scope.timers.borrow().waits_at().map(str::to_owned);
            last.map(|(_, waiting)| waiting.stack.clone()).or_else(timer)
        };
        if let Some(stack) = waiting {
            // Without a place there is nothing to tell.
            let _ = self.enter_once(|ctx| scope.hook(ctx, Hook::NoteWait)?.call::<_, ()>((stack,)));
        }
    }

    /// A line of the log says where the job waited.
    fn tell_wait(&self) {
        let place = self.scope.run_times.borrow().place.clone();
        if let Some(ErrorPlace { at, stack }) = place {
            let what = stack.lines().next().unwrap_or_default();
            let line = format!("{what}: {}, line {}, column {}", at.module, at.line, at.column);
            self.scope.log.write_last(Level::Warn, line);
        }
    }

    /// The last turn of a whole script that has come to its end: the listeners of `exit`, and the code that it leaves.
    fn leave(&self) {
        let scope = &self.scope;
        if !matches!(self.phase, Phase::Ended(None)) || scope.meter.exceeded() {
            return;
        }
        let code = self.enter_once(|ctx| scope.hook(ctx, Hook::Exited)?.call::<_, i32>(()));
        if let Ok(code) = code
            && code != 0
            && scope.run_times.borrow().error.is_none()
        {
            scope.meter.exit(code);
        }
    }

    /// Reads the results under the job's own limits, or what a grace has left of them.
    fn read_results(&self) -> Result<Results, Hit> {
        let scope = &self.scope;
        let limits = &scope.meter.limits;
        let text = self.enter_once(|ctx| {
            let text = hook_text(ctx, scope, Hook::Results, ());
            text.map_err(|error| thrown_text(ctx, scope, error))
        });
        if let Some(hit) = scope.meter.reason() {
            return Err(hit);
        }
        let text = text.map_err(|text| failed(format!("Results cannot be stored: {text}")))?;
        if text.len() > limits.result_bytes {
            return Err(failed(limits.result_bytes_text(text.len())));
        }
        let document = scope.log.document(text.len());
        if document.sum() > limits.document_bytes {
            return Err(failed(limits.document_bytes_text(document)));
        }
        results::parse(&text).map_err(failed)
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

fn failed(error: String) -> Hit {
    Hit { outcome: Outcome::Failed, error }
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

/// Ends running code at a limit.
///
/// The engine loses an interruption that comes while it makes an error's stack trace, and a loop that makes errors spends
/// nearly all of its time so: the prelude's part in stack traces is over then.
fn interrupt_handler(scope: &Rc<Scope>, context: &js::Context) -> js::runtime::InterruptHandler {
    let (scope, context) = (Rc::downgrade(scope), context.as_raw());
    Box::new(move || {
        let Some(scope) = scope.upgrade() else { return true };
        let interrupt = scope.meter.interrupt();
        if interrupt == Interrupt::Again {
            // SAFETY: the engine calls this in the middle of running this very context, which is alive and entered.
            let ctx = unsafe { js::Ctx::from_raw(context) };
            if scope.hook(&ctx, Hook::PlainStacks).and_then(|hook| hook.call::<_, ()>(())).is_err() {
                ctx.catch();
            }
        }
        interrupt != Interrupt::No
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
