//! What a publisher is promised.

use futures::future::try_join_all;

use super::{Parties, consumer, depth_becomes, headers, next, prefetch, publish, text};
use crate::{Message, Queue};

/// What one party publishes the other receives.
pub async fn publish_then_consume(parties: &Parties) {
    publish(&parties.gateway, &[r#"{"uuid":"a"}"#]).await;
    let mut jobs = consumer(&parties.executor, 1).await;
    let delivery = next(&mut jobs).await;
    assert_eq!(delivery.message, text(r#"{"uuid":"a"}"#));
    delivery.ack().await.expect("ack");
}

/// Who waits already hears of a message without asking again.
pub async fn a_waiting_consumer_is_woken_by_a_publish(parties: &Parties) {
    let mut jobs = consumer(&parties.executor, 1).await;
    let waiting = tokio::spawn(async move { next(&mut jobs).await.message });
    publish(&parties.gateway, &["x"]).await;
    assert_eq!(waiting.await.expect("the waiting task"), text("x"));
}

/// First in, first out.
pub async fn order_is_kept(parties: &Parties) {
    publish(&parties.gateway, &["1", "2", "3", "4", "5"]).await;
    let mut jobs = consumer(&parties.executor, 10).await;
    for expected in ["1", "2", "3", "4", "5"] {
        assert_eq!(next(&mut jobs).await.message, text(expected));
    }
}

/// A job is not delivered as a result, nor the other way round.
pub async fn queues_are_apart(parties: &Parties) {
    parties.gateway.publish(Queue::Jobs, text("job")).await.expect("publish");
    parties.executor.publish(Queue::JobResults, text("result")).await.expect("publish");
    let mut results = parties.gateway.consume(Queue::JobResults, prefetch(5)).await.expect("consume");
    let mut jobs = consumer(&parties.executor, 5).await;
    assert_eq!(next(&mut results).await.message, text("result"));
    assert_eq!(next(&mut jobs).await.message, text("job"));
}

/// Headers arrive with the message.
pub async fn headers_survive(parties: &Parties) {
    let headers = headers([("traceparent", "00-ab-cd-01"), ("attempt", "2"), ("empty", ""), ("ümlaut", "→ 東京")]);
    let message = Message { body: b"{}".to_vec(), headers };
    parties.gateway.publish(Queue::Jobs, message.clone()).await.expect("publish");
    let mut jobs = consumer(&parties.executor, 1).await;
    assert_eq!(next(&mut jobs).await.message, message);
}

/// Every byte arrives as it was sent, JSON or not.
pub async fn a_body_that_is_not_json_survives(parties: &Parties) {
    let body: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    parties.gateway.publish(Queue::Jobs, Message::new(body.clone())).await.expect("publish");
    let mut jobs = consumer(&parties.executor, 1).await;
    assert_eq!(next(&mut jobs).await.message.body, body);
}

/// A message may have no body at all.
pub async fn an_empty_body_survives(parties: &Parties) {
    publish(&parties.gateway, &["", "after"]).await;
    let mut jobs = consumer(&parties.executor, 2).await;
    assert_eq!(next(&mut jobs).await.message, text(""));
    assert_eq!(next(&mut jobs).await.message, text("after"));
}

/// 4 MB, more than any one frame takes.
pub async fn a_big_message_arrives_whole(parties: &Parties) {
    let body: Vec<u8> = (0..4_000_000_u32).flat_map(|i| i.to_le_bytes().into_iter().take(1)).collect();
    parties.gateway.publish(Queue::Jobs, Message::new(body.clone())).await.expect("publish");
    let mut jobs = consumer(&parties.executor, 1).await;
    assert!(next(&mut jobs).await.message.body == body, "the big body changed on its way");
}

/// Publishers do not wait for each other, and each of them is answered.
pub async fn a_thousand_concurrent_publishes_are_confirmed(parties: &Parties) {
    let bodies: Vec<_> = (0..1_000).map(|i| i.to_string()).collect();
    let publishes = bodies.iter().map(|body| parties.gateway.publish(Queue::Jobs, text(body)));
    try_join_all(publishes).await.expect("a thousand confirms");
    depth_becomes(&parties.executor, 1_000).await;
    let mut jobs = consumer(&parties.executor, 100).await;
    let mut arrived = Vec::new();
    for _ in 0..1_000 {
        let delivery = next(&mut jobs).await;
        arrived.push(super::body(&delivery));
        delivery.ack().await.expect("ack");
    }
    let mut expected = bodies;
    arrived.sort();
    expected.sort();
    assert_eq!(arrived, expected);
}

/// The depth is what waits for a consumer, without what one holds unsettled.
pub async fn depth_counts_what_waits(parties: &Parties) {
    assert_eq!(parties.gateway.depth(Queue::Jobs).await.expect("depth"), 0);
    publish(&parties.gateway, &["a", "b", "c"]).await;
    depth_becomes(&parties.gateway, 3).await;
    let mut jobs = consumer(&parties.executor, 1).await;
    let held = next(&mut jobs).await;
    depth_becomes(&parties.gateway, 2).await;
    drop(jobs);
    drop(held);
    depth_becomes(&parties.gateway, 3).await;
    assert_eq!(parties.gateway.depth(Queue::JobResults).await.expect("depth"), 0);
}

/// A queue that was just used, in both directions, can be used.
pub async fn ping_answers(parties: &Parties) {
    publish(&parties.gateway, &["x"]).await;
    depth_becomes(&parties.gateway, 1).await;
    parties.gateway.ping().await.expect("ping");
}
