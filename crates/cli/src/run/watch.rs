//! `run --watch`: the job again whenever one of its files is saved.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use service::Chain;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{RunArgs, once};
use crate::exit;
use crate::job_source::JobSource;
use crate::output::note;
use crate::place::{Interrupt, Place};

/// Between two looks at the files.
const LOOK: Duration = Duration::from_millis(200);
/// Editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(100);

/// Runs the job until a signal. A job that runs when a file is saved is cancelled.
pub(super) async fn run(
    place: &mut Place,
    args: &RunArgs,
    first: JobSource,
    stop: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let mut source = Some(first);
    let mut files = Vec::new();
    loop {
        if let Some(source) = &source {
            files.clone_from(&source.read);
        }
        let seen = state(&files);
        if let Some(source) = source.take() {
            let once_more = stop.child_token();
            let watcher = tokio::spawn(cancel_on_change(files.clone(), seen.clone(), once_more.clone()));
            let outcome = once(place, args, source, &once_more, Interrupt::Cancels).await;
            watcher.abort();
            outcome?;
        }
        if stop.is_cancelled() {
            return Ok(exit::interrupted());
        }
        if state(&files) == seen {
            note("Waiting for a file to be saved; Ctrl-C ends");
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(exit::interrupted()),
            () = change(&files, &seen) => {}
        }
        match args.source.load().await {
            Ok(read) => source = Some(read),
            Err(error) => note(&format!("error: {}", Chain(&*error))),
        }
    }
}

async fn cancel_on_change(files: Vec<PathBuf>, seen: Vec<Seen>, token: CancellationToken) {
    change(&files, &seen).await;
    token.cancel();
}

/// Returns when a file is not as it was.
async fn change(files: &[PathBuf], seen: &[Seen]) {
    while state(files) == seen {
        sleep(LOOK).await;
    }
    sleep(SETTLE).await;
}

/// When a file was written, and its length; `None` when there is none.
type Seen = Option<(SystemTime, u64)>;

fn state(files: &[PathBuf]) -> Vec<Seen> {
    let seen = |file: &PathBuf| {
        let about = std::fs::metadata(file).ok()?;
        Some((about.modified().ok()?, about.len()))
    };
    files.iter().map(seen).collect()
}
