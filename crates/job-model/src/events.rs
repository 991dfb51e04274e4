//! What is broadcast while a job runs: its events, and orders about it.
//!
//! Both are best effort and additive: a predecessor's gateway or executor never sees them, and a job ends the same
//! without them.

use serde::{Deserialize, Serialize};

use crate::{InstanceId, JobId, LogEntry, Running, TracedCall, TracedNavigation};

/// Something that happened to a job, on the topic of job events.
///
/// `{"uuid":"…","seq":7,"event":"log","data":{"time":…,"level":…,"message":…}}`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobEvent {
    /// Whose event this is.
    pub uuid: JobId,
    /// Of which instance; a predecessor's message has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// How many lines the job's log has: a log event's own place in the log, counted from 1; for a status event the
    /// number of lines before it. It begins again at 0 when another executor begins the job anew. Calls and navigations have
    /// an order of their own, in which they grow; pictures have none.
    pub seq: u64,
    /// What happened.
    #[serde(flatten)]
    pub what: JobEventKind,
}

/// What can happen to a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
pub enum JobEventKind {
    /// It moved on.
    Status {
        /// To this stage.
        status: JobStage,
        /// Where it runs; said with [`JobStage::Running`]. With [`JobStage::Queued`]: which executor put the job back on
        /// the queue, and for which attempt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        running: Option<Running>,
    },
    /// It wrote a line to its log.
    Log(LogEntry),
    /// It called its browser, or a call has ended: the same `id` then, with a `duration`. Told while somebody watches.
    Call(TracedCall),
    /// A page of it has a new document. Told while somebody watches.
    Navigated(TracedNavigation),
    /// What its page shows. Told while somebody watches.
    Frame(LiveFrame),
}

/// A picture of a page as it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveFrame {
    /// When it was taken, in milliseconds since the job began.
    pub at: f64,
    /// A JPEG file, in base64.
    pub jpeg: String,
}

/// Where a job is, for who watches it. Finer than [`JobStatus`](crate::JobStatus): `running` is never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStage {
    /// Committed to the store; said by a gateway that does not publish jobs itself, for those that do.
    Created,
    /// The broker has confirmed it.
    Queued,
    /// An executor has begun it.
    Running,
    /// Its try has failed and it waits for another; said by the gateway that stored that, with the instance of the next try.
    Retrying,
    /// Its result is stored; said by the gateway that stored it.
    Done,
}

impl JobStage {
    /// Returns the stage's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            JobStage::Created => "created",
            JobStage::Queued => "queued",
            JobStage::Running => "running",
            JobStage::Retrying => "retrying",
            JobStage::Done => "done",
        }
    }
}

impl From<crate::JobStatus> for JobStage {
    fn from(status: crate::JobStatus) -> Self {
        match status {
            crate::JobStatus::Created => JobStage::Created,
            crate::JobStatus::Queued => JobStage::Queued,
            crate::JobStatus::Done => JobStage::Done,
        }
    }
}

/// An order to whichever executor has a job, on the topic of job control: `{"cancel":"UUID","instance":"…"}`.
///
/// The executor stops the job if it runs there, publishes what there is of its result, and does not begin it otherwise.
/// Orders may be lost. So each gateway numbers its own, and says the last number again and again, without an order: an
/// executor that finds a gap, or hears nothing, knows that it may have missed some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobControl {
    /// The job to stop; nothing is to be done when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<JobId>,
    /// The instance that is meant; every one of that uuid when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// The name of the gateway that says so: new with each start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// How many orders that gateway has given, this one included.
    #[serde(default)]
    pub orders: u64,
    /// An executor that is to take no more jobs, or to take them again. Not counted: an executor that misses it says so by its
    /// heartbeats, and is told again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<DrainOrder>,
    /// That gateway has published a job of another priority than normal. Not counted: executors look for such jobs anyway.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub published: bool,
    /// The jobs that clients of that gateway follow; every message has them. A gateway of an earlier version does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Vec<WatchedJob>>,
}

/// A job that somebody follows as it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedJob {
    /// The job.
    pub uuid: JobId,
    /// Whether calls, navigations and pictures are wanted besides the log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
}

/// Tells one executor to finish the jobs that it has and to take no more, or to take jobs again. It lasts until the executor
/// ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainOrder {
    /// The executor's name.
    pub executor: String,
    /// Whether it is to drain.
    pub on: bool,
}

#[cfg(test)]
mod tests {
    use super::{JobControl, JobEvent, JobEventKind, JobStage, WatchedJob};
    use crate::JobId;

    #[test]
    fn events_and_orders_keep_their_form_on_the_wire() {
        let log = r#"{"uuid":"j","seq":3,"event":"log","data":{"time":"2020-01-02T03:04:05.678Z","level":"INFO","message":"hi"}}"#;
        let event: JobEvent = serde_json::from_str(log).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), log);

        let status = r#"{"uuid":"j","seq":0,"event":"status","data":{"status":"running"}}"#;
        let event: JobEvent = serde_json::from_str(status).unwrap();
        assert_eq!(event.what, JobEventKind::Status { status: JobStage::Running, running: None });
        assert_eq!(serde_json::to_string(&event).unwrap(), status);

        let watched = WatchedJob { uuid: JobId::parse("j").unwrap(), live: true };
        let watch = JobControl { watch: Some(vec![watched]), ..JobControl::default() };
        assert_eq!(serde_json::to_string(&watch).unwrap(), r#"{"orders":0,"watch":[{"uuid":"j","live":true}]}"#);
        assert_eq!(serde_json::from_str::<JobControl>(r#"{"orders":1}"#).unwrap().watch, None);

        let frame = r#"{"uuid":"j","seq":0,"event":"frame","data":{"at":1.5,"jpeg":"/9j/"}}"#;
        let event: JobEvent = serde_json::from_str(frame).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), frame);

        let cancel = JobControl { cancel: Some(JobId::parse("j").unwrap()), orders: 1, ..JobControl::default() };
        assert_eq!(serde_json::to_string(&cancel).unwrap(), r#"{"cancel":"j","orders":1}"#);
        assert_eq!(serde_json::from_str::<JobControl>(r#"{"cancel":"j"}"#).unwrap().cancel, cancel.cancel);
    }
}
