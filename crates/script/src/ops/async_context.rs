//! The value that the engine carries from where a promise is waited for to where the job goes on (`vendor/quickjs.patch`).
//! What it means is `js/node/async_hooks.js`'s. Between two turns of the event loop it is undefined.

use rquickjs as js;
use rquickjs::qjs;

use super::registry::Registry;

unsafe extern "C" {
    fn JS_GetAsyncContext(ctx: *mut qjs::JSContext) -> qjs::JSValue;
    fn JS_SetAsyncContext(ctx: *mut qjs::JSContext, value: qjs::JSValue);
}

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.raw("async_context", js::Function::new(ops.ctx.clone(), async_context)?)?;
    ops.raw("set_async_context", js::Function::new(ops.ctx.clone(), set_async_context)?)
}

fn async_context(ctx: js::Ctx<'_>) -> js::Value<'_> {
    // SAFETY: the context is alive; the answer is ours and goes to `Value`.
    unsafe { js::Value::from_raw(ctx.clone(), JS_GetAsyncContext(ctx.as_raw().as_ptr())) }
}

fn set_async_context<'js>(ctx: js::Ctx<'js>, value: js::Value<'js>) {
    // SAFETY: the context and the value are alive; the engine takes a reference of its own.
    unsafe { JS_SetAsyncContext(ctx.as_raw().as_ptr(), value.as_raw()) }
}
