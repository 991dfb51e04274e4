//! A delivery that has come with a free slot: what it is, and what becomes of it.

use job_model::{Outcome, Timestamp};
use job_queue::Requeue;
use tracing::Instrument;

use super::Worker;
use super::decision::Decision;
use super::ended::{self, Ended};
use super::settling::{OpenConsumer, settled};
use crate::attempts::Past;
use crate::job_message::{JobMessage, Unreadable};
use crate::job_registry::{Arrival, Held, Waiting};
use crate::message_headers::MessageHeaders;
use crate::metrics::DeliveryEnd;
use crate::slots::IdleSlot;

impl Worker {
    /// Sees a delivery to its end. Returns the consumer to go on with.
    pub(super) async fn handle(
        &self,
        held: Held,
        job: Result<JobMessage, Unreadable>,
        waiting: Option<Waiting>,
        slot: IdleSlot,
    ) -> Option<OpenConsumer> {
        match job {
            Ok(job) => {
                let span = tracing::info_span!("job", job.id = %job.key.uuid);
                self.attempt(held, job, waiting, slot).instrument(span).await
            }
            Err(Unreadable::NoUuid { reason }) => {
                slot.give_back();
                tracing::error!(reason, "dropped a job message without a usable uuid");
                self.metrics.ended(DeliveryEnd::Unreadable);
                let Held { delivery, consumer, brings, .. } = held;
                settled(delivery.nack(Requeue::No).await);
                OpenConsumer::settled(consumer, brings)
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

    /// Notes the job of a delivery, decides about it and does what is decided.
    async fn attempt(
        &self,
        held: Held,
        job: JobMessage,
        waiting: Option<Waiting>,
        slot: IdleSlot,
    ) -> Option<OpenConsumer> {
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
                let Held { delivery, consumer, brings, .. } = held;
                settled(delivery.ack().await);
                return OpenConsumer::settled(consumer, brings);
            }
        };
        let past = Past { redelivered: held.delivery.redelivered, begun: None };
        let decision = match self.decide(&registered, &held.delivery.message, past, &job).await {
            // Its gateway ends it.
            Decision::Begin { .. } if job.expires_at.is_some_and(|time| time <= Timestamp::now()) => {
                Decision::Unwanted { why: "it has expired" }
            }
            decision => decision,
        };
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
}
