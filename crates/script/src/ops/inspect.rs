//! Ops that look into a value without running any of its code; they take the engine's values as they are.

use rquickjs as js;
use rquickjs::qjs;

use super::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.raw("kind_of", js::Function::new(ops.ctx.clone(), kind_of)?)?;
    ops.raw("proxy_target", js::Function::new(ops.ctx.clone(), proxy_target)?)?;
    ops.raw("promise_state", js::Function::new(ops.ctx.clone(), promise_state)?)?;
    ops.raw("promise_result", js::Function::new(ops.ctx.clone(), promise_result)?)
}

/// The name of the engine's class: `Map`, `Date`, `AsyncFunction` …; empty for a primitive.
fn kind_of<'js>(ctx: js::Ctx<'js>, value: js::Value<'js>) -> js::Result<String> {
    if !value.is_object() {
        return Ok(String::new());
    }
    // SAFETY: the value and the context are alive; JS_GetClassName and JS_AtomToString answer values that we own, the
    // atom is freed, and the string goes to `Value`.
    let name = unsafe {
        let context = ctx.as_raw().as_ptr();
        let class = qjs::JS_GetClassID(value.as_raw());
        let atom = qjs::JS_GetClassName(qjs::JS_GetRuntime(context), class);
        let name = qjs::JS_AtomToString(context, atom);
        qjs::JS_FreeAtom(context, atom);
        js::Value::from_raw(ctx.clone(), name)
    };
    name.get()
}

/// What a Proxy stands for; undefined for anything else, null once it is revoked.
fn proxy_target<'js>(ctx: js::Ctx<'js>, value: js::Value<'js>) -> js::Value<'js> {
    match value.as_proxy() {
        Some(proxy) => proxy.target().map_or_else(
            |_| {
                ctx.catch();
                js::Value::new_null(ctx.clone())
            },
            js::Object::into_value,
        ),
        None => js::Value::new_undefined(ctx),
    }
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
