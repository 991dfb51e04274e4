//! One suite for every implementation of [`JobQueue`].
//!
//! A backend's tests call [`job_queue_contract!`](crate::job_queue_contract) with a function that makes [`Parties`];
//! each promise becomes a test of its own. A promise of the seam belongs here and never into one backend's tests.

mod delivery;
mod publishing;
mod questions;
mod settling;
mod taking;
mod topics;

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use crate::{Consumer, Delivery, JobQueue, Message, Queue};

pub use delivery::*;
pub use publishing::*;
pub use questions::*;
pub use settling::*;
pub use taking::*;
pub use topics::*;

/// How long anything that must happen may take. Long, so that only what never happens fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to watch for something that must not happen.
const SILENCE: Duration = Duration::from_millis(300);

/// Two users of the same queues, as a gateway and an executor are. The queues are empty and nobody else's.
pub struct Parties {
    /// One user.
    pub gateway: Arc<dyn JobQueue>,
    /// The other, over its own connection where there are connections.
    pub executor: Arc<dyn JobQueue>,
    /// Whether a message that is given back goes to its old place. A quorum queue may deliver what is behind that first.
    pub keeps_places: bool,
    /// What has to live as long as the queues: a temporary directory, say.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Makes a test of each promise. Takes the path of an `async fn() -> Parties`.
#[macro_export]
macro_rules! job_queue_contract {
    ($parties:path) => {
        $crate::job_queue_contract! { $parties:
            publish_then_consume, a_waiting_consumer_is_woken_by_a_publish, order_is_kept, queues_are_apart,
            headers_survive, a_body_that_is_not_json_survives, an_empty_body_survives, a_big_message_arrives_whole,
            a_thousand_concurrent_publishes_are_confirmed, depth_counts_what_waits, ping_answers,
            prefetch_limits_unsettled, two_consumers_share_and_none_gets_a_message_twice,
            a_dropped_consumer_gives_back_in_the_old_order, an_abandoned_next_loses_nothing,
            ack_removes, nack_requeues_to_the_old_place, nack_drops, acks_from_many_tasks_while_the_consumer_waits,
            a_cancelled_consumer_settles_what_it_has_and_gets_no_more,
            queues_of_priorities_are_there_with_their_first_message, a_taken_message_is_the_first_and_the_only_one,
            a_taken_message_comes_back_with_its_consumer, a_taken_message_is_nobody_elses,
            a_first_delivery_is_not_redelivered, a_delivery_of_a_dropped_consumer_cannot_be_settled,
            a_broadcast_reaches_every_present_subscriber, a_late_subscriber_hears_nothing_old,
            a_broadcast_to_nobody_is_fine, topics_are_apart, broadcasts_keep_their_order,
            a_question_is_answered, questions_are_shared, nobody_to_ask_is_known_at_once,
            a_question_nobody_answers_in_time_is_given_up
        }
    };
    ($parties:path: $($promise:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let parties = $parties().await;
                $crate::contract::$promise(&parties).await;
            }
        )*
    };
}

fn prefetch(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a prefetch in a test is not zero")
}

fn text(body: &str) -> Message {
    Message::new(body.as_bytes().to_vec())
}

fn body(delivery: &Delivery) -> String {
    String::from_utf8_lossy(&delivery.message.body).into_owned()
}

async fn publish(queue: &Arc<dyn JobQueue>, bodies: &[&str]) {
    for body in bodies {
        queue.publish(Queue::Jobs, text(body)).await.expect("publish");
    }
}

async fn consumer(queue: &Arc<dyn JobQueue>, count: u16) -> Box<dyn Consumer> {
    queue.consume(Queue::Jobs, prefetch(count)).await.expect("consume")
}

async fn next(consumer: &mut Box<dyn Consumer>) -> Delivery {
    tokio::time::timeout(PATIENCE, consumer.next()).await.expect("a delivery in time").expect("a delivery")
}

async fn assert_nothing_comes(consumer: &mut Box<dyn Consumer>) {
    let early = tokio::time::timeout(SILENCE, consumer.next()).await;
    assert!(early.is_err(), "nothing was to come, but {early:?} did");
}

/// Waits until the queue says that so many messages wait in it: a broker counts what comes back a moment later.
async fn depth_becomes(queue: &Arc<dyn JobQueue>, expected: u64) {
    let counted = async {
        while queue.depth(Queue::Jobs).await.expect("depth") != expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, counted).await.unwrap_or_else(|_| panic!("the depth never became {expected}"));
}

fn headers<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
