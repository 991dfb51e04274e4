//! `puppet-master jobs wait`.

use std::process::ExitCode;
use std::time::Duration;

use job_model::JobStatus;
use service::config::duration;
use tokio::time::Instant;

use super::{each, state};
use crate::api::Gateway;
use crate::exit;
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct WaitArgs {
    /// The jobs' ids.
    #[arg(required = true, value_name = "ID", value_parser = crate::arguments::given())]
    ids: Vec<String>,
    /// Longest time to wait for all of them together: a number of seconds, or with s, m, h. Default: no limit.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
}

pub(super) async fn run(gateway: &Gateway, args: WaitArgs) -> anyhow::Result<ExitCode> {
    let end = args.timeout.map(|limit| Instant::now() + limit);
    each(&args.ids, async |id| {
        let limit = end.map(|end| end.saturating_duration_since(Instant::now()));
        let job = gateway.wait(id, limit).await?.job;
        print(&format!("{}\t{}\n", job.uuid, state(&job)))?;
        Ok(if job.status == JobStatus::Done { exit::of_job(&job) } else { exit::timed_out() })
    })
    .await
}
