//! `puppet-master jobs …`: looking after the jobs of a gateway.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use job_model::{Job, JobFile};

use crate::api::{Gateway, GatewayArgs};
use crate::downloads;
use crate::output::print;
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
    /// List the files that a job left, or write them into a folder.
    Files {
        /// The job's id.
        uuid: String,
        /// Write them into this folder, which is made.
        #[arg(long, value_name = "FOLDER")]
        output: Option<PathBuf>,
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
    let Some(gateway) = Gateway::from_args(&args.gateway)? else {
        service::config::refuse("PUPPET_MASTER_ENDPOINT (--puppet-master-endpoint) is missing")
    };
    match args.command {
        JobsCommand::List { status, page, per_page } => {
            let jobs = gateway.list(&status, page, per_page).await?;
            let row = |job: &Job| {
                vec![job.uuid.to_string(), state(job), job.created_at.to_whole_seconds(), job.error.clone()]
            };
            print(&report::table(&jobs.iter().map(row).collect::<Vec<_>>()))?;
        }
        JobsCommand::Get { uuid, wait, json } => {
            let job = if wait { gateway.wait(&uuid, |_| {}).await? } else { gateway.get(&uuid).await? };
            if json {
                print(&format!("{}\n", serde_json::to_string_pretty(&job)?))?;
            } else {
                print(&report::job(&job, DebugLines::Shown))?;
            }
        }
        JobsCommand::Files { uuid, output } => {
            let job = gateway.get(&uuid).await?;
            match output {
                Some(output) => downloads::all(&gateway, &job, &output).await?,
                None => {
                    let row =
                        |file: &JobFile| vec![file.name.to_string(), file.bytes.to_string(), file.media_type.clone()];
                    print(&report::table(&job.files.iter().flatten().map(row).collect::<Vec<_>>()))?;
                }
            }
        }
        JobsCommand::Cancel { uuid } => {
            let job = gateway.cancel(&uuid).await?;
            print(&format!("{} is {}\n", job.uuid, state(&job)))?;
        }
        JobsCommand::Delete { uuid } => {
            gateway.delete(&uuid).await?;
            print(&format!("{uuid} is deleted\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How far a job is, as exactly as the gateway says: how it ended, that it runs, or else its status.
fn state(job: &Job) -> String {
    match (job.outcome, &job.running) {
        (Some(outcome), _) => outcome.to_string(),
        (None, Some(_)) => "running".to_owned(),
        (None, None) => job.status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use job_model::Job;
    use serde_json::{Value, json};

    use super::state;

    #[test]
    fn a_state_is_as_exact_as_the_gateway_is() {
        let job = |more: Value| {
            let mut job = json!({"uuid": "a", "status": "done", "created_at": "2018-09-26T09:39:46Z"});
            job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<Job>(job).unwrap()
        };
        assert_eq!(state(&job(json!({"outcome": "timed_out", "error": "late"}))), "timed_out");
        let running = json!({"since": "2018-09-26T09:39:47Z", "executor": "here", "attempt": 1});
        assert_eq!(state(&job(json!({"status": "queued", "running": running}))), "running");
        // The predecessor's gateway says no more than this.
        assert_eq!(state(&job(json!({"error": "boom"}))), "done");
        assert_eq!(state(&job(json!({"status": "created"}))), "created");
    }
}
