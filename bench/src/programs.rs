//! The programs that take part: our own release binaries, Node's scripts, Chromium.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;
use testkit::processes;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Long enough for a program of the bench to come up on a busy machine.
const START: Duration = Duration::from_secs(60);
/// Long enough for its browsers to close.
const END: Duration = Duration::from_secs(10);
/// Chromium arguments of a machine without a network of its own, for every subject.
pub(crate) const CHROMIUM_ARGS: [&str; 4] =
    ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

/// One of our binaries, built beside this one.
pub(crate) fn ours(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.exists(), "{} is not there; run `make bench`, which builds it", path.display());
    Ok(path)
}

/// The Chromium that all subjects use: CHROMIUM_EXECUTABLE or the first one the executor would find.
pub(crate) fn chromium() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("CHROMIUM_EXECUTABLE").filter(|name| !name.is_empty());
    let names: Vec<PathBuf> = match named {
        Some(name) => vec![name.into()],
        None => {
            ["chromium-headless-shell", "chrome-headless-shell", "chromium", "google-chrome"].map(Into::into).to_vec()
        }
    };
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let mut candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|path| path.is_file()).with_context(|| format!("none of {names:?} is installed"))
}

/// A script of bench/node, with the Chromium it shall use.
pub(crate) fn node(script: &str, arguments: &[&str], chromium: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(node_folder().join(script)).args(arguments).env("CHROMIUM", chromium).env("NODE_NO_WARNINGS", "1");
    command
}

/// bench/node.
pub(crate) fn node_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("node")
}

/// A program that is asked by lines and answers by lines. It is killed when this is dropped, and so are the browsers that
/// it has left: their profiles are in its folder.
#[derive(Debug)]
pub(crate) struct Asked {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
}

impl Asked {
    /// Starts it and waits for the line `ready`.
    pub(crate) async fn start(mut command: Command) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        command.env("TMPDIR", folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("failed to start {command:?}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take().context("it has no output")?);
        let mut started = Self { child, input, output: BufReader::new(output).lines(), folder };
        let line = timeout(START, started.line()).await.context("it did not start")??;
        ensure!(line == "ready", "expected ready, got {line}");
        Ok(started)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Sends a line and waits for the answer.
    pub(crate) async fn ask(&mut self, line: &str, deadline: Duration) -> anyhow::Result<String> {
        let input = self.input.as_mut().context("its input is closed")?;
        input.write_all(format!("{line}\n").as_bytes()).await?;
        timeout(deadline, self.line()).await.context("it did not answer in time")?
    }

    /// Ends it gently: its input ends. What does not go by itself is killed.
    pub(crate) async fn stop(mut self) {
        self.input = None;
        let _ = timeout(END, self.child.wait()).await;
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        match self.output.next_line().await? {
            Some(line) => Ok(line),
            None => bail!("it ended"),
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        let left = processes::mentioning(&self.folder.path().display().to_string());
        if !left.is_empty() {
            let ids = left.iter().map(u32::to_string);
            let _ = std::process::Command::new("kill").arg("-KILL").args(ids).stderr(Stdio::null()).status();
        }
    }
}
