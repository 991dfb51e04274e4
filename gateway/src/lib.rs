//! The HTTP API: stores jobs, publishes them, collects their results.
//!
//! A job is committed to the store before its creator hears of it, published at once by the `dispatcher`, picked up by
//! the `sweep` when a crash left it behind, and ended by the `collector` with the first valid result. Every step may
//! run twice and every write is fenced by revision, so any number of gateways may share one store and one queue.
//!
//! What each step means for a job is in `jobs`; the tasks here and `http` only ask it.

mod answers;
mod app;
mod audit;
mod caller;
mod clock;
mod collector;
pub mod config;
mod connect;
mod created_here;
mod dispatcher;
mod feed;
mod file_sweep;
mod fleet;
mod followers;
mod foreign_jobs;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod held_marks;
mod host_pattern;
mod http;
mod input_files;
mod jobs;
mod last_hour;
mod left_file;
mod listener;
mod metrics;
mod one_shots;
mod order_numbers;
mod orders;
mod parts;
mod publish_line;
mod queue_length;
mod queue_sampler;
mod retention;
mod roster;
mod running_notes;
mod store_health;
mod sweep;
mod tokens;
mod untouched_jobs;
mod watermark;
mod wrong_tokens;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use service::Backoff;
use service::http_server::HttpServer;
use service::retry::until_ok;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::created_here::CreatedHere;
use crate::feed::Feeds;
use crate::fleet::Fleet;
use crate::held_marks::HeldMarks;
use crate::last_hour::LastHour;
use crate::metrics::Metrics;
use crate::orders::Orders;
use crate::publish_line::{PublishLine, Waiting};
use crate::queue_length::QueueLength;
use crate::roster::Roster;
use crate::store_health::StoreHealth;
use crate::tokens::Tokens;
use crate::untouched_jobs::UntouchedJobs;
use crate::watermark::Watermark;
use crate::wrong_tokens::WrongTokens;

pub use config::{Config, ConfigError, Settings};
pub use parts::Parts;
pub use tokens::{NewToken, Scope, TokensFileFault, UnknownScope};

/// Full lists that may read a job at the same time: each holds one that may be as large as the database takes.
const LIST_TURNS: usize = 2;

/// Runs a gateway on the given parts until `shutdown`, then finishes what is under way within `settings.stop_grace`.
///
/// Neither part has to be reachable when it starts: it is tried until it is.
///
/// # Errors
/// A configuration that no gateway can run with.
pub async fn run_with(
    parts: Parts,
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let tokens = Arc::new(Tokens::open(&settings.tokens()?, settings.tokens_file.as_deref())?);
    let grace = settings.stop_grace;
    let (line, waiting) = PublishLine::new();
    let stop = shutdown.child_token();
    let door = settings.door(service::raise_descriptor_limit());
    let app = Arc::new(App {
        tokens,
        store: parts.store,
        store_health: StoreHealth::default(),
        queue: parts.queue,
        files: parts.files,
        queue_length: QueueLength::default(),
        orders: Orders::new(),
        feeds: Feeds::default(),
        fleet: Fleet::default(),
        roster: Roster::default(),
        last_hour: LastHour::default(),
        watermark: Mutex::new(Watermark::default()),
        publish_line: settings.enable_jobs.then_some(line),
        held_marks: HeldMarks::default(),
        created_here: CreatedHere::default(),
        untouched_jobs: UntouchedJobs::default(),
        wrong_tokens: WrongTokens::default(),
        body_room: Semaphore::new(settings.bodies_bytes),
        list_turns: Semaphore::new(LIST_TURNS),
        metrics: Metrics::new(),
        stop: stop.clone(),
        served: CancellationToken::new(),
        tasks: TaskTracker::new(),
        settings,
    });

    spawn_background(&app, waiting);

    let counting = app.clone();
    let server = HttpServer {
        app: http::router(app.clone()),
        checks: http::checks(app.clone()),
        door,
        told: Arc::new(move |event| counting.metrics.count_at_door(event)),
    };
    // One deadline for everything that is still under way.
    let cut_off = late(stop.clone(), grace).shared();
    tokio::select! {
        () = server.serve(listener, stop.clone()) => {}
        () = cut_off.clone() => tracing::warn!("requests still under way are cut off"),
    }
    stop.cancel();
    app.served.cancel();
    app.tasks.close();
    tokio::select! {
        () = app.tasks.wait() => {}
        () = cut_off => tracing::warn!("work still under way is left to other gateways and the next start"),
    }
    app.queue.broadcasts_sent().await;
    tracing::info!("gateway stopped");
    Ok(())
}

/// Runs a gateway on CouchDB and RabbitMQ; see [`run_with`].
///
/// # Errors
/// As [`run_with`].
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let parts = connect::connect(&config)?;
    run_with(parts, config.settings(), listener, shutdown).await
}

/// Everything that goes on beside requests.
fn spawn_background(app: &Arc<App>, waiting: mpsc::Receiver<Waiting>) {
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
                collector::run(app.clone()),
                foreign_jobs::run(app.clone()),
                retention::run(app.clone()),
                file_sweep::run(app.clone())
            );
        }
    });
}

/// What closing idle connections and ending idle tasks may take, however short the grace is.
const LEAST_GRACE: Duration = Duration::from_millis(500);

/// Ends a while after `stop`.
async fn late(stop: CancellationToken, grace: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(grace.max(LEAST_GRACE)).await;
}
