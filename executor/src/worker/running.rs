//! A job that begins here: its order, its run in a slot, what is kept of it, and its result.

use std::time::SystemTime;

use job_model::{JobFile, Level, LogEntry, Outcome, Record, Running, Timestamp};
use service::Chain;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::Worker;
use super::ended::{self, Ended};
use super::settling::OpenConsumer;
use crate::file_store::Kept;
use crate::job_message::{JobKey, JobMessage};
use crate::job_registry::{Held, Registered};
use crate::job_spans::JobSpans;
use crate::live::Live;
use crate::message_headers::MessageHeaders;
use crate::metrics::{DeliveryEnd, Phase};
use crate::protocol::JobOrder;
use crate::recorder::Subject;
use crate::result_message::Origin;
use crate::slot::SlotError;
use crate::slots::{IdleSlot, Traced};

/// Slots that may be lost before a job begins in one.
const SLOT_TRIES: usize = 3;

/// A job that begins.
struct Beginning<'a> {
    order: JobOrder,
    input_files: &'a [JobFile],
    key: JobKey,
    running: Running,
    spans: Option<&'a JobSpans>,
}

impl Worker {
    /// Runs a job that is to begin, publishes its result and settles its delivery. Returns the consumer to go on with.
    pub(super) async fn run_job(
        &self,
        held: Held,
        registered: Registered,
        job: JobMessage,
        slot: IdleSlot,
        attempt: u32,
    ) -> Option<OpenConsumer> {
        let key = job.key.clone();
        let spans = JobSpans::of(&self.traces, &held.delivery.message, &key.uuid);
        let begun = Timestamp::now();
        registered.begin(begun);
        if let Some(created) = key.created_at {
            self.metrics.took(Phase::Queue, ended::between(created, begun));
        }
        self.metrics.begun(attempt);
        tracing::info!(attempt, "job begins");
        let origin = Origin::of(&held.delivery, key.clone(), attempt);
        if let Some(spans) = &spans {
            let queued_at = MessageHeaders::of(&held.delivery.message).queued_at.or(key.created_at);
            spans.waited(queued_at.unwrap_or(begun));
        }
        let (order, input_files) = self.order(job, traced(spans.as_ref()));
        let running = Running { since: begun, executor: self.executor.clone(), attempt };
        let beginning = Beginning { order, input_files: &input_files, key, running, spans: spans.as_ref() };
        let ended = tokio::select! {
            ended = self.in_a_slot(slot, beginning, &registered) => ended,
            () = registered.handed_back.cancelled() => {
                self.metrics.ended(DeliveryEnd::HandedBack);
                let held = registered.leave().unwrap_or(held);
                self.hand_back(held, attempt).await;
                return None;
            }
        };
        self.metrics.took(Phase::Run, ended::between(begun, Timestamp::now()));
        let ended = self.keep_files(ended, &origin, begun, &input_files).await?;
        self.metrics.ended(ended.counts_as);
        tracing::info!(outcome = %ended.end.outcome, duration_ms = ended.end.duration, "job ended");
        let publishing = Timestamp::now();
        let published = self.publish_result(&origin, &ended).await;
        self.metrics.took(Phase::Publish, ended::between(publishing, Timestamp::now()));
        if let Some(spans) = &spans {
            spans.published(publishing);
        }
        let adopted = if published.is_ok() { registered.end() } else { registered.leave() };
        self.settle(adopted.unwrap_or(held), published).await
    }

    /// What a slot is told of a job, and the files that come with the job.
    fn order(&self, job: JobMessage, traced: Traced) -> (JobOrder, Vec<JobFile>) {
        let keeps = self.files.is_there();
        let said = job.record.unwrap_or_default();
        let record = match said.when.unwrap_or(self.defaults.record) {
            record if keeps => record,
            Record::Never => Record::Never,
            // What happens is written for the trace, and kept by nobody.
            _ if traced == Traced::Yes => Record::Failed,
            _ => Record::Never,
        };
        let order = JobOrder {
            uuid: job.key.uuid,
            code: job.code,
            vars: job.vars,
            modules: job.modules,
            timeout: job.timeout.unwrap_or(self.defaults.timeout),
            network: job.network,
            network_token: job.network_token,
            http_proxy: false,
            api: job.api,
            language: job.language,
            ignore_https_errors: job.ignore_https_errors,
            record,
            record_bodies: said.bodies.unwrap_or(self.defaults.record_bodies),
            // Results must not name a file that nobody keeps.
            result_files: keeps.then_some(job.result_files),
        };
        (order, job.input_files)
    }

