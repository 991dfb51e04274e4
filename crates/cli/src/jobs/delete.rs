//! `puppet-master jobs delete`.

use std::process::ExitCode;

use super::each;
use crate::api::{FilterArgs, Gateway};
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    /// The jobs' ids.
    #[arg(value_name = "ID", value_parser = crate::arguments::given())]
    ids: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Delete all jobs that the filter means.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(gateway: &Gateway, args: DeleteArgs) -> anyhow::Result<ExitCode> {
    match (args.ids.is_empty(), args.filter.is_given()) {
        (false, false) => {}
        (true, true) if args.yes => {
            let count = gateway.delete_all(&args.filter).await?;
            print(&format!("{count} jobs are deleted\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        (true, true) => service::config::refuse(
            "--yes is missing: all jobs that the filter means are deleted (`jobs list` shows them)",
        ),
        (false, true) => service::config::refuse("give ids or a filter, not both"),
        (true, false) => {
            service::config::refuse("give the ids of jobs, or say which are meant: --state, --until and so on")
        }
    }
    each(&args.ids, async |id| {
        gateway.delete(id).await?;
        print(&format!("{id} is deleted\n"))?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}
