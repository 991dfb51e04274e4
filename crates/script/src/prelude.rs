//! The JavaScript half, embedded: one ES module per class under `internal:` names.

use std::rc::Rc;

use rquickjs as js;

use crate::ops::{self, Registry};
use crate::scope::Scope;

/// What the names of the prelude's modules begin with.
pub(crate) const PREFIX: &str = "internal:";

macro_rules! modules {
    ($($name:literal)*) => {
        const MODULES: &[(&str, &str)] =
            &[$((concat!("internal:", $name), include_str!(concat!("../js/", $name, ".js")))),*];
    };
}
modules! {
    "ops" "primordials" "errors" "handles" "layout" "inspect" "format" "table" "console" "timers" "helpers" "buffer" "encoding"
    "url" "clone" "main"
    "accessibility" "arrays" "browser" "browser_context" "cdp_session" "console_message" "coverage" "dialog" "element_handle"
    "event_emitter" "event_wait" "execution_context" "file_chooser" "frame" "js_handle" "keyboard" "locator" "mouse" "options"
    "page" "page_function" "pdf" "puppeteer" "request" "response" "screenshot" "security_details" "target" "touchscreen"
    "tracing" "worker"
}

/// The text of one of the prelude's modules.
pub(crate) fn text(url: &str) -> Option<&'static str> {
    MODULES.iter().find(|(name, _)| *name == url).map(|(_, text)| *text)
}

/// Evaluates the whole prelude and notes the functions that Rust calls.
pub(crate) fn load(ctx: &js::Ctx<'_>, scope: &Rc<Scope>) -> js::Result<()> {
    let mut registry = Registry { ctx, scope, ops: js::Object::new(ctx.clone())? };
    ops::register(&mut registry)?;
    let ops = registry.ops;
    let holder = evaluate(ctx, "internal:ops")?;
    holder.get::<_, js::Function<'_>>("install")?.call::<_, ()>((ops,))?;
    let main = evaluate(ctx, "internal:main")?;
    scope.set_hooks(ctx, &main)
}

/// The namespace of a module that awaits nothing at its top level.
fn evaluate<'js>(ctx: &js::Ctx<'js>, url: &'static str) -> js::Result<js::Object<'js>> {
    let module = js::Module::declare(ctx.clone(), url, text(url).unwrap_or_default())?;
    let (module, done) = module.eval()?;
    if let Some(result) = done.result::<js::Value<'_>>() {
        result?;
    }
    module.namespace()
}
