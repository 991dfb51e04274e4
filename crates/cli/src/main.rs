//! The `puppet-master` command for people: run one job from a folder, look after jobs on a gateway, or run the whole
//! system in this process without any server.

mod api;
mod backup;
mod data_dir;
mod downloads;
mod exec;
mod job_folder;
mod jobs;
mod output;
mod report;
mod site;
mod token;
mod top;
mod types;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use executor::slot_process;

/// Browser automation as a service: JavaScript written against Puppeteer's `page`, run in headless Chromium.
#[derive(Debug, Parser)]
#[command(name = "puppet-master", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one job from a folder and print what became of it.
    Exec(Box<exec::ExecArgs>),
    /// Look after the jobs of a gateway.
    Jobs(jobs::JobsArgs),
    Types(types::TypesArgs),
    /// Show who is there, what runs, and how the last hour went.
    Top(top::TopArgs),
    /// Make tokens for TOKENS_FILE.
    Token(token::TokenArgs),
    /// Copy jobs and queue of `up`, which may be running, to another folder.
    Backup(backup::BackupArgs),
    /// Run gateway and executor in this process, on an embedded store and queue.
    Up(Box<up::UpArgs>),
}

fn main() -> ExitCode {
    if slot_process::is_meant() {
        return slot_process::main();
    }
    exit_code(run(service::config::parse()))
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Exec(args) => exec::run(*args).await,
            Command::Jobs(args) => jobs::run(args).await,
            Command::Types(_) => types::run(),
            Command::Top(args) => top::run(args).await,
            Command::Token(args) => token::run(args),
            Command::Backup(args) => backup::run(&args),
            Command::Up(args) => up::run(*args).await,
        }
    })
}

fn exit_code(outcome: anyhow::Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| service::ended_by(&*error))
}
