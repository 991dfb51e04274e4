//! How an operator asks for a safeguard that not every system allows.

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
