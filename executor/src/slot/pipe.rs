//! What is said to a slot process and heard from it.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::ChildStdout;
use tokio::time::timeout;

use super::{Slot, SlotError};
use crate::protocol::{FromSlot, ToSlot};
use crate::slot_output::SlotOutput;

/// How long a process that closed its pipe may take to end.
const END: Duration = Duration::from_millis(500);

impl Slot {
    pub(super) async fn send(&mut self, message: &ToSlot, limit: Duration) -> Result<(), SlotError> {
        let mut line = serde_json::to_vec(message).map_err(|error| SlotError::Protocol(error.to_string()))?;
        line.push(b'\n');
        match timeout(limit, self.input.write_all(&line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.ended().await),
            Err(_) => Err(SlotError::Silent { action: "read its pipe", limit }),
        }
    }

    /// Receives what it says, and in how many bytes. Cancel safe.
    pub(super) async fn receive(&mut self) -> Result<(FromSlot, usize), SlotError> {
        match receive(&mut self.output).await {
            Ok(received) => Ok(received),
            Err(error) => Err(self.explained(error).await),
        }
    }

    /// Why nothing more comes from it.
    pub(super) async fn explained(&mut self, error: Unheard) -> SlotError {
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
}

/// Why nothing could be heard of a slot.
pub(super) enum Unheard {
    /// Its pipe is at its end: how the process ended tells more.
    Ended,
    Because(SlotError),
}

/// Receives what a slot says, and in how many bytes. Cancel safe.
pub(super) async fn receive(output: &mut SlotOutput<BufReader<ChildStdout>>) -> Result<(FromSlot, usize), Unheard> {
    match output.next_line().await {
        Ok(Some(line)) => match serde_json::from_slice(&line) {
            Ok(FromSlot::Failed(reason)) => Err(Unheard::Because(SlotError::Failed(reason))),
            Ok(message) => Ok((message, line.len())),
            Err(error) => {
                // The line itself may be the job's, which is not for the log.
                Err(Unheard::Because(SlotError::Protocol(format!("{error}, in a line of {} bytes", line.len()))))
            }
        },
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Unheard::Because(SlotError::Protocol(error.to_string())))
        }
        Ok(None) | Err(_) => Err(Unheard::Ended),
    }
}

pub(super) fn unexpected(due: &str, message: &FromSlot) -> SlotError {
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
