//! The parent: takes deliveries off the queue, gives each to a free slot, publishes the result and acks last.
//!
//! Invariant: a delivery is acked only after its result is confirmed by the broker, so a job whose executor dies comes
//! back. A job that comes back is counted: see [`attempts`](crate::attempts).

use std::sync::Arc;
use std::time::Duration;

use job_model::{JobResult, Level, LogEntry, Timestamp};
use job_queue::{Consumer, Delivery, JobQueue, Message, Queue, QueueError, Requeue};
use service::Backoff;
use service::retry::Chain;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::attempts::{self, Verdict};
use crate::events::EventPublisher;
use crate::job_message::{JobMessage, Unreadable};
use crate::protocol::JobOrder;
use crate::running::{Registered, Running};
use crate::slot::SlotError;
use crate::slots::{IdleSlot, SlotPool};

/// How long a result is tried to be published after the executor was told to stop.
const LAST_PUBLISH: Duration = Duration::from_secs(10);

/// How jobs are treated that do not say.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// Longest time the code may run.
    pub timeout: Duration,
    /// How many executors may begin a job.
    pub max_attempts: u32,
}

/// Takes deliveries and sees each one through.
pub struct Worker {
    /// Where jobs come from and results go.
    pub queue: Arc<dyn JobQueue>,
    /// Where jobs run.
    pub slots: Arc<SlotPool>,
    /// Which jobs run.
    pub running: Running,
    /// Who is told meanwhile.
    pub events: EventPublisher,
    /// For jobs that do not say.
    pub defaults: Defaults,
    /// Cancelled when the executor is to end.
    pub stop: CancellationToken,
}

impl Worker {
    /// Works until told to stop; then lets what runs finish within `grace` and hands the rest back.
    pub async fn run(self: Arc<Self>, grace: Duration) {
        let jobs = TaskTracker::new();
        let mut backoff = Backoff::for_servers();
        while !self.stop.is_cancelled() {
            let consumed = tokio::select! {
                () = self.stop.cancelled() => break,
                consumed = self.queue.consume(Queue::Jobs, self.slots.size()) => consumed,
            };
            match consumed {
                Ok(mut consumer) => {
                    backoff.reset();
                    tracing::info!(prefetch = self.slots.size(), "waiting for jobs");
                    match self.consume(consumer.as_mut(), &jobs).await {
                        // Deliveries can be settled only while their consumer lives.
                        Ok(()) => return self.drain(&jobs, grace).await,
                        Err(error) => tracing::warn!(error = %Chain(&error), "lost the job queue, consuming again"),
                    }
                }
                Err(error) => tracing::warn!(error = %Chain(&error), "failed to consume jobs, trying again"),
            }
            if backoff.wait(&self.stop).await.is_err() {
                break;
            }
        }
        self.drain(&jobs, grace).await;
    }

