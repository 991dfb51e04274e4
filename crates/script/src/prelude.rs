//! The JavaScript half, embedded: one ES module per class under `internal:` names.
//!
//! Every job has an engine of its own and loads all of it. The text is read once in a process; what the engine made of
//! it is kept, which does not depend on any job.

use std::rc::Rc;
use std::sync::OnceLock;

use rquickjs as js;

use crate::ops;
use crate::ops::registry::Registry;
use crate::scope::{Hook, Scope};
use crate::source;
use crate::surface::has_word;

/// What the names of the prelude's modules begin with.
pub(crate) const PREFIX: &str = "internal:";

macro_rules! modules {
    ($($name:literal)*) => {
        static MODULES: [Embedded; [$($name),*].len()] = [$(Embedded {
            url: concat!("internal:", $name),
            text: include_str!(concat!("../js/", $name, ".js")),
            bytecode: OnceLock::new(),
        }),*];
    };
}
modules! {
    "core/api" "core/arrays" "core/buffer_class" "core/cutoff" "core/end" "core/errors" "core/puppeteer_errors" "core/global" "core/global_util" "core/handles" "core/inspect" "core/inspect/classes" "core/inspect/contents"
    "core/inspect/layout" "core/inspect/number_text" "core/inspect/titles" "core/late" "core/main" "core/modules" "core/named_messages" "core/ops" "core/primordials" "core/result_files" "core/results" "core/v8_messages"
    "node/abort" "node/assert" "node/blob" "node/buffer_module" "node/console_module" "node/crypto" "node/deep_equal"
    "node/dom_exception" "node/dotenv" "node/event_target" "node/events" "node/form_data" "node/fs" "node/fs_promises" "node/fs_streams" "node/headers" "node/module"
    "node/os" "node/parse_args" "node/path" "node/performance" "node/process" "node/querystring" "node/readline" "node/readline_promises" "node/stream" "node/stream_promises" "node/string_decoder"
    "node/node_fetch" "node/stream_web" "node/undici" "web/body" "web/data_url" "web/fetch" "web/multipart" "web/readable_stream"
    "web/readable_pipe" "web/readable_state" "web/stream_parts"
    "vendor/urlpattern" "web/compression_stream" "web/request" "web/response" "web/transform_stream" "web/writable_stream"
    "node/message_channel" "node/timers_module" "node/timers_promises" "node/url_module" "node/util" "node/zlib" "puppeteer/extra" "puppeteer/extra_plugin"
    "puppeteer/launch" "puppeteer/module"
    "node/buffer" "node/buffer_numbers" "node/clone" "node/console" "node/encoding" "puppeteer/event_emitter" "node/files" "node/format"
    "node/job_helpers" "node/json" "node/locale" "node/promise_any" "node/radix" "node/reg_exp_statics" "node/node_error" "node/table" "node/timers" "node/url"
    "intl/calendars" "intl/collator" "intl/date_figures" "intl/date_format" "intl/date_options" "intl/date_patterns" "intl/decimal" "intl/display_names"
    "intl/intl" "intl/lists" "intl/locale" "intl/locales" "intl/methods" "intl/number_digits" "intl/number_format"
    "intl/number_options" "intl/number_writer" "intl/plurals" "intl/relative_time" "intl/segmenter" "intl/tables" "intl/zones"
    "puppeteer/device_descriptors" "puppeteer/abort" "puppeteer/accessibility" "puppeteer/bluetooth" "puppeteer/byte_stream" "puppeteer/cookie_forms" "puppeteer/disposal"
    "puppeteer/enums" "puppeteer/query_handlers" "puppeteer/browser" "puppeteer/browser_context" "puppeteer/cdp_session"
    "puppeteer/console_message" "puppeteer/coverage" "puppeteer/device_request_prompt" "puppeteer/dialog" "puppeteer/element_handle"
    "puppeteer/event_wait" "puppeteer/execution_context" "puppeteer/file_chooser" "puppeteer/films_under_way"
    "puppeteer/frame" "puppeteer/refusals" "puppeteer/windows"
    "puppeteer/js_handle" "puppeteer/keyboard" "puppeteer/locator" "puppeteer/locator_fill" "puppeteer/mouse" "puppeteer/options"
    "puppeteer/page" "puppeteer/page_function" "puppeteer/pdf" "puppeteer/puppeteer" "puppeteer/request"
    "puppeteer/response" "puppeteer/screen_recording" "puppeteer/screenshot" "puppeteer/security_details" "puppeteer/target"
    "puppeteer/touchscreen" "puppeteer/tracing" "puppeteer/worker"
    "node/async_hooks" "node/child_process" "node/cluster" "node/constants" "node/dgram" "node/diagnostics_channel"
    "node/dns" "node/dns_promises" "node/domain" "node/http" "node/http2" "node/http_message" "node/http_request"
    "node/https" "node/inspector" "node/net" "node/punycode" "node/refused" "node/repl" "node/standard_input"
    "node/stream_adapters" "node/stream_consumers" "node/stream_destroy" "node/stream_duplex" "node/stream_ends" "node/stream_from" "node/stream_iterate"
    "node/stream_legacy" "node/stream_pipe" "node/stream_readable" "node/stream_steps" "node/stream_writable" "node/tls" "node/tty"
    "node/util_types" "node/v8" "node/vm" "node/worker_threads"
}

