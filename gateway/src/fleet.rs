//! Executors: what they report, and the orders that they get.
//!
//! [`Fleet`] knows which executor holds which job, as the executors themselves say; [`Roster`] keeps what people see of them.
//! [`Orders`] are what this gateway tells them, with the jobs that its clients follow (`followers`).
//!
//! All of it is memory of what this gateway heard. Callers bring the time, so that tests can choose it.
//! What is known of a job stays until the job is done or deleted, also when its executor is gone: when there was a sign
//! of life of it, and how often it was begun.

mod creation;
mod followers;
mod known;
mod orders;
mod roster;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use job_model::{Heartbeat, Running};

use self::known::{Executor, Holder, Known};
use crate::clock::Millis;

pub(crate) use self::creation::Creation;
pub(crate) use self::followers::Following;
pub(crate) use self::orders::Orders;
pub(crate) use self::roster::Roster;

/// An executor that was silent for so long is gone: three heartbeats.
pub(crate) const GONE_AFTER: Millis = 6_000;
/// A heartbeat may have been made before a begin that was heard before it: for so long it does not speak against the
/// begin.
const BEGIN_PRECEDES: Millis = 2_500;
/// What one gateway knows of all executors.
#[derive(Default)]
pub(crate) struct Fleet {
    known: Mutex<Known>,
}

/// What is known of one job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// The last sign of life that was heard of it.
    pub(crate) sign_of_life: Option<Millis>,
    /// Whether an executor that lives holds it, running or not.
    pub(crate) held: bool,
    /// Where it runs.
    pub(crate) running: Option<Running>,
    /// The highest number of an attempt that was begun, as far as this gateway knows; 0 when none was.
    pub(crate) begun: u32,
}

impl Fleet {
    /// From now on everything is heard.
    pub(crate) fn listening(&self, now: Millis) {
        self.lock().listening_since = Some(now);
    }

    /// Something may have been missed.
    pub(crate) fn interrupted(&self) {
        self.lock().listening_since = None;
    }

    /// Since when nothing was missed.
    pub(crate) fn listening_since(&self) -> Option<Millis> {
        self.lock().listening_since
    }

    /// An executor says what it holds.
    pub(crate) fn heard(&self, heartbeat: &Heartbeat, now: Millis) {
        let mut known = self.lock();
        known.make_room(now);
        let mut held = HashSet::new();
        for job in &heartbeat.jobs {
            let creation = Creation::new(job.uuid.clone(), job.instance.clone());
            let running =
                job.since.map(|since| Running { since, executor: heartbeat.executor.clone(), attempt: job.attempt });
            known.hold(&creation, &heartbeat.executor, running, now);
            held.insert(creation);
        }
        let before = known.executors.remove(&heartbeat.executor).map(|executor| executor.holds).unwrap_or_default();
        for creation in before.into_iter().filter(|creation| !held.contains(creation)).collect::<Vec<_>>() {
            let Some(seen) = known.jobs.get_mut(&creation) else { continue };
            let fresh = |holder: &Holder| holder.running.is_some() && now - holder.heard < BEGIN_PRECEDES;
            if !heartbeat.stopping
                && seen.holders.iter().any(|holder| holder.executor == heartbeat.executor && fresh(holder))
            {
                held.insert(creation);
            } else {
                seen.leave(&heartbeat.executor, now);
            }
        }
        if !(heartbeat.stopping && held.is_empty()) {
            known.executors.insert(heartbeat.executor.clone(), Executor { heard: now, holds: held });
        }
        known.expire(now);
    }

    /// An executor has begun a job.
    pub(crate) fn begun(&self, creation: &Creation, running: Running, now: Millis) {
        let mut known = self.lock();
        known.make_room(now);
        let name = running.executor.clone();
        known.hold(creation, &name, Some(running), now);
        let executor = known.executors.entry(name).or_insert_with(|| Executor { heard: now, holds: HashSet::new() });
        executor.heard = now;
        executor.holds.insert(creation.clone());
    }

    /// Somebody put a job on the queue again. What was never seen here needs no note: its document has one.
    pub(crate) fn queued(&self, creation: &Creation, now: Millis) {
        let mut known = self.lock();
        if let Some(seen) = known.jobs.get_mut(creation) {
            seen.at = seen.at.max(now);
        }
    }

    /// This gateway has put a job on the queue again: its document may not be able to say so.
    pub(crate) fn requeued(&self, creation: &Creation, now: Millis) {
        let mut known = self.lock();
        known.make_room(now);
        let creation = known.resolve(creation);
        let seen = known.jobs.entry(creation).or_default();
        seen.at = seen.at.max(now);
    }

    /// The job is done or deleted.
    pub(crate) fn forget(&self, creation: &Creation) {
        let mut known = self.lock();
        let creation = known.resolve(creation);
        known.jobs.remove(&creation);
        known.latest.remove(&creation.uuid);
    }

    /// What is known of a job.
    pub(crate) fn sighting(&self, creation: &Creation, now: Millis) -> Sighting {
        let mut known = self.lock();
        known.expire(now);
        let creation = known.resolve(creation);
        let Some(seen) = known.jobs.get(&creation) else { return Sighting::default() };
        let running = seen.holders.iter().filter_map(|holder| holder.running.as_ref());
        Sighting {
            sign_of_life: Some(seen.at),
            held: !seen.holders.is_empty(),
            running: running.max_by_key(|running| (running.attempt, running.since)).cloned(),
            begun: seen.begun,
        }
    }

