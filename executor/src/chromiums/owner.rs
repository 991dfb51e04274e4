//! The executor's part: it owns the Chromiums of one slot, whatever the slot says or does not say.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use browser::LaunchOptions;
use browser::launch::{Chromium, LaunchError, Sandbox};
use job_model::Timestamp;
use service::Chain;
use tokio::task::{AbortHandle, JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::messages::{Answer, End, Request};
use super::packet_socket::{self, Descriptors, PacketSocket};
use super::usage::UsageLimits;
use crate::protocol::{BrowserReport, SlotSettings};
use crate::{environment, memory, processes, run_directory};

/// How many Chromiums a slot may have at the same time: the one in use, the next one, and one that is being given up.
const MOST: usize = 3;
/// How long a slot may take to read an answer.
const READ: Duration = Duration::from_secs(5);
/// How often it is looked at what a job's pages use: what is used meanwhile is what Chromium can take within this time.
const PAUSE: Duration = Duration::from_millis(250);
/// How long a slot may take to stop a job that uses too much, before the Chromium is killed under it.
const STOP: Duration = Duration::from_secs(2);
/// How much is passed on of why a Chromium does not start, in characters.
const REASON: usize = 2000;

/// The Chromiums of one slot. Dropped, they are killed, reaped, and the slot's folder is removed.
pub(crate) struct SlotChromiums {
    running: RunningChromiums,
    socket: Arc<PacketSocket>,
    limits: UsageLimits,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

/// Those that run, and what was counted. It is locked for moments only.
#[derive(Clone, Default)]
pub(crate) struct RunningChromiums(Arc<Mutex<(BTreeMap<u32, Started>, BrowserReport)>>);

/// A Chromium that runs.
struct Started {
    chromium: Chromium,
    since: Timestamp,
}

impl RunningChromiums {
    fn lock(&self) -> MutexGuard<'_, (BTreeMap<u32, Started>, BrowserReport)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process groups, by number.
    fn groups(&self) -> Vec<(u32, i32)> {
        self.lock().0.iter().map(|(number, started)| (*number, started.chromium.process_group())).collect()
    }

    /// Their process groups, and when each was started.
    pub(crate) fn started(&self) -> Vec<(i32, Timestamp)> {
        self.lock().0.values().map(|started| (started.chromium.process_group(), started.since)).collect()
    }
}

impl SlotChromiums {
    /// Begins to serve a slot, whose Chromiums run in these namespaces. The socket is for the slot process. Needs a tokio runtime.
    ///
    /// # Errors
    /// When there is no socket to be had.
    pub(crate) fn serve(settings: &SlotSettings, namespaces: Vec<Arc<OwnedFd>>) -> io::Result<(Self, OwnedFd)> {
        let (socket, slots_end) = packet_socket::pair()?;
        let socket = Arc::new(PacketSocket::new(socket)?);
        let running = RunningChromiums::default();
        let stop = CancellationToken::new();
        let service = Service {
            socket: Arc::clone(&socket),
            options: LaunchOptions { namespaces, ..launch_options(settings) },
            running: running.clone(),
            starting: JoinSet::new(),
            starts: HashMap::new(),
            ending: JoinSet::new(),
        };
        let serving = tokio::spawn(service.run(stop.clone()));
        Ok((Self { running, socket, limits: UsageLimits::new(settings), stop, serving }, slots_end))
    }

    /// Returns those that run, for whoever wants to know.
    pub(crate) fn running(&self) -> RunningChromiums {
        self.running.clone()
    }

    /// Returns what happened to Chromiums since this was asked last.
    pub(crate) fn take_report(&self) -> BrowserReport {
        std::mem::take(&mut self.running.lock().1)
    }

    /// Looks after the memory of the slot's job of this number, for as long as the handle lives. When a Chromium uses more than the
    /// job may, the slot is told to stop the job; a slot that does not obey loses the Chromium.
    pub(crate) fn watch(&self, job: u64) -> AbortOnDropHandle<()> {
        let (running, socket, limits) = (self.running.clone(), Arc::clone(&self.socket), self.limits);
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                sleep(PAUSE).await;
                let Some((_, limit)) = exceeded(&running, limits).await else { continue };
                let told = Answer::Exceeded { job, limit };
                // A slot that does not read loses its Chromium below.
                let _ = timeout(STOP, socket.send(&told, None)).await;
                sleep(STOP).await;
                let Some((number, limit)) = exceeded(&running, limits).await else { continue };
                tracing::warn!(limit, "killing a Chromium whose job goes on");
                let chromium = running.lock().0.remove(&number);
                let _ = spawn_blocking(move || drop(chromium)).await;
            }
        }))
    }

    /// Passes a connection to the guard on to the slot, or that there is none. Waits until the slot takes it.
    ///
    /// # Errors
    /// When the slot is gone.
    pub(crate) async fn pass_on(&self, number: u32, connection: Option<OwnedFd>) -> io::Result<()> {
        let answer = Answer::Connection { number };
        self.socket.send(&answer, connection.as_ref().map(AsFd::as_fd)).await
    }

    /// Begins to kill them all.
    pub(crate) fn kill(&self) {
        self.stop.cancel();
    }

    /// Waits until they are gone, and the slot's folder with them, after [`kill`](Self::kill).
    pub(crate) async fn gone(&mut self) {
        // A panic has been told, and leaves nothing either.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for SlotChromiums {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether the slot has ended and no more.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

/// The first Chromium that uses more than it may, and the sentence.
async fn exceeded(running: &RunningChromiums, limits: UsageLimits) -> Option<(u32, String)> {
    let groups = running.groups();
    let look = move || groups.into_iter().find_map(|(number, group)| Some((number, limits.exceeded_by(group)?)));
    spawn_blocking(look).await.ok().flatten()
}

fn launch_options(settings: &SlotSettings) -> LaunchOptions {
    LaunchOptions {
        executable: settings.chromium_executable.clone(),
        headless: settings.headless,
        extra_args: settings.extra_args.clone(),
        run_dir: settings.run_dir.clone(),
        timeout: settings.browser_start_timeout,
        memory_limit: Some(settings.job_page_memory),
        proxy_server: settings.proxies.as_ref().map(|proxies| format!("socks5://{}", proxies.closed)),
        environment: Some(environment::inherited().collect()),
        sandbox: if settings.chromium_sandbox { Sandbox::On } else { Sandbox::Off },
        ..LaunchOptions::default()
    }
}

/// A Chromium with our end of its debugging pipe.
type Launched = Result<(Chromium, OwnedFd), LaunchError>;

/// The task that serves one slot.
struct Service {
    socket: Arc<PacketSocket>,
    options: LaunchOptions,
    running: RunningChromiums,
    starting: JoinSet<(u32, Launched)>,
    /// Those that the slot still waits for.
    starts: HashMap<u32, AbortHandle>,
    ending: JoinSet<()>,
}

impl Service {
    /// Serves until the slot is gone, breaks the rules, or is to be ended; then nothing is left.
    async fn run(mut self, stop: CancellationToken) {
        loop {
            let served = tokio::select! {
                () = stop.cancelled() => break,
                request = self.socket.receive(Descriptors::Refuse) => match request {
                    Ok(Some((request, _))) => self.handle(request).await,
                    Ok(None) => break,
                    Err(error) => Err(error),
                },
                Some(started) = self.starting.join_next() => match started {
                    Ok((number, started)) => self.started(number, started).await,
                    // It was ended before it had started, or has panicked and said so.
                    Err(_) => Ok(()),
                },
                Some(_) = self.ending.join_next() => Ok(()),
            };
            if let Err(error) = served {
                if is_gone(&error) {
                    break;
                }
                tracing::warn!(%error, "a slot does not keep to what was agreed about its Chromiums, ending them");
                break;
            }
        }
        self.starting.shutdown().await;
        let running = std::mem::take(&mut self.running.lock().0);
        let run_dir = self.options.run_dir.clone();
        self.ending.spawn_blocking(move || {
            drop(running);
            run_directory::remove(&run_dir);
        });
        while self.ending.join_next().await.is_some() {}
    }

    async fn handle(&mut self, request: Request) -> io::Result<()> {
        match request {
            Request::Start { number } => self.start(number).await,
            Request::Weigh { number } => {
                let group = self.running.lock().0.get(&number).map(|it| it.chromium.process_group());
                let weigh =
                    spawn_blocking(move || group.map_or(0, |group| memory::of_processes(&processes::members(group))));
                let bytes = weigh.await.map_err(io::Error::other)?;
                self.answer(&Answer::Weighs { number, bytes }).await
            }
            Request::End { number, why } => {
                if let Some(start) = self.starts.remove(&number) {
                    start.abort();
                }
                let chromium = {
                    let (running, counts) = &mut *self.running.lock();
                    counts.crashes += u32::from(why == End::Crashed);
                    counts.recycles += u32::from(why == End::Recycled);
                    running.remove(&number)
                };
                if let Some(chromium) = chromium {
                    self.ending.spawn_blocking(move || drop(chromium));
                }
                self.answer(&Answer::Ended { number }).await
            }
        }
    }

    async fn start(&mut self, number: u32) -> io::Result<()> {
        let is_known = self.starts.contains_key(&number) || self.running.lock().0.contains_key(&number);
        if is_known || self.starting.len() + self.running.lock().0.len() >= MOST {
            let reason = "the slot has as many Chromiums as it may have".to_owned();
            return self.answer(&Answer::NotStarted { number, reason }).await;
        }
        let options = self.options.clone();
        let start = self.starting.spawn(async move { (number, Chromium::launch(&options).await) });
        self.starts.insert(number, start);
        Ok(())
    }

    async fn started(&mut self, number: u32, started: Launched) -> io::Result<()> {
        let is_wanted = self.starts.remove(&number).is_some();
        match started {
            Ok((chromium, pipe)) if is_wanted => {
                let process_id = chromium.process_group();
                {
                    let (running, counts) = &mut *self.running.lock();
                    counts.starts += 1;
                    running.insert(number, Started { chromium, since: Timestamp::now() });
                }
                let answer = Answer::Started { number, process_id };
                timeout(READ, self.socket.send(&answer, Some(pipe.as_fd()))).await?
            }
            Ok((chromium, _)) => {
                self.ending.spawn_blocking(move || drop(chromium));
                Ok(())
            }
            Err(_) if !is_wanted => Ok(()),
            Err(error) => {
                let reason = Chain(&error).to_string().chars().take(REASON).collect();
                self.answer(&Answer::NotStarted { number, reason }).await
            }
        }
    }

    async fn answer(&self, answer: &Answer) -> io::Result<()> {
        timeout(READ, self.socket.send(answer, None)).await?
    }
}
