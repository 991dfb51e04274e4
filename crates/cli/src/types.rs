//! `puppet-master types`: what a job's code sees, for editors and for TypeScript's own compiler.

use std::process::ExitCode;

use crate::output::print;

/// Print the types of what a job's code sees: page, vars, results, logger, files and the helpers.
///
/// An editor that finds the file beside the code completes and checks it: puppet-master types > job.d.ts
#[derive(Debug, clap::Args)]
pub(crate) struct TypesArgs {}

/// Prints the file.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    print(include_str!("../types/job.d.ts"))?;
    Ok(ExitCode::SUCCESS)
}
