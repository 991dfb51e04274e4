//! The orders of this gateway to executors, numbered so that an executor knows which it has missed.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use job_model::{DrainOrder, InstanceId, JobControl, JobId};
use job_queue::{JobQueue, Topic};

use crate::fleet::followers::{Followers, Following};

/// For so long executors that heard of one look for others at short intervals, at least.
const LOOKED_FOR: Duration = Duration::from_secs(1);
/// For how long it is said that a job of another priority was published.
const SAID_AGAIN: Duration = Duration::from_secs(10);

/// Gives orders in the order of their numbers.
pub(crate) struct Orders {
    /// This gateway's name: new with each start.
    gateway: String,
    given: Mutex<u64>,
    /// When a job of another priority than normal was published last.
    published: Mutex<Option<Instant>>,
    followers: Followers,
}

impl Orders {
    /// No order yet, under a name of its own.
    pub(crate) fn new() -> Self {
        Self {
            gateway: InstanceId::fresh().as_str().to_owned(),
            given: Mutex::new(0),
            published: Mutex::new(None),
            followers: Followers::default(),
        }
    }

    /// Tells whichever executor has the job to stop it, and all others not to begin it.
    pub(crate) fn cancel(&self, queue: &dyn JobQueue, id: JobId, instance: Option<InstanceId>) {
        self.say(queue, 1, JobControl { cancel: Some(id), instance, ..JobControl::default() });
    }

    /// A job of another priority than normal is on its queue: executors look for it at once. It is said again with what is
    /// said in the next seconds, since broadcasts may be lost.
    pub(crate) fn published(&self, queue: &dyn JobQueue) {
        let before = self.published.lock().unwrap_or_else(PoisonError::into_inner).replace(Instant::now());
        // Whoever heard of one a moment ago is looking for more.
        if before.is_none_or(|at| at.elapsed() > LOOKED_FOR) {
            self.say_number(queue);
        }
    }

    /// Says how many orders there were, without a new one.
    pub(crate) fn say_number(&self, queue: &dyn JobQueue) {
        self.say(queue, 0, JobControl::default());
    }

    /// Tells an executor to take no more jobs, or to take them again. It may not hear it.
    pub(crate) fn drain(&self, queue: &dyn JobQueue, executor: &str, on: bool) {
        let drain = Some(DrainOrder { executor: executor.to_owned(), on });
        self.say(queue, 0, JobControl { drain, ..JobControl::default() });
    }

    /// Has executors tell what happens in a job, for as long as the answer lives: its log, and with `live` its calls and pictures.
    pub(crate) fn follow(&self, queue: &dyn JobQueue, id: &JobId, live: bool) -> Following {
        let following = self.followers.begin(id, live);
        self.say_number(queue);
        following
    }

    /// The name under which this gateway gives its orders.
    pub(crate) fn gateway(&self) -> &str {
        &self.gateway
    }

    fn has_published(&self) -> bool {
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.is_some_and(|at| at.elapsed() < SAID_AGAIN)
    }

    fn say(&self, queue: &dyn JobQueue, more: u64, order: JobControl) {
        // Held while broadcasting, which does not wait: numbers leave in their order.
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        *given += more;
        let order = JobControl {
            gateway: Some(self.gateway.clone()),
            orders: *given,
            published: self.has_published(),
            watch: Some(self.followers.jobs()),
            ..order
        };
        let body = serde_json::to_vec(&order).expect("an order has string keys only");
        queue.broadcast(Topic::JobControl, body);
    }
}
