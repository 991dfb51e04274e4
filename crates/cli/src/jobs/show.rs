//! `puppet-master jobs show`.

use std::fmt::Write as _;
use std::process::ExitCode;

use job_model::{Job, JobStatus};

use super::{each, state};
use crate::api::Gateway;
use crate::output::{print, print_json};
use crate::show::{self, Shortened};
use crate::terminal::{Paint, one_line, shown};

#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// The jobs' ids.
    #[arg(required = true, value_name = "ID", value_parser = crate::arguments::given())]
    ids: Vec<String>,
    /// Wait until each is done.
    #[arg(long)]
    wait: bool,
    /// Print the API's JSON, one job after the other.
    #[arg(long)]
    json: bool,
    /// Print the places of an error, too.
    #[arg(long)]
    stack: bool,
}

pub(super) async fn run(gateway: &Gateway, args: ShowArgs) -> anyhow::Result<ExitCode> {
    each(&args.ids, async |id| {
        let job = if args.wait { gateway.wait(id, None).await? } else { gateway.get(id).await? };
        if args.json {
            print_json(job.text.get())?;
        } else {
            print(&text(&job.job, args.stack, Paint::stdout()))?;
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// A job for people.
fn text(job: &Job, stack: bool, paint: Paint) -> String {
    let uuid = job.uuid.as_str();
    let mut text = format!("{}  {}\n", paint.bold(&one_line(uuid)), state(job));
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<9} {}", one_line(value));
    };
    fact("created", &job.created_at.to_whole_seconds());
    for (name, time) in [("started", job.started_at), ("finished", job.finished_at)] {
        if let Some(time) = time {
            fact(name, &time.to_whole_seconds());
        }
    }
    if let Some(running) = &job.running {
        fact("running", &format!("since {} at {}", running.since.to_whole_seconds(), running.executor));
    }
    if let Some(attempt) = job.attempt.filter(|attempt| *attempt > 1) {
        fact("attempt", &attempt.to_string());
    }
    for (name, value) in [
        ("owner", job.owner.as_ref().map(ToString::to_string)),
        ("rerun of", job.rerun_of.as_ref().map(ToString::to_string)),
        ("log", job.logs.as_ref().map(|logs| format!("{} lines: puppet-master jobs logs {uuid}", logs.len()))),
    ] {
        if let Some(value) = value {
            fact(name, &value);
        }
    }
    for file in job.files.iter().flatten() {
        let size = show::size(usize::try_from(file.bytes).unwrap_or(usize::MAX));
        fact("file", &format!("{} ({}, {size})", file.name, file.media_type));
    }
    if job.status == JobStatus::Done {
        text.push_str(&show::ending(job, stack, paint));
    }
    if let Some(results) = job.results.as_ref().filter(|results| !results.is_empty()) {
        let (tree, shortened) = show::results(results, paint);
        text.push_str(&tree);
        if shortened == Shortened::Yes {
            let _ = writeln!(
                text,
                "{}",
                paint.dim(&format!("Shortened; as a whole: puppet-master jobs show {} --json", shown(uuid)))
            );
        }
    }
    text.push('\n');
    text
}
