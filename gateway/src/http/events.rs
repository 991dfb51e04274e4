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
use super::jobs::{self, JobPath};
use crate::app::App;
use crate::feed::{News, Watch};

/// Time between two comments on a silent stream, so that nothing on the way takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /jobs/{uuid}/events`.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    JobPath(id): JobPath,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let seen = last.and_then(|text| text.parse().ok()).unwrap_or(0);
    let watch = app.feeds.watch(&id);
    let job = jobs::find(&app, &id).await?.value;
    let mut events = JobEvents { app, id, watch, seen, pending: VecDeque::new(), over: false };
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
            return self.finish(job);
        }
        let heard = self.watch.stage.filter(|stage| *stage == JobStage::Running);
        self.stage(heard.unwrap_or(job.status.into()));
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
            let stop = self.app.stop.clone();
            let news = tokio::select! {
                () = stop.cancelled() => return None,
                news = self.watch.next() => news,
            };
            match news {
                News::Stage(stage, lines) => {
                    if stage == JobStage::Running {
                        self.seen = lines; // another executor begins it anew
                    }
                    self.stage(stage);
                }
                News::Line(number, line) => self.line(number, &line),
                News::Done(job) => self.finish(Job::clone(&job)),
                News::Resync => self.resync().await,
            }
        }
    }

    /// Reads the job again after something may have been missed.
    async fn resync(&mut self) {
        self.watch = self.app.feeds.watch(&self.id);
        match jobs::find(&self.app, &self.id).await {
            Ok(stored) if stored.value.status == JobStatus::Done => self.finish(stored.value),
            Ok(_) => {
                for (number, line) in std::mem::take(&mut self.watch.lines) {
                    self.line(number, &line);
                }
            }
            Err(ApiError::JobNotFound { .. }) => {
                self.push("deleted", &json!({"uuid": self.id}));
                self.over = true;
            }
            // The client comes back with what it has seen.
            Err(_) => self.over = true,
        }
    }

    fn finish(&mut self, job: Job) {
        let lines = job.logs.iter().flatten().zip(1..);
        for (line, number) in lines {
            self.line(number, line);
        }
        self.stage(JobStage::Done);
        self.push("result", &job.published());
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
