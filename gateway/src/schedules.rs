//! Schedules: jobs that are made at times.
//!
//! A schedule is a record whose `due_at` says when a gateway must look at it. `recurrence` knows the times that it names,
//! `plan` what is to be done now, `firing` makes the job of a tick, `task` looks. Any number of gateways look: whoever
//! writes the record first makes the job, and the job's id is made of the schedule's creation and the tick, so whoever
//! takes over from a gateway that died makes the same one.

mod firing;
mod plan;
mod recurrence;
#[cfg(test)]
mod simulated;
mod task;
mod zoned;

use std::time::Duration;

use job_model::{InstanceId, JobId, Timestamp, TokenName, TokenNetwork};
use job_store::Stored;
use job_store::records::{RecordError, RecordKind, RecordStore};
use serde::{Deserialize, Serialize};

use crate::job_template::JobTemplate;
use crate::records::typed_records::{self, Author, OwnedRecord, ROUNDS, TypedRecord};
use crate::template_files::{KeptFiles, TemplateFiles};
use crate::tokens::Reach;

use plan::{CatchUp, Plan};
use recurrence::Recurrence;
pub(crate) use task::run;

/// How many of its last ticks a schedule remembers.
const RUNS: usize = 20;
/// The longest jitter.
const LONGEST_JITTER: Duration = Duration::from_secs(86_400);

/// What happens when a tick comes while the job before is not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnDuplicate {
    /// Its job waits until that one is done.
    #[default]
    Queue,
    /// The tick makes no job.
    Skip,
    /// That one is cancelled.
    Replace,
}

/// What a client says of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) cron: String,
    #[serde(default = "utc")]
    pub(crate) time_zone: String,
    /// In seconds or as a text; see [`job_model::length`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jitter: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) catch_up: CatchUp,
    #[serde(default)]
    pub(crate) on_duplicate: OnDuplicate,
    #[serde(default)]
    pub(crate) paused: bool,
    /// The script that its jobs run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<String>,
    /// Which version of it; the latest at each tick when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u32>,
    /// The job, or what it says beside its script.
    #[serde(default)]
    pub(crate) job: JobTemplate,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// A schedule by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<TokenName>,
    /// Tells schedules apart that had the same name one after the other.
    creation: InstanceId,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// What `@every` counts from.
    anchor: Timestamp,
    #[serde(flatten)]
    pub(crate) wish: Wish,
    /// What the token leaves open of the network under which it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network_token: Option<TokenNetwork>,
    /// The files that each of its jobs gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<TemplateFiles>,
    /// The tick to look at next; absent when there is none, and while it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<Timestamp>,
    /// The tick whose job is being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    firing: Option<Firing>,
    /// Why the job of `firing` could not be made yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// What became of the last ticks, the latest last.
    #[serde(default)]
    pub(crate) runs: Vec<Run>,
}

/// A tick whose job is being made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Firing {
    tick: Timestamp,
    /// Until then the gateway that wrote this is at it.
    until: Timestamp,
}

/// What became of a tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) tick: Timestamp,
    /// The job that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) job: Option<JobId>,
    /// The last of the ticks from `tick` on that made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Timestamp>,
    /// Why none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<String>,
}

impl TypedRecord for Schedule {
    const KIND: RecordKind = RecordKind("schedule");

    fn id(&self) -> String {
        self.name.clone()
    }

    fn due_at(&self) -> Option<Timestamp> {
        match (&self.firing, self.next) {
            (Some(firing), _) => Some(firing.until),
            (None, Some(next)) => self.recurrence().ok().map(|recurrence| self.plan(&recurrence).due_at(next)),
            (None, None) => None,
        }
    }
}

impl OwnedRecord for Schedule {
    fn owner(&self) -> Option<&TokenName> {
        self.owner.as_ref()
    }
}

impl Wish {
    /// The span within which a tick's job is made.
    fn jitter(&self) -> Result<Duration, String> {
        let Some(value) = self.jitter.as_ref().filter(|value| !value.is_null()) else { return Ok(Duration::ZERO) };
        let length = job_model::length(value).filter(|length| *length <= LONGEST_JITTER);
        length.ok_or_else(|| format!("the field \"jitter\" must be a length of time, \"1d\" at most, not {value}"))
    }

    /// Refuses what cannot be a schedule.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), String> {
        Recurrence::parse(&self.cron, &self.time_zone, now)?;
        self.jitter()?;
        match (&self.script, self.job.0.is_empty()) {
            (None, true) => return Err("the field \"job\" or \"script\" must say what is to run".to_owned()),
            (None, false) if self.version.is_some() => {
                return Err("the field \"version\" belongs to a \"script\"".to_owned());
            }
            _ => {}
        }
        let taken = ["uuid", "run_at", "delay", "expires_at", "depends_on", "vars_from"];
        if let Some(name) = taken.into_iter().find(|name| self.job.0.contains_key(*name)) {
            return Err(format!("the field \"job.{name}\" cannot be said of all jobs of a schedule"));
        }
        if self.job.0.contains_key("on_duplicate") {
            return Err("the field \"job.on_duplicate\" belongs beside \"job\" in a schedule".to_owned());
        }
        self.job.job(now).map(drop)
    }

    /// The next ticks behind a moment.
    pub(crate) fn next_ticks(&self, anchor: Timestamp, after: Timestamp, count: usize) -> Vec<Timestamp> {
        let Ok(recurrence) = Recurrence::parse(&self.cron, &self.time_zone, anchor) else { return Vec::new() };
        std::iter::successors(recurrence.next_after(after), |tick| recurrence.next_after(*tick)).take(count).collect()
    }
}

