//! What the system survives: everything killed while jobs run, and thousands of jobs that misbehave.
//!
//! Small by default, full size by `make chaos` (CHAOS_JOBS, CHAOS_KILLS, CHAOS_FILE_JOBS, CHAOS_FILE_KILLS,
//! CHAOS_ONE_SHOTS, CHAOS_CLUSTER_JOBS, CHAOS_CLUSTER_KILLS, CHAOS_WEBHOOK_JOBS, CHAOS_WEBHOOK_KILLS, CHAOS_SEED,
//! CHAOS_STORM_SECONDS, SOAK_JOBS).

mod chance;
mod cluster;
mod files;
mod jobs;
mod kills;
mod one_shots;
mod retry_storm;
mod soak;
mod stand_in;
mod victims;
mod webhooks;

use std::str::FromStr;
use std::time::Duration;

/// A size from the environment, or the one for `make test`.
fn size<T: FromStr>(name: &str, small: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(small)
}

/// Looks again and again until something is so.
async fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
