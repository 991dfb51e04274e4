//! A slot's way to its deliveries: one consumer, one delivery after the other.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use job_queue::{Consumer, Delivery, Queue, QueueError};
use service::{Backoff, Chain};

use super::Worker;
use crate::job_message::{JobMessage, Unreadable};
use crate::job_registry::{Held, Waiting};
use crate::message_headers::MessageHeaders;
use crate::slots::IdleSlot;

/// How long a delivery may wait here for a slot that prepares itself before another executor gets it.
const SLOW_SLOT: Duration = Duration::from_secs(3);

/// A consumer and what has come from it.
pub(super) struct Lane {
    consumer: Box<dyn Consumer>,
    arrived: Option<Arrived>,
}

/// A delivery that waits for its slot.
struct Arrived {
    delivery: Delivery,
    job: Result<JobMessage, Unreadable>,
    /// Its place among what the executor says that it holds.
    waiting: Option<Waiting>,
}

impl Lane {
    fn new(consumer: Box<dyn Consumer>) -> Self {
        Self { consumer, arrived: None }
    }

    /// Waits until there is a delivery. Cancel safe.
    async fn fill(&mut self, worker: &Worker) -> Result<(), QueueError> {
        if self.arrived.is_none() {
            let delivery = self.consumer.next().await?;
            self.arrived = Some(worker.note(delivery));
        }
        Ok(())
    }
}

impl Worker {
    /// One delivery after the other, until the executor is to stop. While it drains it has no consumer.
    pub(super) async fn lane(self: Arc<Self>) {
        let mut backoff = Backoff::for_servers();
        let mut lane: Option<Lane> = None;
        loop {
            if self.draining.is_on() {
                if let Some(open) = lane.take() {
                    self.leave(open).await;
                }
                tokio::select! {
                    () = self.stop.cancelled() => break,
                    () = self.draining.until(false) => {}
                }
            }
            let Some(slot) = self.slot_for(&mut lane).await else { break };
            if self.draining.is_on() {
                slot.give_back();
                continue;
            }
            let mut open = match lane.take() {
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
            let filled = tokio::select! {
                biased;
                filled = open.fill(&self) => filled,
                () = self.stop.cancelled() => {
                    slot.give_back();
                    lane = Some(open);
                    break;
                }
                () = self.draining.until(true) => {
                    slot.give_back();
                    lane = Some(open);
                    continue;
                }
            };
            match (filled, open.arrived) {
                (Ok(()), Some(Arrived { delivery, job, waiting })) => {
                    let held = Held { delivery, consumer: open.consumer };
                    lane = self.handle(held, job, waiting, slot).await.map(Lane::new);
                }
                (Ok(()), None) => slot.give_back(),
                (Err(error), _) => {
                    slot.give_back();
                    tracing::warn!(error = %Chain(&error), "lost the job queue, consuming again");
                    if backoff.wait(&self.stop).await.is_err() {
                        break;
                    }
                }
            }
        }
        if let Some(open) = lane {
            self.leave(open).await;
        }
    }

    /// The next slot. Meanwhile a delivery may come, which does not wait for long.
    async fn slot_for(&self, lane: &mut Option<Lane>) -> Option<IdleSlot> {
        let mut slow = std::pin::pin!(tokio::time::sleep(SLOW_SLOT));
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                slot = self.slots.idle() => return Some(slot),
                () = &mut slow, if lane.is_some() => {
                    if let Some(open) = lane.take() {
                        self.leave(open).await;
                    }
                }
                // A consumer that is lost is told to whoever asks next.
                Ok(()) = fill(lane, self), if lane.as_ref().is_some_and(|open| open.arrived.is_none()) => {}
            }
        }
    }

    async fn consume(&self, backoff: &mut Backoff) -> Option<Lane> {
        let consumed = tokio::select! {
            () = self.stop.cancelled() => return None,
            consumed = self.queue.consume(Queue::Jobs, NonZeroU16::MIN) => consumed,
        };
        match consumed {
            Ok(consumer) => {
                backoff.reset();
                tracing::debug!("waiting for jobs");
                Some(Lane::new(consumer))
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "failed to consume jobs, trying again");
                // Stopped or not: the caller looks.
                let _ = backoff.wait(&self.stop).await;
                None
            }
        }
    }

    /// Reads a delivery and notes that it waits here.
    fn note(&self, delivery: Delivery) -> Arrived {
        let job = JobMessage::decode(&delivery.message);
        let attempt = MessageHeaders::of(&delivery.message).attempt;
        let key = match &job {
            Ok(job) => Some(&job.key),
            Err(Unreadable::BadJob { key, .. }) => Some(&**key),
            Err(Unreadable::NoUuid { .. }) => None,
        };
        let waiting = key.map(|key| self.registry.wait(key, attempt));
        Arrived { delivery, job, waiting }
    }

    /// Ends a consumer. A delivery that has come goes to another executor.
    async fn leave(&self, lane: Lane) {
        let Lane { mut consumer, arrived } = lane;
        let delivery = match arrived {
            Some(arrived) => arrived.delivery,
            None => {
                // Without an answer the broker takes back what it may have sent.
                if consumer.cancel().await.is_err() {
                    return;
                }
                let Ok(delivery) = consumer.next().await else { return };
                delivery
            }
        };
        let attempt = MessageHeaders::of(&delivery.message).attempt;
        self.hand_back_as_it_came(Held { delivery, consumer }, attempt).await;
    }
}

async fn fill(lane: &mut Option<Lane>, worker: &Worker) -> Result<(), QueueError> {
    match lane {
        Some(open) => open.fill(worker).await,
        None => std::future::pending().await,
    }
}
