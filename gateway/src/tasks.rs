//! What goes on beside requests, a task a file. Tasks ask `jobs` for each move of a job.

mod answers;
mod collector;
mod dispatcher;
mod due_jobs;
mod ended_jobs;
mod file_sweep;
mod foreign_jobs;
mod freed_jobs;
mod listener;
mod order_numbers;
pub(crate) mod queue_sampler;
mod retention;
mod running_notes;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use service::Backoff;
use service::retry::until_ok;
use tokio::sync::mpsc;

use crate::app::App;
use crate::memory::publish_line::Waiting;
use crate::{batches, schedules, webhooks};

/// Starts everything that goes on beside requests; each task ends when the gateway stops.
pub(crate) fn spawn(app: &Arc<App>, waiting: mpsc::Receiver<Waiting>) {
    app.tasks.spawn(listener::run(app.clone()));
    app.tasks.spawn(answers::run(app.clone()));
    app.tasks.spawn(order_numbers::run(app.clone()));
    if app.tokens.has_file() {
        let app = app.clone();
        app.tasks.clone().spawn(async move { app.tokens.reload(&app.stop).await });
    }
    if app.settings.max_queue_length.is_some() {
        app.tasks.spawn(queue_sampler::run(app.clone()));
    }
    if app.settings.enable_jobs {
        app.tasks.spawn(dispatcher::run(app.clone(), waiting));
        app.tasks.spawn(running_notes::run(app.clone()));
    }
    let app = app.clone();
    app.tasks.clone().spawn(async move {
        let every_second = Backoff::new(Duration::from_secs(1), Duration::from_secs(1));
        if until_ok("prepare the database", every_second, &app.stop, || app.store.prepare()).await.is_err() {
            return;
        }
        tracing::info!("database is ready");
        if app.settings.enable_jobs {
            tokio::join!(
                sweep::run(app.clone()),
                due_jobs::run(app.clone()),
                ended_jobs::run(app.clone()),
                schedules::run(app.clone()),
                batches::run(app.clone()),
                freed_jobs::run(app.clone()),
                webhooks::run(app.clone()),
                collector::run(app.clone()),
                foreign_jobs::run(app.clone()),
                retention::run(app.clone()),
                file_sweep::run(app.clone())
            );
        }
    });
}
