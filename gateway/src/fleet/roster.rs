//! Who is there, for people: what each executor and each gateway said last.
//!
//! `fleet` judges by the same heartbeats what is lost; nothing is decided here. Whoever tells and asks brings the time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use job_model::{ExecutorFacts, Heartbeat, Timestamp};
use serde::Serialize;

use crate::clock::Millis;
use crate::fleet::GONE_AFTER;

/// What one gateway heard of all.
#[derive(Default)]
pub(crate) struct Roster {
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    executors: HashMap<String, (Heartbeat, Millis)>,
    gateways: HashMap<String, Millis>,
}

/// An executor as it said itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ExecutorEntry {
    name: String,
    started_at: Timestamp,
    /// When it was heard last.
    heard_at: Timestamp,
    /// How many jobs it runs at a time.
    slots: u16,
    /// How many it runs now.
    busy: usize,
    /// Whether it takes no more jobs, because somebody asked for that.
    pub(crate) draining: bool,
    /// Whether it takes no more jobs, because it ends.
    stopping: bool,
    /// The safeguards that its jobs run without.
    without: Vec<String>,
    jobs: Vec<JobEntry>,
    /// Its slots, and its settings that differ from what they are as delivered.
    #[serde(flatten)]
    facts: ExecutorFacts,
}

/// A job that an executor holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct JobEntry {
    uuid: String,
    /// When its code began; null while it waits for its slot.
    since: Option<Timestamp>,
    attempt: u32,
}

/// A gateway that says how many orders it gave, once a second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct GatewayEntry {
    name: String,
    heard_at: Timestamp,
    /// Whether it is the one that answers.
    this: bool,
    /// Its settings that differ from what they are as delivered: known of the one that answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<BTreeMap<String, String>>,
}

impl Roster {
    /// An executor tells of itself.
    pub(crate) fn executor(&self, heartbeat: Heartbeat, now: Millis) {
        let mut said = self.said();
        if heartbeat.stopping && heartbeat.jobs.is_empty() {
            said.executors.remove(&heartbeat.executor);
        } else {
            said.executors.insert(heartbeat.executor.clone(), (heartbeat, now));
            // Those that ended without a word go, also when nobody asks.
            said.executors.retain(|_, (_, heard)| now - *heard <= GONE_AFTER);
        }
    }

    /// A gateway gives an order, or says how many there were.
    pub(crate) fn gateway(&self, name: &str, now: Millis) {
        let mut said = self.said();
        match said.gateways.get_mut(name) {
            Some(heard) => *heard = now,
            None => {
                said.gateways.insert(name.to_owned(), now);
                said.gateways.retain(|_, heard| now - *heard <= GONE_AFTER);
            }
        }
    }

    /// All executors that live, by name.
    pub(crate) fn executors(&self, now: Millis) -> Vec<ExecutorEntry> {
        let mut said = self.said();
        said.executors.retain(|_, (_, heard)| now - *heard <= GONE_AFTER);
        let mut executors: Vec<_> = said.executors.values().map(|(beat, heard)| entry(beat, *heard)).collect();
        executors.sort_by(|one, other| one.name.cmp(&other.name));
        executors
    }

    /// The executor of this name, when it lives.
    pub(crate) fn find(&self, name: &str, now: Millis) -> Option<ExecutorEntry> {
        self.executors(now).into_iter().find(|executor| executor.name == name)
    }

    /// All gateways that live, by name; `this` is the name of the one that asks, which has these settings.
    pub(crate) fn gateways(&self, this: &str, settings: &BTreeMap<String, String>, now: Millis) -> Vec<GatewayEntry> {
        let mut said = self.said();
        said.gateways.insert(this.to_owned(), now);
        said.gateways.retain(|_, heard| now - *heard <= GONE_AFTER);
        let entry = |(name, heard): (&String, &Millis)| {
            Some(GatewayEntry {
                name: name.clone(),
                heard_at: Timestamp::from_unix_millis(*heard)?,
                this: name == this,
                settings: (name == this).then(|| settings.clone()),
            })
        };
        let mut gateways: Vec<_> = said.gateways.iter().filter_map(entry).collect();
        gateways.sort_by(|one, other| one.name.cmp(&other.name));
        gateways
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // Nothing here panics half way through a change.
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(beat: &Heartbeat, heard: Millis) -> ExecutorEntry {
    let job =
        |job: &job_model::HeldJob| JobEntry { uuid: job.uuid.to_string(), since: job.since, attempt: job.attempt };
    ExecutorEntry {
        name: beat.executor.clone(),
        started_at: beat.started_at,
        heard_at: Timestamp::from_unix_millis(heard).unwrap_or(beat.started_at),
        slots: beat.slots,
        busy: beat.jobs.iter().filter(|job| job.since.is_some()).count(),
        draining: beat.draining,
        stopping: beat.stopping,
        without: beat.without.clone(),
        jobs: beat.jobs.iter().map(job).collect(),
        facts: beat.facts.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use job_model::{ExecutorFacts, Heartbeat, HeldJob, JobId, Timestamp};

    use super::{GONE_AFTER, Roster};

    fn heartbeat(executor: &str, jobs: &[(&str, bool)]) -> Heartbeat {
        let held = |(id, runs): &(&str, bool)| HeldJob {
            uuid: JobId::parse(*id).unwrap(),
            instance: None,
            since: runs.then(|| Timestamp::from_unix_millis(500).unwrap()),
            attempt: 1,
        };
        Heartbeat {
            executor: executor.to_owned(),
            started_at: Timestamp::from_unix_millis(100).unwrap(),
            slots: 2,
            jobs: jobs.iter().map(held).collect(),
            stopping: false,
            draining: false,
            without: Vec::new(),
            facts: ExecutorFacts::default(),
        }
    }

    #[test]
    fn who_lives_is_there_as_it_said_last_and_who_is_silent_is_not() {
        let roster = Roster::default();
        roster.executor(heartbeat("b", &[("j", true), ("k", false)]), 1_000);
        roster.executor(heartbeat("a", &[]), 2_000);
        roster.executor(Heartbeat { draining: true, ..heartbeat("a", &[("l", true)]) }, 3_000);
        let shown = serde_json::to_value(roster.executors(3_000)).unwrap();
        assert_eq!(shown[0]["name"], "a");
        assert_eq!((&shown[0]["busy"], &shown[0]["draining"]), (&1.into(), &true.into()));
        assert_eq!((&shown[1]["slots"], &shown[1]["busy"]), (&2.into(), &1.into()));
        assert_eq!(shown[1]["jobs"][1], serde_json::json!({"uuid": "k", "since": null, "attempt": 1}));
        assert_eq!(roster.executors(1_001 + GONE_AFTER).len(), 1);
        roster.executor(Heartbeat { stopping: true, ..heartbeat("a", &[]) }, 3_001);
        assert!(roster.find("a", 3_001).is_none());
    }

    #[test]
    fn gateways_are_those_that_speak_and_the_one_that_answers() {
        let roster = Roster::default();
        roster.gateway("other", 1_000);
        let shown = serde_json::to_value(roster.gateways("me", &BTreeMap::new(), 1_000)).unwrap();
        assert_eq!((&shown[0]["name"], &shown[0]["this"]), (&"me".into(), &true.into()));
        assert_eq!((&shown[1]["name"], &shown[1]["this"]), (&"other".into(), &false.into()));
        assert_eq!(roster.gateways("me", &BTreeMap::new(), 1_001 + GONE_AFTER).len(), 1);
    }
}
