//! `puppet-master jobs …`: looking after the jobs of a gateway.

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;

use crate::api::{Gateway, GatewayArgs};
use crate::report::{self, DebugLines};

/// Arguments of `jobs`.
#[derive(Debug, clap::Args)]
pub(crate) struct JobsArgs {
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// List jobs, newest first.
    List {
        /// Only jobs in this state: created, queued or done.
        #[arg(long, default_value = "")]
        status: String,
        /// Which page.
        #[arg(long, default_value_t = 1)]
        page: u64,
        /// Jobs on a page.
        #[arg(long, default_value_t = 10)]
        per_page: u64,
    },
    /// Print a job with its log and results.
    Get {
        /// The job's id.
        uuid: String,
        /// Wait until it is done.
        #[arg(long)]
        wait: bool,
        /// Print it as the API's JSON.
        #[arg(long)]
        json: bool,
    },
    /// End a job that is not done; it stays, done with the error `cancelled`.
    Cancel {
        /// The job's id.
        uuid: String,
    },
    /// Delete a job; one that runs is stopped.
    Delete {
        /// The job's id.
        uuid: String,
    },
}

/// Does what the command says.
pub(crate) async fn run(args: JobsArgs) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::from_args(&args.gateway)?.context("PUPPET_MASTER_ENDPOINT is missing")?;
    match args.command {
        JobsCommand::List { status, page, per_page } => {
            let jobs = gateway.list(&status, page, per_page).await?;
            let row = |job: &job_model::Job| {
                vec![job.uuid.to_string(), job.status.to_string(), job.created_at.to_whole_seconds(), job.error.clone()]
            };
            print!("{}", report::table(&jobs.iter().map(row).collect::<Vec<_>>()));
        }
        JobsCommand::Get { uuid, wait, json } => {
            let job = if wait { gateway.wait(&uuid, |_| {}).await? } else { gateway.get(&uuid).await? };
            if json {
                println!("{}", serde_json::to_string_pretty(&job)?);
            } else {
                print!("{}", report::job(&job, DebugLines::Shown));
            }
        }
        JobsCommand::Cancel { uuid } => {
            let job = gateway.cancel(&uuid).await?;
            println!("{} is {}{}", job.uuid, job.status, if job.error.is_empty() { "" } else { ": cancelled" });
        }
        JobsCommand::Delete { uuid } => {
            gateway.delete(&uuid).await?;
            println!("{uuid} is deleted");
        }
    }
    Ok(ExitCode::SUCCESS)
}
