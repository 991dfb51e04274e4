//! Listens to the gateways' orders.

use std::sync::Arc;

use job_model::JobControl;
use job_queue::{JobQueue, Topic};
use service::Backoff;

use crate::job_registry::JobRegistry;
use crate::orders::Orders;

/// Notes what gateways say and stops the jobs that they cancel, for ever.
pub(crate) async fn listen(queue: Arc<dyn JobQueue>, orders: Orders, registry: JobRegistry) {
    let mut backoff = Backoff::for_servers();
    loop {
        if let Ok(mut heard) = queue.subscribe(Topic::JobControl).await {
            backoff.reset();
            orders.begin_listening();
            while let Ok(body) = heard.next().await {
                match serde_json::from_slice(&body) {
                    Ok(control) => obey(&control, &orders, &registry),
                    Err(error) => tracing::debug!(%error, "ignored an unknown order"),
                }
            }
            orders.stop_listening();
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
}

fn obey(control: &JobControl, orders: &Orders, registry: &JobRegistry) {
    // First for those that come: a job is noted in the registry before it is looked up among the orders.
    orders.hear(control);
    if let Some(uuid) = &control.cancel
        && registry.cancel(control)
    {
        tracing::info!(job.id = %uuid, "job cancelled");
    }
}
