//! The parent: takes deliveries off the queue, gives each to a free slot, publishes the result and acks last.
//!
//! There is a [`lane`] per slot, each with a consumer of its own and a prefetch of one. So the executor holds as many jobs
//! as it runs, and a broker that takes a late delivery back, channel and all, takes no neighbours along.
//!
//! Invariant: a delivery is acked only after its result is confirmed by the broker, so a job whose executor dies comes
//! back. Whether one that comes begins is a [`decision`]. One that comes back while it runs here, or after it has ended
//! here, is known: see [`job_registry`](crate::job_registry).

mod decision;
mod ended;
mod lane;
mod publishing;

use std::sync::Arc;
use std::time::Duration;

use job_model::{JobFile, Level, LogEntry, Outcome, Record, Running, Timestamp};
use job_queue::{Consumer, JobQueue, QueueError, Requeue};
use service::Chain;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use crate::attempts::Past;
use crate::draining::Draining;
use crate::events::EventPublisher;
use crate::file_store::{FileStore, Kept};
use crate::job_message::{JobKey, JobMessage, Unreadable};
use crate::job_registry::{Arrival, Held, JobRegistry, Registered, Waiting};
use crate::live::Live;
use crate::message_headers::MessageHeaders;
use crate::metrics::{DeliveryEnd, Metrics, Phase};
use crate::orders::Orders;
use crate::protocol::JobOrder;
use crate::recorder::Subject;
use crate::result_message::Origin;
use crate::slot::SlotError;
use crate::slots::{IdleSlot, SlotPool};
use decision::Decision;
use ended::Ended;

/// How long jobs may take to be handed back.
const HAND_BACK: Duration = Duration::from_secs(5);
/// Slots that may be lost before a job begins in one.
const SLOT_TRIES: usize = 3;

/// How jobs are treated that do not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    /// Longest time the code may run.
    pub(crate) timeout: Duration,
    /// How many executors may begin a job.
    pub(crate) max_attempts: u32,
    /// When recordings are kept.
    pub(crate) record: Record,
}

/// Takes deliveries and sees each one through.
pub(crate) struct Worker {
    /// Where jobs come from and results go.
    pub(crate) queue: Arc<dyn JobQueue>,
    /// Where jobs run.
    pub(crate) slots: Arc<SlotPool>,
    /// Which jobs are here.
    pub(crate) registry: JobRegistry,
    /// Which are cancelled.
    pub(crate) orders: Orders,
    /// Who is told meanwhile.
    pub(crate) events: EventPublisher,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Where files come from and go.
    pub(crate) files: FileStore,
    /// For jobs that do not say.
    pub(crate) defaults: Defaults,
    /// The executor's name.
    pub(crate) executor: String,
    /// Cancelled when the executor is to end.
    pub(crate) stop: CancellationToken,
    /// On when no more jobs are taken for now.
    pub(crate) draining: Draining,
}

