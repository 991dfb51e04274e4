//! What ack and nack do.

use super::{Parties, assert_nothing_comes, body, consumer, depth_becomes, next, publish};
use crate::{Consumer, QueueError, Requeue};

/// An acknowledged message is gone for good.
pub async fn ack_removes(parties: &Parties) {
    publish(&parties.gateway, &["x"]).await;
    let mut jobs = consumer(&parties.executor, 1).await;
    next(&mut jobs).await.ack().await.expect("ack");
    drop(jobs);
    depth_becomes(&parties.gateway, 0).await;
    let mut jobs = consumer(&parties.executor, 1).await;
    assert_nothing_comes(&mut jobs).await;
}

/// A requeued message is delivered again, marked, and before what came after it where the queue keeps places.
pub async fn nack_requeues_to_the_old_place(parties: &Parties) {
    publish(&parties.gateway, &["1", "2"]).await;
    let mut jobs = consumer(&parties.executor, 1).await;
    next(&mut jobs).await.nack(Requeue::Yes).await.expect("nack");
    come(parties, &mut jobs, &[("1", true), ("2", false)]).await;
}

/// These are the next deliveries, in this order where the queue keeps places.
async fn come(parties: &Parties, jobs: &mut Box<dyn Consumer>, expected: &[(&str, bool)]) {
    let mut came = Vec::new();
    for _ in expected {
        let delivery = next(jobs).await;
        came.push((body(&delivery), delivery.redelivered));
        delivery.ack().await.expect("ack");
    }
    if !parties.keeps_places {
        came.sort();
    }
    let came: Vec<(&str, bool)> = came.iter().map(|(body, redelivered)| (body.as_str(), *redelivered)).collect();
    assert_eq!(came, expected);
}

/// A message that is dropped does not come back.
pub async fn nack_drops(parties: &Parties) {
    publish(&parties.gateway, &["bad", "good"]).await;
    let mut jobs = consumer(&parties.executor, 1).await;
    next(&mut jobs).await.nack(Requeue::No).await.expect("nack");
    let good = next(&mut jobs).await;
    assert_eq!((body(&good).as_str(), good.redelivered), ("good", false));
    good.ack().await.expect("ack");
    depth_becomes(&parties.gateway, 0).await;
}

/// Workers settle their deliveries while the consumer already waits for the next.
pub async fn acks_from_many_tasks_while_the_consumer_waits(parties: &Parties) {
    let mut jobs = consumer(&parties.executor, 8).await;
    let bodies: Vec<_> = (0..100).map(|i| i.to_string()).collect();
    publish(&parties.gateway, &bodies.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut workers = Vec::new();
    for _ in 0..100 {
        let delivery = next(&mut jobs).await;
        workers.push(tokio::spawn(delivery.ack()));
    }
    for worker in workers {
        worker.await.expect("the worker").expect("ack");
    }
    drop(jobs);
    depth_becomes(&parties.gateway, 0).await;
}

/// A cancelled consumer keeps what it has, gets nothing more, and another one gets the rest as new.
pub async fn a_cancelled_consumer_settles_what_it_has_and_gets_no_more(parties: &Parties) {
    publish(&parties.gateway, &["1", "2", "3"]).await;
    let mut jobs = consumer(&parties.executor, 2).await;
    let first = next(&mut jobs).await;
    depth_becomes(&parties.gateway, 1).await;
    jobs.cancel().await.expect("cancel");
    let second = next(&mut jobs).await;
    assert_eq!((body(&first).as_str(), body(&second).as_str()), ("1", "2"));
    publish(&parties.gateway, &["copy of 1"]).await;
    first.ack().await.expect("ack");
    second.nack(Requeue::Yes).await.expect("nack");
    assert!(matches!(jobs.next().await, Err(QueueError::Ended { .. })));
    jobs.cancel().await.expect("cancelling twice");
    let mut others = consumer(&parties.gateway, 3).await;
    come(parties, &mut others, &[("2", true), ("3", false), ("copy of 1", false)]).await;
}

/// Only what was delivered before says so.
pub async fn a_first_delivery_is_not_redelivered(parties: &Parties) {
    publish(&parties.gateway, &["x"]).await;
    let mut jobs = consumer(&parties.executor, 1).await;
    assert!(!next(&mut jobs).await.redelivered);
}

/// Settling after the consumer dropped is an error: the message may be somebody else's by now.
pub async fn a_delivery_of_a_dropped_consumer_cannot_be_settled(parties: &Parties) {
    publish(&parties.gateway, &["x"]).await;
    let mut jobs = consumer(&parties.executor, 1).await;
    let held = next(&mut jobs).await;
    drop(jobs);
    let mut jobs = consumer(&parties.gateway, 1).await;
    let again = next(&mut jobs).await;
    assert!(again.redelivered);
    let late = held.ack().await;
    assert!(matches!(late, Err(QueueError::Unavailable { .. })), "{late:?}");
    again.nack(Requeue::Yes).await.expect("the message is the new consumer's");
    assert_eq!(body(&next(&mut jobs).await), "x");
}