    /// Jobs that run and whose begin was heard at `begun_until` or before, with that time.
    pub(crate) fn running(&self, begun_until: Millis, now: Millis) -> Vec<(Creation, Running, Millis)> {
        let mut known = self.lock();
        known.expire(now);
        let running = known.jobs.iter().flat_map(|(creation, seen)| {
            let begun = seen.holders.iter().filter(|holder| holder.heard <= begun_until);
            begun.filter_map(|holder| Some((creation.clone(), holder.running.clone()?, holder.heard)))
        });
        running.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing here panics half way through a change.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use job_model::{Heartbeat, HeldJob, InstanceId, JobId, Running, Timestamp};

    use super::{BEGIN_PRECEDES, Creation, Fleet, GONE_AFTER, Sighting};

    fn creation(id: &str) -> Creation {
        Creation::new(JobId::parse(id).unwrap(), None)
    }

    fn heartbeat(executor: &str, jobs: &[(&str, bool, u32)]) -> Heartbeat {
        let held = |(id, runs, attempt): &(&str, bool, u32)| HeldJob {
            uuid: JobId::parse(*id).unwrap(),
            instance: None,
            since: runs.then(|| Timestamp::from_unix_millis(500).unwrap()),
            attempt: *attempt,
        };
        let jobs = jobs.iter().map(held).collect();
        Heartbeat {
            executor: executor.to_owned(),
            started_at: Timestamp::now(),
            slots: 2,
            jobs,
            stopping: false,
            draining: false,
            without: Vec::new(),
            facts: job_model::ExecutorFacts::default(),
        }
    }

    fn running(executor: &str, attempt: u32) -> Running {
        Running { since: Timestamp::from_unix_millis(500).unwrap(), executor: executor.to_owned(), attempt }
    }

    #[test]
    fn heartbeats_say_who_holds_and_who_runs_a_job() {
        let (fleet, job) = (Fleet::default(), creation("j"));
        fleet.heard(&heartbeat("a", &[("j", false, 1)]), 1_000);
        assert_eq!(
            fleet.sighting(&job, 1_000),
            Sighting { sign_of_life: Some(1_000), held: true, running: None, begun: 0 }
        );
        fleet.heard(&heartbeat("a", &[("j", true, 1)]), 3_000);
        assert_eq!(
            fleet.sighting(&job, 3_000),
            Sighting { sign_of_life: Some(3_000), held: true, running: Some(running("a", 1)), begun: 1 }
        );
        fleet.heard(&heartbeat("a", &[]), 9_000);
        assert_eq!(
            fleet.sighting(&job, 9_000),
            Sighting { sign_of_life: Some(9_000), held: false, running: None, begun: 1 },
            "what was begun is remembered"
        );
        fleet.forget(&job);
        assert_eq!(fleet.sighting(&job, 9_000), Sighting::default());
    }

    #[test]
    fn a_silent_executor_is_gone_and_what_it_held_lived_until_then() {
        let (fleet, job) = (Fleet::default(), creation("j"));
        fleet.heard(&heartbeat("a", &[("j", true, 2)]), 1_000);
        assert!(fleet.sighting(&job, 1_000 + GONE_AFTER).held);
        let gone = 1_001 + GONE_AFTER;
        let expected = Sighting { sign_of_life: Some(gone), held: false, running: None, begun: 2 };
        assert_eq!(fleet.sighting(&job, gone), expected);
    }

    #[test]
    fn a_begin_outlives_a_heartbeat_that_was_made_before_it() {
        let (fleet, job) = (Fleet::default(), creation("j"));
        fleet.begun(&job, running("a", 1), 1_000);
        fleet.heard(&heartbeat("a", &[]), 1_001);
        assert_eq!(fleet.sighting(&job, 1_001).running, Some(running("a", 1)));
        fleet.heard(&heartbeat("a", &[]), 1_000 + BEGIN_PRECEDES);
        assert_eq!(fleet.sighting(&job, 1_000 + BEGIN_PRECEDES).running, None);
    }

    #[test]
    fn a_document_without_an_instance_means_the_creation_heard_of_last() {
        let fleet = Fleet::default();
        let of = |instance: &InstanceId| Creation::new(JobId::parse("j").unwrap(), Some(instance.clone()));
        let (old, new) = (InstanceId::fresh(), InstanceId::fresh());
        fleet.begun(&of(&old), running("a", 3), 1_000);
        fleet.begun(&of(&new), running("a", 1), 2_000);
        assert_eq!(fleet.sighting(&creation("j"), 2_000).begun, 1);
        assert_eq!(fleet.sighting(&of(&old), 2_000).begun, 3);
        fleet.forget(&creation("j"));
        assert_eq!(fleet.sighting(&of(&new), 2_000), Sighting::default());
        fleet.requeued(&creation("k"), 3_000);
        assert_eq!(fleet.sighting(&creation("k"), 3_000).sign_of_life, Some(3_000));
    }

    #[test]
    fn an_executor_that_ends_holds_nothing() {
        let (fleet, job) = (Fleet::default(), creation("j"));
        fleet.begun(&job, running("a", 1), 1_000);
        fleet.heard(&Heartbeat { stopping: true, ..heartbeat("a", &[]) }, 1_001);
        assert!(!fleet.sighting(&job, 1_001).held);
    }

    #[test]
    fn jobs_that_run_for_a_while_are_listed() {
        let fleet = Fleet::default();
        fleet.begun(&creation("old"), running("a", 1), 1_000);
        fleet.begun(&creation("new"), running("a", 1), 2_000);
        assert_eq!(fleet.running(1_500, 2_000), [(creation("old"), running("a", 1), 1_000)]);
    }
}
