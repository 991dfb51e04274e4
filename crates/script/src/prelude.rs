//! The JavaScript half, embedded: one ES module per class under `internal:` names.
//!
//! Every job has an engine of its own and loads all of it. The text is read once in a process; what the engine made of
//! it is kept, which does not depend on any job.

use std::rc::Rc;
use std::sync::OnceLock;

use rquickjs as js;

use crate::ops;
use crate::ops::registry::Registry;
use crate::scope::Scope;

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
    "core/api" "core/arrays" "core/cutoff" "core/errors" "core/puppeteer_errors" "core/handles" "core/inspect" "core/inspect/classes" "core/inspect/contents"
    "core/inspect/layout" "core/inspect/titles" "core/main" "core/ops" "core/primordials" "core/v8_messages"
    "node/buffer" "node/buffer_numbers" "node/clone" "node/console" "node/encoding" "puppeteer/event_emitter" "node/format"
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
pub(crate) fn load(ctx: &js::Ctx<'_>, scope: &Rc<Scope>) -> js::Result<()> {
    let mut registry = Registry::new(ctx, scope)?;
    ops::register(&mut registry)?;
    let ops = registry.ops;
    let holder = evaluate(ctx, "internal:core/ops")?;
    holder.get::<_, js::Function<'_>>("install")?.call::<_, ()>((ops,))?;
    let main = evaluate(ctx, "internal:core/main")?;
    scope.set_hooks(ctx, &main)
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
