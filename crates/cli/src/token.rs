//! `puppet-master token …`: tokens for TOKENS_FILE.

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use gateway::{NewToken, Scope};
use job_model::TokenName;

use crate::output::{note, print};

/// Arguments of `token`.
#[derive(Debug, clap::Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token: its lines for TOKENS_FILE go to standard output, the token itself to standard error.
    New {
        /// The token's name, which its jobs carry as their owner: a-z, 0-9, '.', '_' and '-'.
        name: TokenName,
        /// What it may do, separated by commas: jobs:create, jobs:read, jobs:delete, jobs:all, admin.
        #[arg(long, value_delimiter = ',', default_value = "jobs:create,jobs:read,jobs:delete")]
        scopes: Vec<Scope>,
    },
}

/// Does what the command says.
pub(crate) fn run(args: TokenArgs) -> anyhow::Result<ExitCode> {
    let TokenCommand::New { name, scopes } = args.command;
    let NewToken { token, toml } = NewToken::make(&name, &scopes).context("failed to make a token")?;
    print(&toml)?;
    note(&format!("The token of {name}, shown this once: {}", token.expose()));
    Ok(ExitCode::SUCCESS)
}
