//! How long the end may take.

use std::time::Duration;

use clap::Args;

use crate::config::duration;

/// One STOP_GRACE for whatever runs in a process: gateway, executor, or both.
#[derive(Clone, Debug, Default, Args)]
pub struct StopArgs {
    /// Longest time to finish what is under way after SIGTERM; jobs that still run then go back to the queue. 0 hands them
    /// back at once. Default: 20s in the gateway, 30s in the executor.
    #[arg(long, env = "STOP_GRACE", value_name = "TIME", value_parser = duration)]
    pub stop_grace: Option<Duration>,
}
