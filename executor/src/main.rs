//! The executor's binary. The hidden subcommand `slot` is the child process that runs job code.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use executor::config::Config;
use executor::slot::SlotProgram;
use executor::slot_process;
use job_files::JobFiles;
use job_queue::rabbitmq::{Node, QueueType, RabbitMqConfig, RabbitMqQueue};
use service::{Chain, Traces};

fn main() -> ExitCode {
    if slot_process::is_meant() {
        return slot_process::main();
    }
    match start(service::config::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => service::ended_by(&*error),
    }
}

fn start(config: Config) -> anyhow::Result<()> {
    if let Err(error) = config.queue.check() {
        service::config::refuse(error);
    }
    if let Err(error) = config.queue.ca_pem() {
        service::config::refuse(error);
    }
    if let Err(error) = executor::check(&config.executor) {
        service::config::refuse(Chain(&error));
    }
    service::telemetry::init(&config.telemetry)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(config))
}

async fn run(config: Config) -> anyhow::Result<()> {
    let stop = service::shutdown_on_signals().context("failed to listen for signals")?;
    let program = SlotProgram::this_program(&config.telemetry).context("failed to find this program's own file")?;
    let mut settings = config.executor();
    settings.traces = Traces::start(&config.traces, "puppet-master-executor")?;
    settings.changed = service::config::changed::<Config, Config>();
    for (host, port) in config.queue.addresses() {
        settings.network.add_own(&host, port);
    }
    let mut nodes = config.queue.addresses().into_iter().map(|(host, port)| Node { host, port });
    let first = nodes.next().expect("a required value is there");
    let tls = config.queue.client_config()?;
    let queue = RabbitMqQueue::new(RabbitMqConfig {
        host: first.host,
        port: first.port,
        other_nodes: nodes.collect(),
        queue_type: match config.queue.queue_type {
            service::QueueType::Classic => QueueType::Classic,
            service::QueueType::Quorum => QueueType::Quorum,
        },
        tls,
        username: config.queue.username,
        password: config.queue.password.expose().to_owned(),
        vhost: config.queue.vhost,
        jobs_queue: config.queue.jobs_queue,
        results_queue: config.queue.results_queue,
        connection_name: "puppet-master-executor".to_owned(),
        ..RabbitMqConfig::default()
    })?;
    let files = config.files.files_url.as_deref().map(JobFiles::open).transpose()?;
    if files.is_none() {
        tracing::info!("files that jobs leave are not kept: FILES_URL is not set");
    }
    executor::run(settings, Arc::new(queue), files, program, stop).await?;
    Ok(())
}
