//! A slot's way to its deliveries: one consumer, one delivery after the other.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use job_queue::{Consumer, Delivery, Queue, QueueError};
use service::{Backoff, Chain};

use super::Worker;
use super::priorities::Turn;
use super::settling::{OpenConsumer, settled};
use crate::job_message::{JobMessage, Unreadable};
use crate::job_registry::{Brings, Held, Waiting};
use crate::message_headers::MessageHeaders;
use crate::slots::IdleSlot;

/// How long a delivery may wait here for a slot that prepares itself before another executor gets it.
const SLOW_SLOT: Duration = Duration::from_secs(3);

/// A consumer of ordinary jobs and what has come from it.
struct Lane {
    consumer: Box<dyn Consumer>,
    /// The delivery of a job that has ended. The next one comes once this one is settled.
    ended: Option<Delivery>,
    arrived: Option<Arrived>,
    brings: Brings,
}

/// A delivery that waits for its slot.
struct Arrived {
    delivery: Delivery,
    job: Result<JobMessage, Unreadable>,
    /// Its place among what the executor says that it holds.
    waiting: Option<Waiting>,
}

/// A delivery that its lane deals with now.
struct Taken {
    held: Held,
    job: Result<JobMessage, Unreadable>,
    waiting: Option<Waiting>,
    /// Of a job of another priority, kept until it has ended.
    turn: Option<Turn>,
}

/// What a lane goes on with.
enum Next {
    /// A delivery.
    Job(Box<Taken>),
    /// No delivery: the caller looks whether to stop or to drain.
    Nothing,
}

impl Lane {
    fn new(open: OpenConsumer) -> Self {
        Self { consumer: open.consumer, ended: open.ended, arrived: None, brings: Brings::More }
    }

    /// Lets the next delivery come.
    async fn settle(&mut self) {
        if let Some(ended) = self.ended.take() {
            settled(ended.ack().await);
        }
    }

    /// Waits until there is a delivery. Cancel safe.
    async fn fill(&mut self, worker: &Worker) -> Result<(), QueueError> {
        if self.arrived.is_none() {
            let delivery = self.consumer.next().await?;
            self.arrived = Some(worker.note(delivery));
        }
        Ok(())
    }

    /// Ends the consumer. False when a delivery was on its way, which is there now.
    async fn end(&mut self, worker: &Worker) -> bool {
        self.brings = Brings::Nothing;
        // Without an answer the broker takes back what it may have sent.
        if self.consumer.cancel().await.is_err() {
            return true;
        }
        self.fill(worker).await.is_err()
    }

    /// The delivery that has come.
    fn take(self) -> Option<Next> {
        let Arrived { delivery, job, waiting } = self.arrived?;
        let held = Held { delivery, consumer: self.consumer, queue: Queue::Jobs, brings: self.brings };
        Some(Next::Job(Box::new(Taken { held, job, waiting, turn: None })))
    }
}

