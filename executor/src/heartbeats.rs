//! Telling the gateways that this executor lives and what it holds, and hearing the same of others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use job_model::{ExecutorFacts, Heartbeat, HeldJob, InstanceId, Timestamp};
use job_queue::{JobQueue, Topic};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::draining::Draining;
use crate::job_message::JobKey;
use crate::job_registry::JobRegistry;
use crate::safeguards::Safeguards;
use crate::slot_states::SlotStates;

/// The time between two heartbeats.
const INTERVAL: Duration = Duration::from_secs(2);
/// The time between two measurements of the slots' memory.
const MEASURE: Duration = Duration::from_secs(5);
/// How long somebody who lives may be silent.
const SILENCE: Duration = Duration::from_secs(5);

/// This executor's heart.
pub(crate) struct Heart {
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) registry: JobRegistry,
    /// The executor's name.
    pub(crate) executor: String,
    pub(crate) started_at: Timestamp,
    pub(crate) slots: u16,
    /// Cancelled when no more jobs are taken.
    pub(crate) stop: CancellationToken,
    /// On when no more jobs are taken for now.
    pub(crate) draining: Draining,
    pub(crate) safeguards: Safeguards,
    pub(crate) slot_states: SlotStates,
    /// The settings that differ from what they are as delivered.
    pub(crate) settings: BTreeMap<String, String>,
}

impl Heart {
    /// Beats at once and every two seconds, for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        let (mut beats, mut measures) = (interval(INTERVAL), interval(MEASURE));
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        measures.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beats.tick() => {}
                _ = measures.tick() => {
                    let states = self.slot_states.clone();
                    // What is not measured is as it was.
                    let _ = spawn_blocking(move || states.measure()).await;
                    continue;
                }
                // Whoever asked for it waits for the answer.
                () = self.draining.changed() => {}
            }
            self.beat(self.registry.held_jobs(), self.stop.is_cancelled());
        }
    }

    /// Says that this is the end, within a second.
    pub(crate) async fn last_beat(&self) {
        self.beat(Vec::new(), true);
        self.queue.broadcasts_sent().await;
    }

    fn beat(&self, jobs: Vec<HeldJob>, stopping: bool) {
        let (executor, started_at, slots) = (self.executor.clone(), self.started_at, self.slots);
        let draining = self.draining.is_on();
        let without = self.safeguards.absent().into_iter().map(|(name, _)| name).collect();
        let facts = ExecutorFacts { slot_states: self.slot_states.read(), settings: self.settings.clone() };
        let beat = Heartbeat { executor, started_at, slots, jobs, stopping, draining, without, facts };
        self.queue.broadcast(Topic::Heartbeats, serde_json::to_vec(&beat).expect("a heartbeat has string keys only"));
    }
}

/// A name that no other executor has: the machine's, this process's number, and a random part.
pub(crate) fn executor_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let random = InstanceId::fresh();
    format!("{}-{}-{}", host.trim(), std::process::id(), &random.as_str()[..8])
}

/// Tells whether another executor runs this job now, as it says itself. Takes some seconds when none does.
pub(crate) async fn runs_elsewhere(queue: &dyn JobQueue, own_name: &str, job: &JobKey) -> bool {
    let heard = async {
        let mut beats = queue.subscribe(Topic::Heartbeats).await.ok()?;
        loop {
            let body = beats.next().await.ok()?;
            let Ok(beat) = serde_json::from_slice::<Heartbeat>(&body) else { continue };
            let runs =
                |held: &HeldJob| (&held.uuid, &held.instance) == (&job.uuid, &job.instance) && held.since.is_some();
            if beat.executor != own_name && beat.jobs.iter().any(runs) {
                return Some(beat.executor);
            }
        }
    };
    timeout(SILENCE, heard).await.ok().flatten().is_some()
}
