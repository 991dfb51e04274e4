//! The gateway's binary: reads its configuration and runs until a signal stops it.

use std::process::ExitCode;

use anyhow::Context;
use gateway::Config;

fn main() -> ExitCode {
    match run(service::config::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => service::ended_by(&*error),
    }
}

fn run(mut config: Config) -> anyhow::Result<()> {
    if let Err(error) = config.check() {
        service::config::refuse(error);
    }
    service::telemetry::init(&config.telemetry)?;
    config.settings.changed = service::config::changed::<Config, Config>();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown = service::shutdown_on_signals().context("failed to install signal handlers")?;
        let listener = service::listen(config.listen.address, config.listen.port).await;
        let listener = listener.with_context(|| format!("failed to listen on port {}", config.listen.port))?;
        tracing::info!(address = %listener.local_addr()?, "gateway listens");
        gateway::run(config, listener, shutdown).await
    })
}
