//! A job's events as they happen: Server-Sent Events that end with the result.
//!
//! An event's id is the number of log lines the job had by then, so a client that comes back with `Last-Event-ID` gets
//! the lines after it, from this gateway's memory while the job runs and from the document when it is done. With `?live`
//! there are calls, navigations and pictures, too, and behind the id a `.` and how far the calls and navigations are.
//!
//! Executors tell of jobs that are followed only, and tell once more what went before when somebody begins to follow: lines
//! may come in two orders, and wait a moment for those in front of them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::stream;
use job_model::{Job, JobEventKind, JobId, JobStage, JobStatus, LogEntry};
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;
use url::form_urlencoded;

use super::caller::Caller;
use super::error::ApiError;
use super::lookup::{self, JobPath};
use super::wait::LOOK;
use crate::app::App;
use crate::feed::{News, Watch};
use crate::fleet::Following;

/// Time between two comments on a silent stream, so that nothing on the way takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a line waits for those in front of it.
const IN_ORDER: Duration = Duration::from_secs(1);

/// `GET /jobs/{uuid}/events`.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (lines, happened) = last.split_once('.').unwrap_or((last, ""));
    let (seen, seen_happened) = (lines.parse().unwrap_or(0), happened.parse().unwrap_or(0));
    let mut asked = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let live = asked.any(|(name, value)| name == "live" && value != "false");
    let (job, watch) = lookup::find_and_watch(&app, &id, &caller.reach()).await?;
    let following = (job.status != JobStatus::Done).then(|| app.orders.follow(app.queue.as_ref(), &id, live));
    let mut events = JobEvents {
        app,
        caller,
        id,
        watch,
        _following: following,
        live,
        seen,
        seen_happened,
        sent: HashSet::new(),
        had: seen_happened,
        early: BTreeMap::new(),
        early_until: None,
        pending: VecDeque::new(),
        over: false,
    };
    events.begin(job);
    let stream = stream::unfold(events, |mut events| async move {
        let event = events.next().await?;
        Some((Ok(event), events))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One client's view of one job.
struct JobEvents {
    app: Arc<App>,
    caller: Caller,
    id: JobId,
    watch: Watch,
    /// Has executors tell of the job.
    _following: Option<Following>,
    /// Whether calls, navigations and pictures are wanted.
    live: bool,
    /// The number of the last line sent.
    seen: u64,
    /// The highest number of a call or navigation that was sent, which ones were, and those that the client had before.
    seen_happened: u64,
    sent: HashSet<u64>,
    had: u64,
    /// Lines that came before others that belong in front of them, and how long they wait.
    early: BTreeMap<u64, LogEntry>,
    early_until: Option<Instant>,
    pending: VecDeque<Event>,
    over: bool,
}

impl JobEvents {
    fn begin(&mut self, job: Job) {
        if job.status == JobStatus::Done {
            return self.finish(&job);
        }
        let runs = job.running.is_some() || self.watch.stage == Some(JobStage::Running);
        self.stage(if runs { JobStage::Running } else { job.status.into() });
        self.catch_up();
    }

    /// Takes what was heard before.
    fn catch_up(&mut self) {
        for (number, line) in std::mem::take(&mut self.watch.lines) {
            self.heard(number, line);
        }
        for (number, what) in std::mem::take(&mut self.watch.happened) {
            self.happened(number, &what);
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            if !self.app.tokens.is_current(&self.caller.grant) {
                return None; // the token was taken away meanwhile
            }
            let stop = self.app.stop.clone();
            let early_until = self.early_until;
            let news = tokio::select! {
                () = stop.cancelled() => return None,
                news = self.watch.next() => news,
                () = until(early_until) => {
                    self.take_early();
                    continue;
                }
                // A predecessor's gateway tells nobody of a result, and broadcasts may be lost.
                () = tokio::time::sleep(LOOK) => {
                    self.look().await;
                    continue;
                }
            };
            match news {
                News::Stage(stage, lines) => {
                    if matches!(stage, JobStage::Running | JobStage::Retrying) {
                        // It begins anew: at another executor, or as another try.
                        (self.seen, self.seen_happened, self.had) = (lines, 0, 0);
                        self.sent.clear();
                        self.forget_early();
                    }
                    self.stage(stage);
                }
                News::Line(number, line) => self.heard(number, line),
                News::Happened(number, what) => self.happened(number, &what),
                News::Frame(frame) if self.live => self.push("frame", &*frame),
                News::Frame(_) => {}
                News::Done(job) if self.caller.reach().covers(&job) => self.finish(&job),
                // The uuid was used again, by somebody else.
                News::Done(_) => self.resync().await,
                News::Resync => self.resync().await,
            }
        }
    }

    /// Reads the job again after something may have been missed.
    async fn resync(&mut self) {
        match lookup::find_and_watch(&self.app, &self.id, &self.caller.reach()).await {
            Ok((job, watch)) => {
                self.watch = watch;
                if job.status == JobStatus::Done {
                    return self.finish(&job);
                }
                self.catch_up();
            }
            Err(error) => self.end(&error),
        }
    }

    /// Looks whether the job has ended; what is heard is not touched. A store in trouble is asked again later.
    async fn look(&mut self) {
        match lookup::find(&self.app, &self.id, &self.caller.reach()).await {
            Ok(job) if job.status == JobStatus::Done => self.finish(&job),
            Err(error @ ApiError::JobNotFound { .. }) => self.end(&error),
            Ok(_) | Err(_) => {}
        }
    }

    fn end(&mut self, error: &ApiError) {
        if matches!(error, ApiError::JobNotFound { .. }) {
            self.push("deleted", &json!({"uuid": self.id}));
        }
        // Otherwise the client comes back with what it has seen.
        self.over = true;
    }

    fn finish(&mut self, job: &Job) {
        self.forget_early();
        let lines = job.logs.iter().flatten().zip(1..);
        for (line, number) in lines {
            self.line(number, line);
        }
        self.stage(JobStage::Done);
        self.push("result", job);
        self.over = true;
    }

    fn stage(&mut self, stage: JobStage) {
        self.push("status", &json!({"status": stage}));
    }

    /// A line of the running job, maybe before its turn.
    fn heard(&mut self, number: u64, line: LogEntry) {
        if number > self.seen + 1 {
            self.early.insert(number, line);
            self.early_until.get_or_insert_with(|| Instant::now() + IN_ORDER);
            return;
        }
        self.line(number, &line);
        while let Some(line) = self.early.remove(&(self.seen + 1)) {
            self.line(self.seen + 1, &line);
        }
        if self.early.is_empty() {
            self.early_until = None;
        }
    }

    /// What was in front does not come any more.
    fn take_early(&mut self) {
        self.early_until = None;
        for (number, line) in std::mem::take(&mut self.early) {
            self.line(number, &line);
        }
    }

    fn forget_early(&mut self) {
        self.early.clear();
        self.early_until = None;
    }

    fn line(&mut self, number: u64, line: &LogEntry) {
        if number > self.seen {
            self.seen = number;
            self.push("log", line);
        }
    }

    fn happened(&mut self, number: u64, what: &JobEventKind) {
        // What an executor tells again comes behind what it told somebody else meanwhile.
        if !self.live || number <= self.had || !self.sent.insert(number) {
            return;
        }
        self.seen_happened = self.seen_happened.max(number);
        match what {
            JobEventKind::Call(call) => self.push("call", call),
            JobEventKind::Navigated(navigation) => self.push("navigated", navigation),
            JobEventKind::Status { .. } | JobEventKind::Log(_) | JobEventKind::Frame(_) => {}
        }
    }

    fn push(&mut self, name: &str, data: &impl Serialize) {
        let id = if self.live { format!("{}.{}", self.seen, self.seen_happened) } else { self.seen.to_string() };
        let event = Event::default().id(id).event(name);
        // One line of JSON: what cannot be encoded is left out rather than ending the stream.
        if let Ok(event) = event.json_data(data) {
            self.pending.push_back(event);
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
