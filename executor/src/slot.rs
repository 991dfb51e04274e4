//! The executor's handle on one slot process.
//!
//! A slot is a child process of the same program; its Chromiums are this process's ([`chromiums`](crate::chromiums)). The
//! handle owns all of them: when it is dropped they are killed, reaped and their folder is removed.

mod error;
mod job;
mod pipe;
mod program;

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use browser::launch::enter_namespaces;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use script::JobFolder;
use tokio::io::BufReader;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::timeout;

pub use self::error::SlotError;
use self::pipe::unexpected;
pub use self::program::SlotProgram;
use crate::chromiums::owner::SlotChromiums;
use crate::network::{Network, SlotSessions};
use crate::protocol::{BrowserReport, FromSlot, SlotSettings, ToSlot};
use crate::recorder::Ring;
use crate::slot_output::{SlotOutput, longest_line};
use crate::slot_states::{ListedSlot, SlotStates};

/// How long SIGKILL may take.
const DEATH: Duration = Duration::from_secs(5);
/// How long a slot may take to prepare the next page, besides starting a browser.
const PREPARE: Duration = Duration::from_secs(10);

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
    /// Where its jobs' recordings are written. It outlives the process.
    ring: Ring,
    /// Its place in the list of slots, when there is one.
    listed: Option<ListedSlot>,
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
        let mut command = program.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut folder = std::fs::DirBuilder::new();
        folder.recursive(true).mode(0o700).create(settings.files_folder()).map_err(failed)?;
        let namespaces = network.as_ref().map(SlotSessions::namespaces).unwrap_or_default();
        let (chromiums, socket) = SlotChromiums::serve(&settings, namespaces.clone()).map_err(failed)?;
        enter_namespaces(command.as_std_mut(), &namespaces);
        let ring = Ring::create().map_err(failed)?;
        program::inherit(&mut command, &socket, &ring);
        JobFolder::make_empty(&settings.files_folder(), settings.files_limits()).map_err(failed)?;
        let mut child = command.spawn().map_err(failed)?;
        drop(socket);
        let (Some(pid), Some(input), Some(output)) = (child.id(), child.stdin.take(), child.stdout.take()) else {
            return Err(failed(io::Error::other("it has no pid or pipes")));
        };
        let group = Pid::from_raw(i32::try_from(pid).map_err(|error| failed(io::Error::other(error)))?);
        let output = SlotOutput::new(BufReader::new(output), longest_line(&settings));
        let mut slot = Self { child, group, input, output, settings, chromiums, jobs: 0, network, ring, listed: None };
        let settings = Box::new(slot.settings.clone());
        slot.send(&ToSlot::Settings(settings), PREPARE).await?;
        let report = slot.ready().await?;
        Ok((slot, report))
    }

    /// Lists it among the executor's slots for as long as it lives.
    pub(crate) fn list_in(&mut self, states: &SlotStates) {
        self.listed = Some(states.add(self.process_id(), self.chromiums.running()));
    }

    /// Tells whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Returns the process's id, also its group's.
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

    /// Returns the memory that the recordings of its jobs are in, each until the next job begins.
    pub(crate) fn ring(&self) -> Ring {
        self.ring.clone()
    }

    /// Opens the folder of the job to come, which is empty: what is put there now is among the job's files.
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
