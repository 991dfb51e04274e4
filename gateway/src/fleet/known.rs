//! Which executor holds which job, as far as it was heard.

use std::collections::{HashMap, HashSet};

use job_model::{InstanceId, JobId, Running};

use super::{Creation, GONE_AFTER};
use crate::clock::Millis;

/// Jobs that are remembered; beyond it everything is forgotten, as if this gateway had just begun to listen.
const REMEMBERED: usize = 100_000;

/// Everything that was heard.
#[derive(Default)]
pub(super) struct Known {
    /// Since when nothing was missed; `None` while not everything is heard.
    pub(super) listening_since: Option<Millis>,
    pub(super) executors: HashMap<String, Executor>,
    pub(super) jobs: HashMap<Creation, Seen>,
    /// The creation that was heard of last, by uuid: for jobs whose documents may not carry an instance.
    pub(super) latest: HashMap<JobId, Option<InstanceId>>,
}

/// An executor that is not gone.
pub(super) struct Executor {
    pub(super) heard: Millis,
    pub(super) holds: HashSet<Creation>,
}

/// What is known of a job.
#[derive(Default)]
pub(super) struct Seen {
    /// The last sign of life.
    pub(super) at: Millis,
    /// The highest number of an attempt that was begun; 0 when none was.
    pub(super) begun: u32,
    pub(super) holders: Vec<Holder>,
}

/// An executor that holds a job.
pub(super) struct Holder {
    pub(super) executor: String,
    /// Where it runs, once it was begun.
    pub(super) running: Option<Running>,
    /// When its begin was heard; since when it is held, before.
    pub(super) heard: Millis,
}

impl Known {
    /// The creation that is meant: the one heard of last where the instance is not known.
    pub(super) fn resolve(&self, creation: &Creation) -> Creation {
        let latest = if creation.instance.is_none() { self.latest.get(&creation.uuid) } else { None };
        Creation { uuid: creation.uuid.clone(), instance: latest.cloned().unwrap_or_else(|| creation.instance.clone()) }
    }

    /// Notes that an executor holds a job, and where it runs once it was begun.
    pub(super) fn hold(&mut self, creation: &Creation, executor: &str, running: Option<Running>, now: Millis) {
        if self.latest.get(&creation.uuid) != Some(&creation.instance) {
            self.latest.insert(creation.uuid.clone(), creation.instance.clone());
        }
        let seen = self.jobs.entry(creation.clone()).or_default();
        seen.at = seen.at.max(now);
        seen.begun = seen.begun.max(running.as_ref().map_or(0, |running| running.attempt));
        match seen.holders.iter_mut().find(|holder| holder.executor == executor) {
            Some(holder) => {
                if running.is_some() && holder.running != running {
                    (holder.running, holder.heard) = (running, now);
                }
            }
            None => seen.holders.push(Holder { executor: executor.to_owned(), running, heard: now }),
        }
    }

    /// Lets go of executors that were silent for too long.
    pub(super) fn expire(&mut self, now: Millis) {
        let gone = |executor: &Executor| now - executor.heard > GONE_AFTER;
        let names: Vec<_> =
            self.executors.iter().filter(|(_, executor)| gone(executor)).map(|(name, _)| name.clone()).collect();
        for name in names {
            let holds = self.executors.remove(&name).map(|executor| executor.holds).unwrap_or_default();
            for creation in holds {
                if let Some(seen) = self.jobs.get_mut(&creation) {
                    seen.leave(&name, now);
                }
            }
        }
    }

    /// Forgets everything when there is too much of it.
    pub(super) fn make_room(&mut self, now: Millis) {
        if self.jobs.len() >= REMEMBERED {
            self.jobs.clear();
            self.latest.clear();
            self.executors.clear();
            self.listening_since = self.listening_since.map(|_| now);
        }
    }
}

impl Seen {
    /// An executor does not hold it any more, for whatever reason: it lived until now.
    pub(super) fn leave(&mut self, executor: &str, now: Millis) {
        self.holders.retain(|holder| holder.executor != executor);
        self.at = self.at.max(now);
    }
}