    /// Stores the files that a job left, and its recording. `None` when the executor stops meanwhile: the delivery goes back with
    /// its consumer, and another executor runs the job.
    async fn keep_files(
        &self,
        mut ended: Ended,
        origin: &Origin,
        begun: Timestamp,
        input_files: &[JobFile],
    ) -> Option<Ended> {
        let taken = std::mem::take(&mut ended.end.files);
        let recording = ended.recording.take().filter(|_| self.files.is_there()).map(|contents| {
            let (executor, end) = (self.executor.clone(), &ended.end);
            let (outcome, error, error_at) = (end.outcome, end.error.clone(), end.error_at.clone());
            let (job, attempt) = (origin.key.uuid.clone(), origin.attempt);
            (contents, Subject { job, attempt, executor, began_at: begun, outcome, error, error_at })
        });
        let (kept, lost) = self.files.keep(&origin.key, origin.attempt, input_files, &taken, recording).await;
        let warning = |message| LogEntry { time: Timestamp::now(), level: Level::Warn, message };
        ended.logs.extend(lost.map(warning));
        match kept {
            Kept::Stored(files) => ended.files = files,
            Kept::Dropped(message) => ended.logs.push(warning(message)),
            Kept::Failed(error) => ended.fail(error),
            Kept::Stopped => return None,
        }
        Some(ended)
    }

    /// Runs a job in this slot, or in another when this one is lost before the job begins.
    async fn in_a_slot(&self, mut slot: IdleSlot, beginning: Beginning<'_>, registered: &Registered) -> Ended {
        let Beginning { order, input_files, key, running, spans } = beginning;
        let (begun, timeout, attempt) = (running.since, order.timeout, running.attempt);
        let mut preparing = SystemTime::now();
        let log = self.events.of_job(key.clone(), running);
        let cancelled = &registered.cancelled;
        let mut tries = 1;
        loop {
            if let Err((outcome, error)) = self.put_input(&slot, &key, input_files, cancelled).await {
                slot.give_back_with_files();
                return Ended::not_started(DeliveryEnd::Job(outcome), outcome, error);
            }
            let (live, watched) = Live::begin(log.clone(), slot.ring());
            let following = AbortOnDropHandle::new(tokio::spawn(live.follow()));
            if let Some(spans) = spans {
                spans.prepared(preparing);
            }
            let (began, traced) = (SystemTime::now(), traced(spans));
            let running = slot.run(order.clone(), cancelled, ended::CANCELLED, watched, traced, |entry| log.add(entry));
            let (end, recording, events) = running.await;
            drop(following);
            let ended = match end {
                Err(SlotError::NotBegun(error)) if tries < SLOT_TRIES => {
                    tracing::warn!(error = %Chain(&*error), "a slot was lost before the job began, taking another");
                    preparing = SystemTime::now();
                    slot = tokio::select! {
                        slot = self.slots.idle() => slot,
                        // There may be none for long.
                        () = cancelled.cancelled() => {
                            let outcome = Outcome::Cancelled;
                            return Ended::not_started(DeliveryEnd::Job(outcome), outcome, ended::CANCELLED);
                        }
                    };
                    tries += 1;
                    continue;
                }
                Ok(end) => Ended::by_itself(end, log.take_entries(), cancelled.is_cancelled()),
                Err(error) => {
                    Ended::with_its_slot(&error, log.take_entries(), begun, timeout, cancelled.is_cancelled())
                }
            };
            if let Some(spans) = spans {
                spans.ran(began, attempt, ended.end.outcome, &events);
            }
            return Ended { recording, ..ended };
        }
    }

    /// Puts the files that came with a job where its code finds them. The error is the job's end.
    async fn put_input(
        &self,
        slot: &IdleSlot,
        key: &JobKey,
        files: &[JobFile],
        cancelled: &CancellationToken,
    ) -> Result<(), (Outcome, String)> {
        if files.is_empty() {
            return Ok(());
        }
        let folder = slot.job_folder().map_err(|error| (Outcome::Failed, format!("The job has no folder: {error}")))?;
        tokio::select! {
            fetched = self.files.fetch(key, files, &folder) => fetched.map_err(|error| (Outcome::Failed, error)),
            () = cancelled.cancelled() => Err((Outcome::Cancelled, ended::CANCELLED.to_owned())),
        }
    }
}

/// Whether the events of a job are wanted for its spans.
fn traced(spans: Option<&JobSpans>) -> Traced {
    if spans.is_some() { Traced::Yes } else { Traced::No }
}
