//! Ops that look into a value without running any of its code; they take the engine's values as they are.

use rquickjs as js;
use rquickjs::qjs;

use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.raw("kind_of", js::Function::new(ops.ctx.clone(), kind_of)?)?;
    ops.raw("is_proxy", js::Function::new(ops.ctx.clone(), is_proxy)?)?;
    ops.raw("proxy_target", js::Function::new(ops.ctx.clone(), proxy_target)?)?;
    ops.raw("proxy_handler", js::Function::new(ops.ctx.clone(), proxy_handler)?)?;
    ops.raw("promise_state", js::Function::new(ops.ctx.clone(), promise_state)?)?;
    ops.raw("promise_result", js::Function::new(ops.ctx.clone(), promise_result)?)
}

/// The class of plain objects. The engine has one more of the same name, that of module namespaces.
const PLAIN_OBJECT: qjs::JSClassID = 1;

/// The name of the engine's class: `Map`, `Date`, `AsyncFunction`, `Module` …; empty for a primitive.
fn kind_of<'js>(ctx: js::Ctx<'js>, value: js::Value<'js>) -> js::Result<String> {
    if !value.is_object() {
        return Ok(String::new());
    }
    // SAFETY: the value is alive.
    let class = unsafe { qjs::JS_GetClassID(value.as_raw()) };
    // SAFETY: the context is alive; JS_GetClassName and JS_AtomToString answer values that we own, the atom is freed,
    // and the string goes to `Value`.
    let name = unsafe {
        let context = ctx.as_raw().as_ptr();
        let atom = qjs::JS_GetClassName(qjs::JS_GetRuntime(context), class);
        let name = qjs::JS_AtomToString(context, atom);
        qjs::JS_FreeAtom(context, atom);
        js::Value::from_raw(ctx.clone(), name)
    };
    let name: String = name.get()?;
    Ok(if name == "Object" && class != PLAIN_OBJECT { "Module".to_owned() } else { name })
}

/// Also of a function: that is no `Proxy` to the bindings.
fn is_proxy(value: js::Value<'_>) -> bool {
    // SAFETY: the value is alive.
    unsafe { qjs::JS_IsProxy(value.as_raw()) }
}

/// What a Proxy stands for; null once it is revoked, and for anything else.
fn proxy_target<'js>(ctx: js::Ctx<'js>, value: js::Value<'js>) -> js::Value<'js> {
    proxy_part(ctx, value, qjs::JS_GetProxyTarget)
}

/// The object with a Proxy's traps; null once it is revoked, and for anything else.
fn proxy_handler<'js>(ctx: js::Ctx<'js>, value: js::Value<'js>) -> js::Value<'js> {
    proxy_part(ctx, value, qjs::JS_GetProxyHandler)
}

fn proxy_part<'js>(
    ctx: js::Ctx<'js>,
    value: js::Value<'js>,
    part: unsafe extern "C" fn(*mut qjs::JSContext, qjs::JSValue) -> qjs::JSValue,
) -> js::Value<'js> {
    // SAFETY: the value and the context are alive; the answer is ours and goes to `Value`.
    let part = unsafe { js::Value::from_raw(ctx.clone(), part(ctx.as_raw().as_ptr(), value.as_raw())) };
    if part.is_object() {
        return part;
    }
    ctx.catch();
    js::Value::new_null(ctx)
}

fn promise_state(value: js::Value<'_>) -> &'static str {
    match value.as_promise().map(js::Promise::state) {
        Some(js::promise::PromiseState::Resolved) => "resolved",
        Some(js::promise::PromiseState::Rejected) => "rejected",
        _ => "pending",
    }
}

/// The value or the reason of a settled promise.
fn promise_result<'js>(ctx: js::Ctx<'js>, value: js::Value<'js>) -> js::Value<'js> {
    match value.as_promise().and_then(js::Promise::result::<js::Value<'js>>) {
        Some(Ok(value)) => value,
        Some(Err(_)) => ctx.catch(),
        None => js::Value::new_undefined(ctx),
    }
}
