//! One job without any queue, as the command line runs it.

use job_model::{JobResult, LogEntry};
use script::JobFolder;
use tokio_util::sync::CancellationToken;

use crate::checks::find_chromium;
use crate::chromium_sandbox::ChromiumSandbox;
use crate::config::ExecutorArgs;
use crate::error::ExecutorError;
use crate::network::Network;
use crate::protocol::{JobOrder, SlotSettings};
use crate::run_directory::RunDirectory;
use crate::slot::{Slot, SlotProgram};
use crate::slot_settings::slot_settings_with;

/// Runs one job in a slot of its own, without any queue. `on_files` gets the files that it left, when there are any.
///
/// # Errors
/// [`ExecutorError`] when the job could not be run; a job that failed is a result.
pub async fn run_one(
    args: &ExecutorArgs,
    program: &SlotProgram,
    order: JobOrder,
    stop: &CancellationToken,
    mut on_log: impl FnMut(LogEntry),
    on_files: impl FnOnce(&JobFolder),
) -> Result<JobResult, ExecutorError> {
    find_chromium(args)?;
    let run_directory = RunDirectory::create(&args.run_dir())?;
    let sandbox = ChromiumSandbox::choose(&args.browser)?;
    let settings = SlotSettings { run_dir: run_directory.slot("0"), ..slot_settings_with(args, sandbox) };
    let network = Network::start(args).await?;
    let (mut slot, _) = Slot::start_behind(program, settings, &network).await?;
    let (uuid, mut logs) = (order.uuid.clone(), Vec::new());
    let keep = |entry: LogEntry| {
        logs.push(entry.clone());
        on_log(entry);
    };
    let end = slot.run(order, stop, "cancelled", keep).await;
    slot.kill().await;
    let end = end?;
    if let Some(folder) = end.files.folder() {
        on_files(folder);
    }
    end.into_result(uuid, logs).map_err(ExecutorError::Results)
}