impl Worker {
    /// Works until told to stop; then lets what runs finish within `grace` and hands the rest back.
    pub(crate) async fn run(self: Arc<Self>, grace: Duration) {
        let mut lanes = JoinSet::new();
        for _ in 0..self.slots.size().get() {
            lanes.spawn(Arc::clone(&self).lane());
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(ended) = lanes.join_next() => {
                    if let Err(panic) = ended {
                        tracing::error!(%panic, "a lane panicked, its delivery goes back to the queue");
                    }
                    lanes.spawn(Arc::clone(&self).lane());
                }
            }
        }
        self.drain(lanes, grace).await;
    }

    async fn drain(&self, mut lanes: JoinSet<()>, grace: Duration) {
        let jobs = self.registry.count();
        if jobs > 0 {
            tracing::info!(jobs, grace_ms = grace.as_millis(), "finishing the jobs that run");
        }
        if tokio::time::timeout(grace, all(&mut lanes)).await.is_ok() {
            return;
        }
        tracing::info!(jobs = self.registry.count(), "handing the jobs that still run back to the queue");
        self.registry.hand_all_back();
        if tokio::time::timeout(HAND_BACK, all(&mut lanes)).await.is_err() {
            tracing::error!(jobs = self.registry.count(), "gave up on jobs that could not be handed back");
        }
    }

    /// One delivery to its end; the consumer to go on with.
    async fn handle(
        &self,
        held: Held,
        job: Result<JobMessage, Unreadable>,
        waiting: Option<Waiting>,
        slot: IdleSlot,
    ) -> Option<Box<dyn Consumer>> {
        match job {
            Ok(job) => {
                let span = tracing::info_span!("job", job.id = %job.key.uuid);
                self.attempt(held, job, waiting, slot).instrument(span).await
            }
            Err(Unreadable::NoUuid { reason }) => {
                slot.give_back();
                tracing::error!(reason, "dropped a job message without a usable uuid");
                self.metrics.ended(DeliveryEnd::Unreadable);
                settled(held.delivery.nack(Requeue::No).await);
                Some(held.consumer)
            }
            Err(Unreadable::BadJob { key, reason }) => {
                slot.give_back();
                tracing::warn!(job.id = %key.uuid, reason, "ended a job that could not be read");
                let text = format!("The job could not be read: {reason}");
                let ended = Ended::not_started(DeliveryEnd::Unreadable, Outcome::Failed, text);
                self.finish(held, *key, 0, ended).await
            }
        }
    }

    async fn attempt(
        &self,
        held: Held,
        job: JobMessage,
        waiting: Option<Waiting>,
        slot: IdleSlot,
    ) -> Option<Box<dyn Consumer>> {
        let attempt = MessageHeaders::of(&held.delivery.message).attempt;
        let arrival = self.registry.arrive(&job.key, attempt, held);
        drop(waiting);
        let (registered, held) = match arrival {
            Arrival::New(registered, held) => (registered, held),
            Arrival::Adopted => {
                slot.give_back();
                tracing::info!("the job runs here already and took over its second delivery");
                return None;
            }
            Arrival::Ended(held) => {
                slot.give_back();
                tracing::info!("the job's result is published already");
                settled(held.delivery.ack().await);
                return Some(held.consumer);
            }
        };
        let past = Past { redelivered: held.delivery.redelivered, begun: None };
        let decision = self.decide(&registered, &held.delivery.message, past, &job).await;
        if let Decision::Begin { attempt } = decision {
            return self.run_job(held, registered, job, slot, attempt).await;
        }
        slot.give_back();
        // A copy may come here before this is over: it must not find its job here.
        let held = registered.leave().unwrap_or(held);
        match decision {
            Decision::Begin { .. } => None,
            Decision::Unwanted { why } => {
                tracing::info!("the job is not begun: {why}");
                self.metrics.ended(DeliveryEnd::Unwanted);
                self.settle(held, Ok(())).await
            }
            Decision::HandBack => {
                self.metrics.ended(DeliveryEnd::HandedBack);
                self.hand_back_as_it_came(held, attempt).await;
                None
            }
            Decision::CountAgain { message } => {
                tracing::info!("the job's executor was lost, sending the job round again");
                self.send_round(held, job, message).await
            }
            Decision::GiveUp { attempts, max_attempts } => {
                tracing::warn!(attempts, "giving the job up");
                let text = ended::given_up(attempts, max_attempts);
                let ended = Ended::not_started(DeliveryEnd::Job(Outcome::GivenUp), Outcome::GivenUp, text);
                self.finish(held, job.key, attempts, ended).await
            }
        }
    }

    async fn run_job(
        &self,
        held: Held,
        registered: Registered,
        job: JobMessage,
        slot: IdleSlot,
        attempt: u32,
    ) -> Option<Box<dyn Consumer>> {
        let JobMessage { key, code, vars, modules, input_files, timeout, network, network_token, .. } = job;
        let timeout = timeout.unwrap_or(self.defaults.timeout);
        let record = if self.files.is_there() { job.record.unwrap_or(self.defaults.record) } else { Record::Never };
        let begun = Timestamp::now();
        registered.begin(begun);
        if let Some(created) = key.created_at {
            self.metrics.took(Phase::Queue, ended::between(created, begun));
        }
        self.metrics.begun(attempt);
        tracing::info!(attempt, "job begins");
        let origin = Origin::of(&held.delivery, key.clone(), attempt);
        let uuid = key.uuid.clone();
        let order = JobOrder {
            uuid,
            code,
            vars,
            modules,
            timeout,
            network,
            network_token,
            http_proxy: false,
            api: job.api,
            language: job.language,
            ignore_https_errors: job.ignore_https_errors,
            record,
            // Results must not name a file that nobody keeps.
            result_files: self.files.is_there().then_some(job.result_files),
        };
        let running = Running { since: begun, executor: self.executor.clone(), attempt };
        let mut ended = tokio::select! {
            ended = self.in_a_slot(slot, order, &input_files, key, running, &registered) => ended,
            () = registered.handed_back.cancelled() => {
                self.metrics.ended(DeliveryEnd::HandedBack);
                let held = registered.leave().unwrap_or(held);
                self.hand_back(held, attempt).await;
                return None;
            }
        };
        self.metrics.took(Phase::Run, ended::between(begun, Timestamp::now()));
        let taken = std::mem::take(&mut ended.end.files);
        let recording = ended.recording.take().map(|contents| {
            let (executor, end) = (self.executor.clone(), &ended.end);
            let (outcome, error, error_at) = (end.outcome, end.error.clone(), end.error_at.clone());
            let job = origin.key.uuid.clone();
            (contents, Subject { job, attempt, executor, began_at: begun, outcome, error, error_at })
        });
        let (kept, lost) = self.files.keep(&origin.key, attempt, &input_files, &taken, recording).await;
        if let Some(message) = lost {
            ended.logs.push(LogEntry { time: Timestamp::now(), level: Level::Warn, message });
        }
        match kept {
            Kept::Stored(files) => ended.files = files,
            Kept::Dropped(message) => {
                ended.logs.push(LogEntry { time: Timestamp::now(), level: Level::Warn, message });
            }
            Kept::Failed(error) => ended.fail(error),
            // The delivery goes back with its consumer: another executor runs the job.
            Kept::Stopped => return None,
        }
        drop(taken);
        self.metrics.ended(ended.counts_as);
        tracing::info!(outcome = %ended.end.outcome, duration_ms = ended.end.duration, "job ended");
        let publishing = Timestamp::now();
        let published = self.publish_result(&origin, &ended).await;
        self.metrics.took(Phase::Publish, ended::between(publishing, Timestamp::now()));
        let adopted = if published.is_ok() { registered.end() } else { registered.leave() };
        self.settle(adopted.unwrap_or(held), published).await
    }

    /// Runs a job in this slot, or in another when this one is lost before the job begins.
    async fn in_a_slot(
        &self,
        mut slot: IdleSlot,
        order: JobOrder,
        input_files: &[JobFile],
        key: JobKey,
        running: Running,
        registered: &Registered,
    ) -> Ended {
        let (begun, timeout) = (running.since, order.timeout);
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
            let running = slot.run(order.clone(), cancelled, ended::CANCELLED, watched, |entry| log.add(entry));
            let (end, recording) = running.await;
            drop(following);
            match end {
                Err(SlotError::NotBegun(error)) if tries < SLOT_TRIES => {
                    tracing::warn!(error = %Chain(&*error), "a slot was lost before the job began, taking another");
                    slot = self.slots.idle().await;
                    tries += 1;
                }
                Ok(end) => {
                    let ended = Ended::by_itself(end, log.take_entries(), cancelled.is_cancelled());
                    return Ended { recording, ..ended };
                }
                Err(error) => {
                    let logs = log.take_entries();
                    let ended = Ended::with_its_slot(&error, logs, begun, timeout, cancelled.is_cancelled());
                    return Ended { recording, ..ended };
                }
            }
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

    /// Publishes the end of a job that did not run here.
    async fn finish(&self, held: Held, key: JobKey, attempt: u32, ended: Ended) -> Option<Box<dyn Consumer>> {
        self.metrics.ended(ended.counts_as);
        let published = self.publish_result(&Origin::of(&held.delivery, key, attempt), &ended).await;
        self.settle(held, published).await
    }

    /// Settles a delivery according to what became of its message.
    async fn settle(&self, held: Held, published: Result<(), QueueError>) -> Option<Box<dyn Consumer>> {
        let Held { delivery, consumer } = held;
        match published {
            Ok(()) => settled(delivery.ack().await),
            // Nothing of it can be published, now or later: it must not block the queue.
            Err(QueueError::Refused { .. }) => settled(delivery.nack(Requeue::No).await),
            // The executor ends; the delivery goes back with its consumer.
            Err(_) => return None,
        }
        Some(consumer)
    }
}

async fn all(lanes: &mut JoinSet<()>) {
    while lanes.join_next().await.is_some() {}
}

/// A delivery that could not be settled comes back by itself and is known then.
fn settled(outcome: Result<(), QueueError>) {
    if let Err(error) = outcome {
        tracing::warn!(error = %Chain(&error), "failed to settle a delivery, it will come again");
    }
}
