//! What only a queue in a file promises: it is still there after a restart.

use std::num::NonZeroU16;

use job_queue::embedded::{EmbeddedQueue, InUse};
use job_queue::{JobQueue, Message, Queue, QueueError};

const ONE: NonZeroU16 = NonZeroU16::MIN;

async fn publish(queue: &EmbeddedQueue, bodies: &[&str]) {
    for body in bodies {
        queue.publish(Queue::Jobs, Message::new(body.as_bytes().to_vec())).await.expect("publish");
    }
}

#[tokio::test]
async fn a_restart_keeps_messages_their_order_and_what_was_delivered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue.sqlite");
    let queue = EmbeddedQueue::open(&path).unwrap();
    publish(&queue, &["acked", "held", "waiting"]).await;
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    jobs.next().await.unwrap().ack().await.unwrap();
    let held = jobs.next().await.unwrap();
    drop((held, jobs, queue));

    let queue = EmbeddedQueue::open(&path).unwrap();

    publish(&queue, &["new"]).await;
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    for expected in [(&b"held"[..], true), (b"waiting", false), (b"new", false)] {
        let delivery = jobs.next().await.unwrap();
        assert_eq!((delivery.message.body.as_slice(), delivery.redelivered), expected);
        delivery.ack().await.unwrap();
    }
}

#[tokio::test]
async fn a_power_cut_loses_nothing_that_was_confirmed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue.sqlite");
    let queue = EmbeddedQueue::open(&path).unwrap();
    publish(&queue, &["held", "waiting"]).await;
    let mut jobs = queue.consume(Queue::Jobs, ONE).await.unwrap();
    let held = jobs.next().await.unwrap();

    // The files as they are while everything is open: what a crash at this moment would leave behind.
    let after = directory.path().join("after.sqlite");
    std::fs::copy(&path, &after).unwrap();
    std::fs::copy(directory.path().join("queue.sqlite-wal"), directory.path().join("after.sqlite-wal")).unwrap();
    let recovered = EmbeddedQueue::open(&after).unwrap();

    assert_eq!(recovered.depth(Queue::Jobs).await.unwrap(), 2);
    let delivery = recovered.consume(Queue::Jobs, ONE).await.unwrap().next().await.unwrap();
    assert_eq!((delivery.message.body.as_slice(), delivery.redelivered), (&b"held"[..], true));
    drop(held);
}

#[tokio::test]
async fn a_file_in_use_cannot_be_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue.sqlite");
    let _queue = EmbeddedQueue::open(&path).unwrap();

    let second = EmbeddedQueue::open(&path);

    let Err(err @ QueueError::Unavailable { .. }) = second else { panic!("{:?}", second.err()) };
    assert!(err.to_string().contains("queue.sqlite"), "{err}");
    let source = std::error::Error::source(&err).unwrap();
    let in_use = source.downcast_ref::<InUse>().unwrap();
    assert_eq!(in_use.pid, std::process::id().to_string());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let queue = EmbeddedQueue::open(directory.path().join("queue.sqlite")).unwrap();
    let refused = queue.publish(Queue::Jobs, Message::new(vec![0; 128 * 1024 * 1024 + 1])).await;
    assert!(matches!(refused, Err(QueueError::Refused { .. })), "{refused:?}");
}

#[tokio::test]
async fn its_files_are_their_owners_alone_and_others_may_read_beside_it() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue.sqlite");
    let queue = EmbeddedQueue::open(&path).unwrap();
    publish(&queue, &["one"]).await;
    let mut names = Vec::new();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["queue.sqlite", "queue.sqlite-shm", "queue.sqlite-wal", "queue.sqlite.lock"]);
    let reader = rusqlite::Connection::open(&path).unwrap();
    let count: i64 = reader.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}
