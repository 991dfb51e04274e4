//! The executor's binary. The hidden subcommand `slot` is the child process that runs job code.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use executor::config::Config;
use executor::slot::SlotProgram;
use executor::slot_process;
use job_files::JobFiles;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue, Tls};
use service::Chain;

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
    settings.network.add_own(&config.queue.host, config.queue.port);
    let tls = config.queue.tls.then_some(Tls { ca_pem: config.queue.ca_pem()? });
    let queue = RabbitMqQueue::new(RabbitMqConfig {
        host: config.queue.host,
        port: config.queue.port,
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
