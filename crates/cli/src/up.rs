//! `puppet-master up`: gateway and executor in this process, jobs in SQLite, the queue embedded. No server needed.

use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use executor::config::ExecutorArgs;
use executor::slot::SlotProgram;
use gateway::config::Settings;
use job_queue::JobQueue;
use job_queue::embedded::EmbeddedQueue;
use job_store::JobStore;
use job_store::embedded::EmbeddedJobStore;
use service::config::boolean;
use service::{Secret, TelemetryArgs};

/// Jobs and queue survive a restart in DATA_DIR.
#[derive(Debug, clap::Args)]
pub(crate) struct UpArgs {
    /// Port to listen on.
    #[arg(long, env = "LISTEN_PORT", value_name = "PORT", default_value_t = 3000)]
    listen_port: u16,
    /// Token that clients must send. Default: one is made, kept in DATA_DIR and printed.
    #[arg(long, env = "API_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    api_token: Option<Secret>,
    /// Folder for the jobs and the queue.
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER", default_value = "puppet-master-data")]
    data_dir: PathBuf,
    /// Run jobs. `false` only keeps what is sent, for a later start.
    #[arg(long, env = "ENABLE_JOBS", value_name = "BOOL", default_value = "true", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    enable_jobs: bool,
    #[command(flatten)]
    executor: ExecutorArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// Runs until a signal.
pub(crate) async fn run(args: UpArgs) -> anyhow::Result<ExitCode> {
    service::telemetry::init(&args.telemetry)?;
    let stop = service::shutdown_on_signals().context("failed to listen for signals")?;
    let program = SlotProgram::this_program(&args.telemetry).context("failed to find this program's own file")?;
    let data_dir = &args.data_dir;
    std::fs::create_dir_all(data_dir).with_context(|| format!("failed to make DATA_DIR {}", data_dir.display()))?;
    let token = match &args.api_token {
        Some(token) => token.clone(),
        None => kept_token(&data_dir.join("api-token"))?,
    };
    let store: Arc<dyn JobStore> = Arc::new(EmbeddedJobStore::open(data_dir.join("jobs.sqlite"))?);
    let queue: Arc<dyn JobQueue> = Arc::new(EmbeddedQueue::open(data_dir.join("queue.sqlite"))?);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, args.listen_port))
        .await
        .with_context(|| format!("failed to listen on LISTEN_PORT {}", args.listen_port))?;
    let address = listener.local_addr()?;
    eprintln!("puppet-master listens on http://127.0.0.1:{}, jobs in {}", address.port(), data_dir.display());
    if args.api_token.is_none() {
        eprintln!("API token, from {}: {}", data_dir.join("api-token").display(), token.expose());
    }
    let gateway = gateway::run_with(
        gateway::Parts { store, queue: queue.clone() },
        Settings { enable_jobs: args.enable_jobs, ..Settings::with_token(token) },
        listener,
        stop.clone(),
    );
    let executor = async {
        if args.enable_jobs {
            return executor::run(args.executor, queue, program, stop.clone()).await;
        }
        stop.cancelled().await;
        Ok(())
    };
    // Whichever fails takes the other along, gently.
    let stop_after = |outcome: anyhow::Result<()>| {
        stop.cancel();
        outcome
    };
    let (gateway, executor) = tokio::join!(async { stop_after(gateway.await.context("the gateway failed")) }, async {
        stop_after(executor.await.context("the executor failed"))
    },);
    gateway.and(executor)?;
    Ok(ExitCode::SUCCESS)
}

/// The token in the file, made at the first start; only its owner may read it.
fn kept_token(file: &Path) -> anyhow::Result<Secret> {
    let failed = || format!("failed to keep the API token in {}", file.display());
    match std::fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => return Ok(Secret::new(text.trim())),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(failed),
        _ => {}
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).context("failed to make an API token")?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(file).with_context(failed)?;
    std::io::Write::write_all(&mut out, token.as_bytes()).with_context(failed)?;
    Ok(Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::kept_token;

    #[test]
    fn a_made_token_is_kept_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("api-token");
        let token = kept_token(&file).unwrap();
        assert_eq!(token.expose().len(), 32);
        assert_eq!(kept_token(&file).unwrap().expose(), token.expose());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
