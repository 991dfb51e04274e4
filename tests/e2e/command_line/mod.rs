//! The command `puppet-master` as people and scripts use it: its codes, its streams, its manners.

mod doctor;
mod gateway;
mod here;
mod pages;
mod plans;
mod terminal;

use std::path::Path;
use std::time::Duration;

use testkit::processes::{self, Process, Program};
use tests::stack::{CHROMIUM_ARGS, TOKEN};

const DEADLINE: Duration = Duration::from_secs(60);

/// What a command printed, and how it ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// The command with arguments and nothing in its environment that names a gateway.
fn command(arguments: &[&str]) -> Program {
    let program = Program::new(processes::binary("puppet-master"));
    arguments.iter().fold(program, |program, argument| program.arg(*argument))
}

/// The same, told a gateway by its environment.
fn at(port: u16, arguments: &[&str]) -> Program {
    command(arguments).env("PUPPET_MASTER_ENDPOINT", format!("127.0.0.1:{port}")).env("PUPPET_MASTER_API_TOKEN", TOKEN)
}

/// The same, with a Chromium that starts here.
fn here(run_dir: &Path, arguments: &[&str]) -> Program {
    command(arguments).env("RUN_DIR", run_dir.display()).env("CHROMIUM_EXTRA_ARGS", CHROMIUM_ARGS)
}

/// Writes a file with the folders above it, and gives its path.
fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(&file, text).expect("a file");
    file.display().to_string()
}

async fn end(mut process: Process) -> Ended {
    let code = process.wait(DEADLINE).await.code();
    Ended { code, stdout: process.stdout(), stderr: process.stderr() }
}

async fn ended(program: Program) -> Ended {
    end(program.spawn()).await
}

/// A line of a shell, in which `$pm` is the command.
fn shell(line: &str) -> Program {
    Program::new("bash").arg("-c").arg(line).env("pm", processes::binary("puppet-master").display())
}
