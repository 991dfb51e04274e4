//! `puppet-master scripts …`: code that a gateway keeps under a name.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Subcommand;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::api::{Gateway, GatewayArgs, JobText, encoded};
use crate::job_source::{NamedFile, folder_job};
use crate::output::{note, print, print_json};
use crate::{exit, job_source, show};

/// The file of a folder that has the schema of the vars.
const SCHEMA: &str = "vars.schema.json";
/// The file of a folder that has the job's other options.
const OPTIONS: &str = "options.json";

/// Arguments of `scripts`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub(crate) struct ScriptsArgs {
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(subcommand)]
    command: ScriptsCommand,
}

#[derive(Debug, Subcommand)]
enum ScriptsCommand {
    /// List scripts by their names, with their latest versions.
    #[command(visible_alias = "ls")]
    List {
        /// Print what the API writes.
        #[arg(long)]
        json: bool,
    },
    /// Print a script as the API writes it.
    Show {
        /// The script's name.
        #[arg(value_parser = crate::arguments::given())]
        name: String,
        /// Which version; the latest when left out.
        #[arg(long)]
        version: Option<u32>,
        /// Print what the API writes, as without this flag.
        #[arg(long, hide = true)]
        json: bool,
    },
    /// Store a folder as a new version of a script.
    ///
    /// The folder is one that `exec` takes. Beside it `vars.schema.json` may have a JSON Schema for the vars, and
    /// `options.json` more options of the job, such as `timeout` and `retry`.
    Push {
        /// Folder of the job, or the file with its code.
        #[arg(value_name = "DIR|FILE", default_value = ".")]
        dir: PathBuf,
        /// The script's name; the folder's, or the file's without its ending, when left out.
        #[arg(long)]
        name: Option<String>,
        /// A file that each job of this version finds in its folder; may be given many times.
        #[arg(long = "file", value_name = "[NAME=]FILE", value_parser = crate::job_source::named_file)]
        files: Vec<NamedFile>,
    },
    /// Delete a script with all its versions. Its jobs stay.
    #[command(visible_alias = "rm")]
    Delete {
        /// The script's name.
        #[arg(value_parser = crate::arguments::given())]
        name: String,
    },
    /// Make a job that runs a script, and print its id.
    Run {
        /// The script's name.
        #[arg(value_parser = crate::arguments::given())]
        name: String,
        /// A var; may be given many times.
        #[arg(long = "var", value_name = "NAME=VALUE", value_parser = crate::job_source::var)]
        vars: Vec<(String, String)>,
        /// Which version; the latest when left out.
        #[arg(long)]
        version: Option<u32>,
        /// Wait until the job is done; the exit code says how it ended.
        #[arg(long)]
        wait: bool,
        /// Print the job as the API's JSON in the place of its id; with --wait once it is done.
        #[arg(long)]
        json: bool,
    },
}

