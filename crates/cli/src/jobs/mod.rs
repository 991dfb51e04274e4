//! `puppet-master jobs …`: looking after the jobs of a gateway. A verb a file.

mod cancel;
mod delete;
mod files;
mod list;
mod logs;
mod rerun;
mod show;
mod wait;

use std::process::ExitCode;

use clap::Subcommand;
use job_model::Job;

use crate::api::{Gateway, GatewayArgs};
use crate::exit;
use crate::output::note;

/// Arguments of `jobs`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub(crate) struct JobsArgs {
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// List jobs, newest first.
    ///
    /// On a terminal with a head; elsewhere a line for each job, with tabs between its cells: id, state, creation, duration in
    /// milliseconds, error.
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Print jobs with how they ended and their results.
    #[command(alias = "get")]
    Show(show::ShowArgs),
    /// Print the log of a job.
    ///
    /// With --follow the exit code says how the job ended.
    Logs(logs::LogsArgs),
    /// List the files that a job left, or write them into a folder.
    Files(files::FilesArgs),
    /// Wait until jobs are done.
    ///
    /// The exit code is that of the first job that did not succeed, and 124 when time ran out.
    Wait(wait::WaitArgs),
    /// End jobs that are not done; each stays, done with the error `cancelled`.
    Cancel(cancel::CancelArgs),
    /// Make new jobs of the same code, vars, modules and files.
    Rerun(rerun::RerunArgs),
    /// Delete jobs; those that run are stopped.
    ///
    /// Give ids, or a filter and --yes.
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
}

/// Does what the command says.
pub(crate) async fn run(args: JobsArgs) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::required(&args.gateway)?;
    match args.command {
        JobsCommand::List(args) => list::run(&gateway, args).await,
        JobsCommand::Show(args) => show::run(&gateway, args).await,
        JobsCommand::Logs(args) => logs::run(&gateway, args).await,
        JobsCommand::Files(args) => files::run(&gateway, args).await,
        JobsCommand::Wait(args) => wait::run(&gateway, args).await,
        JobsCommand::Cancel(args) => cancel::run(&gateway, args).await,
        JobsCommand::Rerun(args) => rerun::run(&gateway, args).await,
        JobsCommand::Delete(args) => delete::run(&gateway, args).await,
    }
}

/// Does something with each of many jobs. What fails for one is said and keeps none of the others from their turn; the exit
/// code is that of the first failure. A gateway that cannot be reached ends it.
async fn each(ids: &[String], mut act: impl AsyncFnMut(&str) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
    let mut first = ExitCode::SUCCESS;
    for id in ids {
        let code = match act(id.as_str()).await {
            Ok(code) => code,
            Err(error) if ids.len() == 1 || exit::is_unreachable(&error) => return Err(error),
            Err(error) => {
                note(&format!("error: job {id}: {}", service::Chain(&*error)));
                exit::failed()
            }
        };
        if first == ExitCode::SUCCESS {
            first = code;
        }
    }
    Ok(first)
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
