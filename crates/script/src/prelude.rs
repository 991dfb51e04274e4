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
    "core/api" "core/arrays" "core/cutoff" "core/end" "core/errors" "core/puppeteer_errors" "core/global" "core/handles" "core/inspect" "core/inspect/classes" "core/inspect/contents"
    "core/inspect/layout" "core/inspect/titles" "core/main" "core/modules" "core/ops" "core/primordials" "core/result_files" "core/results" "core/v8_messages"
    "node/abort" "node/assert" "node/blob" "node/buffer_module" "node/console_module" "node/crypto" "node/deep_equal"
    "node/dom_exception" "node/dotenv" "node/event_target" "node/events" "node/form_data" "node/fs" "node/fs_promises" "node/fs_streams" "node/headers" "node/module"
    "node/os" "node/parse_args" "node/path" "node/performance" "node/process" "node/querystring" "node/stream" "node/stream_promises" "node/string_decoder"
    "node/timers_module" "node/timers_promises" "node/url_module" "node/util" "puppeteer/extra" "puppeteer/extra_plugin"
    "puppeteer/launch" "puppeteer/module"
    "node/buffer" "node/buffer_numbers" "node/clone" "node/console" "node/encoding" "puppeteer/event_emitter" "node/files" "node/format"
    "node/job_helpers" "node/json" "node/locale" "node/locale_dates" "node/locale_numbers" "node/many_arguments" "node/promise_any" "node/radix" "node/reg_exp_statics" "node/node_error" "node/table" "node/timers" "node/url"
    "puppeteer/abort" "puppeteer/accessibility" "puppeteer/byte_stream" "puppeteer/cookie_forms" "puppeteer/disposal"
    "puppeteer/enums" "puppeteer/query_handlers" "puppeteer/browser" "puppeteer/browser_context" "puppeteer/cdp_session"
    "puppeteer/console_message" "puppeteer/coverage" "puppeteer/dialog" "puppeteer/element_handle"
    "puppeteer/event_wait" "puppeteer/execution_context" "puppeteer/file_chooser" "puppeteer/frame"
    "puppeteer/js_handle" "puppeteer/keyboard" "puppeteer/locator" "puppeteer/locator_fill" "puppeteer/mouse" "puppeteer/options"
    "puppeteer/page" "puppeteer/page_function" "puppeteer/pdf" "puppeteer/puppeteer" "puppeteer/request"
    "puppeteer/response" "puppeteer/screenshot" "puppeteer/security_details" "puppeteer/target"
    "puppeteer/touchscreen" "puppeteer/tracing" "puppeteer/worker"
}

/// A global that most jobs do not use: its module is read when somebody asks for it.
pub(crate) struct LateGlobal {
    pub(crate) name: &'static str,
    pub(crate) url: &'static str,
    /// There is no such global in code that does not name it: to libraries it says that this is Node.
    pub(crate) only_named: bool,
}

macro_rules! late_globals {
    ($($name:literal $url:literal $only_named:literal)*) => {
        const LATE_GLOBALS: &[LateGlobal] =
            &[$(LateGlobal { name: $name, url: concat!("internal:", $url), only_named: $only_named }),*];
    };
}
late_globals! {
    "process" "node/process" true
    "global" "core/global" true
    "AbortController" "node/abort" false
    "AbortSignal" "node/abort" false
    "Blob" "node/blob" false
    "CustomEvent" "node/event_target" false
    "DOMException" "node/dom_exception" false
    "Event" "node/event_target" false
    "EventTarget" "node/event_target" false
    "File" "node/blob" false
    "FormData" "node/form_data" false
    "Headers" "node/headers" false
    "crypto" "node/crypto" false
    "performance" "node/performance" false
}

/// The late globals that a job's texts name.
pub(crate) fn globals_named<'a, I: Iterator<Item = &'a str>>(texts: impl Fn() -> I) -> Vec<&'static LateGlobal> {
    let named = |global: &&LateGlobal| {
        if global.only_named {
            texts().any(|text| source::names(text, global.name))
        } else {
            texts().any(|text| has_word(text, global.name))
        }
    };
    LATE_GLOBALS.iter().filter(named).collect()
}

/// One of the prelude's modules.
struct Embedded {
    url: &'static str,
    text: &'static str,
    /// The text as the engine has read it before, names, lines and source included.
    bytecode: OnceLock<Vec<u8>>,
}

/// Declares one of the prelude's modules; `None` for a URL that is none of them.
pub(crate) fn declare<'js>(ctx: &js::Ctx<'js>, url: &str) -> Option<js::Result<js::Module<'js>>> {
    let embedded = MODULES.iter().find(|module| module.url == url)?;
    if let Some(bytecode) = embedded.bytecode.get() {
        // SAFETY: this version of the engine wrote it in this process.
        return Some(unsafe { js::Module::load(ctx.clone(), bytecode) });
    }
    let module = js::Module::declare(ctx.clone(), embedded.url, embedded.text);
    match module.as_ref().map(|module| module.write(js::WriteOptions::default())) {
        // Another thread may have been faster.
        Ok(Ok(bytecode)) => drop(embedded.bytecode.set(bytecode)),
        // This job's memory does not suffice: the next one tries again.
        Ok(Err(_)) => drop(ctx.catch()),
        Err(_) => {}
    }
    Some(module)
}

/// Evaluates the whole prelude and notes the functions that Rust calls.
///
/// `more` are modules that the job is going to ask for: they are read before code could have replaced a built-in.
pub(crate) fn load<'a>(ctx: &js::Ctx<'_>, scope: &Rc<Scope>, more: impl Iterator<Item = &'a str>) -> js::Result<()> {
    let mut registry = Registry::new(ctx, scope)?;
    ops::register(&mut registry)?;
    let ops = registry.ops;
    let holder = evaluate(ctx, "internal:core/ops")?;
    holder.get::<_, js::Function<'_>>("install")?.call::<_, ()>((ops,))?;
    let main = evaluate(ctx, "internal:core/main")?;
    scope.set_hooks(ctx, &main)?;
    for url in more {
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
fn evaluate<'js>(ctx: &js::Ctx<'js>, url: &'static str) -> js::Result<js::Object<'js>> {
    let module = declare(ctx, url).unwrap_or(Err(js::Error::Unknown))?;
    let (module, done) = module.eval()?;
    if let Some(result) = done.result::<js::Value<'_>>() {
        result?;
    }
    module.namespace()
}
