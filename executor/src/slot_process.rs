//! The child: one job at a time, told and answering through its pipes.
//!
//! Single-threaded on purpose: the browser's model and the script engine know no locks. The process dies with its
//! parent, and it ends when its input does; a browser that cannot be started ends it, too, and the parent tries again.

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use fetch::Roots;
use job_model::LogEntry;
use script::PageUse;
use service::{Chain, TelemetryArgs};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};

use crate::browser_pool::{BrowserPool, PreparedPage};
use crate::chromiums::client::{self, ChromiumClient};
use crate::job_run;
use crate::protocol::{FromSlot, JobOrder, SlotSettings, ToSlot};
use crate::recorder::{JobRecorder, RingWriter};
use crate::slot_fetch::{JobWay, SlotFetch};
use crate::slot_lock::{self, FileAccess};
use crate::slot_network::SlotNetwork;
use crate::slot_pipe::{self, Input, say};

/// A job that comes within this time of the slot's being ready was in the queue, or its sender had waited for the one before.
const IN_A_ROW: Duration = Duration::from_millis(50);
/// How long a job uses its page before the next job's is made beside it, when no other job waits for that: a short job is
/// not to share the processors.
const ALONE: Duration = Duration::from_millis(300);
/// How long the page of a job that failed may take to be looked at.
const LAST_LOOK: Duration = Duration::from_secs(2);
/// The same after the job's deadline: the parent waits 1.2 seconds for its slot's word.
const LAST_LOOK_AFTER_DEADLINE: Duration = Duration::from_millis(850);
/// Pages that may die one after the other while they wait for a job, before the slot ends and the parent starts another with a
/// new Chromium.
const IDLE_DEATHS: u32 = 5;
/// The most that JOB_STACK can be, in bytes.
const DEEPEST_STACK: usize = 64 << 20;
/// How much likelier than its parent the kernel ends a slot when the machine is short of memory, of at most 1000
/// (<https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html>).
const OOM_SCORE_ADJ: &str = "500";
/// The name of the hidden subcommand.
const SUBCOMMAND: &str = "slot";

/// Tells whether this process was started as a slot. To be asked before anything else is parsed.
pub fn is_meant() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == SUBCOMMAND)
}

/// What the parent passes as flags.
#[derive(Debug, Parser)]
#[command(name = "slot", hide = true)]
struct SlotCommand {
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// Serves the parent until it closes the pipe. Fails when the browser cannot be started or the pipes break: the parent is
/// told why, and tells who reads its log.
pub fn main() -> ExitCode {
    main_for(|runtime, inherited, settings, roots| {
        let local = tokio::task::LocalSet::new();
        let outcome = local.block_on(&runtime, serve(inherited, settings, roots));
        drop(local);
        outcome
    })
}

/// A slot process in which this runs in the place of jobs, as native code does that has taken the process over. What it
/// returns is the reason with which the slot fails. For tests of the lock.
#[doc(hidden)]
pub fn main_probing(probe: fn(&SlotSettings) -> String) -> ExitCode {
    main_for(move |_, _, settings, _| bail!("{}", probe(&settings)))
}

/// What the executor has left open to this process.
struct Inherited {
    /// The way to its Chromiums.
    socket: OwnedFd,
    /// The place of its jobs' recordings.
    ring: RingWriter,
}

/// Runs the rest of the process's life on the slot's own thread, once the process is locked.
fn main_for(
    life: impl FnOnce(Runtime, Inherited, SlotSettings, Roots) -> anyhow::Result<()> + Send + 'static,
) -> ExitCode {
    let command = SlotCommand::parse_from(std::env::args_os().skip(1));
    match run(&command, life) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A parent that is gone does not mind.
            let _ = say(&FromSlot::Failed(Chain(&*error).to_string()));
            ExitCode::FAILURE
        }
    }
}

