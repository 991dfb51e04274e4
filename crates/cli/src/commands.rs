//! The verbs: one variant and one module each. A new verb needs a line in [`Command`] and one in [`Command::run`].

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{backup, batch, completion, doctor, exec, exit, jobs, man, run, schedules, scripts, token, top, types, up};

/// Browser automation as a service: JavaScript written against Puppeteer's `page`, run in headless Chromium.
#[derive(Debug, Parser)]
#[command(name = "puppet-master", version, after_help = exit::HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a job: a file, a folder or standard input; here, or through a gateway.
    ///
    /// Without PUPPET_MASTER_ENDPOINT or --server the job runs in a Chromium of this process's own, else through that gateway.
    /// Results go to standard output, the job's log and how it ended to standard error. A folder `site` beside the code of a
    /// folder is served on 127.0.0.1 while the job runs here, and the job gets its address as `vars.url`.
    Run(Box<run::RunArgs>),
    /// Run one job from a folder and print what became of it, as the predecessor's command line does.
    ///
    /// Without PUPPET_MASTER_ENDPOINT the job runs in a Chromium of this process's own, else through that gateway. A folder
    /// `site` beside the code is served on 127.0.0.1 while a job runs here, and the job gets its address as `vars.url`.
    Exec(Box<exec::ExecArgs>),
    /// Look after the jobs of a gateway.
    Jobs(jobs::JobsArgs),
    /// Look after the schedules of a gateway: jobs that are made at times.
    Schedules(schedules::SchedulesArgs),
    /// Look after the scripts of a gateway: code under a name, in versions.
    Scripts(scripts::ScriptsArgs),
    /// Make many jobs at once, and look after them.
    Batch(batch::BatchArgs),
    Types(types::TypesArgs),
    /// Show who is there, what runs, and how the last hour went.
    Top(top::TopArgs),
    /// Make tokens for TOKENS_FILE.
    Token(token::TokenArgs),
    /// Copy jobs, their files and the queue of `up`, which may be running, to another folder.
    Backup(backup::BackupArgs),
    /// Run gateway and executor in this process, on an embedded store and queue.
    Up(Box<up::UpArgs>),
    /// Check what jobs need: Chromium, its sandbox, fonts, disk, and the services that are configured.
    ///
    /// Broker, database and store of files are read from the variables of gateway and executor (QUEUE_HOST, COUCH_DB_HOST,
    /// FILES_URL and so on), the gateway from PUPPET_MASTER_ENDPOINT. What is not configured is left out. The exit code is 1
    /// when something fails; warnings do not count.
    Doctor(Box<doctor::DoctorArgs>),
    Completion(completion::CompletionArgs),
    Man(man::ManArgs),
}

impl Command {
    /// Does what is asked. `whole` is the command line itself, for those verbs that describe it.
    pub(crate) async fn run(self, whole: fn() -> clap::Command) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(args) => run::run(*args).await,
            Self::Exec(args) => exec::run(*args).await,
            Self::Jobs(args) => jobs::run(args).await,
            Self::Schedules(args) => schedules::run(args).await,
            Self::Scripts(args) => scripts::run(args).await,
            Self::Batch(args) => batch::run(args).await,
            Self::Types(_) => types::run(),
            Self::Top(args) => top::run(args).await,
            Self::Token(args) => token::run(args),
            Self::Backup(args) => backup::run(&args),
            Self::Up(args) => up::run(*args).await,
            Self::Doctor(args) => doctor::run(*args).await,
            Self::Completion(args) => completion::run(&args, whole()),
            Self::Man(args) => man::run(&args, whole()),
        }
    }
}
