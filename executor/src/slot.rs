//! The executor's handle on one slot process.
//!
//! A slot is a child process of the same program; its Chromiums are this process's ([`chromiums`](crate::chromiums)). The
//! handle owns all of them: when it is dropped they are killed, reaped and their folder is removed.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use browser::launch::enter_namespaces;
use egress::Counters;
use job_model::{Level, LogEntry, Outcome, Timestamp};
use json_text::nesting;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use script::JobFolder;
use service::TelemetryArgs;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::chromiums::messages::SOCKET;
use crate::chromiums::owner::SlotChromiums;
use crate::environment;
use crate::network::{JobEvent, Network, SlotSessions};
use crate::protocol::{BrowserReport, FromSlot, JobEnd, JobOrder, SlotSettings, ToSlot};
use crate::recorder::Ring;
use crate::recorder::ring::RING;
use crate::slot_meter::SlotMeter;
use crate::slot_output::{SlotOutput, longest_line};
use crate::taken_files::TakenFiles;

/// How a slot process is started: this program again, with the hidden subcommand that calls
/// [`slot_process::main`](crate::slot_process::main).
#[derive(Clone, Debug)]
pub struct SlotProgram {
    /// The program.
    pub executable: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

impl SlotProgram {
    /// This program with the subcommand `slot`, logging as this one does. It is the very file that runs now, even when
    /// another version has been put in its place since.
    ///
    /// # Errors
    /// When /proc is not there.
    pub fn this_program(telemetry: &TelemetryArgs) -> io::Result<Self> {
        let mut args: Vec<OsString> = vec!["slot".into()];
        args.extend(telemetry.to_flags().into_iter().map(OsString::from));
        std::fs::metadata(OWN_FILE)?;
        Ok(Self { executable: OWN_FILE.into(), args })
    }
}

/// The running program's file.
const OWN_FILE: &str = "/proc/self/exe";

/// How long a slot may take, after its job's deadline, to say so itself before it is killed.
const GRACE: Duration = Duration::from_millis(1200);
/// The same after it was told to stop: a cancelled job is to be gone within a second.
const STOP_GRACE: Duration = Duration::from_millis(600);
/// How long a slot that is ready may take to begin a job.
const TAKE: Duration = Duration::from_secs(10);
/// How long a process that closed its pipe may take to end.
const END: Duration = Duration::from_millis(500);
/// How long SIGKILL may take.
const DEATH: Duration = Duration::from_secs(5);
/// How long a slot may take to prepare the next page, besides starting a browser.
const PREPARE: Duration = Duration::from_secs(10);

/// How deep results may be nested: a reader of JSON gives up at 127 levels, and the message and the document are around them.
const DEEPEST_RESULTS: usize = 123;

/// Why a slot is of no use any more. It has been killed, or will be when its handle is dropped.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The process could not be started.
    #[error("failed to start the slot process {program}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The process ended by itself.
    #[error("the slot process ended unexpectedly ({status})")]
    Ended {
        /// How it ended.
        status: String,
    },
    /// The process did not answer in time.
    #[error("the slot process did not {action} within {limit:?}")]
    Silent {
        /// What was waited for.
        action: &'static str,
        /// For how long.
        limit: Duration,
    },
    /// It was lost before it began the job: another slot can run it.
    #[error("the slot process was lost before it began the job")]
    NotBegun(#[source] Box<SlotError>),
    /// The process said why it cannot go on.
    #[error("the slot process failed: {0}")]
    Failed(String),
    /// The process passed on more of its job than it may. The text is the job's error.
    #[error("the slot process did not keep to its job's limits: {0}")]
    TooMuch(String),
    /// The process said something else than was due.
    #[error("the slot process broke its protocol: {0}")]
    Protocol(String),
}

/// A running slot process.
pub struct Slot {
    child: Child,
    group: Pid,
    input: ChildStdin,
    output: SlotOutput<BufReader<ChildStdout>>,
    settings: SlotSettings,
    chromiums: SlotChromiums,
    /// Jobs that were given to it.
    jobs: u64,
    /// Its ways out, when it has a guarded network.
    network: Option<SlotSessions>,
    /// What the latest job used of it, until somebody asks.
    network_use: Option<Counters>,
    /// Where its jobs' recordings are written. It outlives the process.
    ring: Ring,
}

impl Slot {
    /// Starts a slot process and waits until it is ready for a job.
    ///
    /// # Errors
    /// Any [`SlotError`]; nothing of the process is left then.
    pub async fn start(program: &SlotProgram, settings: SlotSettings) -> Result<(Self, BrowserReport), SlotError> {
        Self::start_with(program, settings, None).await
    }

