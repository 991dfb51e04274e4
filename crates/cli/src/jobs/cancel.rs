//! `puppet-master jobs cancel`.

use std::process::ExitCode;

use super::{each, state};
use crate::api::Gateway;
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct CancelArgs {
    /// The jobs' ids.
    #[arg(required = true, value_name = "ID", value_parser = crate::arguments::given())]
    ids: Vec<String>,
}

pub(super) async fn run(gateway: &Gateway, args: CancelArgs) -> anyhow::Result<ExitCode> {
    each(&args.ids, async |id| {
        let job = gateway.cancel(id).await?.job;
        print(&format!("{} is {}\n", job.uuid, state(&job)))?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}