/// A global that most jobs do not use: its module is read when somebody asks for it.
pub(crate) struct LateGlobal {
    pub(crate) name: &'static str,
    pub(crate) url: &'static str,
    pub(crate) presence: Presence,
}

/// Which code has a late global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// All.
    Always,
    /// All, and code that names it has it from the beginning: a value, like the globals beside it in `js/core/main.js`.
    Early,
    /// Whole scripts, and code that does more than ask for its type: the predecessor had none, and its jobs may ask.
    Used,
    /// Code that names it: to libraries it says that this is Node.
    Named,
}

macro_rules! late_globals {
    ($($name:literal $url:literal $presence:ident)*) => {
        const LATE_GLOBALS: &[LateGlobal] =
            &[$(LateGlobal { name: $name, url: concat!("internal:", $url), presence: Presence::$presence }),*];
    };
}
late_globals! {
    "process" "node/process" Named
    "global" "core/global" Named
    "URL" "node/url" Early
    "URLSearchParams" "node/url" Early
    "TextEncoder" "node/encoding" Early
    "TextDecoder" "node/encoding" Early
    "atob" "node/encoding" Early
    "btoa" "node/encoding" Early
    "structuredClone" "node/clone" Early
    "puppeteer" "puppeteer/puppeteer" Early
    "Buffer" "node/buffer" Early
    "files" "node/files" Early
    "util" "core/global_util" Early
    "AbortController" "node/abort" Always
    "AbortSignal" "node/abort" Always
    "Blob" "node/blob" Always
    "CustomEvent" "node/event_target" Always
    "DOMException" "node/dom_exception" Always
    "Event" "node/event_target" Always
    "EventTarget" "node/event_target" Always
    "File" "node/blob" Always
    "FormData" "node/form_data" Always
    "Headers" "node/headers" Always
    "MessageChannel" "node/message_channel" Always
    "MessageEvent" "node/message_channel" Always
    "MessagePort" "node/message_channel" Always
    "URLPattern" "vendor/urlpattern" Always
    "CompressionStream" "web/compression_stream" Always
    "DecompressionStream" "web/compression_stream" Always
    "ByteLengthQueuingStrategy" "web/transform_stream" Always
    "CountQueuingStrategy" "web/transform_stream" Always
    "ReadableStream" "web/readable_stream" Always
    "ReadableStreamBYOBReader" "web/readable_stream" Always
    "ReadableStreamDefaultController" "web/readable_stream" Always
    "ReadableStreamDefaultReader" "web/readable_stream" Always
    "Request" "web/request" Always
    "Response" "web/response" Always
    "TextDecoderStream" "web/transform_stream" Always
    "TextEncoderStream" "web/transform_stream" Always
    "TransformStream" "web/transform_stream" Always
    "TransformStreamDefaultController" "web/transform_stream" Always
    "WritableStream" "web/writable_stream" Always
    "WritableStreamDefaultController" "web/writable_stream" Always
    "WritableStreamDefaultWriter" "web/writable_stream" Always
    "fetch" "web/fetch" Used
    "Intl" "intl/intl" Always
    "crypto" "node/crypto" Always
    "performance" "node/performance" Always
}

