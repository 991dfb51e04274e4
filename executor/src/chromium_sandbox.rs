//! Whether Chromium gets its own sandbox: the operator's choice, and what the system allows.

use browser::launch::{SandboxObstacle, sandbox_obstacle};

use crate::config::BrowserArgs;
use crate::safeguard_choice::SafeguardChoice;

/// What is made of the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChromiumSandbox {
    /// It has one.
    On,
    /// The operator wants none.
    Off,
    /// The operator leaves it to the system, which does not allow it.
    Impossible(SandboxObstacle),
}

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
        match (args.chromium_sandbox, sandbox_obstacle()) {
            (SafeguardChoice::Off, _) => Ok(Self::Off),
            (_, None) => Ok(Self::On),
            (SafeguardChoice::Auto, Some(obstacle)) => Ok(Self::Impossible(obstacle)),
            (SafeguardChoice::On, Some(obstacle)) => Err(NoSandbox(obstacle)),
        }
    }

    /// Why there is none; `None` when there is one.
    pub(crate) fn absence(self) -> Option<String> {
        match self {
            Self::On => None,
            Self::Off => Some("CHROMIUM_SANDBOX=off".to_owned()),
            Self::Impossible(obstacle) => Some(obstacle.to_string()),
        }
    }

    /// Says it in one line.
    pub(crate) fn tell(self) {
        match self.absence() {
            None => tracing::info!("Chromium has its own sandbox"),
            Some(reason) => tracing::info!("Chromium runs without its own sandbox: {reason}"),
        }
    }
}
