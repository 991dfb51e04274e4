//! What the README and the pages of docs/ say is true.
//!
//! [`settings`]: the tables of settings are what the binaries have. `UPDATE_README=1 cargo test -p tests --test readme`
//! writes them anew. [`first_minute`]: the README's commands run as they stand there. [`pages`]: so do the commands and the
//! jobs of docs/, and links lead somewhere. [`examples`]: the first lines of the examples are true. [`deploy`]: what deploy/
//! asks running services for is there. [`webhooks`]: the example of docs/WEBHOOKS.md tells our requests from others.

mod commands;
mod deploy;
mod examples;
mod first_minute;
mod pages;
mod settings;
mod shell;
mod webhooks;

use std::path::{Path, PathBuf};

/// The workspace's folder.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn readme() -> PathBuf {
    workspace().join("README.md")
}

/// The page of a name in docs/.
fn page(name: &str) -> PathBuf {
    workspace().join("docs").join(name)
}
