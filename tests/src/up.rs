//! The whole system in one process: `puppet-master up`.

use std::path::Path;
use std::time::Duration;

use testkit::processes::{self, Process, Program};

use crate::client::Client;
use crate::stack::{CHROMIUM_ARGS, TOKEN};

/// With one slot and everything that it keeps in `folder`: its data in `data`, its browser profiles in `run`.
pub fn program(port: u16, folder: &Path) -> Program {
    Program::new(processes::binary("puppet-master"))
        .arg("up")
        .env("LISTEN_PORT", port)
        .env("API_TOKEN", TOKEN)
        .env("DATA_DIR", folder.join("data").display())
        .env("RUN_DIR", folder.join("run").display())
        .env("EXECUTOR_CONCURRENCY", 1)
        .env("CHROMIUM_EXTRA_ARGS", CHROMIUM_ARGS)
}

/// Starts it, waits until it listens, and gives a client of it.
///
/// # Panics
/// When it does not listen within half a minute.
pub async fn started(program: Program, port: u16) -> (Process, Client) {
    let mut process = program.spawn();
    process.wait_for_port(port, Duration::from_secs(30)).await;
    (process, Client::new(format!("http://127.0.0.1:{port}"), TOKEN))
}
