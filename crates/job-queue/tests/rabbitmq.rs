//! What only RabbitMQ does: it goes away, refuses, closes channels, and holds a predecessor's queues.

mod broker;

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::time::Duration;

use broker::{Raw, chain, config, connected, next, up};
use futures::future::join_all;
use job_queue::rabbitmq::{Node, QueueType, RabbitMqConfig, RabbitMqQueue};
use job_queue::{JobQueue, Message, Queue, QueueError, Requeue, Topic};
use lapin::types::AMQPValue;
use testkit::services::{private_rabbitmq, private_rabbitmq_with, rabbitmq};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(120);
const ONE: NonZeroU16 = NonZeroU16::MIN;

fn text(body: &str) -> Message {
    Message::new(body.as_bytes().to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_survive_a_killed_broker_and_a_new_consumer_gets_them() {
    let mut broker = private_rabbitmq().await;
    let queue = connected(config(&broker)).await;
    for body in ["1", "2", "3"] {
        queue.publish(Queue::Jobs, text(body)).await.unwrap();
    }
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    let held = next(&mut jobs).await;
    let mut events = queue.subscribe(Topic::JobEvents).await.unwrap();

    broker.kill();
    let lost = timeout(PATIENCE, jobs.next()).await.unwrap();
    assert!(matches!(lost, Err(QueueError::Unavailable { .. })), "{lost:?}");
    assert!(matches!(timeout(PATIENCE, events.next()).await.unwrap(), Err(QueueError::Unavailable { .. })));
    assert!(matches!(held.ack().await, Err(QueueError::Unavailable { .. })));
    queue.broadcast(Topic::JobEvents, b"lost".to_vec());
    broker.restart().await;

    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    for expected in ["1", "2", "3"] {
        let delivery = next(&mut jobs).await;
        assert_eq!(delivery.message, text(expected));
        delivery.ack().await.unwrap();
    }
    let mut events = queue.subscribe(Topic::JobEvents).await.unwrap();
    up(&queue).await;
    queue.broadcast(Topic::JobEvents, b"heard".to_vec());
    assert_eq!(timeout(PATIENCE, events.next()).await.unwrap().unwrap(), b"heard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_during_an_outage_waits_and_succeeds() {
    let mut broker = private_rabbitmq().await;
    let queue = connected(config(&broker)).await;
    broker.kill();

    let publishes = join_all((0..20).map(|i| queue.publish(Queue::Jobs, text(&i.to_string()))).collect::<Vec<_>>());
    let (outcomes, ()) = tokio::join!(publishes, broker.restart());

    for outcome in outcomes {
        outcome.unwrap();
    }
    let mut jobs = queue.consume(Queue::Jobs, NonZeroU16::new(20).unwrap()).await.unwrap();
    let mut arrived = BTreeSet::new();
    while arrived.len() < 20 {
        arrived.insert(next(&mut jobs).await.message.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_gives_up_when_the_broker_stays_away() {
    let port = testkit::ports::free();
    let config = RabbitMqConfig { port, connection_wait: Duration::from_millis(300), ..RabbitMqConfig::default() };
    let queue = RabbitMqQueue::new(config).unwrap();
    let err = queue.publish(Queue::Jobs, text("x")).await.unwrap_err();
    assert!(matches!(err, QueueError::Unavailable { .. }), "{err:?}");
    assert!(chain(&err).contains(&format!("localhost:{port}")), "{}", chain(&err));
    assert!(queue.ping().await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_over_the_brokers_limit_is_refused_and_the_others_arrive() {
    let broker = private_rabbitmq_with("max_message_size = 1048576").await;
    let queue = connected(config(&broker)).await;
    let body = |i: usize| if i % 10 == 5 { vec![b'x'; 1_048_577] } else { i.to_string().into_bytes() };

    let outcomes = join_all((0..40).map(|i| queue.publish(Queue::Jobs, Message::new(body(i))))).await;

    for (i, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Err(QueueError::Refused { reason, .. }) => assert_eq!(i % 10, 5, "{i}: {reason}"),
            outcome => assert!(outcome.is_ok() && i % 10 != 5, "{i}: {outcome:?}"),
        }
    }
    let mut jobs = queue.consume(Queue::Jobs, NonZeroU16::new(100).unwrap()).await.unwrap();
    let mut arrived = BTreeSet::new();
    while arrived.len() < 36 {
        arrived.insert(next(&mut jobs).await.message.body);
    }
    assert!(arrived.iter().all(|body| body.len() < 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_the_broker_does_not_keep_yet_is_tried_again() {
    let mut broker = private_rabbitmq().await;
    let config = config(&broker);
    let patient = connected(config.clone()).await;
    let hasty = connected(RabbitMqConfig { connection_wait: Duration::from_millis(500), ..config }).await;
    broker.set_policy(".*", r#"{"max-length": 1, "overflow": "reject-publish"}"#);
    patient.publish(Queue::Jobs, text("first")).await.unwrap();
    let mut jobs = patient.consume(Queue::Jobs, ONE).await.unwrap();
    let held = next(&mut jobs).await;
    patient.publish(Queue::Jobs, text("second")).await.unwrap();

    // Whoever is told that trying again helps keeps the message.
    let full = hasty.publish(Queue::Jobs, text("third")).await.unwrap_err();
    assert!(matches!(full, QueueError::Unavailable { .. }) && chain(&full).contains("full"), "{full:?}");
    let (published, arrived) = tokio::join!(patient.publish(Queue::Jobs, text("third")), async {
        // Longer than three tries take.
        sleep(Duration::from_secs(2)).await;
        held.ack().await.unwrap();
        let second = next(&mut jobs).await;
        second.ack().await.unwrap();
        next(&mut jobs).await.message
    });
    published.unwrap();
    assert_eq!(arrived, text("third"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_held_beyond_the_ack_timeout_comes_again() {
    let broker = private_rabbitmq_with("consumer_timeout = 1000").await;
    // Older brokers know the limit of their configuration only, newer ones take the consumer's.
    let queue = connected(RabbitMqConfig { ack_timeout: Duration::from_secs(1), ..config(&broker) }).await;
    queue.publish(Queue::Jobs, text("long")).await.unwrap();
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    let held = next(&mut jobs).await;

    let lost = timeout(PATIENCE, jobs.next()).await.unwrap();
    let Err(err @ QueueError::Unavailable { .. }) = lost else { panic!("{lost:?}") };
    assert!(chain(&err).contains("timed out") || chain(&err).contains("timeout"), "{}", chain(&err));
    assert!(matches!(held.ack().await, Err(QueueError::Unavailable { .. })));
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    let again = next(&mut jobs).await;
    assert_eq!((again.message.clone(), again.redelivered), (text("long"), true));
    again.ack().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_credentials_are_named_and_the_password_is_not() {
    let broker = rabbitmq().await;
    let mut config = config(&broker);
    (config.password, config.connection_wait) = ("s3cret-and-wrong".to_owned(), Duration::from_secs(5));
    let user = config.username.clone();
    let queue = RabbitMqQueue::new(config).unwrap();

    let err = queue.publish(Queue::Jobs, text("x")).await.unwrap_err();

    let said = format!("{} {err:?} {queue:?}", chain(&err));
    assert!(said.contains(&format!("refused user \"{user}\"")), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_with_other_properties_is_named() {
    let broker = rabbitmq().await;
    let mut config = config(&broker);
    config.connection_wait = Duration::from_secs(5);
    let raw = Raw::connect(&config).await;
    raw.declare_bounded(&config.results_queue).await;

    let queue = RabbitMqQueue::new(config.clone()).unwrap();
    let err = queue.publish(Queue::JobResults, text("x")).await.unwrap_err();

    let said = chain(&err);
    assert!(said.contains(&config.results_queue) && said.contains("PRECONDITION"), "{said}");
    raw.delete(&config.results_queue).await;
    // The mismatch is gone: the supervisor finds out by itself.
    let published = async { while queue.publish(Queue::JobResults, text("x")).await.is_err() {} };
    timeout(PATIENCE, published).await.expect("a publish after the mismatch was repaired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_of_the_other_type_is_named_with_the_way_out() {
    let broker = rabbitmq().await;
    let classic = config(&broker);
    drop(connected(classic.clone()).await);
    let wait = Duration::from_secs(5);
    let quorum = RabbitMqConfig { queue_type: QueueType::Quorum, connection_wait: wait, ..classic.clone() };

    let err = RabbitMqQueue::new(quorum.clone()).unwrap().publish(Queue::Jobs, text("x")).await.unwrap_err();

    let said = chain(&err);
    let expected = format!("queue {} exists with other properties than QUEUE_TYPE=quorum declares", classic.jobs_queue);
    assert!(said.contains(&expected) && said.contains("docs/UPGRADING.md"), "{said}");
    assert!(said.contains("inequivalent arg 'x-queue-type'"), "the broker's own words: {said}");
    // The other way round, too.
    let names = RabbitMqConfig { connection_wait: wait, ..config(&broker) };
    drop(connected(RabbitMqConfig { queue_type: QueueType::Quorum, ..names.clone() }).await);
    let said = chain(&RabbitMqQueue::new(names).unwrap().publish(Queue::Jobs, text("x")).await.unwrap_err());
    assert!(said.contains("than QUEUE_TYPE=classic declares"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_comes_again_and_again_stays_below_a_quorum_queues_limit_of_deliveries() {
    let config = RabbitMqConfig { queue_type: QueueType::Quorum, ..config(&rabbitmq().await) };
    let queue = connected(config.clone()).await;
    let message = Message { headers: [("kept".to_owned(), "so".to_owned())].into(), ..text("x") };
    queue.publish(Queue::Jobs, message.clone()).await.unwrap();

    // RabbitMQ 4 drops a message after 20.
    for round in 0..25 {
        let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
        let delivery = next(&mut jobs).await;
        assert_eq!((delivery.message, delivery.redelivered), (message.clone(), round > 0));
    }

    let raw = Raw::connect(&config).await;
    let left = raw.get_when_it_comes(&config.jobs_queue).await;
    let headers = left.properties.headers().clone().unwrap_or_default();
    let Some(AMQPValue::LongLongInt(count)) = headers.inner().get("x-delivery-count") else { panic!("{headers:?}") };
    assert!((1..10).contains(count), "{count} deliveries without a copy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_predecessors_queue_and_messages_work() {
    let config = config(&rabbitmq().await);
    let raw = Raw::connect(&config).await;
    raw.declare_as_the_predecessor(&config.jobs_queue).await;
    raw.publish_as_the_predecessor(&config.jobs_queue, br#"{"uuid":"old"}"#).await;

    let queue = connected(config.clone()).await;
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    let delivery = next(&mut jobs).await;
    assert_eq!(delivery.message.body, br#"{"uuid":"old"}"#);
    assert_eq!(delivery.message.headers.get("attempt").map(String::as_str), Some("3"));
    delivery.ack().await.unwrap();

    queue.publish(Queue::JobResults, text(r#"{"uuid":"old","error":null}"#)).await.unwrap();
    let result = raw.get(&config.results_queue).await;
    assert_eq!(result.data, br#"{"uuid":"old","error":null}"#);
    assert_eq!(result.properties.delivery_mode(), &Some(2));
    assert_eq!(result.properties.content_type().as_ref().map(ToString::to_string).as_deref(), Some("application/json"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_queue_ends_its_consumers_and_is_declared_again() {
    let config = config(&rabbitmq().await);
    let queue = connected(config.clone()).await;
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    let raw = Raw::connect(&config).await;

    raw.delete(&config.jobs_queue).await;
    let ended = timeout(PATIENCE, jobs.next()).await.unwrap();
    assert!(matches!(ended, Err(QueueError::Ended { .. })), "{ended:?}");

    // Each of them is returned as unroutable at first, or finds the queue that another declared.
    let outcomes = join_all((0..200).map(|i| queue.publish(Queue::Jobs, text(&i.to_string())))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let mut jobs = queue.consume(Queue::Jobs, NonZeroU16::new(500).unwrap()).await.unwrap();
    let mut arrived = BTreeSet::new();
    while arrived.len() < 200 {
        arrived.insert(next(&mut jobs).await.message.body);
    }
    drop(jobs);
    raw.delete(&config.jobs_queue).await;
    queue.consume(Queue::Jobs, ONE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_gateways_consume_results_under_one_tag() {
    let config = config(&rabbitmq().await);
    let (here, there) = (connected(config.clone()).await, connected(config.clone()).await);
    let mut consumers = Vec::new();
    for queue in [&here, &here, &there] {
        consumers.push(queue.consume(Queue::JobResults, ONE).await.unwrap());
    }
    for _ in 0..3 {
        here.publish(Queue::JobResults, text("r")).await.unwrap();
    }
    for consumer in &mut consumers {
        next(consumer).await.nack(Requeue::No).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_queue_and_consumer_leaves_nothing_on_the_broker() {
    let config = config(&rabbitmq().await);
    let raw = Raw::connect(&config).await;
    let queue = connected(config.clone()).await;
    let jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    drop(queue);
    assert_eq!(raw.consumers(&config.jobs_queue).await, 1, "a consumer keeps its connection");
    drop(jobs);
    timeout(PATIENCE, async { while raw.consumers(&config.jobs_queue).await != 0 {} }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_is_tried_when_one_is_away() {
    let config = config(&rabbitmq().await);
    let away = || Node { host: "127.0.0.1".to_owned(), port: testkit::ports::free() };
    let other_nodes = vec![away(), away(), Node { host: config.host.clone(), port: config.port }];
    let nobody = away();
    let queue = connected(RabbitMqConfig { host: nobody.host, port: nobody.port, other_nodes, ..config }).await;
    queue.publish(Queue::Jobs, text("x")).await.unwrap();
}

#[tokio::test]
async fn a_peer_that_never_answers_is_hung_up_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = RabbitMqConfig {
        host: "127.0.0.1".to_owned(),
        port: listener.local_addr().unwrap().port(),
        connect_timeout: Duration::from_millis(300),
        connection_wait: Duration::from_millis(300),
        ..RabbitMqConfig::default()
    };
    let queue = RabbitMqQueue::new(config).unwrap();
    for _ in 0..2 {
        let (mut socket, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
        let mut said = Vec::new();
        timeout(PATIENCE, socket.read_to_end(&mut said)).await.expect("the attempt is given up").unwrap();
        assert_eq!(said, b"AMQP\x00\x00\x09\x01");
    }
    assert!(queue.ping().await.is_err());
}

#[tokio::test(flavor = "current_thread")]
async fn heartbeats_live_while_the_application_blocks_its_runtime() {
    let mut config = config(&rabbitmq().await);
    config.heartbeat = Duration::from_secs(1);
    let queue = connected(config).await;
    queue.publish(Queue::Jobs, text("x")).await.unwrap();
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    let delivery = next(&mut jobs).await;
    // The broker hangs up after two silent seconds. This is the blocking work, not a wait for something.
    std::thread::sleep(Duration::from_secs(5));
    delivery.ack().await.unwrap();
    queue.publish(Queue::Jobs, text("y")).await.unwrap();
    assert_eq!(next(&mut jobs).await.message, text("y"));
}

#[tokio::test]
async fn a_name_amqp_cannot_carry_is_refused_at_once() {
    let config = RabbitMqConfig { jobs_queue: "x".repeat(256), ..RabbitMqConfig::default() };
    assert!(RabbitMqQueue::new(config).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_short_of_disk_blocks_publishers_only() {
    let broker = private_rabbitmq_with("disk_free_limit.absolute = 1000000GB").await;
    let wait = Duration::from_secs(2);
    let config = RabbitMqConfig { connection_wait: wait, confirm_timeout: wait, ..config(&broker) };
    let queue = connected(config).await;

    // The first is how the broker notices a publisher; the second is not sent any more.
    for _ in 0..2 {
        let blocked = queue.publish(Queue::Jobs, text("x")).await.unwrap_err();
        assert!(matches!(blocked, QueueError::Unavailable { .. }), "{blocked:?}");
        assert!(chain(&blocked).contains("blocks publishers"), "{}", chain(&blocked));
    }

    assert!(queue.ping().await.is_err());
    queue.broadcast(Topic::JobEvents, b"lost".to_vec());
    queue.depth(Queue::Jobs).await.unwrap();
    queue.consume(Queue::Jobs, ONE).await.unwrap();
}
