//! The crossings: what the prelude may ask of Rust.
//!
//! An op file is a list of few-line functions (convert, call, convert) and one `register` that names them. Sync ops
//! answer at once; async ops answer a promise, and are polled once before the call returns, so that commands leave in
//! the order of the calls.

mod accessibility;
mod async_context;
mod browser;
mod browser_context;
mod call_arguments;
mod cdp_session;
mod compression;
mod console_message;
mod coverage;
mod crypto;
mod devices;
mod dialog;
mod downloads;
mod element_handle;
mod encoding;
pub(crate) mod events;
mod execution_context;
mod fetch;
mod file_chooser;
mod files;
mod films;
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
pub(crate) mod ops_object;
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
mod windows;
mod worker;

use std::rc::Rc;

use rquickjs as js;

use registry::Registry;

use crate::prelude::PREFIX;
use crate::scope::Scope;

/// The ops of a file, which a job has once it reads a module that asks for them.
struct Group {
    register: Register,
    /// Every op of it reaches the browser or its model.
    on_browser: bool,
    /// The modules of the prelude that ask for its ops.
    modules: &'static [&'static str],
}

type Register = fn(&mut Registry<'_, '_>) -> js::Result<()>;

const fn of_job(register: Register, modules: &'static [&'static str]) -> Group {
    Group { register, on_browser: false, modules }
}

const fn of_browser(register: Register, modules: &'static [&'static str]) -> Group {
    Group { register, on_browser: true, modules }
}

/// What every job asks for.
const ALWAYS: [Register; 5] =
    [inspect::register, job::register, modules::register, result_files::register, timers::register];

const GROUPS: &[Group] = &[
    of_job(async_context::register, &["node/async_hooks"]),
    of_job(compression::register, &["web/compression_stream"]),
    of_job(
        crypto::register,
        &["node/crypto", "node/os", "node/performance", "node/process", "node/v8", "web/multipart"],
    ),
    of_job(encoding::register, &["node/buffer", "node/encoding"]),
    of_job(fetch::register, &["node/http_request", "web/body", "web/fetch"]),
    of_job(files::register, &["node/files"]),
    of_job(fs::register, &["node/fs"]),
    of_job(
        intl::register,
        &[
            "intl/calendars",
            "intl/collator",
            "intl/locale",
            "intl/locales",
            "intl/methods",
            "intl/plurals",
            "intl/segmenter",
            "intl/tables",
        ],
    ),
    of_job(time_zone::register, &["intl/date_options", "intl/intl", "intl/zones"]),
    of_job(url::register, &["node/url"]),
    of_browser(accessibility::register, &["puppeteer/accessibility"]),
    of_browser(browser::register, &["puppeteer/browser", "puppeteer/launch"]),
    of_browser(browser_context::register, &["puppeteer/browser_context"]),
    of_browser(cdp_session::register, &["puppeteer/cdp_session"]),
    of_browser(console_message::register, &["puppeteer/console_message"]),
    of_browser(coverage::register, &["puppeteer/coverage"]),
    of_browser(devices::register, &["puppeteer/bluetooth", "puppeteer/device_request_prompt"]),
    of_browser(dialog::register, &["puppeteer/dialog"]),
    of_browser(element_handle::register, &["puppeteer/element_handle"]),
    of_browser(execution_context::register, &["puppeteer/execution_context"]),
    of_browser(file_chooser::register, &["puppeteer/file_chooser"]),
    of_browser(films::register, &["puppeteer/screen_recording"]),
    of_browser(frame::register, &["puppeteer/frame", "puppeteer/page"]),
    of_browser(js_handle::register, &["puppeteer/js_handle"]),
    of_browser(keyboard::register, &["puppeteer/keyboard"]),
    of_browser(mouse::register, &["puppeteer/mouse"]),
    of_browser(page::register, &["puppeteer/element_handle", "puppeteer/frame", "puppeteer/page"]),
    of_browser(puppeteer::register, &["puppeteer/puppeteer", "puppeteer/query_handlers"]),
    of_browser(request::register, &["puppeteer/request"]),
    of_browser(response::register, &["puppeteer/response"]),
    of_browser(security_details::register, &["puppeteer/security_details"]),
    of_browser(target::register, &["puppeteer/target"]),
    of_browser(touchscreen::register, &["puppeteer/touchscreen"]),
    of_browser(tracing::register, &["puppeteer/tracing"]),
    of_browser(
        waits::register,
        &[
            "puppeteer/abort",
            "puppeteer/browser",
            "puppeteer/event_wait",
            "puppeteer/frame",
            "puppeteer/locator",
            "puppeteer/page",
        ],
    ),
    of_browser(windows::register, &["puppeteer/windows"]),
    of_browser(worker::register, &["puppeteer/worker"]),
];

// A job notes in a word which of them it has.
const _: () = assert!(GROUPS.len() <= 64);

/// The ops that every job has.
pub(crate) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ALWAYS.iter().try_for_each(|register| register(ops))
}

/// Those that a module of the prelude asks for, which is about to be read.
pub(crate) fn register_for(ctx: &js::Ctx<'_>, scope: &Rc<Scope>, url: &str) -> js::Result<()> {
    let name = url.strip_prefix(PREFIX).unwrap_or(url);
    let asked = |group: &&Group| group.modules.contains(&name);
    for (index, group) in GROUPS.iter().enumerate().filter(|(_, group)| asked(group)) {
        if scope.ops.has(index) {
            continue;
        }
        let mut ops = Registry::of(ctx, scope, group.on_browser)?;
        (group.register)(&mut ops)?;
        scope.ops.note(index);
    }
    Ok(())
}

/// Every op of every file.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn register_all(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    register(ops)?;
    GROUPS.iter().try_for_each(|group| {
        ops.on_browser = group.on_browser;
        (group.register)(ops)
    })
}

#[cfg(test)]
mod tests;
