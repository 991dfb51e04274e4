//! Looks at jobs that wait for others as soon as one of those ends. What is missed here is found by `due_jobs`.

use std::sync::Arc;

use crate::app::App;
use crate::jobs;

/// Looks until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        let freed = tokio::select! {
            () = app.stop.cancelled() => return,
            freed = app.dependents.freed() => freed,
        };
        for id in freed {
            jobs::look_at_freed(&app, &id).await;
        }
    }
}