    /// As [`start`](Self::start), with nothing of the network but what a guard lets through.
    ///
    /// # Errors
    /// As there.
    pub async fn start_behind(
        program: &SlotProgram,
        settings: SlotSettings,
        network: &Arc<Network>,
    ) -> Result<(Self, BrowserReport), SlotError> {
        let failed = |source| SlotError::Start { program: program.executable.display().to_string(), source };
        let sessions = SlotSessions::open(network).await.map_err(failed)?;
        let extra_args = network.chromium_args().to_vec();
        let settings = SlotSettings { proxies: Some(sessions.proxies()), extra_args, ..settings };
        Self::start_with(program, settings, Some(sessions)).await
    }

    async fn start_with(
        program: &SlotProgram,
        settings: SlotSettings,
        network: Option<SlotSessions>,
    ) -> Result<(Self, BrowserReport), SlotError> {
        let failed = |source| SlotError::Start { program: program.executable.display().to_string(), source };
        let mut command = Command::new(&program.executable);
        command.args(&program.args).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).kill_on_drop(true);
        if let Some(name) = std::env::args_os().next().filter(|_| program.executable == Path::new(OWN_FILE)) {
            command.arg0(name);
        }
        command.env_clear().envs(environment::inherited());
        let mut folder = std::fs::DirBuilder::new();
        folder.recursive(true).mode(0o700).create(settings.files_folder()).map_err(failed)?;
        let namespaces = network.as_ref().map(SlotSessions::namespaces).unwrap_or_default();
        let (chromiums, socket) = SlotChromiums::serve(&settings, namespaces.clone()).map_err(failed)?;
        enter_namespaces(command.as_std_mut(), &namespaces);
        let ring = Ring::create().map_err(failed)?;
        inherit(&mut command, &socket, &ring);
        JobFolder::make_empty(&settings.files_folder(), settings.files_limits()).map_err(failed)?;
        let mut child = command.spawn().map_err(failed)?;
        drop(socket);
        let (Some(pid), Some(input), Some(output)) = (child.id(), child.stdin.take(), child.stdout.take()) else {
            return Err(failed(io::Error::other("it has no pid or pipes")));
        };
        let group = Pid::from_raw(i32::try_from(pid).map_err(|error| failed(io::Error::other(error)))?);
        let output = SlotOutput::new(BufReader::new(output), longest_line(&settings));
        let mut slot =
            Self { child, group, input, output, settings, chromiums, jobs: 0, network, network_use: None, ring };
        let settings = Box::new(slot.settings.clone());
        slot.send(&ToSlot::Settings(settings), PREPARE).await?;
        let report = slot.ready().await?;
        Ok((slot, report))
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The process's id, also its group's.
    pub fn process_id(&self) -> u32 {
        self.group.as_raw().cast_unsigned()
    }

    /// Waits until the slot is ready for a job.
    ///
    /// # Errors
    /// Any [`SlotError`].
    pub async fn ready(&mut self) -> Result<BrowserReport, SlotError> {
        let limit = self.settings.browser_start_timeout + PREPARE;
        let message = timeout(limit, self.receive()).await;
        match message.map_err(|_| SlotError::Silent { action: "prepare a page", limit })??.0 {
            FromSlot::Ready { prepared_in, proxy } => {
                if let Some(network) = &mut self.network {
                    network.waits_behind(proxy);
                }
                Ok(BrowserReport { prepared_in, ..self.chromiums.take_report() })
            }
            other => Err(unexpected("that it is ready", &other)),
        }
    }

    /// Runs a job to its end, whatever the job does. `on_log` gets each log line as it is written, no more of them than the
    /// settings allow; cancelling `stop` ends the job with the error `stop_text`.
    ///
    /// # Errors
    /// Any [`SlotError`]: the slot is over, and with it the job.
    pub async fn run(
        &mut self,
        order: JobOrder,
        stop: &CancellationToken,
        stop_text: &str,
        on_log: impl FnMut(LogEntry),
    ) -> Result<JobEnd, SlotError> {
        self.run_watched(order, stop, stop_text, None, on_log).await
    }

