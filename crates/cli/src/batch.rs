//! `puppet-master batch …`: many jobs at once.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Subcommand;
use job_model::JobId;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::api::{Gateway, GatewayArgs, encoded};
use crate::job_source::{self, folder_job};
use crate::output::{note, print, print_json};
use crate::{exit, show};

/// Between two looks at a batch that is waited for.
const LOOK: Duration = Duration::from_secs(2);

/// Arguments of `batch`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub(crate) struct BatchArgs {
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(subcommand)]
    command: BatchCommand,
}

#[derive(Debug, Subcommand)]
enum BatchCommand {
    /// Make a job of each row of a table.
    ///
    /// The file's first line names the columns. Each further row becomes a job whose vars are its cells by these names, over
    /// those of the job. Prints the batch's id.
    Run(RunArgs),
    /// List batches with how far they are; the latest first unless their ids were chosen.
    #[command(visible_alias = "ls")]
    List {
        /// Print what the API writes.
        #[arg(long)]
        json: bool,
    },
    /// Print how far a batch is, as the API writes it.
    Show {
        /// The batch's id.
        #[arg(value_parser = crate::arguments::given())]
        id: String,
        /// Print what the API writes, as without this flag.
        #[arg(long, hide = true)]
        json: bool,
    },
    /// Wait until all jobs of a batch are done.
    ///
    /// The exit code is 1 when a job did not succeed.
    Wait {
        /// The batch's id.
        #[arg(value_parser = crate::arguments::given())]
        id: String,
    },
    /// Cancel the jobs of a batch that are not done.
    Cancel {
        /// The batch's id.
        #[arg(value_parser = crate::arguments::given())]
        id: String,
    },
    /// Run those jobs of a batch again that did not succeed, as a new batch.
    Rerun {
        /// The batch's id.
        #[arg(value_parser = crate::arguments::given())]
        id: String,
    },
}

/// Arguments of `batch run`.
#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Table in UTF-8 with commas between its cells (RFC 4180); with semicolons or tabs when its head has no comma.
    #[arg(value_name = "FILE")]
    table: PathBuf,
    /// Folder of the job, or the file with its code.
    #[arg(long, value_name = "DIR|FILE", required_unless_present = "script", conflicts_with = "script")]
    each: Option<PathBuf>,
    /// A script of the gateway in the place of a folder.
    #[arg(long, value_name = "NAME")]
    script: Option<String>,
    /// A name for the batch.
    #[arg(long)]
    name: Option<String>,
    /// The id of a batch that is incomplete: the rows that are not jobs yet become jobs.
    #[arg(long, value_name = "ID")]
    uuid: Option<String>,
    /// Wait until all jobs are done.
    #[arg(long)]
    wait: bool,
}

