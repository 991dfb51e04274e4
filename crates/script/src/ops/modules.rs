//! Ops of `require`: which file a name means, and the file's function or namespace.

use std::rc::Rc;

use rquickjs as js;
use serde_json::json;

use super::registry::Registry;
use crate::error::OpError;
use crate::links::{FileKind, Links, MODULE_URL, Target, path_of};
use crate::prelude;
use crate::scope::Scope;
use crate::source::without_shebang;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("module_resolve", resolve)?;
    ops.sync("module_file", |scope, (url,): (String,)| {
        Ok(file(&*links(scope)?, url.strip_prefix(MODULE_URL).unwrap_or_default()))
    })?;
    ops.sync("module_text", |scope, (url,): (String,)| text(scope, &url))?;
    let scope = Rc::clone(ops.scope);
    ops.raw("module_function", js::Function::new(ops.ctx.clone(), move |ctx, url| function(&ctx, &scope, url))?)?;
    ops.raw("module_namespace", js::Function::new(ops.ctx.clone(), namespace)?)
}

fn links(scope: &Scope) -> Result<Rc<Links>, OpError> {
    scope.links.borrow().clone().ok_or_else(|| OpError::error("the job has ended"))
}

/// What a name means in the file of this URL.
fn resolve(scope: &Rc<Scope>, (base, name): (String, String)) -> Result<serde_json::Value, OpError> {
    let links = links(scope)?;
    Ok(match links.resolve(&base, &name).map_err(OpError::error)? {
        Target::Builtin(builtin) => json!({"kind": "builtin", "url": builtin.url, "path": builtin.name}),
        Target::Own(name) => file(&links, &name),
    })
}

/// What kind of file a module of the job is, and where a script sees it.
fn file(links: &Links, name: &str) -> serde_json::Value {
    let url = format!("{MODULE_URL}{name}");
    let kind = match links.kind(name) {
        FileKind::Module => "module",
        FileKind::CommonJs => "commonjs",
        FileKind::Json => "json",
    };
    json!({"kind": kind, "path": path_of(&url), "url": url})
}

fn text(scope: &Rc<Scope>, url: &str) -> Result<String, OpError> {
    let links = links(scope)?;
    let text = url.strip_prefix(MODULE_URL).and_then(|name| links.text(name));
    text.map(str::to_owned).ok_or_else(|| OpError::error(format!("no module {url}")))
}

/// The file as the function that Node makes of it, one line further down.
fn function<'js>(ctx: &js::Ctx<'js>, scope: &Rc<Scope>, url: String) -> js::Result<js::Value<'js>> {
    let text = text(scope, &url).map_err(|error| js::Exception::throw_message(ctx, &error.message))?;
    let text = without_shebang(&text);
    scope.host.calls.note_wrapped(&url);
    script(ctx, &url, format!("(function (exports, require, module, __filename, __dirname) {{\n{text}\n}})"))
}

/// The value of a script that is not strict.
pub(crate) fn script<'js>(ctx: &js::Ctx<'js>, url: &str, text: String) -> js::Result<js::Value<'js>> {
    let mut options = js::context::EvalOptions::default();
    options.strict = false;
    options.filename = Some(url.to_owned());
    ctx.eval_with_options(text, options)
}

fn namespace<'js>(ctx: js::Ctx<'js>, url: String) -> js::Result<js::Object<'js>> {
    prelude::namespace(&ctx, &url)
}
