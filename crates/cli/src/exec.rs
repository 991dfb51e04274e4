//! `puppet-master exec DIR`: one job from a folder or file, with the flags and the tables of the predecessor's command line.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use executor::config::ExecutorArgs;
use job_model::{Job, Level};
use service::TelemetryArgs;

use crate::api::GatewayArgs;
use crate::exit;
use crate::follow::goes_on;
use crate::job_source::FolderArgs;
use crate::local::KeepsFiles;
use crate::output::{note, print, print_json};
use crate::place::{Ended, Interrupt, Place};
use crate::report::{self, DebugLines};
use crate::site::Site;
use crate::terminal::{Logs, Screen};
use crate::{downloads, telemetry};

/// Arguments of `exec`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// Delete the job from the gateway afterwards.
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, default_missing_value = "true",
          require_equals = true, hide_default_value = true, hide_possible_values = true,
          action = clap::ArgAction::Set, value_parser = service::config::boolean)]
    delete: bool,
    /// Print the job's debug lines and the places of its error, too.
    #[arg(long, value_name = "BOOL", default_value = "false", num_args = 0..=1, default_missing_value = "true",
          require_equals = true, hide_default_value = true, hide_possible_values = true,
          action = clap::ArgAction::Set, value_parser = service::config::boolean)]
    executor_logs_verbose: bool,
    /// Write the files that the job left into this folder, which is made.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Serve this folder on 127.0.0.1 while the job runs and give the job its address as `vars.url`.
    #[arg(long, value_name = "FOLDER")]
    serve: Option<PathBuf>,
    /// Print the job as the API's JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(flatten)]
    executor: ExecutorArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// Runs the job and prints it.
pub(crate) async fn run(args: ExecArgs) -> anyhow::Result<ExitCode> {
    let telemetry = telemetry::init(&args.telemetry)?;
    let mut source = exit::or_refuse(args.folder.load());
    args.output.iter().for_each(|folder| exit::or_refuse(downloads::make_folder(folder)));
    let stop = service::shutdown_on_signals().context("failed to listen for signals")?;
    let modules: Vec<&str> = source.modules.keys().map(String::as_str).collect();
    note(&format!("Running the job in {} (modules: [{}])", args.folder.dir.display(), modules.join(", ")));
    let keeps = if args.output.is_some() { KeepsFiles::Yes } else { KeepsFiles::No };
    let mut place = Place::open(&args.gateway, &args.executor, &telemetry, keeps).await?;
    let here = place.is_here();
    let _site = Site::of_job(args.serve.as_deref(), &mut source, here).await?;
    let mut screen = Screen::new(Logs::Hidden, Level::Info, false);
    let new = source.upload(&[]);
    let created = |screen: &mut Screen, job: &Job| screen.note(&format!("Created job with id {}", job.uuid));
    let staged = |screen: &mut Screen, stage: job_model::JobStage| {
        if !here {
            screen.note(&format!("Job has status {}", stage.as_str()));
        }
    };
    let ended = place.run(&new, &mut screen, &stop, Interrupt::Leaves, created, staged).await;
    let code = match ended {
        Ok(Ended::Left(uuid)) => {
            note(&goes_on(uuid.as_str()));
            Ok(exit::interrupted())
        }
        Ok(Ended::Done(job)) => finish(&place, &args, &job).await.map(|()| exit::of_job(&job.job)),
        Ok(Ended::Cancelled(job)) => finish(&place, &args, &job).await.map(|()| exit::interrupted()),
        Err(error) => Err(error),
    };
    place.end().await;
    code
}

async fn finish(place: &Place, args: &ExecArgs, job: &crate::api::JobText) -> anyhow::Result<()> {
    if let Some(output) = &args.output {
        downloads::all(place.gateway(), &job.job, output).await?;
    }
    if args.delete && !place.is_here() {
        place.gateway().delete(job.job.uuid.as_str()).await?;
    }
    if args.json {
        return print_json(job.text.get());
    }
    let debug_lines = if args.executor_logs_verbose { DebugLines::Shown } else { DebugLines::Hidden };
    print(&report::job(&job.job, debug_lines))
}