/// Does what the command says.
pub(crate) async fn run(args: BatchArgs) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::required(&args.gateway)?;
    match args.command {
        BatchCommand::Run(args) => return start(&gateway, args).await,
        BatchCommand::Wait { id } => return wait(&gateway, &id).await,
        BatchCommand::List { json } => list(&gateway, json).await?,
        BatchCommand::Show { id, json: _ } => {
            let batch: Value = gateway.ask(Method::GET, &path(&id), None).await?;
            print_json(&batch.to_string())?;
        }
        BatchCommand::Cancel { id } => {
            let _: Value = gateway.ask(Method::POST, &format!("{}/cancel", path(&id)), None).await?;
            print(&format!("{id} is being cancelled\n"))?;
        }
        BatchCommand::Rerun { id } => {
            let batch: Value = gateway.ask(Method::POST, &format!("{}/rerun", path(&id)), None).await?;
            print(&format!("{}\n", batch["uuid"].as_str().unwrap_or_default()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn start(gateway: &Gateway, args: RunArgs) -> anyhow::Result<ExitCode> {
    let id = args.uuid.clone().unwrap_or_else(|| JobId::fresh().to_string());
    let mut head = json!({"uuid": id});
    if let Some(name) = &args.name {
        head["name"] = json!(name);
    }
    if let Some(script) = &args.script {
        head["script"] = json!(script);
    }
    if let Some(dir) = &args.each {
        head["job"] = exit::or_refuse(folder_job(dir));
    }
    let rows = exit::or_refuse(rows(&args.table));
    let mut body = json!({"batch": head}).to_string();
    for row in &rows {
        body.push('\n');
        body.push_str(&json!({"vars": row}).to_string());
    }
    let again = || format!("failed to send the batch: give --uuid {id} to send it again, nothing is made twice");
    gateway.create_batch(body.into_bytes()).await.with_context(again)?;
    print(&format!("{id}\n"))?;
    note(&if rows.len() == 1 { "1 job".to_owned() } else { format!("{} jobs", rows.len()) });
    if args.wait { wait(gateway, &id).await } else { Ok(ExitCode::SUCCESS) }
}

async fn list(gateway: &Gateway, json: bool) -> anyhow::Result<()> {
    let row = |batch: &Value| {
        let text = |name: &str| batch[name].as_str().unwrap_or_default().to_owned();
        vec![text("uuid"), text("state"), text("created_at"), counted(batch), text("name")]
    };
    show::listing(gateway, "batches", json, &["ID", "STATE", "CREATED", "JOBS", "NAME"], row).await
}

fn path(id: &str) -> String {
    format!("/batches/{}", encoded(id))
}

async fn wait(gateway: &Gateway, id: &str) -> anyhow::Result<ExitCode> {
    let path = path(id);
    let mut told = String::new();
    loop {
        let batch: Value = gateway.ask(Method::GET, &path, None).await?;
        let progress = progress(&batch);
        if progress != told {
            note(&progress);
            told = progress;
        }
        if batch["state"] == "done" {
            let counts = batch["counts"].as_object().cloned().unwrap_or_default();
            let all_succeeded = counts.keys().all(|state| state == "succeeded") && batch["incomplete"].is_null();
            return Ok(if all_succeeded { ExitCode::SUCCESS } else { exit::failed() });
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// `running: 3 succeeded, 1 waiting of 4`.
fn progress(batch: &Value) -> String {
    format!("{}: {}", batch["state"].as_str().unwrap_or_default(), counted(batch))
}

/// `3 succeeded, 1 waiting of 4`.
fn counted(batch: &Value) -> String {
    let counts = batch["counts"].as_object().cloned().unwrap_or_default();
    let counts: Vec<String> = counts.iter().map(|(state, jobs)| format!("{jobs} {state}")).collect();
    if counts.is_empty() { "0".to_owned() } else { format!("{} of {}", counts.join(", "), batch["accepted"]) }
}

/// The rows of a table as vars.
fn rows(table: &Path) -> anyhow::Result<Vec<Map<String, Value>>> {
    let text = job_source::read(table)?;
    let failed = || format!("failed to read {}", table.display());
    // Spreadsheets put a mark in front of what is UTF-8.
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_start().starts_with(['{', '[']);
    ensure!(!is_json, "{} is JSON and not a table: POST /batches takes it as it is", table.display());
    let mut reader = csv::ReaderBuilder::new().delimiter(separator(text)).from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().with_context(failed)?.iter().map(str::to_owned).collect();
    ensure!(names.iter().all(|name| !name.is_empty()), "{}: a column has no name", table.display());
    let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    ensure!(twice.is_none(), "{}: two columns are named {:?}", table.display(), twice.map_or("", |(_, name)| name));
    let read = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.with_context(failed)?;
        Ok(names.iter().cloned().zip(row.iter().map(Value::from)).collect())
    };
    let rows: Vec<_> = reader.records().map(read).collect::<anyhow::Result<_>>()?;
    ensure!(!rows.is_empty(), "{} has no rows below its head", table.display());
    Ok(rows)
}

/// What stands between cells: a comma. When the head has none, the semicolon or the tab that it has, as spreadsheets write
/// them in countries whose numbers have commas.
fn separator(text: &str) -> u8 {
    let mut quoted = false;
    let outside = text.bytes().filter(|byte| {
        quoted ^= *byte == b'"';
        !quoted
    });
    let head: Vec<u8> = outside.take_while(|byte| *byte != b'\n').collect();
    [b',', b';', b'\t'].into_iter().find(|mark| head.contains(mark)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{progress, rows};

    #[test]
    fn a_row_of_a_table_is_vars_by_the_heads_names() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("pages.csv");
        std::fs::write(&table, "\u{feff}url,title\r\nhttps://a/,\"one, \"\"two\"\"\nthree\"\r\nhttps://b/,\r\n")
            .unwrap();
        let found = serde_json::to_value(rows(&table).unwrap()).unwrap();
        let expected =
            json!([{"url": "https://a/", "title": "one, \"two\"\nthree"}, {"url": "https://b/", "title": ""}]);
        assert_eq!(found, expected);
        std::fs::write(&table, "url,title\nhttps://a/\n").unwrap();
        let error = format!("{:#}", rows(&table).unwrap_err());
        assert!(error.contains("pages.csv") && error.contains("fields"), "{error}");
    }

    #[test]
    fn a_table_of_a_spreadsheet_is_read_or_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("pages.csv");
        for text in ["\u{feff}\"url\";price\r\n\"https://a/;b\";1,5\r\n", "url\tprice\nhttps://a/;b\t1,5\n"] {
            std::fs::write(&table, text).unwrap();
            assert_eq!(json!(rows(&table).unwrap()), json!([{"url": "https://a/;b", "price": "1,5"}]), "{text:?}");
        }
        for (text, reason) in [
            (&b"url,url\na,b\n"[..], r#"two columns are named "url""#),
            (b"url,\na,b\n", "a column has no name"),
            (b"url\n", "no rows"),
            (b"", "no rows"),
            (b"url\nB\xe4r\n", "UTF-8"),
            (b"{\"code\": \"1\"}\n", "POST /batches takes it"),
        ] {
            std::fs::write(&table, text).unwrap();
            let error = format!("{:#}", rows(&table).unwrap_err());
            assert!(error.contains("pages.csv") && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn progress_is_one_line() {
        let batch = json!({"state": "running", "accepted": 4, "counts": {"succeeded": 3, "waiting": 1}});
        assert_eq!(progress(&batch), "running: 3 succeeded, 1 waiting of 4");
    }
}
