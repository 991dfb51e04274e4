//! Who gets what, and what comes back.

use std::collections::BTreeSet;

use super::{PATIENCE, Parties, assert_nothing_comes, body, consumer, depth_becomes, next, publish};

/// No more than the prefetch is unsettled at a time, and settling one makes room for one.
pub async fn prefetch_limits_unsettled(parties: &Parties) {
    publish(&parties.gateway, &["1", "2", "3"]).await;
    let mut jobs = consumer(&parties.executor, 2).await;
    let first = next(&mut jobs).await;
    let second = next(&mut jobs).await;
    assert_nothing_comes(&mut jobs).await;
    first.ack().await.expect("ack");
    assert_eq!(body(&next(&mut jobs).await), "3");
    assert_eq!(body(&second), "2");
}

/// Consumers that both work get about the same, and never the same message.
pub async fn two_consumers_share_and_none_gets_a_message_twice(parties: &Parties) {
    let mut here = consumer(&parties.executor, 1).await;
    let mut there = consumer(&parties.gateway, 1).await;
    // Two more than are taken: which of two acknowledgements a broker sees first decides who gets the last ones.
    let bodies: Vec<_> = (0..42).map(|i| i.to_string()).collect();
    publish(&parties.gateway, &bodies.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (mut seen, mut counts) = (BTreeSet::new(), [0, 0]);
    // In turns: with a prefetch of one, each holds one until its turn comes, whatever the other does.
    for round in 0..40 {
        let turn = round % 2;
        let delivery = next(if turn == 0 { &mut here } else { &mut there }).await;
        assert!(seen.insert(body(&delivery)), "delivered twice: {}", body(&delivery));
        counts[turn] += 1;
        delivery.ack().await.expect("ack");
    }
    assert_eq!((seen.len(), counts), (40, [20, 20]));
    drop((here, there));
    depth_becomes(&parties.gateway, 2).await;
}

/// What a consumer held comes back when it drops, marked and in the old order, before what was published later.
pub async fn a_dropped_consumer_gives_back_in_the_old_order(parties: &Parties) {
    publish(&parties.gateway, &["1", "2", "3", "4"]).await;
    let mut jobs = consumer(&parties.executor, 3).await;
    next(&mut jobs).await.ack().await.expect("ack");
    let held = next(&mut jobs).await;
    assert_eq!(body(&held), "2");
    // "3" and "4" are on their way to this consumer, or in it already.
    drop(jobs);
    drop(held);
    depth_becomes(&parties.gateway, 3).await;
    publish(&parties.gateway, &["5"]).await;
    let mut jobs = consumer(&parties.gateway, 10).await;
    let mut back = Vec::new();
    for _ in 0..4 {
        let delivery = next(&mut jobs).await;
        back.push((body(&delivery), delivery.redelivered));
    }
    assert_eq!(back.iter().map(|(body, _)| body.as_str()).collect::<Vec<_>>(), ["2", "3", "4", "5"]);
    assert!(back[0].1, "what was delivered before is marked so");
    assert!(!back[3].1, "what was never delivered is not");
}

/// A caller may stop waiting for the next delivery, as in a select, and wait again later.
pub async fn an_abandoned_next_loses_nothing(parties: &Parties) {
    let mut jobs = consumer(&parties.executor, 1).await;
    for i in 0..20 {
        {
            let waiting = jobs.next();
            futures::pin_mut!(waiting);
            assert!(futures::poll!(waiting.as_mut()).is_pending());
        }
        publish(&parties.gateway, &[&i.to_string()]).await;
        let delivery = tokio::time::timeout(PATIENCE, next(&mut jobs)).await.expect("in time");
        assert_eq!(body(&delivery), i.to_string());
        delivery.ack().await.expect("ack");
    }
}
