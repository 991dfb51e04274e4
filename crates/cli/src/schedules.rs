//! `puppet-master schedules …`: looking after the schedules of a gateway.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::api::{Gateway, GatewayArgs, encoded};
use crate::job_source::folder_job;
use crate::output::{print, print_json};
use crate::{exit, job_source, show};

/// Arguments of `schedules`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub(crate) struct SchedulesArgs {
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(subcommand)]
    command: SchedulesCommand,
}

#[derive(Debug, Subcommand)]
enum SchedulesCommand {
    /// List schedules by their names, with their next times.
    #[command(visible_alias = "ls")]
    List {
        /// Print what the API writes.
        #[arg(long)]
        json: bool,
    },
    /// Print a schedule with its next times and its last runs, as the API writes it.
    Show {
        /// The schedule's name.
        #[arg(value_parser = crate::arguments::given())]
        name: String,
        /// Print what the API writes, as without this flag.
        #[arg(long, hide = true)]
        json: bool,
    },
    /// Make a schedule, or change it.
    ///
    /// The file is JSON as `PUT /schedules/NAME` takes it: `cron`, `time_zone`, `job` or `script`, and so on. With --job the
    /// job comes from a folder or a file of code in the place of the file's `job`.
    Set {
        /// File with the schedule; its name without .json is the schedule's.
        file: PathBuf,
        /// Another name for the schedule.
        #[arg(long)]
        name: Option<String>,
        /// Folder of the job, or the file with its code.
        #[arg(long, value_name = "DIR|FILE")]
        job: Option<PathBuf>,
    },
    /// Let a schedule rest.
    Pause {
        /// The schedule's name.
        #[arg(value_parser = crate::arguments::given())]
        name: String,
    },
    /// Let a schedule go on. What it would have done meanwhile is not made up for.
    Resume {
        /// The schedule's name.
        #[arg(value_parser = crate::arguments::given())]
        name: String,
    },
    /// Delete a schedule. Its jobs stay.
    #[command(visible_alias = "rm")]
    Delete {
        /// The schedule's name.
        #[arg(value_parser = crate::arguments::given())]
        name: String,
    },
}

/// Does what the command says.
pub(crate) async fn run(args: SchedulesArgs) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::required(&args.gateway)?;
    let path = |name: &str| format!("/schedules/{}", encoded(name));
    match args.command {
        SchedulesCommand::List { json } => list(&gateway, json).await?,
        SchedulesCommand::Show { name, json: _ } => {
            let schedule: Value = gateway.ask(Method::GET, &path(&name), None).await?;
            print_json(&schedule.to_string())?;
        }
        SchedulesCommand::Set { file, name, job } => {
            let name = exit::or_refuse(name.map_or_else(|| own_name(&file), Ok));
            let body = exit::or_refuse(wish(&file, job.as_deref()));
            let schedule: Value = gateway.ask(Method::PUT, &path(&name), Some(body)).await?;
            print(&format!("{name} is set, next {}\n", next(&schedule)))?;
        }
        SchedulesCommand::Pause { name } => {
            let _: Value = gateway.ask(Method::POST, &format!("{}/pause", path(&name)), None).await?;
            print(&format!("{name} is paused\n"))?;
        }
        SchedulesCommand::Resume { name } => {
            let schedule: Value = gateway.ask(Method::POST, &format!("{}/resume", path(&name)), None).await?;
            print(&format!("{name} goes on, next {}\n", next(&schedule)))?;
        }
        SchedulesCommand::Delete { name } => {
            gateway.send(Method::DELETE, &path(&name), None).await?;
            print(&format!("{name} is deleted\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(gateway: &Gateway, json: bool) -> anyhow::Result<()> {
    let row = |schedule: &Value| {
        let text = |name: &str| schedule[name].as_str().unwrap_or_default().to_owned();
        let state = match (schedule["paused"].as_bool(), schedule["problem"].as_str()) {
            (Some(true), _) => "paused",
            (_, Some(_)) => "stuck",
            _ => "on",
        };
        vec![text("name"), state.to_owned(), text("cron"), text("time_zone"), next(schedule)]
    };
    show::listing(gateway, "schedules", json, &["NAME", "STATE", "CRON", "ZONE", "NEXT"], row).await
}

fn next(schedule: &Value) -> String {
    schedule["next"][0].as_str().unwrap_or("never").to_owned()
}

/// The name of a file, without its ending.
fn own_name(file: &Path) -> anyhow::Result<String> {
    let name = file.file_stem().and_then(|name| name.to_str());
    name.map(str::to_owned).with_context(|| format!("{} has no name: give one by --name", file.display()))
}

/// What the file says, with the job of a folder where one is named.
fn wish(file: &Path, job: Option<&Path>) -> anyhow::Result<Value> {
    let refused = || format!("{} is not a JSON object", file.display());
    let mut wish: Map<String, Value> = serde_json::from_str(&job_source::read(file)?).with_context(refused)?;
    if let Some(dir) = job {
        wish.insert("job".to_owned(), folder_job(dir)?);
    }
    Ok(json!(wish))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{own_name, wish};

    #[test]
    fn a_file_names_its_schedule_and_a_folder_its_job() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("daily.report.json");
        std::fs::write(&file, r#"{"cron": "@daily", "job": {"code": "old"}}"#).unwrap();
        std::fs::write(folder.path().join("code.mjs"), "new").unwrap();
        assert_eq!(own_name(&file).unwrap(), "daily.report");
        let made = wish(&file, Some(folder.path())).unwrap();
        assert_eq!((&made["cron"], &made["job"]["code"]), (&json!("@daily"), &json!("new")));
        assert_eq!(wish(&file, None).unwrap()["job"]["code"], "old");
        std::fs::write(&file, "[]").unwrap();
        assert!(wish(&file, None).unwrap_err().to_string().contains("daily.report.json is not a JSON object"));
    }
}
