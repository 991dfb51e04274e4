//! `puppet-master exec DIR`: one job from a folder or file, in this process or through a gateway.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use executor::config::ExecutorArgs;
use executor::protocol::JobOrder;
use executor::slot::SlotProgram;
use job_model::{Job, NewJob, Timestamp};
use service::{Chain, TelemetryArgs};

use crate::api::{Gateway, GatewayArgs};
use crate::downloads;
use crate::job_folder::{FolderArgs, JobFolder};
use crate::output::{note, print};
use crate::report::{self, DebugLines};
use crate::site::Site;

/// Without PUPPET_MASTER_ENDPOINT the job runs in a Chromium of this process's own, else through that gateway.
///
/// The exit code is 0 when the job succeeded and 1 when it ended with an error.
#[derive(Debug, clap::Args)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// Delete the job from the gateway afterwards.
    #[arg(long)]
    delete: bool,
    /// Print the job's debug lines, too.
    #[arg(long)]
    executor_logs_verbose: bool,
    /// Write the files that the job left into this folder, which is made.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Serve this folder on 127.0.0.1 while the job runs and give the job its address as `vars.url`.
    #[arg(long, value_name = "FOLDER")]
    serve: Option<PathBuf>,
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(flatten)]
    executor: ExecutorArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// Runs the job and prints it.
pub(crate) async fn run(args: ExecArgs) -> anyhow::Result<ExitCode> {
    service::telemetry::init(&args.telemetry)?;
    let mut folder = JobFolder::load(&args.folder)?;
    let _site = match &args.serve {
        Some(path) => {
            let site = Site::serve(path).await?;
            folder.vars.insert("url".to_owned(), site.url.clone());
            Some(site)
        }
        None => None,
    };
    let modules: Vec<&str> = folder.modules.keys().map(String::as_str).collect();
    note(&format!("Running the job in {} (modules: [{}])", args.folder.dir.display(), modules.join(", ")));
    let job = match Gateway::from_args(&args.gateway)? {
        Some(gateway) => through_gateway(&gateway, &folder, &args).await?,
        None => in_process(&args, folder).await?,
    };
    let debug_lines = if args.executor_logs_verbose { DebugLines::Shown } else { DebugLines::Hidden };
    print(&report::job(&job, debug_lines))?;
    Ok(if job.error.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn through_gateway(gateway: &Gateway, folder: &JobFolder, args: &ExecArgs) -> anyhow::Result<Job> {
    let job = gateway.create(folder).await?;
    note(&format!("Created job with id {}", job.uuid));
    let job = gateway.wait(job.uuid.as_str(), |job| note(&format!("Job has status {}", job.status))).await?;
    if let Some(output) = &args.output {
        downloads::all(gateway, &job, output).await?;
    }
    if args.delete {
        gateway.delete(job.uuid.as_str()).await?;
    }
    Ok(job)
}

async fn in_process(args: &ExecArgs, folder: JobFolder) -> anyhow::Result<Job> {
    if let Err(error) = executor::check(&args.executor) {
        service::config::refuse(Chain(&error));
    }
    let stop = service::shutdown_on_signals().context("failed to listen for signals")?;
    let program = SlotProgram::this_program(&args.telemetry).context("failed to find this program's own file")?;
    let JobFolder { code, language, vars, modules } = folder;
    let new = NewJob { code, language: Some(language), vars, modules, ..NewJob::default() };
    let mut job = Job::create(new, Timestamp::now())?;
    let order = JobOrder {
        vars: job.vars.clone(),
        modules: job.modules.clone(),
        api: job.api,
        language: job.language,
        ignore_https_errors: job.ignore_https_errors,
        ..JobOrder::new(job.uuid.clone(), job.code.clone(), args.executor.job_timeout)
    };
    let mut executor_args = args.executor.clone();
    executor_args.network.on_own_machine = true;
    let mut written = Ok(());
    let on_files = |folder: &executor::JobFolder| {
        if let Some(output) = &args.output {
            written = downloads::copy(folder, output);
        }
    };
    let result = executor::run_one(&executor_args, &program, order, &stop, |_| {}, on_files).await?;
    written?;
    job.finish(result)?;
    Ok(job)
}
