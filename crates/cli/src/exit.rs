//! The codes that the command ends with.

use std::process::ExitCode;

use job_model::{Job, Outcome};
use service::Chain;

/// What `--help` says of them.
pub(crate) const HELP: &str = "\
Exit codes: 0 succeeded, 1 the job or the command failed, 2 wrong usage, 3 the gateway cannot be reached, 124 timed out, \
130 interrupted.";

/// Nothing answers at the gateway's address, or it answers no more.
#[derive(Debug, thiserror::Error)]
#[error("failed to reach the gateway at {endpoint} (PUPPET_MASTER_ENDPOINT, --server)")]
pub(crate) struct Unreachable {
    /// The address.
    pub(crate) endpoint: String,
    /// Why.
    #[source]
    pub(crate) reason: anyhow::Error,
}

/// What was read of the user's own files. A mistake in these ends the process, as wrong usage does.
pub(crate) fn or_refuse<T>(read: anyhow::Result<T>) -> T {
    read.unwrap_or_else(|error| service::config::refuse(Chain(&*error)))
}

/// The job or the command failed.
pub(crate) fn failed() -> ExitCode {
    ExitCode::from(1)
}

/// Time ran out: the job's, or the one for waiting.
pub(crate) fn timed_out() -> ExitCode {
    ExitCode::from(124)
}

/// A signal ended it.
pub(crate) fn interrupted() -> ExitCode {
    ExitCode::from(130)
}

/// How a job that is done ended.
pub(crate) fn of_job(job: &Job) -> ExitCode {
    match job.outcome_or_derived() {
        Outcome::Succeeded => ExitCode::SUCCESS,
        Outcome::TimedOut => timed_out(),
        Outcome::Failed | Outcome::Cancelled | Outcome::GivenUp | Outcome::Expired => failed(),
    }
}

/// Says on standard error which error ends the process, and answers the code for it.
pub(crate) fn of_error(error: &anyhow::Error) -> ExitCode {
    let said = service::ended_by(&**error);
    if is_unreachable(error) { ExitCode::from(3) } else { said }
}

/// Whether a gateway could not be reached.
pub(crate) fn is_unreachable(error: &anyhow::Error) -> bool {
    error.is::<Unreachable>()
}
