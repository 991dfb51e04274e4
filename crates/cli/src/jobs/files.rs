//! `puppet-master jobs files`.

use std::path::PathBuf;
use std::process::ExitCode;

use job_model::JobFile;

use crate::api::Gateway;
use crate::downloads;
use crate::output::{note, print, print_json};
use crate::show;

#[derive(Debug, clap::Args)]
pub(super) struct FilesArgs {
    /// The job's id.
    #[arg(value_name = "ID", value_parser = crate::arguments::given())]
    id: String,
    /// Write them into this folder, which is made.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print the list as the API's JSON.
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

pub(super) async fn run(gateway: &Gateway, args: FilesArgs) -> anyhow::Result<ExitCode> {
    let job = gateway.get(&args.id).await?.job;
    let files = job.files.as_deref().unwrap_or_default();
    if args.json {
        print_json(&serde_json::to_string(files)?)?;
    } else if files.is_empty() {
        note(&format!("Job {} left no files", args.id));
    } else if let Some(output) = &args.output {
        downloads::all(gateway, &job, output).await?;
    } else {
        let row = |file: &JobFile| vec![file.name.to_string(), file.bytes.to_string(), file.media_type.clone()];
        print(&show::columns(&["NAME", "BYTES", "TYPE"], &files.iter().map(row).collect::<Vec<_>>()))?;
    }
    Ok(ExitCode::SUCCESS)
}