impl Worker {
    /// One delivery after the other, until the executor is to stop. While it drains it has no consumer.
    pub(super) async fn lane(self: Arc<Self>) {
        let mut backoff = Backoff::for_servers();
        let mut lane: Option<Lane> = None;
        // That of the last job, until there is a slot for the next one: meanwhile the lane can take none.
        let mut last_turn = None;
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
            drop(last_turn.take());
            self.let_next_come(&mut lane).await;
            if self.draining.is_on() {
                slot.give_back();
                continue;
            }
            self.free_lanes.fetch_add(1, Ordering::Relaxed);
            let next = self.next(&mut lane, &mut backoff).await;
            self.free_lanes.fetch_sub(1, Ordering::Relaxed);
            match next {
                Next::Job(taken) => {
                    let Taken { held, job, waiting, turn } = *taken;
                    self.priorities.taken(held.queue);
                    lane = self.handle(held, job, waiting, slot).await.map(Lane::new);
                    last_turn = turn;
                    // Nobody else could take the next one earlier.
                    if self.free_lanes.load(Ordering::Relaxed) == 0 {
                        self.let_next_come(&mut lane).await;
                    }
                }
                Next::Nothing => {
                    slot.give_back();
                    if self.stop.is_cancelled() {
                        break;
                    }
                }
            }
        }
        if let Some(open) = lane {
            self.leave(open).await;
        }
    }

    /// Lets the next delivery come.
    async fn let_next_come(&self, lane: &mut Option<Lane>) {
        let Some(open) = lane else { return };
        // Others may go first now: with the last one settled, the next ordinary job would be here before anybody could ask.
        let ends = open.ended.is_some() && self.priorities.others_may_go() && open.consumer.cancel().await.is_ok();
        open.settle().await;
        if ends {
            *lane = None;
        }
    }

    /// The next delivery for a free slot: an ordinary one, unless it is the turn of one of another priority.
    async fn next(&self, lane: &mut Option<Lane>, backoff: &mut Backoff) -> Next {
        // What has come is dealt with.
        let has_come = lane.as_ref().is_some_and(|open| open.arrived.is_some());
        let mut turn = if has_come { None } else { self.priorities.turn() };
        loop {
            if let Some(turn) = turn.take()
                && let Some(next) = self.take_first(lane, turn).await
            {
                return next;
            }
            let mut open = match lane.take() {
                Some(open) => open,
                None => match self.consume(backoff).await {
                    Some(open) => open,
                    None => return Next::Nothing,
                },
            };
            // A delivery goes first: what has come is dealt with.
            tokio::select! {
                biased;
                filled = open.fill(self) => {
                    let Err(error) = filled else { return open.take().unwrap_or(Next::Nothing) };
                    tracing::warn!(error = %Chain(&error), "lost the job queue, consuming again");
                    // Stopped or not: the caller looks.
                    let _ = backoff.wait(&self.stop).await;
                    return Next::Nothing;
                }
                () = self.stop.cancelled() => {
                    *lane = Some(open);
                    return Next::Nothing;
                }
                () = self.draining.until(true) => {
                    *lane = Some(open);
                    return Next::Nothing;
                }
                claimed = self.priorities.claim() => {
                    *lane = Some(open);
                    turn = Some(claimed);
                }
            }
        }
    }

    /// Takes a job of another priority. The consumer of ordinary ones ends first: two deliveries are one too many for one
    /// slot. One that comes meanwhile is the next.
    async fn take_first(&self, lane: &mut Option<Lane>, turn: Turn) -> Option<Next> {
        let queue = turn.queue;
        if let Some(mut open) = lane.take()
            && !open.end(self).await
        {
            return open.take();
        }
        let taken = self.queue.take(queue).await.unwrap_or_else(|error| {
            tracing::warn!(queue.name = queue.default_name(), error = %Chain(&error), "failed to take a job");
            None
        });
        let Some((delivery, consumer)) = taken else {
            self.priorities.none_left(queue);
            return None;
        };
        let Arrived { delivery, job, waiting } = self.note(delivery);
        let held = Held { delivery, consumer, queue, brings: Brings::Nothing };
        Some(Next::Job(Box::new(Taken { held, job, waiting, turn: Some(turn) })))
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
                // The next caller hears that the consumer is lost.
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
                Some(Lane::new(OpenConsumer { consumer, ended: None }))
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
    async fn leave(&self, mut lane: Lane) {
        lane.settle().await;
        let Lane { mut consumer, arrived, brings, .. } = lane;
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
        self.hand_back_as_it_came(Held { delivery, consumer, queue: Queue::Jobs, brings }, attempt).await;
    }
}

async fn fill(lane: &mut Option<Lane>, worker: &Worker) -> Result<(), QueueError> {
    match lane {
        Some(open) => open.fill(worker).await,
        None => std::future::pending().await,
    }
}