fn run(
    command: &SlotCommand,
    life: impl FnOnce(Runtime, Inherited, SlotSettings, Roots) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    // Before this process opens anything.
    let socket = client::inherited_socket().context("the executor has left no socket to this process")?;
    let inherited = Inherited { socket, ring: RingWriter::inherited()? };
    service::telemetry::init(&command.telemetry)?;
    restrict().context("failed to restrict the slot process")?;
    let Some(settings) = slot_pipe::read_settings()? else { return Ok(()) };
    limit_memory(settings.job_memory).context("failed to limit the slot process's memory")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // It is read when a job needs it.
    let roots = Roots::open();
    // Before there is another thread, and after all that opens something.
    let folder = settings.files_folder();
    slot_lock::lock(if settings.allow_local_files { FileAccess::All } else { FileAccess::Folder(&folder) })?;
    // A thread for its stack: a job's calls go deeper than a main thread's allows. What nobody touches takes no memory.
    let stack = script::thread_stack_bytes(DEEPEST_STACK);
    let thread = std::thread::Builder::new().name("puppet-slot".to_owned()).stack_size(stack);
    let thread = thread.spawn(move || life(runtime, inherited, settings, roots))?;
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Dies with its parent and not before, dumps no core, gains no privileges.
fn restrict() -> io::Result<()> {
    use nix::sys::prctl;
    use nix::sys::resource::{Resource, setrlimit};
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
    // Some supervisors send SIGTERM to every process of a service. The parent drains and then ends its slots.
    let handler = SigAction::new(SigHandler::Handler(stay), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        // SAFETY: the handler stores a flag and does nothing else.
        unsafe { sigaction(signal, &handler) }?;
    }
    prctl::set_name(c"puppet-slot")?;
    prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    prctl::set_no_new_privs()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    // A machine that is short of memory is to end a job, and not the parent of all.
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE_ADJ) {
        tracing::debug!(%error, "the slot is no likelier to be ended for want of memory than the executor");
    }
    // The parent may have died before the first line above.
    if nix::unistd::getppid().as_raw() == 1 && std::process::id() != 1 {
        return Err(io::Error::other("the executor is gone"));
    }
    Ok(())
}

/// Whether a signal to end has come, which Chromium may have got as well.
static SIGNALLED: AtomicBool = AtomicBool::new(false);

extern "C" fn stay(_signal: i32) {
    SIGNALLED.store(true, Ordering::Relaxed);
}

/// Bounds what a fault in the engine could take: the sandbox's memory and as much again with what the slot needs for
/// itself.
fn limit_memory(job_memory: u64) -> io::Result<()> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    const OWN: u64 = 1 << 30;
    const FILES: u64 = 1024;
    for (resource, limit) in [(Resource::RLIMIT_DATA, 2 * job_memory + OWN), (Resource::RLIMIT_NOFILE, FILES)] {
        let (_, hard) = getrlimit(resource)?;
        setrlimit(resource, limit.min(hard), limit.min(hard))?;
    }
    Ok(())
}