/// Does what the command says.
pub(crate) async fn run(args: ScriptsArgs) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::required(&args.gateway)?;
    let path = |name: &str| format!("/scripts/{}", encoded(name));
    let query = |version: Option<u32>| version.map(|version| format!("?version={version}")).unwrap_or_default();
    match args.command {
        ScriptsCommand::List { json } => list(&gateway, json).await?,
        ScriptsCommand::Show { name, version, json: _ } => {
            let path = format!("{}{}", path(&name), query(version));
            let script: Value = gateway.ask(Method::GET, &path, None).await?;
            print_json(&script.to_string())?;
        }
        ScriptsCommand::Push { dir, name, files } => {
            let name = exit::or_refuse(name.map_or_else(|| own_name(&dir), Ok));
            let body = exit::or_refuse(body(&dir, &files));
            let script: Value = gateway.ask(Method::PUT, &path(&name), Some(body)).await?;
            print(&format!("{name} has version {}\n", script["version"]))?;
        }
        ScriptsCommand::Delete { name } => {
            gateway.send(Method::DELETE, &path(&name), None).await?;
            print(&format!("{name} is deleted\n"))?;
        }
        ScriptsCommand::Run { name, vars, version, wait, json } => {
            let vars: Map<String, Value> = vars.into_iter().map(|(name, value)| (name, value.into())).collect();
            let path = format!("{}/jobs{}", path(&name), query(version));
            let mut job = JobText::read(gateway.ask(Method::POST, &path, Some(json!({"vars": vars}))).await?)?;
            let uuid = job.job.uuid.to_string();
            if !json {
                print(&format!("{uuid}\n"))?;
            }
            if wait {
                job = gateway.wait(&uuid, None).await?;
            }
            if json {
                print_json(job.text.get())?;
            }
            if wait {
                note(&format!("{uuid} is {}", job.job.outcome_or_derived()));
                return Ok(exit::of_job(&job.job));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(gateway: &Gateway, json: bool) -> anyhow::Result<()> {
    let row = |script: &Value| {
        let text = |name: &str| script[name].as_str().unwrap_or_default().to_owned();
        vec![text("name"), script["version"].to_string(), text("updated_at"), text("owner")]
    };
    show::listing(gateway, "scripts", json, &["NAME", "VERSION", "UPDATED", "OWNER"], row).await
}

/// The folder's name, or the file's without its ending.
fn own_name(dir: &Path) -> anyhow::Result<String> {
    ensure!(dir.exists(), "there is no file or folder {}", dir.display());
    let full = std::fs::canonicalize(dir).with_context(|| format!("failed to find {}", dir.display()))?;
    let name = if full.is_dir() { full.file_name() } else { full.file_stem() };
    let name = name.and_then(|name| name.to_str());
    name.map(str::to_owned).with_context(|| format!("{} has no name: give one by --name", dir.display()))
}

/// What `PUT /scripts/NAME` takes.
fn body(dir: &Path, files: &[NamedFile]) -> anyhow::Result<Value> {
    let mut body = folder_job(dir)?;
    let folder = if dir.is_file() { dir.parent().unwrap_or(Path::new("")) } else { dir };
    let read = |name: &str| -> anyhow::Result<Option<Map<String, Value>>> {
        let file = folder.join(name);
        if !file.exists() {
            return Ok(None);
        }
        let refused = || format!("{} is not a JSON object", file.display());
        serde_json::from_str(&job_source::read(&file)?).map(Some).with_context(refused)
    };
    for (name, value) in read(OPTIONS)?.unwrap_or_default() {
        body[name] = value;
    }
    if let Some(schema) = read(SCHEMA)? {
        body["vars_schema"] = schema.into();
    }
    for file in files {
        let bytes = std::fs::read(&file.path).with_context(|| format!("failed to read {}", file.path.display()))?;
        let name = file.file_name()?.to_string();
        let all = &mut body["files"];
        if !all.is_object() {
            *all = json!({});
        }
        all[name] = json!({"base64": BASE64_STANDARD.encode(bytes)});
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{body, own_name};
    use crate::job_source::named_file;

    #[test]
    fn a_folder_is_pushed_with_its_schema_and_options() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("daily-report");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("code.mjs"), "return").unwrap();
        std::fs::write(folder.join("vars.json"), r#"{"a": "1"}"#).unwrap();
        std::fs::write(folder.join("vars.schema.json"), r#"{"required": ["a"]}"#).unwrap();
        std::fs::write(folder.join("options.json"), r#"{"timeout": 30}"#).unwrap();
        assert_eq!(own_name(&folder).unwrap(), "daily-report");
        assert_eq!(own_name(&folder.join("code.mjs")).unwrap(), "code");
        std::fs::write(parent.path().join("in.csv"), "a,b").unwrap();
        let expected = json!({"code": "return", "vars": {"a": "1"}, "modules": {}, "timeout": 30,
            "vars_schema": {"required": ["a"]}, "files": {"in.csv": {"base64": "YSxi"}}});
        let file = named_file(parent.path().join("in.csv").to_str().unwrap()).unwrap();
        assert_eq!(body(&folder, &[file]).unwrap(), expected);
    }
}
