//! What broadcasts promise, which is little.

use super::{PATIENCE, Parties, SILENCE};
use crate::{Subscription, Topic};

async fn heard(subscription: &mut Box<dyn Subscription>) -> Vec<u8> {
    tokio::time::timeout(PATIENCE, subscription.next()).await.expect("a broadcast in time").expect("a broadcast")
}

async fn assert_silent(subscription: &mut Box<dyn Subscription>) {
    let early = tokio::time::timeout(SILENCE, subscription.next()).await;
    assert!(early.is_err(), "nothing was to be heard, but {early:?} was");
}

/// Everyone who listens hears it, wherever.
pub async fn a_broadcast_reaches_every_present_subscriber(parties: &Parties) {
    let mut subscriptions = Vec::new();
    for queue in [&parties.gateway, &parties.gateway, &parties.executor] {
        subscriptions.push(queue.subscribe(Topic::JobEvents).await.expect("subscribe"));
    }
    parties.executor.broadcast(Topic::JobEvents, b"running".to_vec());
    for subscription in &mut subscriptions {
        assert_eq!(heard(subscription).await, b"running");
    }
}

/// A broadcast is kept for nobody.
pub async fn a_late_subscriber_hears_nothing_old(parties: &Parties) {
    let mut early = parties.gateway.subscribe(Topic::JobEvents).await.expect("subscribe");
    parties.executor.broadcast(Topic::JobEvents, b"old".to_vec());
    assert_eq!(heard(&mut early).await, b"old");
    let mut late = parties.gateway.subscribe(Topic::JobEvents).await.expect("subscribe");
    assert_silent(&mut late).await;
    parties.executor.broadcast(Topic::JobEvents, b"new".to_vec());
    assert_eq!(heard(&mut late).await, b"new");
    assert_eq!(heard(&mut early).await, b"new");
}

/// Nobody has to listen, before or after somebody did.
pub async fn a_broadcast_to_nobody_is_fine(parties: &Parties) {
    parties.executor.broadcast(Topic::JobControl, b"x".to_vec());
    parties.executor.broadcasts_sent().await;
    drop(parties.gateway.subscribe(Topic::JobControl).await.expect("subscribe"));
    parties.executor.broadcast(Topic::JobControl, b"y".to_vec());
    let mut subscription = parties.gateway.subscribe(Topic::JobControl).await.expect("subscribe");
    parties.executor.broadcast(Topic::JobControl, b"z".to_vec());
    let mut last = heard(&mut subscription).await;
    // "y" may have been on its way when the subscription came.
    if last == b"y" {
        last = heard(&mut subscription).await;
    }
    assert_eq!(last, b"z");
}

/// Who listens to one topic does not hear the other.
pub async fn topics_are_apart(parties: &Parties) {
    let mut control = parties.executor.subscribe(Topic::JobControl).await.expect("subscribe");
    parties.gateway.broadcast(Topic::JobEvents, b"event".to_vec());
    parties.gateway.broadcast(Topic::JobControl, b"cancel".to_vec());
    assert_eq!(heard(&mut control).await, b"cancel");
}

/// One sender's broadcasts are heard in the order they were sent.
pub async fn broadcasts_keep_their_order(parties: &Parties) {
    let mut subscription = parties.gateway.subscribe(Topic::JobEvents).await.expect("subscribe");
    for i in 0..1_000_u32 {
        parties.executor.broadcast(Topic::JobEvents, i.to_be_bytes().to_vec());
    }
    for i in 0..1_000_u32 {
        assert_eq!(heard(&mut subscription).await, i.to_be_bytes());
    }
}
