//! Ops of ExecutionContext.

use std::rc::Rc;

use ::browser::execution_context::ExecutionContext;
use ::browser::js_handle::JSHandle;
use ::browser::remote_object::{Argument, PageFunction};
use rquickjs as js;

use super::registry::Registry;

type Call = (Rc<ExecutionContext>, PageFunction, Vec<Argument>);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("execution_context_frame", |_, (context,): (Rc<ExecutionContext>,)| Ok(context.frame()))?;
    ops.future("execution_context_evaluate", |_, (context, function, args): Call| async move {
        Ok(context.evaluate(function, args).await?)
    })?;
    ops.future("execution_context_evaluate_handle", |_, (context, function, args): Call| async move {
        Ok(context.evaluate_handle(function, args).await?)
    })?;
    ops.future(
        "execution_context_query_objects",
        |_, (context, prototype): (Rc<ExecutionContext>, Rc<JSHandle>)| async move {
            Ok(context.query_objects(&prototype).await?)
        },
    )
}
