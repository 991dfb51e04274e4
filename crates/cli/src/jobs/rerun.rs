//! `puppet-master jobs rerun`.

use std::process::ExitCode;

use super::{each, state};
use crate::api::Gateway;
use crate::exit;
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct RerunArgs {
    /// The jobs' ids.
    #[arg(required = true, value_name = "ID", value_parser = crate::arguments::given())]
    ids: Vec<String>,
    /// Wait until the new jobs are done; the exit code is that of the first one that did not succeed.
    #[arg(long)]
    wait: bool,
}

/// Prints the ids of the new jobs.
pub(super) async fn run(gateway: &Gateway, args: RerunArgs) -> anyhow::Result<ExitCode> {
    let mut made = Vec::new();
    let code = each(&args.ids, async |id| {
        let job = gateway.rerun(id).await?.job;
        if !args.wait {
            print(&format!("{}\n", job.uuid))?;
        }
        made.push(job.uuid.to_string());
        Ok(ExitCode::SUCCESS)
    })
    .await?;
    if !args.wait {
        return Ok(code);
    }
    let ended = each(&made, async |id| {
        let job = gateway.wait(id, None).await?.job;
        print(&format!("{}\t{}\n", job.uuid, state(&job)))?;
        Ok(exit::of_job(&job))
    })
    .await?;
    Ok(if code == ExitCode::SUCCESS { ended } else { code })
}
