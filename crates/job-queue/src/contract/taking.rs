//! Messages that are taken one at a time, and the queues of jobs with a priority.

use futures::future::join_all;

use super::{Parties, assert_nothing_comes, body, text};
use crate::Queue::{self, Jobs, JobsHigh, JobsLow};

/// Nobody has to make them, and nobody finds anything in them before.
pub async fn queues_of_priorities_are_there_with_their_first_message(parties: &Parties) {
    for queue in [JobsHigh, JobsLow] {
        assert_eq!(parties.executor.depth(queue).await.expect("depth"), 0);
        assert!(parties.executor.take(queue).await.expect("take").is_none());
        parties.gateway.publish(queue, text(queue.default_name())).await.expect("publish");
    }
    for queue in [JobsLow, JobsHigh] {
        assert_eq!(parties.executor.depth(queue).await.expect("depth"), 1);
        let (delivery, _consumer) = parties.executor.take(queue).await.expect("take").expect("a message");
        assert_eq!(body(&delivery), queue.default_name());
        delivery.ack().await.expect("ack");
    }
    assert_eq!(parties.executor.depth(Jobs).await.expect("depth"), 0);
}

/// Its consumer brings no other, and settles it.
pub async fn a_taken_message_is_the_first_and_the_only_one(parties: &Parties) {
    for message in ["first", "second"] {
        parties.gateway.publish(JobsHigh, text(message)).await.expect("publish");
    }
    let (delivery, mut consumer) = parties.executor.take(JobsHigh).await.expect("take").expect("a message");
    assert_eq!((body(&delivery).as_str(), delivery.redelivered), ("first", false));
    assert!(consumer.next().await.is_err(), "it brings no other");
    consumer.cancel().await.expect("there is nothing to cancel");
    delivery.ack().await.expect("ack");
    drop(consumer);
    let (delivery, _consumer) = parties.executor.take(JobsHigh).await.expect("take").expect("a message");
    assert_eq!(body(&delivery), "second");
}

/// Unsettled, it is given back as of any other consumer.
pub async fn a_taken_message_comes_back_with_its_consumer(parties: &Parties) {
    parties.gateway.publish(JobsLow, text("job")).await.expect("publish");
    let taken = parties.executor.take(JobsLow).await.expect("take").expect("a message");
    assert!(parties.executor.take(JobsLow).await.expect("take").is_none());
    drop(taken);
    let again = async {
        loop {
            if let Some((delivery, _consumer)) = parties.executor.take(JobsLow).await.expect("take") {
                return (body(&delivery), delivery.redelivered);
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let again = tokio::time::timeout(super::PATIENCE, again).await.expect("it comes back");
    assert_eq!(again, ("job".to_owned(), true));
}

/// Of many who take at once each gets another message, and a consumer beside them none of theirs.
pub async fn a_taken_message_is_nobody_elses(parties: &Parties) {
    let queue: Queue = Jobs;
    for number in 0..20 {
        parties.gateway.publish(queue, text(&number.to_string())).await.expect("publish");
    }
    let taken = join_all((0..30).map(|_| parties.executor.take(queue))).await;
    let taken: Vec<_> = taken.into_iter().filter_map(|taken| taken.expect("take")).collect();
    let mut bodies: Vec<u32> = taken.iter().map(|(delivery, _)| body(delivery).parse().expect("a number")).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, (0..20).collect::<Vec<_>>());
    let mut consumer = super::consumer(&parties.executor, 30).await;
    assert_nothing_comes(&mut consumer).await;
}