    /// Returns `Ok` when told to stop.
    async fn consume(self: &Arc<Self>, consumer: &mut dyn Consumer, jobs: &TaskTracker) -> Result<(), QueueError> {
        loop {
            let slot = tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                slot = self.slots.idle() => slot,
            };
            let delivery = tokio::select! {
                () = self.stop.cancelled() => {
                    slot.give_back();
                    return Ok(());
                }
                delivery = consumer.next() => match delivery {
                    Ok(delivery) => delivery,
                    Err(error) => {
                        slot.give_back();
                        return Err(error);
                    }
                },
            };
            let worker = Arc::clone(self);
            jobs.spawn(async move { worker.handle(delivery, slot).await });
        }
    }

    async fn drain(&self, jobs: &TaskTracker, grace: Duration) {
        jobs.close();
        if jobs.is_empty() {
            return;
        }
        tracing::info!(jobs = jobs.len(), grace_ms = grace.as_millis(), "finishing the jobs that run");
        if tokio::time::timeout(grace, jobs.wait()).await.is_err() {
            tracing::warn!(jobs = jobs.len(), "handing the jobs that still run back to the queue");
            self.running.hand_all_back();
            if tokio::time::timeout(LAST_PUBLISH, jobs.wait()).await.is_err() {
                tracing::error!(jobs = jobs.len(), "gave up on jobs that neither finished nor could be handed back");
            }
        }
    }

    /// One delivery to its end.
    async fn handle(&self, delivery: Delivery, slot: IdleSlot) {
        match JobMessage::decode(&delivery.message) {
            Ok(job) => {
                let span = tracing::info_span!("job", job.id = %job.uuid);
                self.attempt(delivery, job, slot).instrument(span).await;
            }
            Err(Unreadable::NoUuid { reason }) => {
                slot.give_back();
                tracing::error!(reason, "dropped a job message without a usable uuid");
                settled(delivery.nack(Requeue::No).await);
            }
            Err(Unreadable::BadJob { uuid, reason }) => {
                slot.give_back();
                tracing::warn!(job.id = %uuid, reason, "ended a job that could not be read");
                self.finish(delivery, JobResult::not_started(uuid, format!("The job could not be read: {reason}")))
                    .await;
            }
        }
    }

    async fn attempt(&self, delivery: Delivery, job: JobMessage, slot: IdleSlot) {
        let Some(registered) = self.running.register(&job.uuid) else {
            // It runs here already: this is its delivery again, after the connection of the first one was lost.
            slot.give_back();
            if let Some(late) = self.running.adopt(&job.uuid, delivery) {
                settled(late.nack(Requeue::Yes).await);
            }
            return;
        };
        let max_attempts = job.max_attempts.unwrap_or(self.defaults.max_attempts);
        match attempts::judge(&delivery, max_attempts) {
            Verdict::Begin { attempt } => self.run_job(delivery, registered, job, slot, attempt).await,
            Verdict::CountAgain { message } => {
                slot.give_back();
                tracing::info!("the job's executor was lost, sending the job round again");
                if self.publish(Queue::Jobs, message).await.is_ok() {
                    settled(delivery.ack().await);
                }
            }
            Verdict::GiveUp { attempts } => {
                slot.give_back();
                tracing::warn!(attempts, "giving the job up");
                let text = format!(
                    "The job was given up: its executor was lost {attempts} times while it ran \
                     (max_attempts {max_attempts})"
                );
                self.finish(delivery, JobResult::not_started(job.uuid, text)).await;
            }
        }
    }

    async fn run_job(&self, delivery: Delivery, registered: Registered, job: JobMessage, slot: IdleSlot, attempt: u32) {
        let uuid = job.uuid.clone();
        let timeout = job.timeout.unwrap_or(self.defaults.timeout);
        let order = JobOrder { uuid: job.uuid, code: job.code, vars: job.vars, modules: job.modules, timeout };
        let started_at = Timestamp::now();
        tracing::info!(attempt, "job begins");
        let mut log = self.events.of_job(uuid.clone());
        let outcome = tokio::select! {
            outcome = slot.run(order, &registered.cancelled, |entry| log.add(entry)) => outcome,
            () = registered.handed_back.cancelled() => {
                let delivery = registered.end().unwrap_or(delivery);
                settled(delivery.nack(Requeue::Yes).await);
                return;
            }
        };
        let result = outcome.unwrap_or_else(|error| {
            tracing::error!(error = %Chain(&error), "the job ended its slot");
            slot_lost(uuid, &error, started_at, timeout, registered.cancelled.is_cancelled(), log.into_entries())
        });
        tracing::info!(duration_ms = result.duration, failed = result.error.is_some(), "job ended");
        let published = self.publish_result(&result).await;
        let delivery = registered.end().unwrap_or(delivery);
        if published.is_ok() {
            settled(delivery.ack().await);
        }
    }

    async fn finish(&self, delivery: Delivery, result: JobResult) {
        if self.publish_result(&result).await.is_ok() {
            settled(delivery.ack().await);
        }
    }

    /// Publishes a result, or in its place an error when the broker takes no message that large.
    async fn publish_result(&self, result: &JobResult) -> Result<(), QueueError> {
        let published = self.publish(Queue::JobResults, message(result)).await;
        let Err(QueueError::Refused { reason, .. }) = published else { return published };
        let text = format!("The job's result could not be delivered: {reason}");
        tracing::error!(job.id = %result.uuid, reason, "the broker refused a result");
        let instead =
            JobResult { logs: Vec::new(), results: job_model::Results::new(), error: Some(text), ..result.clone() };
        self.publish(Queue::JobResults, message(&instead)).await
    }

    /// Publishes until it works, or until the executor ends and a last while has passed: an unpublished message's
    /// delivery stays unsettled, so nothing is lost.
    async fn publish(&self, queue: Queue, message: Message) -> Result<(), QueueError> {
        let mut backoff = Backoff::for_servers();
        let gave_up = async {
            self.stop.cancelled().await;
            tokio::time::sleep(LAST_PUBLISH).await;
        };
        tokio::pin!(gave_up);
        loop {
            let error = match self.queue.publish(queue, message.clone()).await {
                Ok(()) => return Ok(()),
                Err(error @ QueueError::Refused { .. }) => return Err(error),
                Err(error) => error,
            };
            tracing::warn!(queue.name = queue.default_name(), error = %Chain(&error), "failed to publish, trying again");
            tokio::select! {
                () = tokio::time::sleep(backoff.next_delay()) => {}
                () = &mut gave_up => return Err(error),
            }
        }
    }
}

/// The result of a job that took its slot with it.
fn slot_lost(
    uuid: job_model::JobId,
    error: &SlotError,
    started_at: Timestamp,
    timeout: Duration,
    cancelled: bool,
    mut logs: Vec<LogEntry>,
) -> JobResult {
    let finished_at = Timestamp::now();
    let text = match error {
        _ if cancelled => "cancelled".to_owned(),
        SlotError::Silent { .. } => script::Limits::deadline_text(timeout),
        other => format!("The process that ran the job was lost: {other}"),
    };
    logs.push(LogEntry { time: finished_at, level: Level::Error, message: text.clone() });
    let duration = u64::try_from(finished_at.unix_millis() - started_at.unix_millis()).unwrap_or(0);
    let (started_at, finished_at) = (Some(started_at), Some(finished_at));
    JobResult { logs, started_at, finished_at, duration, ..JobResult::not_started(uuid, text) }
}

fn message(result: &JobResult) -> Message {
    Message::new(serde_json::to_vec(result).expect("a result has string keys only"))
}

/// A delivery that could not be settled comes back by itself and is known then.
fn settled(outcome: Result<(), QueueError>) {
    if let Err(error) = outcome {
        tracing::warn!(error = %Chain(&error), "failed to settle a delivery, it will come again");
    }
}