    /// As [`run`](Self::run); the slot hears whether somebody watches the job.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn run_watched(
        &mut self,
        mut order: JobOrder,
        stop: &CancellationToken,
        stop_text: &str,
        watched: Option<watch::Receiver<bool>>,
        mut on_log: impl FnMut(LogEntry),
    ) -> Result<JobEnd, SlotError> {
        self.ring.clear();
        let admitted = self.network.as_mut().map_or(Ok(()), |network| network.admit(&mut order));
        let ended = self.run_admitted(order, admitted, stop, stop_text, watched, &mut on_log).await;
        if let Some((events, used)) = self.network.as_mut().and_then(SlotSessions::withdraw) {
            self.network_use = Some(used).filter(|_| !matches!(ended, Err(SlotError::NotBegun(_))));
            for event in events {
                if let JobEvent::Log(entry) = event {
                    on_log(entry);
                }
            }
        }
        ended
    }

    async fn run_admitted(
        &mut self,
        order: JobOrder,
        admitted: Result<(), String>,
        stop: &CancellationToken,
        stop_text: &str,
        mut watched: Option<watch::Receiver<bool>>,
        on_log: &mut impl FnMut(LogEntry),
    ) -> Result<JobEnd, SlotError> {
        let limit = order.timeout + GRACE;
        self.jobs += 1;
        let _watch = self.chromiums.watch(self.jobs);
        self.begin(order).await.map_err(|error| SlotError::NotBegun(Box::new(error)))?;
        if let Err(reason) = admitted {
            self.send(&ToSlot::Fail(reason), STOP_GRACE).await?;
        }
        let mut meter = SlotMeter::new(&self.settings);
        let mut deadline = Instant::now() + limit;
        let mut stopping = false;
        // The limit that the guard of the network has found exceeded.
        let mut exceeded = None;
        loop {
            let message = tokio::select! {
                message = timeout_at(deadline, receive(&mut self.output)) => message,
                event = event(&mut self.network) => {
                    match event {
                        JobEvent::Log(entry) => on_log(entry),
                        JobEvent::End(reason) => {
                            exceeded = Some(reason.clone());
                            self.send(&ToSlot::Fail(reason), STOP_GRACE).await?;
                        }
                    }
                    continue;
                }
                on = changed(&mut watched) => {
                    self.send(&ToSlot::Watched(on), STOP_GRACE).await?;
                    continue;
                }
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    deadline = deadline.min(Instant::now() + STOP_GRACE);
                    self.send(&ToSlot::Stop(stop_text.to_owned()), STOP_GRACE).await?;
                    continue;
                }
            };
            match message {
                Ok(Ok((FromSlot::Log(entry), bytes))) => {
                    meter.count(bytes).map_err(SlotError::TooMuch)?;
                    on_log(entry);
                }
                Ok(Ok((FromSlot::Network { number, question }, _))) => {
                    let answer = match &mut self.network {
                        Some(network) => network.answer(question).await,
                        None => {
                            return Err(SlotError::Protocol("a question about a network that it has not".to_owned()));
                        }
                    };
                    self.send(&ToSlot::Network { number, answer }, STOP_GRACE).await?;
                }
                Ok(Ok((FromSlot::Connect(number), _))) => {
                    let connection = self.network.as_ref().filter(|_| self.settings.job_fetch);
                    let connection = connection.and_then(|network| network.connect().ok());
                    let passed = timeout(STOP_GRACE, self.chromiums.pass_on(number, connection)).await;
                    // Of a slot that is gone the pipe tells more.
                    if passed.is_err() {
                        return Err(SlotError::Silent { action: "take a connection", limit: STOP_GRACE });
                    }
                }
                Ok(Ok((FromSlot::ProxyClosed(number), _))) => {
                    if let Some(network) = &mut self.network {
                        network.close(number);
                    }
                }
                Ok(Ok((FromSlot::Done(end), _))) => {
                    meter.count_end(&end).map_err(SlotError::TooMuch)?;
                    for event in self.network.as_mut().map(SlotSessions::untold).unwrap_or_default() {
                        match event {
                            JobEvent::Log(entry) => on_log(entry),
                            JobEvent::End(reason) => exceeded = Some(reason),
                        }
                    }
                    let end = match exceeded {
                        Some(reason) => ended_by_limit(*end, reason, on_log),
                        None => *end,
                    };
                    return self.with_files(checked(end)?);
                }
                Ok(Ok((other, _))) => return Err(unexpected("a result", &other)),
                Ok(Err(error)) => return Err(self.explained(error).await),
                Err(_) => return Err(SlotError::Silent { action: "end its job", limit }),
            }
        }
    }

    /// The memory that the recordings of its jobs are in, each until the next job begins.
    pub(crate) fn ring(&self) -> Ring {
        self.ring.clone()
    }

    /// The folder of the job to come, which is empty: what is put there now is among the job's files.
    ///
    /// # Errors
    /// When it is not there.
    pub fn job_folder(&self) -> io::Result<JobFolder> {
        JobFolder::open(&self.settings.files_folder(), self.settings.files_limits())
    }

    /// Removes what was put into the folder of a job that does not begin.
    ///
    /// # Errors
    /// When it cannot be emptied.
    pub fn empty_job_folder(&self) -> io::Result<()> {
        JobFolder::make_empty(&self.settings.files_folder(), self.settings.files_limits()).map(drop)
    }

    /// Takes the files that the job left.
    fn with_files(&self, end: JobEnd) -> Result<JobEnd, SlotError> {
        let files = TakenFiles::take(&self.settings.files_folder(), self.settings.files_limits());
        let files = files.map_err(|error| SlotError::Failed(format!("the job's files could not be taken: {error}")))?;
        Ok(JobEnd { files, ..end })
    }

    /// What the latest job used of the network; `None` the second time.
    pub(crate) fn take_network_use(&mut self) -> Option<Counters> {
        self.network_use.take()
    }

    /// Hands a job over and waits until it is taken.
    async fn begin(&mut self, order: JobOrder) -> Result<(), SlotError> {
        self.send(&ToSlot::Run(Box::new(order)), TAKE).await?;
        match timeout(TAKE, self.receive()).await {
            Ok(Ok((FromSlot::Began, _))) => Ok(()),
            Ok(Ok((other, _))) => Err(unexpected("that it begins", &other)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(SlotError::Silent { action: "begin its job", limit: TAKE }),
        }
    }

    /// Kills the slot process and its browsers, waits for their death and removes what they left.
    pub async fn kill(mut self) {
        self.kill_tree();
        if timeout(DEATH, self.child.wait()).await.is_err() {
            tracing::error!(slot.pid = self.group.as_raw(), "the slot process did not die of SIGKILL");
        }
        if timeout(DEATH, self.chromiums.gone()).await.is_err() {
            tracing::error!(run_dir = %self.settings.run_dir.display(), "a slot's Chromium did not die of SIGKILL");
        }
    }

    async fn send(&mut self, message: &ToSlot, limit: Duration) -> Result<(), SlotError> {
        let mut line = serde_json::to_vec(message).map_err(|error| SlotError::Protocol(error.to_string()))?;
        line.push(b'\n');
        match timeout(limit, self.input.write_all(&line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.ended().await),
            Err(_) => Err(SlotError::Silent { action: "read its pipe", limit }),
        }
    }

    /// What it says, and in how many bytes. Cancel safe.
    async fn receive(&mut self) -> Result<(FromSlot, usize), SlotError> {
        match receive(&mut self.output).await {
            Ok(received) => Ok(received),
            Err(error) => Err(self.explained(error).await),
        }
    }

    /// Why nothing more comes from it.
    async fn explained(&mut self, error: Unheard) -> SlotError {
        match error {
            Unheard::Ended => self.ended().await,
            Unheard::Because(error) => error,
        }
    }

    async fn ended(&mut self) -> SlotError {
        let status = match timeout(END, self.child.wait()).await {
            Ok(Ok(status)) => describe(status),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it closed its pipe and lives on".to_owned(),
        };
        SlotError::Ended { status }
    }

    /// SIGKILL to the slot and to its browsers.
    fn kill_tree(&mut self) {
        // Once the child is reaped its number may be somebody else's.
        if self.child.id().is_some() {
            // An error means that the group is gone already.
            let _ = killpg(self.group, Signal::SIGKILL);
        }
        self.chromiums.kill();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.kill_tree();
    }
}

