//! Why an executor could not go on.

use std::io;

use browser::LaunchError;

use crate::chromium_sandbox::NoSandbox;
use crate::network::NetworkError;
use crate::run_directory::RunDirectoryError;
use crate::slot::SlotError;

/// Why an executor could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// There is no place for browser profiles.
    #[error(transparent)]
    RunDirectory(#[from] RunDirectoryError),
    /// Somebody else listens there already.
    #[error("failed to listen on the status port {port} (STATUS_PORT)")]
    StatusPort {
        /// The port.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no Chromium to be started.
    #[error(transparent)]
    NoChromium(#[from] LaunchError),
    /// Chromium is not to be started without its own sandbox.
    #[error(transparent)]
    NoSandbox(#[from] NoSandbox),
    /// Chromium failed to start so often in a row that another try has no point.
    #[error(
        "Chromium could not be started {attempts} times in a row (BROWSER_START_ATTEMPTS); the log has the reasons, `puppet-master \
         doctor` looks for what is missing"
    )]
    BrowserBroken {
        /// How many times.
        attempts: u16,
    },
    /// Jobs would have no guarded network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The slot for a single job failed.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// What the slot told of the job cannot be read.
    #[error("failed to read the results of the job")]
    Results(#[source] serde_json::Error),
}
