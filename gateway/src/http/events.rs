//! A job's events as they happen: Server-Sent Events that end with the result.
//!
//! An event's id is the number of log lines the job had by then, so a client that comes back with `Last-Event-ID` gets
//! the lines after it, from this gateway's memory while the job runs and from the document when it is done.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::stream;
use job_model::{Job, JobId, JobStage, JobStatus, LogEntry};
use serde::Serialize;
use serde_json::json;

use super::error::ApiError;
use super::lookup::{self, JobPath};
use super::wait::LOOK;
use crate::app::App;
use crate::caller::Caller;
use crate::feed::{News, Watch};

/// Time between two comments on a silent stream, so that nothing on the way takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /jobs/{uuid}/events`.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let seen = last.and_then(|text| text.parse().ok()).unwrap_or(0);
    let (job, watch) = lookup::find_and_watch(&app, &id, &caller.reach()).await?;
    let mut events = JobEvents { app, caller, id, watch, seen, pending: VecDeque::new(), over: false };
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
    /// The number of the last line sent.
    seen: u64,
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
        for (number, line) in std::mem::take(&mut self.watch.lines) {
            self.line(number, &line);
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
            let news = tokio::select! {
                () = stop.cancelled() => return None,
                news = self.watch.next() => news,
                // A predecessor's gateway tells nobody of a result, and broadcasts may be lost.
                () = tokio::time::sleep(LOOK) => {
                    self.look().await;
                    continue;
                }
            };
            match news {
                News::Stage(stage, lines) => {
                    if stage == JobStage::Running {
                        self.seen = lines; // another executor begins it anew
                    }
                    self.stage(stage);
                }
                News::Line(number, line) => self.line(number, &line),
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
                for (number, line) in std::mem::take(&mut self.watch.lines) {
                    self.line(number, &line);
                }
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

    fn line(&mut self, number: u64, line: &LogEntry) {
        if number > self.seen {
            self.seen = number;
            self.push("log", line);
        }
    }

    fn push(&mut self, name: &str, data: &impl Serialize) {
        let event = Event::default().id(self.seen.to_string()).event(name);
        // One line of JSON: what cannot be encoded is left out rather than ending the stream.
        if let Ok(event) = event.json_data(data) {
            self.pending.push_back(event);
        }
    }
}