/// The late globals of a job with these texts.
pub(crate) struct LateGlobals {
    /// Those that its texts name.
    named: Vec<&'static LateGlobal>,
    is_whole: bool,
}

impl LateGlobals {
    pub(crate) fn of<'a, I: Iterator<Item = &'a str>>(texts: impl Fn() -> I, is_whole: bool) -> Self {
        let named = |global: &&LateGlobal| match global.presence {
            Presence::Always | Presence::Early => texts().any(|text| has_word(text, global.name)),
            Presence::Used => texts().any(|text| source::uses(text, global.name)),
            Presence::Named => texts().any(|text| source::names(text, global.name)),
        };
        Self { named: LATE_GLOBALS.iter().filter(named).collect(), is_whole }
    }

    /// The modules of those that are named: they are read before the code runs.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &'static str> {
        self.named.iter().map(|global| global.url)
    }

    /// Names and modules, by turns, of those that the code has once it asks for them.
    pub(crate) fn late(&self) -> Vec<&'static str> {
        let is_named = |name: &str| self.named.iter().any(|global| global.name == name);
        let all = LATE_GLOBALS.iter().filter(|global| match global.presence {
            Presence::Always => true,
            Presence::Early => !is_named(global.name),
            Presence::Used => self.is_whole || is_named(global.name),
            Presence::Named => false,
        });
        all.flat_map(|global| [global.name, global.url]).collect()
    }

    /// The same of those that are there from the beginning because the code names them.
    pub(crate) fn named(&self) -> Vec<&'static str> {
        let named = self.named.iter().filter(|global| matches!(global.presence, Presence::Early | Presence::Named));
        named.flat_map(|global| [global.name, global.url]).collect()
    }
}

/// What a job is going to need that is not one of its globals.
pub(crate) struct Needs {
    /// The code may call on the job's page.
    pub(crate) page: bool,
    /// It has modules, or is one of Node's.
    pub(crate) modules: bool,
    /// It may change what built-ins do.
    built_ins: bool,
}

impl Needs {
    pub(crate) fn of<'a, I: Iterator<Item = &'a str>>(texts: impl Fn() -> I, modules: bool) -> Self {
        const WAYS: [&str; 4] = ["prototype", "__proto__", "getPrototypeOf", "setPrototypeOf"];
        let built_ins = texts().any(|text| WAYS.iter().any(|word| text.contains(word)));
        Self { page: built_ins || texts().any(|text| has_word(text, "page")), modules, built_ins }
    }

    /// The modules to be read before the code runs. After code has changed a built-in none is: each takes what it calls of
    /// built-ins when it is read.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &'static str> {
        const ALL: &[&str] =
            &["internal:puppeteer/puppeteer", "internal:node/table", "internal:node/buffer", "internal:node/files"];
        let page = self.page.then_some("internal:puppeteer/page");
        let modules = (self.modules || self.built_ins).then_some("internal:core/modules");
        let all = if self.built_ins { ALL } else { &[] };
        page.into_iter().chain(modules).chain(all.iter().copied())
    }
}

/// What the methods that depend on a language are made of, when a job's texts name one of them.
pub(crate) fn language_methods_named<'a>(mut texts: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    const NAMES: [&str; 2] = ["toLocale", "localeCompare"];
    let named = |text: &str| NAMES.iter().any(|name| text.contains(name));
    texts.any(named).then_some("internal:intl/methods")
}

/// One of the prelude's modules.
struct Embedded {
    url: &'static str,
    text: &'static str,
    /// The text as the engine has read it before, names, lines and source included.
    bytecode: OnceLock<Vec<u8>>,
}