/// Leaves the socket and the ring to the child under their numbers, and no other descriptor but the standard ones.
fn inherit(command: &mut Command, socket: &OwnedFd, ring: &Ring) {
    let left = [(socket.as_raw_fd(), SOCKET), (ring.descriptor(), RING)];
    let install = move || {
        // They are moved out of the way first: a descriptor that is duplicated onto itself stays closed to the new program.
        // SAFETY: between fork and exec only async-signal-safe calls on descriptors that the parent holds open.
        unsafe {
            let mut high = left;
            for (descriptor, _) in &mut high {
                *descriptor = libc::fcntl(*descriptor, libc::F_DUPFD_CLOEXEC, RING + 1);
                if *descriptor < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            for (descriptor, number) in high {
                if libc::dup2(descriptor, number) < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            // What whoever started this executor has left open is not for slots. A kernel before 5.11 cannot tell.
            let others = RING.cast_unsigned() + 1;
            libc::syscall(libc::SYS_close_range, others, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
        }
        Ok(())
    };
    // SAFETY: `install` allocates nothing and takes no lock.
    unsafe { command.pre_exec(install) };
}

/// Why nothing could be heard of a slot.
enum Unheard {
    /// Its pipe is at its end: how the process ended tells more.
    Ended,
    Because(SlotError),
}

/// What a slot says, and in how many bytes. Cancel safe.
async fn receive(output: &mut SlotOutput<BufReader<ChildStdout>>) -> Result<(FromSlot, usize), Unheard> {
    match output.next_line().await {
        Ok(Some(line)) => match serde_json::from_slice(&line) {
            Ok(FromSlot::Failed(reason)) => Err(Unheard::Because(SlotError::Failed(reason))),
            Ok(message) => Ok((message, line.len())),
            Err(error) => {
                let beginning = String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned();
                Err(Unheard::Because(SlotError::Protocol(format!("{error} in {beginning:?}"))))
            }
        },
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Unheard::Because(SlotError::Protocol(error.to_string())))
        }
        Ok(None) | Err(_) => Err(Unheard::Ended),
    }
}

/// The next thing that the guard has for the job; nothing without a guard. Cancel safe.
async fn event(network: &mut Option<SlotSessions>) -> JobEvent {
    match network {
        Some(network) => network.event().await,
        None => std::future::pending().await,
    }
}

/// Whether somebody watches, when that changes. Cancel safe.
async fn changed(watched: &mut Option<watch::Receiver<bool>>) -> bool {
    if let Some(watched) = watched
        && watched.changed().await.is_ok()
    {
        return *watched.borrow_and_update();
    }
    std::future::pending().await
}

/// The end of a job whose network use is over its limit, also when the job ended by what it met there before it was told.
fn ended_by_limit(mut end: JobEnd, reason: String, on_log: &mut impl FnMut(LogEntry)) -> JobEnd {
    let by_itself = matches!(end.outcome, Outcome::Succeeded | Outcome::Failed);
    if by_itself && end.error.as_ref() != Some(&reason) {
        on_log(LogEntry { time: Timestamp::now(), level: Level::Error, message: reason.clone() });
        (end.outcome, end.error, end.error_stack) = (Outcome::Failed, Some(reason), None);
    }
    end
}

/// An end that can be passed on: nobody looks into the results before a gateway does.
fn checked(end: JobEnd) -> Result<JobEnd, SlotError> {
    let results = end.results.get();
    if results.starts_with('{') && nesting(results.as_bytes()) <= DEEPEST_RESULTS {
        Ok(end)
    } else {
        Err(SlotError::Protocol("results that are not an object, or are nested too deep to be read".to_owned()))
    }
}

fn unexpected(due: &str, message: &FromSlot) -> SlotError {
    let what = match message {
        FromSlot::Ready { .. } => "that it is ready",
        FromSlot::Began => "that it begins",
        FromSlot::Log(_) => "a log line",
        FromSlot::Done(_) => "a result",
        FromSlot::Failed(_) => "a failure",
        FromSlot::Network { .. } | FromSlot::ProxyClosed(_) | FromSlot::Connect(_) => "a word about the network",
    };
    SlotError::Protocol(format!("expected {due}, got {what}"))
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(libc::SIGSYS)) => "killed for a system call that no slot makes".to_owned(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}
