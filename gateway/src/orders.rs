//! The orders of this gateway to executors, numbered so that an executor knows which it has missed.

use std::sync::{Mutex, PoisonError};

use job_model::{InstanceId, JobControl, JobId};
use job_queue::{JobQueue, Topic};

/// Gives orders in the order of their numbers.
pub(crate) struct Orders {
    /// This gateway's name: new with each start.
    gateway: String,
    given: Mutex<u64>,
}

impl Orders {
    /// No order yet, under a name of its own.
    pub(crate) fn new() -> Self {
        Self { gateway: InstanceId::fresh().as_str().to_owned(), given: Mutex::new(0) }
    }

    /// Tells whichever executor has the job to stop it, and all others not to begin it.
    pub(crate) fn cancel(&self, queue: &dyn JobQueue, id: JobId, instance: Option<InstanceId>) {
        self.say(queue, 1, Some(id), instance);
    }

    /// Says how many orders there were, without a new one.
    pub(crate) fn say_number(&self, queue: &dyn JobQueue) {
        self.say(queue, 0, None, None);
    }

    fn say(&self, queue: &dyn JobQueue, more: u64, cancel: Option<JobId>, instance: Option<InstanceId>) {
        // Held while broadcasting, which does not wait: numbers leave in their order.
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        *given += more;
        let order = JobControl { cancel, instance, gateway: Some(self.gateway.clone()), orders: *given };
        let body = serde_json::to_vec(&order).expect("an order has string keys only");
        queue.broadcast(Topic::JobControl, body);
    }
}
