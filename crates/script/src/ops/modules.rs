//! Ops of `require`: which file a name means, and the file's function or namespace.

use std::rc::Rc;

use job_model::near_name;
use rquickjs as js;
use serde_json::json;

use super::registry::Registry;
use crate::callee;
use crate::error::OpError;
use crate::links::{FileKind, Links, MODULE_URL, Target, path_of};
use crate::prelude;
use crate::scope::{Hook, Scope};
use crate::source::without_shebang;
use crate::typescript::TypeScriptError;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("module_resolve", resolve)?;
    ops.sync("module_file", |scope, (url,): (String,)| {
        Ok(file(&*links(scope)?, url.strip_prefix(MODULE_URL).unwrap_or_default()))
    })?;
    ops.sync("module_text", |scope, (url,): (String,)| text(scope, &url))?;
    ops.sync("module_is_rewritten", |scope, (url,): (String,)| {
        Ok(scope.links.borrow().as_ref().is_some_and(|links| links.rewritten(&url).is_some()))
    })?;
    ops.sync("module_place", place)?;
    ops.sync("module_called", |scope, (url, line, column): (String, u32, u32)| {
        Ok(around(scope, &url, line, column, callee::called_at))
    })?;
    ops.sync("module_iterated", |scope, (url, line, column): (String, u32, u32)| {
        Ok(around(scope, &url, line, column, callee::iterated_at))
    })?;
    ops.sync("module_owner", |scope, (url, line, column, name): (String, u32, u32, String)| {
        Ok(around(scope, &url, line, column, |text, at| callee::owner_at(text, at, &name)))
    })?;
    ops.sync("near_name", |_, (name, known): (String, Vec<String>)| {
        // A letter in four may be wrong.
        let most = (name.chars().count() / 4).clamp(1, 3);
        Ok(near_name(&name, known.iter().map(String::as_str), most).map(str::to_owned))
    })?;
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

/// Where its author wrote what stands there in a file that was written out: line and column.
fn place(scope: &Rc<Scope>, (url, line, column): (String, u32, u32)) -> Result<serde_json::Value, OpError> {
    let links = links(scope)?;
    let (line, column) = links.rewritten(&url).map_or((line, column), |text| text.place(line, column));
    Ok(json!([line, column]))
}

/// What the author wrote around a place.
fn around(
    scope: &Scope,
    url: &str,
    line: u32,
    column: u32,
    read: impl Fn(&str, usize) -> Option<String>,
) -> Option<String> {
    let links = scope.links.borrow().clone()?;
    let text = links.source_of(url)?;
    read(text, callee::byte_at(text, line, column)?)
}

fn text(scope: &Rc<Scope>, url: &str) -> Result<String, OpError> {
    let links = links(scope)?;
    let text = url.strip_prefix(MODULE_URL).and_then(|name| links.text(name));
    text.map(str::to_owned).ok_or_else(|| OpError::error(format!("no module {url}")))
}

/// The file as the function that Node makes of it, one line further down.
fn function<'js>(ctx: &js::Ctx<'js>, scope: &Rc<Scope>, url: String) -> js::Result<js::Value<'js>> {
    let links = links(scope).map_err(|error| js::Exception::throw_message(ctx, &error.message))?;
    if let Some(Err(error)) = url.strip_prefix(MODULE_URL).and_then(|name| links.java_script(name)) {
        // The stack counts the line in front of such a file.
        let error = TypeScriptError { line: error.line + 1, ..error.clone() };
        return Err(unreadable(ctx, scope, &url, &error));
    }
    let text = text(scope, &url).map_err(|error| js::Exception::throw_message(ctx, &error.message))?;
    let text = without_shebang(&text);
    scope.host.calls.note_wrapped(&url);
    script(ctx, &url, format!("(function (exports, require, module, __filename, __dirname) {{\n{text}\n}})"))
}

/// Throws what is wrong with a file's TypeScript, as if the engine had found it there.
pub(crate) fn unreadable(ctx: &js::Ctx<'_>, scope: &Scope, url: &str, error: &TypeScriptError) -> js::Error {
    let made = scope.hook(ctx, Hook::MakeError).and_then(|make| {
        let stack = format!("    at <anonymous> ({url}:{}:{})", error.line, error.column);
        make.call::<_, js::Value<'_>>(("SyntaxError", error.message.as_str(), stack))
    });
    made.map_or_else(|failure| failure, |made| ctx.throw(made))
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
