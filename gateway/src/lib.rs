//! The HTTP API: stores jobs, publishes them, collects their results.
//!
//! A job is committed to the store before its creator hears of it, published at once by the dispatcher, picked up by the
//! sweep when a crash left it behind, and ended by the collector with the first valid result. Every step may run twice and
//! every write is fenced by revision, so any number of gateways may share one store and one queue.
//!
//! What each step means for a job is in `jobs`; the `tasks` and `http` only ask it.

// The schema of a job is one expression.
#![recursion_limit = "256"]

mod admission;
mod app;
mod batches;
mod clock;
pub mod config;
mod connect;
mod feed;
mod fleet;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod host_pattern;
mod http;
mod idempotency;
mod input_files;
mod job_template;
mod job_traces;
mod jobs;
mod left_file;
mod memory;
mod metrics;
mod one_shots;
mod page_start;
mod parts;
mod records;
mod schedules;
mod scripts;
mod tasks;
mod template_files;
mod tokens;
mod webhooks;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use service::Traces;
use service::http_server::HttpServer;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::feed::Feeds;
use crate::fleet::{Fleet, Orders, Roster};
use crate::job_traces::JobTraces;
use crate::jobs::Dependents;
use crate::memory::created_here::CreatedHere;
use crate::memory::due_times::DueTimes;
use crate::memory::hand_over::HandOver;
use crate::memory::held_marks::HeldMarks;
use crate::memory::last_hour::LastHour;
use crate::memory::publish_line::{PublishLine, Waiting};
use crate::memory::queue_length::QueueLength;
use crate::memory::store_health::StoreHealth;
use crate::memory::untouched_jobs::UntouchedJobs;
use crate::memory::watermark::Watermarks;
use crate::metrics::Metrics;
use crate::tokens::{Tokens, WrongTokens};

pub use config::{Config, ConfigError, Settings};
pub use connect::rabbitmq_config;
pub use parts::Parts;
pub use tokens::{NewToken, Scope, TokensFileFault, UnknownScope};
pub use webhooks::settings::{WebhookArgs, WebhookRules};

/// Full lists that may read a job at the same time: each holds one that may be as large as the database takes.
const LIST_TURNS: usize = 2;
/// Jobs that have ended and whose webhooks are not told yet: each may be as large as the database takes.
const ENDED_JOBS: usize = 64;
/// Deliveries that are made and not yet taken over to be sent. The most that one host has waiting.
const NEW_DELIVERIES: usize = 256;

/// Runs a gateway on the given parts until `shutdown`, then finishes what is under way within `settings.stop_grace`.
///
/// Neither part has to be reachable when it starts: it is tried until it is. The future is boxed, so that all of it is compiled in
/// this crate and not once more in each that awaits it.
///
/// # Errors
/// A configuration that no gateway can run with.
pub fn run_with(
    parts: Parts,
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> BoxFuture<'static, anyhow::Result<()>> {
    run_until(shutdown, parts, settings, listener).boxed()
}

async fn run_until(
    shutdown: CancellationToken,
    parts: Parts,
    mut settings: Settings,
    listener: TcpListener,
) -> anyhow::Result<()> {
    settings.webhooks.add_own("0.0.0.0", listener.local_addr()?.port());
    let grace = settings.stop_grace;
    let stop = shutdown.child_token();
    let door = settings.door(service::raise_descriptor_limit());
    let traces = settings.traces.clone();
    let (app, waiting) = assemble(parts, settings, stop.clone())?;
    tasks::spawn(&app, waiting);

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
    traces.flush().await;
    tracing::info!("gateway stopped");
    Ok(())
}

/// Puts the parts of a gateway together, and what its dispatcher takes jobs from. Nothing runs yet.
fn assemble(
    parts: Parts,
    settings: Settings,
    stop: CancellationToken,
) -> anyhow::Result<(Arc<App>, mpsc::Receiver<Waiting>)> {
    let tokens = Arc::new(Tokens::open(&settings.tokens()?, settings.tokens_file.as_deref())?);
    let (line, waiting) = PublishLine::new();
    let app = Arc::new(App {
        tokens,
        store: parts.store,
        store_health: StoreHealth::default(),
        records: parts.records,
        queue: parts.queue,
        files: parts.files,
        queue_length: QueueLength::default(),
        orders: Orders::new(),
        feeds: Feeds::default(),
        fleet: Fleet::default(),
        roster: Roster::default(),
        last_hour: LastHour::default(),
        watermarks: Mutex::new(Watermarks::default()),
        publish_line: settings.enable_jobs.then_some(line),
        held_marks: HeldMarks::default(),
        created_here: CreatedHere::default(),
        due_times: DueTimes::default(),
        dependents: Dependents::default(),
        batches_changed: Notify::new(),
        schedules_changed: Notify::new(),
        untouched_jobs: UntouchedJobs::default(),
        wrong_tokens: WrongTokens::default(),
        body_room: Semaphore::new(settings.bodies_bytes),
        list_turns: Semaphore::new(LIST_TURNS),
        outbox_fails: AtomicBool::new(false),
        ended: HandOver::of_at_most(ENDED_JOBS),
        new_deliveries: HandOver::of_at_most(NEW_DELIVERIES),
        deliveries_due: Notify::new(),
        job_traces: JobTraces::new(settings.traces.clone()),
        metrics: Metrics::new(),
        stop,
        served: CancellationToken::new(),
        tasks: TaskTracker::new(),
        settings,
    });
    Ok((app, waiting))
}

/// Runs a gateway on CouchDB and RabbitMQ; see [`run_with`].
///
/// # Errors
/// As [`run_with`].
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let parts = connect::connect(&config)?;
    let traces = Traces::start(&config.traces, "puppet-master-gateway")?;
    run_with(parts, Settings { traces, ..config.settings() }, listener, shutdown).await
}

/// What closing idle connections and ending idle tasks may take, however short the grace is.
const LEAST_GRACE: Duration = Duration::from_millis(500);

/// Ends a while after `stop`.
async fn late(stop: CancellationToken, grace: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(grace.max(LEAST_GRACE)).await;
}
