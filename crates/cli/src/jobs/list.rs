//! `puppet-master jobs list`.

use std::process::ExitCode;

use job_model::{Job, JobStatus, Timestamp};
use serde_json::value::RawValue;

use super::state;
use crate::api::{FilterArgs, Gateway, JobText};
use crate::output::{note, print, print_json};
use crate::show;

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Which page.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    page: u64,
    /// Jobs on a page, 1000 at most.
    #[arg(short = 'L', long, visible_alias = "limit", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    per_page: u64,
    /// Print the page as a JSON array of what the API writes.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(gateway: &Gateway, args: ListArgs) -> anyhow::Result<ExitCode> {
    let page = gateway.list(&args.filter, args.page, args.per_page).await?;
    if args.json {
        let texts: Vec<&str> = page.iter().map(|job| job.get()).collect();
        print_json(&format!("[{}]", texts.join(",")))?;
        return Ok(ExitCode::SUCCESS);
    }
    let read = |text: Box<RawValue>| JobText::read(text).map(|read| read.job);
    let jobs: Vec<Job> = page.into_iter().map(read).collect::<anyhow::Result<_>>()?;
    if jobs.is_empty() {
        note(if args.filter.is_given() || args.page > 1 { "No such jobs" } else { "No jobs" });
    }
    let rows: Vec<Vec<String>> = jobs.iter().map(row).collect();
    print(&show::columns(&["ID", "STATE", "CREATED", "MS", "ERROR"], &rows))?;
    Ok(ExitCode::SUCCESS)
}

fn row(job: &Job) -> Vec<String> {
    let since = job.running.as_ref().map(|running| Timestamp::now().unix_millis() - running.since.unix_millis());
    let duration = match (job.status, since) {
        (JobStatus::Done, _) => job.duration.to_string(),
        (_, Some(millis)) => millis.max(0).to_string(),
        (_, None) => String::new(),
    };
    vec![job.uuid.to_string(), state(job), job.created_at.to_whole_seconds(), duration, job.error.clone()]
}
