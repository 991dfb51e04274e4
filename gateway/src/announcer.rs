//! Broadcasts without waiting for the broker.

use std::sync::Arc;
use std::time::Duration;

use job_queue::{JobQueue, Topic};
use serde::Serialize;
use service::retry::Chain;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Broadcasts that wait for a slow broker; more than these are lost, which a broadcast may be.
const WAITING: usize = 1024;

/// The longest time for what waits when the gateway ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// The longest time for one broadcast.
const DEADLINE: Duration = Duration::from_secs(5);

/// Takes broadcasts and never makes the sender wait.
pub(crate) struct Announcer {
    sender: mpsc::Sender<(Topic, Vec<u8>)>,
}

impl Announcer {
    /// An announcer and the end of it that [`run`] empties.
    pub(crate) fn new() -> (Self, mpsc::Receiver<(Topic, Vec<u8>)>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender }, receiver)
    }

    /// Broadcasts soon, or drops the message when too many wait.
    pub(crate) fn send(&self, topic: Topic, message: &impl Serialize) {
        let Ok(body) = serde_json::to_vec(message) else { return };
        if self.sender.try_send((topic, body)).is_err() {
            tracing::debug!(queue.name = topic.default_name(), "broadcast dropped: too many wait");
        }
    }
}

/// Broadcasts in order until `finished`, then what still waits, for a moment.
pub(crate) async fn run(
    queue: Arc<dyn JobQueue>,
    mut receiver: mpsc::Receiver<(Topic, Vec<u8>)>,
    finished: CancellationToken,
) {
    let closed = async {
        finished.cancelled().await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::pin!(closed);
    loop {
        let next = tokio::select! {
            biased;
            () = &mut closed => return,
            next = receiver.recv() => next,
            () = finished.cancelled() => receiver.try_recv().ok(),
        };
        let Some((topic, body)) = next else { return };
        match tokio::time::timeout(DEADLINE, queue.broadcast(topic, body)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(queue.name = topic.default_name(), error = %Chain(&error), "broadcast lost");
            }
            Err(_) => tracing::debug!(queue.name = topic.default_name(), "broadcast lost: the broker is too slow"),
        }
    }
}