async fn serve(inherited: Inherited, settings: SlotSettings, roots: Roots) -> anyhow::Result<()> {
    let Inherited { socket, ring } = inherited;
    let ring = Rc::new(RefCell::new(ring));
    let mut input = Input::new().context("failed to read from the executor")?;
    let chromiums = ChromiumClient::new(socket).context("failed to use the executor's socket")?;
    let proxies = settings.proxies.clone().zip(input.take_answers());
    let network = proxies.map(|(proxies, answers)| Rc::new(SlotNetwork::new(proxies, answers)));
    let allowed = network.clone().filter(|_| settings.job_fetch);
    let requests = allowed.map(|network| SlotFetch { chromiums: chromiums.clone(), network, roots });
    let mut pool = BrowserPool::new(settings, chromiums.clone(), network.clone());
    let mut next = pool.prepare().await.context("failed to prepare a page")?;
    let mut jobs = 0;
    loop {
        say(&FromSlot::Ready { prepared_in: pool.take_prepared_in(), proxy: next.proxy() })?;
        let ready = Instant::now();
        let Some((mut prepared, order)) = await_order(&mut pool, next, &mut input).await? else {
            pool.close().await;
            return Ok(());
        };
        if order.http_proxy {
            prepared = pool.replace_for_http(prepared).await.context("failed to prepare a page")?;
        }
        let is_ordinary = !order.http_proxy;
        let settings = pool.settings();
        let ignore_https_errors = order.ignore_https_errors.unwrap_or(settings.ignore_https_errors);
        prepared.set_ignore_https_errors(ignore_https_errors);
        let way = JobWay { proxy: prepared.proxy(), http_proxy: order.http_proxy, ignore_https_errors };
        let watched = input.watched();
        say(&FromSlot::Began)?;
        let line = network.as_ref().map(|network| network.open_line());
        let ahead_after = if ready.elapsed() < IN_A_ROW { Duration::ZERO } else { ALONE };
        let page_use = PageUse::after(prepared.renewal());
        let fetch = requests.as_ref().map(|requests| Rc::new(requests.client(&settings, way)));
        jobs += 1;
        let exceeded = chromiums.exceeded(jobs);
        let recorder = JobRecorder::begin(&ring, &prepared.page, &order, watched);
        let (began, timeout) = (Instant::now(), order.timeout);
        let host = job_run::host(&prepared, &settings, page_use.clone(), recorder.as_ref(), fetch, order.result_files)?;
        let running = job_run::run(order, host, &settings, exceeded, &mut input, tell);
        let (end, engine) = beside(running, &page_use, ahead_after, || pool.prepare_ahead()).await?;
        // The job is over: what still happens is not its business.
        prepared.leave();
        if let Some(recorder) = recorder {
            recorder.end(end.outcome, last_look(timeout, began.elapsed())).await;
        }
        drop(line);
        say(&FromSlot::Done(Box::new(end)))?;
        drop(engine);
        next = if page_use.has_begun() || !prepared.works() || !is_ordinary {
            pool.replace(prepared).await.context("failed to prepare a page")?
        } else {
            prepared
        };
    }
}

/// How long the page may be looked at after a job that took so long: the parent kills a slot that is silent for long after its
/// job's time.
fn last_look(timeout: Duration, took: Duration) -> Duration {
    (timeout + LAST_LOOK_AFTER_DEADLINE).saturating_sub(took).min(LAST_LOOK)
}

/// Runs the job to its end, and makes the next one's page beside it when it has used its own for that long.
async fn beside<T>(
    job: impl Future<Output = T>,
    page_use: &PageUse,
    after: Duration,
    prepare_ahead: impl FnOnce(),
) -> T {
    let mut job = pin!(job);
    let used_for_a_while = async {
        page_use.begun().await;
        sleep(after).await;
    };
    tokio::select! {
        biased;
        result = &mut job => return result,
        () = used_for_a_while => prepare_ahead(),
    }
    job.await
}

/// A log line goes to the parent as it is written.
fn tell(entry: LogEntry) {
    // A broken pipe ends the process at the result.
    let _ = say(&FromSlot::Log(entry));
}

/// The next job and the page for it: a new one when that, or its browser, dies while it waits.
async fn await_order(
    pool: &mut BrowserPool,
    mut prepared: PreparedPage,
    input: &mut Input,
) -> anyhow::Result<Option<(PreparedPage, JobOrder)>> {
    let mut deaths = 0;
    loop {
        let message = tokio::select! {
            // A job that has come goes first.
            biased;
            message = input.next() => message?,
            () = prepared.lost() => {
                if SIGNALLED.swap(false, Ordering::Relaxed) {
                    tracing::info!("Chromium ended, as it was told to with this process");
                } else {
                    tracing::warn!("Chromium or its page died while it was idle");
                }
                deaths += 1;
                if deaths == IDLE_DEATHS {
                    bail!("{deaths} pages in a row died while they waited for a job");
                }
                prepared = pool.replace(prepared).await.context("failed to prepare a page")?;
                continue;
            }
            () = pool.aged() => {
                drop(prepared);
                pool.recycle().await;
                prepared = pool.prepare().await.context("failed to prepare a page")?;
                continue;
            }
        };
        match message {
            Some(ToSlot::Run(order)) => return Ok(Some((prepared, *order))),
            Some(other) => bail!("expected a job, got {other:?}"),
            None => return Ok(None),
        }
    }
}
