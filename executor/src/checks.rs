//! What can be said of a configuration before anything is started.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::chromium_sandbox::ChromiumSandbox;
use crate::config::ExecutorArgs;
use crate::error::ExecutorError;
use crate::network;
use crate::run_directory;
use crate::safeguards::Safeguards;
use crate::slot_lock::KernelLocks;

/// Checks what no single setting shows: whether there is a Chromium and a place for its profiles, whether its flags leave the
/// network guarded, and whether the system allows what is asked for.
///
/// # Errors
/// One of [`ExecutorError`], which names the setting and says what to do.
pub fn check(args: &ExecutorArgs) -> Result<(), ExecutorError> {
    find_chromium(args)?;
    network::check_settings(args)?;
    run_directory::check(&args.run_dir())?;
    ChromiumSandbox::choose(&args.browser)?;
    Ok(())
}

/// Lists the safeguards that jobs would not have here, by name, with the reasons.
///
/// # Errors
/// One of [`ExecutorError`] when a safeguard must be there and cannot.
pub fn absent_safeguards(args: &ExecutorArgs) -> Result<Map<String, Value>, ExecutorError> {
    let sandbox = ChromiumSandbox::choose(&args.browser)?;
    let namespaces = network::namespaces_of(args)?;
    Ok(Safeguards { sandbox, namespaces, locks: KernelLocks::of_this_machine() }.absent())
}

/// Finds the Chromium that slots will start.
///
/// # Errors
/// [`ExecutorError::NoChromium`], which says what to install.
pub fn find_chromium(args: &ExecutorArgs) -> Result<PathBuf, ExecutorError> {
    Ok(browser::find_executable(args.browser.chromium_executable.as_deref())?)
}