/// Where bytecode has its checksum, behind the format's version.
const CHECKSUM: std::ops::Range<usize> = 1..5;

/// Declares one of the prelude's modules; `None` for a URL that is none of them.
pub(crate) fn declare<'js>(ctx: &js::Ctx<'js>, scope: &Rc<Scope>, url: &str) -> Option<js::Result<js::Module<'js>>> {
    let embedded = MODULES.iter().find(|module| module.url == url)?;
    if let Err(error) = ops::register_for(ctx, scope, url) {
        return Some(Err(error));
    }
    tracing::trace!(module = embedded.url, "reading a module of the prelude");
    if let Some(bytecode) = embedded.bytecode.get() {
        // SAFETY: this version of the engine wrote it in this process, and it is never freed.
        return Some(unsafe { js::Module::load(ctx.clone(), bytecode) });
    }
    let module = js::Module::declare(ctx.clone(), embedded.url, embedded.text);
    match module.as_ref().map(|module| module.write(js::WriteOptions::default())) {
        Ok(Ok(mut bytecode)) => {
            // The engine's word for: not to be summed up again. It never leaves this process.
            bytecode[CHECKSUM].fill(0xff);
            // Another thread may have been faster.
            drop(embedded.bytecode.set(bytecode));
        }
        // This job's memory does not suffice: the next one tries again.
        Ok(Err(_)) => drop(ctx.catch()),
        Err(_) => {}
    }
    Some(module)
}

/// The URLs and texts of all modules.
#[cfg(test)]
pub(crate) fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODULES.iter().map(|module| (module.url, module.text))
}

/// Evaluates what every job has of the prelude, then what this one asks for, and notes the functions that Rust calls.
///
/// `early` and the job's `builtins` are modules that it is going to ask for: they are read before code could have replaced a
/// built-in.
pub(crate) fn load<'a>(
    ctx: &js::Ctx<'_>,
    scope: &Rc<Scope>,
    early: impl Iterator<Item = &'a str>,
    builtins: impl Iterator<Item = &'a str>,
) -> js::Result<()> {
    let mut registry = Registry::new(ctx, scope)?;
    ops::register(&mut registry)?;
    let ops = registry.ops;
    let holder = evaluate(ctx, scope, "internal:core/ops")?;
    holder.get::<_, js::Function<'_>>("install")?.call::<_, ()>((ops,))?;
    let main = evaluate(ctx, scope, "internal:core/main")?;
    scope.set_hooks(ctx, &main)?;
    let read: js::Function<'_> = main.get("read")?;
    for url in early {
        read.call::<_, ()>((url,))?;
    }
    for url in builtins {
        scope.hook(ctx, Hook::Builtin)?.call::<_, ()>((url,))?;
    }
    Ok(())
}

/// The namespace of any module, evaluated when nobody has imported it yet.
///
/// # Errors
/// What the module throws, and an error when it awaits something at its top level.
pub(crate) fn namespace<'js>(ctx: &js::Ctx<'js>, url: &str) -> js::Result<js::Object<'js>> {
    let text = format!("export*as n from{}", serde_json::Value::from(url));
    let (module, done) = js::Module::declare(ctx.clone(), "internal:namespace", text)?.eval()?;
    match done.result::<js::Value<'_>>() {
        Some(result) => result?,
        None => {
            let error = "a module with top-level await cannot be required: import it";
            return Err(js::Exception::throw_message(ctx, error));
        }
    };
    module.namespace()?.get("n")
}

/// The namespace of a module that awaits nothing at its top level.
fn evaluate<'js>(ctx: &js::Ctx<'js>, scope: &Rc<Scope>, url: &'static str) -> js::Result<js::Object<'js>> {
    let module = declare(ctx, scope, url).unwrap_or(Err(js::Error::Unknown))?;
    let (module, done) = module.eval()?;
    if let Some(result) = done.result::<js::Value<'_>>() {
        result?;
    }
    module.namespace()
}
