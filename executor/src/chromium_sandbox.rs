//! Whether Chromium gets its own sandbox: the operator's choice, and what the system allows.

use browser::launch::{SandboxObstacle, sandbox_obstacle};

use crate::config::BrowserArgs;
use crate::safeguard_choice::Safeguard;

/// Whether Chromium has its own sandbox.
pub type ChromiumSandbox = Safeguard<SandboxObstacle>;

/// Chromium must have its own sandbox, and cannot.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("CHROMIUM_SANDBOX (--chromium-sandbox) is on, but {0}")]
pub struct NoSandbox(SandboxObstacle);

impl ChromiumSandbox {
    /// Tries what the system allows.
    ///
    /// # Errors
    /// [`NoSandbox`] with what to do.
    pub fn choose(args: &BrowserArgs) -> Result<Self, NoSandbox> {
        args.chromium_sandbox.made_of(sandbox_obstacle).map_err(NoSandbox)
    }

    /// Why there is none; `None` when there is one.
    pub(crate) fn absence(self) -> Option<String> {
        self.absence_by("CHROMIUM_SANDBOX")
    }

    /// Says it in one line.
    pub(crate) fn tell(self) {
        match self.absence() {
            None => tracing::info!("Chromium has its own sandbox"),
            Some(reason) => tracing::info!("Chromium runs without its own sandbox: {reason}"),
        }
    }
}