impl Schedule {
    fn recurrence(&self) -> Result<Recurrence, String> {
        Recurrence::parse(&self.wish.cron, &self.wish.time_zone, self.anchor)
    }

    /// Where the files are that each of its jobs gets.
    pub(crate) fn kept_files(&self) -> Option<KeptFiles> {
        self.files.as_ref().map(|files| files.of(Self::KIND, &self.name))
    }

    fn plan<'a>(&'a self, recurrence: &'a Recurrence) -> Plan<'a> {
        let jitter = self.wish.jitter().unwrap_or_default();
        Plan { recurrence, catch_up: self.wish.catch_up, jitter, creation: &self.creation }
    }

    /// The next ticks, none while it is paused.
    pub(crate) fn next_ticks(&self, count: usize) -> Vec<Timestamp> {
        let Some(next) = self.next else { return Vec::new() };
        let mut ticks = vec![next];
        ticks.extend(self.wish.next_ticks(self.anchor, next, count.saturating_sub(1)));
        ticks
    }

    fn note(&mut self, run: Run) {
        self.runs.push(run);
        let surplus = self.runs.len().saturating_sub(RUNS);
        self.runs.drain(..surplus);
    }

    /// Begins anew behind a moment: what passed before was not missed.
    fn begin_after(&mut self, now: Timestamp) {
        self.next = match self.recurrence() {
            Ok(recurrence) if !self.wish.paused => recurrence.next_after(now),
            _ => None,
        };
    }
}

/// Why a schedule could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScheduleError {
    /// There is none of this name within reach.
    #[error("there is no schedule {0}")]
    NotFound(String),
    /// Another token has one of this name.
    #[error("the name {0} is taken")]
    Taken(String),
    #[error(transparent)]
    Records(#[from] RecordError),
}

/// Stores a schedule, in the place of the one of this name. That one's runs stay, and its next tick when the times do. Tells the
/// files that nothing names any more, too.
pub(crate) async fn put(
    records: &dyn RecordStore,
    author: &Author<'_>,
    name: &str,
    wish: &Wish,
    files: Option<&TemplateFiles>,
    now: Timestamp,
) -> Result<(Schedule, Option<KeptFiles>), ScheduleError> {
    for _ in 0..ROUNDS {
        let stored = typed_records::read::<Schedule>(records, name).await?;
        let unused = stored.as_ref().and_then(|stored| stored.value.kept_files());
        let (schedule, read_at) = match stored {
            Some(Stored { value: mut schedule, revision }) => {
                if !author.reach.covers_owner(schedule.owner.as_ref()) {
                    return Err(ScheduleError::Taken(name.to_owned()));
                }
                let before = std::mem::replace(&mut schedule.wish, wish.clone());
                (schedule.updated_at, schedule.network_token) = (now, author.network.cloned());
                schedule.files = files.cloned();
                let same_times =
                    (&before.cron, &before.time_zone, before.paused) == (&wish.cron, &wish.time_zone, wish.paused);
                if !same_times {
                    if before.cron != wish.cron {
                        schedule.anchor = now;
                    }
                    schedule.begin_after(now);
                }
                (schedule, Some(revision))
            }
            None => {
                let mut schedule = Schedule {
                    name: name.to_owned(),
                    owner: author.owner.cloned(),
                    creation: InstanceId::fresh(),
                    created_at: now,
                    updated_at: now,
                    anchor: now,
                    wish: wish.clone(),
                    network_token: author.network.cloned(),
                    files: files.cloned(),
                    next: None,
                    firing: None,
                    problem: None,
                    runs: Vec::new(),
                };
                schedule.begin_after(now);
                (schedule, None)
            }
        };
        if typed_records::write(records, &schedule, read_at.as_ref()).await?.is_some() {
            return Ok((schedule, unused));
        }
    }
    Err(typed_records::busy::<Schedule>(name).into())
}

/// Reads a schedule.
pub(crate) async fn read(
    records: &dyn RecordStore,
    reach: &Reach,
    name: &str,
) -> Result<Stored<Schedule>, ScheduleError> {
    let found = typed_records::read_within(records, reach, name).await?;
    found.ok_or_else(|| ScheduleError::NotFound(name.to_owned()))
}

/// Lets a schedule rest, or go on: what it would have done meanwhile was not missed.
pub(crate) async fn pause(
    records: &dyn RecordStore,
    reach: &Reach,
    name: &str,
    paused: bool,
    now: Timestamp,
) -> Result<Schedule, ScheduleError> {
    for _ in 0..ROUNDS {
        let mut stored = read(records, reach, name).await?;
        let schedule = &mut stored.value;
        if schedule.wish.paused == paused {
            return Ok(stored.value);
        }
        (schedule.wish.paused, schedule.updated_at) = (paused, now);
        schedule.begin_after(now);
        if typed_records::overwrite(records, &mut stored).await? {
            return Ok(stored.value);
        }
    }
    Err(typed_records::busy::<Schedule>(name).into())
}

/// Deletes a schedule. Jobs that it made stay. Tells the files that nothing names any more.
pub(crate) async fn delete(
    records: &dyn RecordStore,
    reach: &Reach,
    name: &str,
) -> Result<Option<KeptFiles>, ScheduleError> {
    let removed = typed_records::remove::<Schedule>(records, reach, name).await?;
    removed.map(|schedule| schedule.kept_files()).ok_or_else(|| ScheduleError::NotFound(name.to_owned()))
}
