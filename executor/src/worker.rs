//! The parent: takes deliveries off the queue, gives each to a free slot, publishes the result and acks last.
//!
//! There is a lane per slot, each with a consumer of its own and a prefetch of one. So the executor holds as many jobs
//! as it runs, and a broker that takes a late delivery back, channel and all, takes no neighbours along.
//!
//! Invariant: a delivery is acked only after its result is confirmed by the broker, so a job whose executor dies comes
//! back. A job that comes back is counted: see [`attempts`]. One that comes back while it runs
//! here, or after it has ended here, is known: see [`running`](crate::running).

mod publishing;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use job_model::{JobResult, Timestamp};
use job_queue::{Consumer, JobQueue, Queue, QueueError, Requeue};
use service::{Backoff, Chain};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::attempts::{self, Verdict};
use crate::events::EventPublisher;
use crate::job_message::{JobMessage, Unreadable};
use crate::metrics::{Metrics, Outcome, Phase};
use crate::protocol::JobOrder;
use crate::running::{Arrival, Held, Registered, Running};
use crate::slot::SlotError;
use crate::slots::{IdleSlot, SlotPool};
use verdict::Ended;

/// How long a message is tried to be published after the executor was told to stop.
const LAST_PUBLISH: Duration = Duration::from_secs(8);
/// How long jobs may take to be handed back.
const HAND_BACK: Duration = Duration::from_secs(5);
/// How long a delivery may wait here for a slot that prepares itself before another executor gets it.
const SLOW_SLOT: Duration = Duration::from_secs(3);
/// Slots that may be lost before a job begins in one.
const SLOT_TRIES: usize = 3;

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
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// For jobs that do not say.
    pub defaults: Defaults,
    /// Cancelled when the executor is to end.
    pub stop: CancellationToken,
}

impl Worker {
    /// Works until told to stop; then lets what runs finish within `grace` and hands the rest back.
    pub async fn run(self: Arc<Self>, grace: Duration) {
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
        let jobs = self.running.count();
        if jobs > 0 {
            tracing::info!(jobs, grace_ms = grace.as_millis(), "finishing the jobs that run");
        }
        if tokio::time::timeout(grace, all(&mut lanes)).await.is_ok() {
            return;
        }
        tracing::warn!(jobs = self.running.count(), "handing the jobs that still run back to the queue");
        self.running.hand_all_back();
        if tokio::time::timeout(HAND_BACK, all(&mut lanes)).await.is_err() {
            tracing::error!(jobs = self.running.count(), "gave up on jobs that could not be handed back");
        }
    }

    /// One delivery after the other, until the executor is to stop.
    async fn lane(self: Arc<Self>) {
        let mut backoff = Backoff::for_servers();
        let mut consumer: Option<Box<dyn Consumer>> = None;
        while let Some(slot) = self.slot_for(&mut consumer).await {
            let mut open = match consumer.take() {
                Some(open) => open,
                None => match self.consume(&mut backoff).await {
                    Some(open) => open,
                    None => {
                        slot.give_back();
                        continue;
                    }
                },
            };
            // A delivery goes first: what has come is dealt with.
            let next = tokio::select! {
                biased;
                next = open.next() => next,
                () = self.stop.cancelled() => {
                    slot.give_back();
                    consumer = Some(open);
                    break;
                }
            };
            match next {
                Ok(delivery) => consumer = self.handle(Held { delivery, consumer: open }, slot).await,
                Err(error) => {
                    slot.give_back();
                    tracing::warn!(error = %Chain(&error), "lost the job queue, consuming again");
                    if backoff.wait(&self.stop).await.is_err() {
                        break;
                    }
                }
            }
        }
        if let Some(open) = consumer {
            self.leave(open).await;
        }
    }

