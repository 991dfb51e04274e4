//! Ops of JSHandle.

use std::rc::Rc;

use ::browser::js_handle::JSHandle;
use ::browser::remote_object::{Argument, PageFunction};
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::value::{IntoValue, Value};

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("js_handle_execution_context", |_, (handle,): (Rc<JSHandle>,)| Ok(handle.execution_context().clone()))?;
    ops.sync("js_handle_to_string", |_, (handle,): (Rc<JSHandle>,)| Ok(handle.to_text()))?;
    ops.future(
        "js_handle_evaluate",
        |_, (handle, function, args): (Rc<JSHandle>, PageFunction, Vec<Argument>)| async move {
            Ok(handle.evaluate(function, args).await?)
        },
    )?;
    ops.future(
        "js_handle_evaluate_handle",
        |_, (handle, function, args): (Rc<JSHandle>, PageFunction, Vec<Argument>)| async move {
            Ok(handle.evaluate_handle(function, args).await?)
        },
    )?;
    ops.future("js_handle_get_property", |_, (handle, name): (Rc<JSHandle>, String)| async move {
        Ok(handle.get_property(&name).await?)
    })?;
    ops.future("js_handle_get_properties", |_, (handle,): (Rc<JSHandle>,)| async move {
        let properties = handle.get_properties().await?.into_iter();
        Ok(properties
            .map(|(name, value)| Value::Array(vec![name.into_value(), value.into_value()]))
            .collect::<Vec<_>>())
    })?;
    ops.future("js_handle_json_value", |_, (handle,): (Rc<JSHandle>,)| async move { Ok(handle.json_value().await?) })?;
    ops.sync("js_handle_is_disposed", |_, (handle,): (Rc<JSHandle>,)| Ok(handle.is_disposed()))?;
    ops.sync("js_handle_remote_object", |_, (handle,): (Rc<JSHandle>,)| {
        serde_json::to_value(handle.remote_object()).map_err(|error| OpError::error(error.to_string()))
    })?;
    ops.future("js_handle_dispose", |_, (handle,): (Rc<JSHandle>,)| async move {
        handle.dispose().await;
        Ok(())
    })
}
