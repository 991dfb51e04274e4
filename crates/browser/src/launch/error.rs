//! Why Chromium could not be started, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no Chromium.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// No program to start.
    #[error(
        "found no Chromium (looked in PATH for {tried}); install the package chromium-headless-shell or chromium, or \
         google-chrome-stable, or name the program with CHROMIUM_EXECUTABLE"
    )]
    NotFound {
        /// The names that were looked for.
        tried: String,
    },
    /// The program that was named is not there, or cannot be run.
    #[error(
        "found no program that can be run at CHROMIUM_EXECUTABLE={executable}; name Chromium's, or name none to have it \
         looked for in PATH"
    )]
    NotThere {
        /// What was named.
        executable: PathBuf,
    },
    /// No place for the profile.
    #[error("failed to make a profile directory in {run_dir}")]
    Profile {
        /// Where.
        run_dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system refused to start the program.
    #[error("failed to start {executable}")]
    Spawn {
        /// The program.
        executable: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The program ended before it could be talked to.
    #[error("{executable} ended at its start ({status}); {}", what_it_wrote(stderr))]
    Exited {
        /// The program.
        executable: PathBuf,
        /// How it ended.
        status: String,
        /// The end of its error output.
        stderr: String,
    },
    /// The program did not answer in time.
    #[error("{executable} did not answer on its debugging pipe within {timeout:?}; {}", what_it_wrote(stderr))]
    Silent {
        /// The program.
        executable: PathBuf,
        /// How long it had.
        timeout: Duration,
        /// The end of its error output.
        stderr: String,
    },
    /// The program runs, but does not talk.
    #[error("failed to talk to {executable}")]
    Talk {
        /// The program.
        executable: PathBuf,
        /// Why.
        #[source]
        source: crate::error::Error,
    },
}

fn what_it_wrote(stderr: &str) -> String {
    if stderr.is_empty() { "it wrote nothing".to_owned() } else { format!("its last words: {stderr}") }
}
