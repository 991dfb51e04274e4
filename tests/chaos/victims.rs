//! What is killed, how it comes back, and what that may do to a job.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::processes::{self, Process};
use tests::stack::{Gateway, Stack};
use tokio::time::sleep;

/// Longest time until somebody who was started listens.
pub(crate) const BACK: Duration = Duration::from_secs(60);
/// Executors of the stack.
const EXECUTORS: usize = 2;

/// A part of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Gateway,
    Executor,
    Slot,
    Chromium,
    Broker,
    Database,
}

/// All parts.
pub(crate) const VICTIMS: [Victim; 6] =
    [Victim::Gateway, Victim::Executor, Victim::Slot, Victim::Chromium, Victim::Broker, Victim::Database];

impl Victim {
    /// Whether the job that it had may end with an error: its page or its sandbox is gone, not its executor.
    pub(crate) fn may_fail_a_job(self) -> bool {
        matches!(self, Victim::Slot | Victim::Chromium)
    }

    /// SIGKILL, and a start in its place. Tells whether there was somebody to kill.
    pub(crate) async fn kill(self, stack: &mut Stack, turn: usize) -> bool {
        match self {
            Victim::Gateway => {
                restart_gateway(stack, 0, GATEWAY).await;
                true
            }
            Victim::Executor => {
                let index = turn % EXECUTORS;
                stack.executors[index].kill();
                stack.executors[index] = executor(stack);
                true
            }
            Victim::Slot => kill_one(&slots(stack), turn),
            Victim::Chromium => {
                let own = processes::mentioning(&format!("--user-data-dir={}", stack.run_dir().display()));
                let browsers: Vec<u32> = own.into_iter().filter(|id| !is_helper(*id)).collect();
                kill_one(&browsers, turn)
            }
            Victim::Broker => {
                stack.broker.kill();
                stack.broker.restart().await;
                true
            }
            Victim::Database => {
                stack.database.kill();
                stack.database.restart().await;
                true
            }
        }
    }
}

/// A gateway that looks after what was left behind at once.
pub(crate) const GATEWAY: &[(&str, &str)] = &[("SWEEP_INTERVAL", "1s"), ("PUBLISH_AFTER", "2s")];

/// SIGKILL to a gateway, and a start in its place.
pub(crate) async fn restart_gateway(stack: &mut Stack, index: usize, settings: &[(&str, &str)]) {
    let port = stack.gateways[index].port;
    stack.gateways[index].process.kill();
    let mut process = stack.gateway_program(port, settings).spawn();
    process.wait_for_port(port, BACK).await;
    stack.gateways[index] = Gateway { process, port };
}

/// Starts the executors of the stack.
pub(crate) fn start_executors(stack: &mut Stack) {
    for _ in 0..EXECUTORS {
        let process = executor(stack);
        stack.executors.push(process);
    }
}

/// Waits a while that differs from kill to kill.
pub(crate) async fn pause(turn: usize) {
    sleep(Duration::from_millis((turn as u64 * 337) % 1500)).await;
}

/// An executor that gives up no job for its own deaths.
pub(crate) fn executor(stack: &Stack) -> Process {
    stack.executor_program(&[("MAX_ATTEMPTS", "1000"), ("JOB_TIMEOUT", "60")]).spawn()
}

fn slots(stack: &Stack) -> Vec<u32> {
    let executors = stack.executors.iter().map(Process::id);
    let trees = executors.flat_map(|id| processes::tree(id).into_iter().skip(1));
    trees.filter(|id| processes::command_line(*id).contains("puppet-master-executor slot")).collect()
}

fn kill_one(ids: &[u32], turn: usize) -> bool {
    let Some(id) = ids.get(turn % ids.len().max(1)) else { return false };
    // It may have ended by itself just now.
    kill(Pid::from_raw(id.cast_signed()), Signal::SIGKILL).is_ok()
}

/// One of Chromium's renderers and the like.
fn is_helper(id: u32) -> bool {
    processes::command_line(id).contains("--type=")
}
