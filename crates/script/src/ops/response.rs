//! Ops of Response.

use std::rc::Rc;

use ::browser::response::Response;
use rquickjs as js;

use super::model::member;
use super::registry::Registry;
use crate::value::{Bytes, IntoValue, Value};

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("response_url", |scope, (response,): (Rc<Response>,)| {
        let request = response.request();
        Ok(request.map_or_else(|| response.url().to_owned(), |request| request.url_in(scope.dialect())))
    })?;
    ops.sync("response_ok", |_, (response,): (Rc<Response>,)| Ok(response.ok()))?;
    ops.sync("response_status", |_, (response,): (Rc<Response>,)| Ok(response.status()))?;
    ops.sync("response_status_text", |_, (response,): (Rc<Response>,)| Ok(response.status_text().to_owned()))?;
    ops.sync("response_headers", |scope, (response,): (Rc<Response>,)| {
        let mut headers = response.headers().clone();
        if scope.dialect().is_modern() {
            headers.iter_mut().for_each(|(name, value)| join_lines(name, value));
        }
        Ok(serde_json::Value::Object(headers))
    })?;
    ops.sync("response_timing", |_, (response,): (Rc<Response>,)| Ok(response.timing().cloned()))?;
    ops.sync("response_remote_address", |_, (response,): (Rc<Response>,)| {
        let (ip, port) = response.remote_address();
        let ip = ip.map_or(Value::Undefined, IntoValue::into_value);
        #[expect(clippy::cast_precision_loss, reason = "a port")]
        let port = port.map_or(Value::Undefined, |port| Value::Number(port as f64));
        Ok(Value::Object(vec![member("ip", ip), member("port", port)]))
    })?;
    ops.sync("response_security_details", |_, (response,): (Rc<Response>,)| Ok(response.security_details().cloned()))?;
    ops.sync("response_request", |_, (response,): (Rc<Response>,)| Ok(response.request()))?;
    ops.sync("response_from_cache", |_, (response,): (Rc<Response>,)| Ok(response.from_cache()))?;
    ops.sync("response_from_service_worker", |_, (response,): (Rc<Response>,)| Ok(response.from_service_worker()))?;
    ops.sync("response_frame", |_, (response,): (Rc<Response>,)| Ok(response.frame()))?;
    ops.future("response_buffer", |_, (response,): (Rc<Response>,)| async move {
        Ok(Bytes(response.buffer().await?.to_vec()))
    })?;
    ops.future("response_text", |_, (response,): (Rc<Response>,)| async move { Ok(response.text().await?) })
}

/// Headers of one name are the lines of one value; newer Puppeteers join them.
fn join_lines(name: &str, value: &mut serde_json::Value) {
    let Some(text) = value.as_str().filter(|text| text.contains('\n')) else { return };
    let lines: Vec<&str> = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
    *value = lines.join(if name == "set-cookie" { "\n " } else { ", " }).into();
}
