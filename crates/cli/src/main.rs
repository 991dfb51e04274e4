//! The `puppet-master` command for people: run one job, look after jobs on a gateway, or run the whole system in this
//! process without any server.

mod api;
mod arguments;
mod backup;
mod batch;
mod commands;
mod completion;
mod data_dir;
mod doctor;
mod downloads;
mod exec;
mod exit;
mod follow;
mod job_source;
mod jobs;
mod local;
mod man;
mod one_process;
mod output;
mod place;
mod random_digits;
mod report;
mod run;
mod schedules;
mod scripts;
mod show;
mod site;
mod telemetry;
mod terminal;
mod token;
mod top;
mod types;
mod up;

use std::process::ExitCode;

use executor::slot_process;

fn main() -> ExitCode {
    if slot_process::is_meant() {
        return slot_process::main();
    }
    run(arguments::read()).unwrap_or_else(|error| exit::of_error(&error))
}

fn run(cli: commands::Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(cli.command.run(arguments::command))
}
