//! How an operator asks for a safeguard that not every system allows, and what is made of the choice.

use std::fmt::Display;

use clap::ValueEnum;

/// When there is such a safeguard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SafeguardChoice {
    /// When it can.
    Auto,
    /// Or not at all.
    On,
    /// Never.
    Off,
}

/// What is made of the choice; an `Obstacle` says why the system does not allow the safeguard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safeguard<Obstacle> {
    /// It is there.
    On,
    /// The operator wants none.
    Off,
    /// The operator leaves it to the system, which does not allow it.
    Impossible(Obstacle),
}

impl SafeguardChoice {
    /// Decides; looks for an obstacle only when the safeguard is wanted.
    ///
    /// # Errors
    /// The obstacle, when the safeguard must be there.
    pub fn made_of<Obstacle>(
        self,
        obstacle: impl FnOnce() -> Option<Obstacle>,
    ) -> Result<Safeguard<Obstacle>, Obstacle> {
        if self == Self::Off {
            return Ok(Safeguard::Off);
        }
        match obstacle() {
            None => Ok(Safeguard::On),
            Some(obstacle) if self == Self::On => Err(obstacle),
            Some(obstacle) => Ok(Safeguard::Impossible(obstacle)),
        }
    }
}

impl<Obstacle: Display> Safeguard<Obstacle> {
    /// Tells why the safeguard is not there, by the setting or the obstacle; `None` when it is there.
    pub(crate) fn absence_by(self, setting: &str) -> Option<String> {
        match self {
            Self::On => None,
            Self::Off => Some(format!("{setting}=off")),
            Self::Impossible(obstacle) => Some(obstacle.to_string()),
        }
    }
}
