//! Listens to the gateways' orders.

use std::num::NonZeroUsize;
use std::sync::Arc;

use job_model::JobControl;
use job_queue::{JobQueue, Topic};
use service::Backoff;

use crate::draining::Draining;
use crate::job_registry::JobRegistry;
use crate::orders::Orders;
use crate::watches::Watches;
use crate::worker::priorities::Priorities;

/// What orders are about.
#[derive(Clone)]
pub(crate) struct Obeying {
    pub(crate) orders: Orders,
    pub(crate) registry: JobRegistry,
    pub(crate) draining: Draining,
    pub(crate) watches: Watches,
    pub(crate) priorities: Priorities,
    /// This executor's name.
    pub(crate) executor: String,
}

/// Notes what gateways say, stops the jobs that they cancel and drains when it is told to, for ever.
pub(crate) async fn listen(queue: Arc<dyn JobQueue>, obeying: Obeying) {
    let mut backoff = Backoff::for_servers();
    loop {
        if let Ok(mut heard) = queue.subscribe(Topic::JobControl).await {
            backoff.reset();
            obeying.orders.begin_listening();
            obeying.priorities.hint();
            while let Ok(body) = heard.next().await {
                match serde_json::from_slice(&body) {
                    Ok(control) => obeying.obey(&control),
                    Err(error) => tracing::debug!(%error, "ignored an unknown order"),
                }
            }
            obeying.orders.stop_listening();
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
}

impl Obeying {
    /// Makes what an executor of that name with so many slots begins with: nothing is heard yet.
    pub(crate) fn of(executor: String, slots: NonZeroUsize) -> Self {
        Self {
            orders: Orders::default(),
            registry: JobRegistry::default(),
            draining: Draining::default(),
            watches: Watches::default(),
            priorities: Priorities::new(slots),
            executor,
        }
    }

    fn obey(&self, control: &JobControl) {
        // First for those that come: a job is noted in the registry before it is looked up among the orders.
        self.orders.hear(control);
        self.watches.hear(control);
        if control.published {
            self.priorities.hint();
        }
        if let Some(uuid) = &control.cancel
            && self.registry.cancel(control)
        {
            tracing::info!(job.id = %uuid, "job cancelled");
        }
        if let Some(order) = control.drain.as_ref().filter(|order| order.executor == self.executor)
            && self.draining.set(order.on)
        {
            let meaning = if order.on { "takes no more jobs" } else { "takes jobs again" };
            tracing::info!("executor {meaning}: a gateway said so");
        }
    }
}
