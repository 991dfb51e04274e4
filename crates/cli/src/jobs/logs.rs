//! `puppet-master jobs logs`.

use std::process::ExitCode;

use anyhow::Context;
use job_model::{JobStatus, Level};
use tokio_util::sync::CancellationToken;

use crate::api::Gateway;
use crate::follow::{End, follow, goes_on};
use crate::output::{note, print_json};
use crate::terminal::{Logs, Paint, Screen};
use crate::{exit, show};

#[derive(Debug, clap::Args)]
pub(super) struct LogsArgs {
    /// The job's id.
    #[arg(value_name = "ID", value_parser = crate::arguments::given())]
    id: String,
    /// Go on until the job is done. Ctrl-C ends this and not the job.
    #[arg(short, long)]
    follow: bool,
    /// The least level: debug, info, warn or error.
    #[arg(long, value_name = "LEVEL", default_value = "debug", value_parser = level)]
    level: Level,
    /// Print the log of a job that is done as the API's JSON.
    #[arg(long, conflicts_with = "follow")]
    json: bool,
}

pub(super) async fn run(gateway: &Gateway, args: LogsArgs) -> anyhow::Result<ExitCode> {
    if args.json {
        let job = gateway.get(&args.id).await?;
        let lines = job.job.logs.iter().flatten().filter(|entry| entry.level >= args.level);
        print_json(&serde_json::to_string(&lines.collect::<Vec<_>>())?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut screen = Screen::new(Logs::Stdout, args.level, !args.follow);
    // Whether it is there; a wrong id is told before anything is followed.
    let job = gateway.get(&args.id).await?;
    if job.job.status == JobStatus::Done {
        job.job.logs.iter().flatten().for_each(|entry| screen.log(entry));
        return Ok(if args.follow { exit::of_job(&job.job) } else { ExitCode::SUCCESS });
    }
    if !args.follow {
        note(&format!(
            "Job {} is {}; its log is complete when it is done. --follow shows it as it is written",
            args.id,
            super::state(&job.job)
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let stop: CancellationToken = service::shutdown_on_signals().context("failed to listen for signals")?;
    match follow(gateway, &args.id, &mut screen, &stop, |_, _| {}).await? {
        End::Done(job) => {
            note(show::ending(&job.job, false, Paint::stderr()).trim_end());
            Ok(exit::of_job(&job.job))
        }
        End::Interrupted => {
            screen.clear();
            note(&goes_on(&args.id));
            Ok(exit::interrupted())
        }
    }
}

fn level(text: &str) -> Result<Level, String> {
    let named = serde_json::Value::String(text.to_uppercase());
    serde_json::from_value(named).map_err(|_| "expected debug, info, warn or error".to_owned())
}
