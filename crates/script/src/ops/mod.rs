//! The crossings: what the prelude may ask of Rust.
//!
//! An op file is a list of few-line functions (convert, call, convert) and one `register` that names them. Sync ops
//! answer at once; async ops answer a promise, and are polled once before the call returns, so that commands leave in
//! the order of the calls.

mod accessibility;
mod browser;
mod browser_context;
mod call_arguments;
mod cdp_session;
mod console_message;
mod coverage;
mod crypto;
mod dialog;
mod downloads;
mod element_handle;
mod encoding;
pub(crate) mod events;
mod execution_context;
mod fetch;
mod file_chooser;
mod files;
mod frame;
mod fs;
mod inspect;
mod intl;
mod job;
mod js_handle;
mod keyboard;
mod local_files;
mod model;
pub(crate) mod modules;
mod mouse;
mod navigation;
mod page;
mod pdf;
mod puppeteer;
pub(crate) mod registry;
mod request;
mod response;
mod result_files;
mod screenshot;
mod security_details;
mod target;
mod time_zone;
mod timers;
mod touchscreen;
mod tracing;
mod url;
mod waits;
mod worker;

use rquickjs as js;

use registry::Registry;

/// Every op of every file.
pub(crate) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    encoding::register(ops)?;
    fetch::register(ops)?;
    files::register(ops)?;
    inspect::register(ops)?;
    intl::register(ops)?;
    crypto::register(ops)?;
    fs::register(ops)?;
    job::register(ops)?;
    modules::register(ops)?;
    result_files::register(ops)?;
    time_zone::register(ops)?;
    timers::register(ops)?;
    url::register(ops)?;
    // From here on every op reaches the browser or its model.
    ops.on_browser();
    puppeteer_classes(ops)
}

fn puppeteer_classes(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    accessibility::register(ops)?;
    browser::register(ops)?;
    browser_context::register(ops)?;
    cdp_session::register(ops)?;
    console_message::register(ops)?;
    coverage::register(ops)?;
    dialog::register(ops)?;
    element_handle::register(ops)?;
    execution_context::register(ops)?;
    file_chooser::register(ops)?;
    frame::register(ops)?;
    js_handle::register(ops)?;
    keyboard::register(ops)?;
    mouse::register(ops)?;
    page::register(ops)?;
    puppeteer::register(ops)?;
    request::register(ops)?;
    response::register(ops)?;
    security_details::register(ops)?;
    target::register(ops)?;
    touchscreen::register(ops)?;
    tracing::register(ops)?;
    waits::register(ops)?;
    worker::register(ops)
}