    /// A slot that is ready; `None` when the executor is to stop. Meanwhile the consumer may hold the next delivery
    /// already: when the slot takes long, that goes back.
    async fn slot_for(&self, consumer: &mut Option<Box<dyn Consumer>>) -> Option<IdleSlot> {
        let mut slow = std::pin::pin!(tokio::time::sleep(SLOW_SLOT));
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                slot = self.slots.idle() => return Some(slot),
                () = &mut slow, if consumer.is_some() => {
                    if let Some(open) = consumer.take() {
                        self.leave(open).await;
                    }
                }
            }
        }
    }

    async fn consume(&self, backoff: &mut Backoff) -> Option<Box<dyn Consumer>> {
        const ONE: std::num::NonZeroU16 = std::num::NonZeroU16::MIN;
        let consumed = tokio::select! {
            () = self.stop.cancelled() => return None,
            consumed = self.queue.consume(Queue::Jobs, ONE) => consumed,
        };
        match consumed {
            Ok(consumer) => {
                backoff.reset();
                tracing::debug!("waiting for jobs");
                Some(consumer)
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "failed to consume jobs, trying again");
                // Stopped or not: the caller looks.
                let _ = backoff.wait(&self.stop).await;
                None
            }
        }
    }

    /// Ends a consumer. A delivery that it holds goes to the queue's end as it was: given back plainly it would count
    /// as begun.
    async fn leave(&self, mut consumer: Box<dyn Consumer>) {
        let Some(Ok(delivery)) = consumer.next().now_or_never() else { return };
        if delivery.redelivered {
            return settled(delivery.nack(Requeue::Yes).await);
        }
        if self.publish(Queue::Jobs, delivery.message.clone()).await.is_ok() {
            settled(delivery.ack().await);
        }
    }

    /// One delivery to its end; the consumer to go on with.
    async fn handle(&self, held: Held, slot: IdleSlot) -> Option<Box<dyn Consumer>> {
        match JobMessage::decode(&held.delivery.message) {
            Ok(job) => {
                let span = tracing::info_span!("job", job.id = %job.uuid);
                self.attempt(held, job, slot).instrument(span).await
            }
            Err(Unreadable::NoUuid { reason }) => {
                slot.give_back();
                tracing::error!(reason, "dropped a job message without a usable uuid");
                self.metrics.ended(Outcome::Unreadable);
                settled(held.delivery.nack(Requeue::No).await);
                Some(held.consumer)
            }
            Err(Unreadable::BadJob { uuid, reason }) => {
                slot.give_back();
                tracing::warn!(job.id = %uuid, reason, "ended a job that could not be read");
                self.metrics.ended(Outcome::Unreadable);
                let text = format!("The job could not be read: {reason}");
                self.finish(held, JobResult::not_started(uuid, text)).await
            }
        }
    }

    async fn attempt(&self, held: Held, job: JobMessage, slot: IdleSlot) -> Option<Box<dyn Consumer>> {
        let (registered, held) = match self.running.arrive(&job.uuid, held) {
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
        let max_attempts = job.max_attempts.unwrap_or(self.defaults.max_attempts);
        match attempts::judge(&held.delivery, max_attempts) {
            Verdict::Begin { .. } if registered.cancelled.is_cancelled() => {
                drop(registered);
                slot.give_back();
                tracing::info!("the job was cancelled before it came");
                self.metrics.ended(Outcome::Cancelled);
                self.finish(held, JobResult::not_started(job.uuid, verdict::CANCELLED)).await
            }
            Verdict::Begin { attempt } => self.run_job(held, registered, job, slot, attempt).await,
            // The copy may come here before this is over: it must not find its job running.
            Verdict::CountAgain { message } => {
                drop(registered);
                slot.give_back();
                tracing::info!("the job's executor was lost, sending the job round again");
                self.send_round(held, job, message).await
            }
            Verdict::GiveUp { attempts } => {
                drop(registered);
                slot.give_back();
                tracing::warn!(attempts, "giving the job up");
                self.metrics.ended(Outcome::GivenUp);
                let text = verdict::given_up(attempts, max_attempts);
                self.finish(held, JobResult::not_started(job.uuid, text)).await
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
        let timeout = job.timeout.unwrap_or(self.defaults.timeout);
        let begun = Timestamp::now();
        if let Some(created) = job.created_at {
            self.metrics.took(Phase::Queue, verdict::between(created, begun));
        }
        self.metrics.begun(attempt);
        tracing::info!(attempt, "job begins");
        let order = JobOrder { uuid: job.uuid, code: job.code, vars: job.vars, modules: job.modules, timeout };
        let ended = tokio::select! {
            ended = self.in_a_slot(slot, order, &registered) => ended,
            () = registered.handed_back.cancelled() => {
                self.metrics.ended(Outcome::HandedBack);
                let held = registered.leave().unwrap_or(held);
                settled(held.delivery.nack(Requeue::Yes).await);
                return Some(held.consumer);
            }
        };
        self.metrics.ended(ended.outcome);
        self.metrics.took(Phase::Run, verdict::between(begun, Timestamp::now()));
        tracing::info!(outcome = ?ended.outcome, duration_ms = ended.result.duration, "job ended");
        let publishing = Timestamp::now();
        let published = self.publish_result(&ended.result).await;
        self.metrics.took(Phase::Publish, verdict::between(publishing, Timestamp::now()));
        let adopted = if published.is_ok() { registered.end() } else { registered.leave() };
        self.settle(adopted.unwrap_or(held), published).await
    }

    /// Runs a job in this slot, or in another when this one is lost before the job begins.
    async fn in_a_slot(&self, slot: IdleSlot, order: JobOrder, registered: &Registered) -> Ended {
        let begun = Timestamp::now();
        let mut log = self.events.of_job(order.uuid.clone());
        let (uuid, timeout) = (order.uuid.clone(), order.timeout);
        let cancelled = &registered.cancelled;
        let mut slot = slot;
        for _ in 1..SLOT_TRIES {
            match slot.run(order.clone(), cancelled, |entry| log.add(entry)).await {
                Err(SlotError::NotBegun(error)) => {
                    tracing::warn!(error = %Chain(&*error), "a slot was lost before the job began, taking another");
                    slot = self.slots.idle().await;
                }
                Ok(result) => return Ended::by_itself(result, timeout),
                Err(error) => {
                    return Ended::with_its_slot(&uuid, &error, begun, timeout, cancelled, log.into_entries());
                }
            }
        }
        match slot.run(order, cancelled, |entry| log.add(entry)).await {
            Ok(result) => Ended::by_itself(result, timeout),
            Err(error) => Ended::with_its_slot(&uuid, &error, begun, timeout, cancelled, log.into_entries()),
        }
    }

    async fn finish(&self, held: Held, result: JobResult) -> Option<Box<dyn Consumer>> {
        let published = self.publish_result(&result).await;
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
