//! What the system survives: everything killed while jobs run, and thousands of jobs that misbehave.
//!
//! Small by default, full size by `make chaos` (CHAOS_JOBS, CHAOS_KILLS, CHAOS_FILE_JOBS, CHAOS_FILE_KILLS,
//! CHAOS_ONE_SHOTS, SOAK_JOBS).

mod files;
mod jobs;
mod kills;
mod one_shots;
mod soak;
mod victims;

use std::str::FromStr;

/// A size from the environment, or the one for `make test`.
fn size<T: FromStr>(name: &str, small: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(small)
}
