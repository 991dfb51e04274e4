//! Ops of Request.

use std::rc::Rc;

use ::browser::request::{ContinueOverrides, MockResponse, Request, abort_reason};
use rquickjs as js;
use serde::Deserialize;
use serde_json::json;

use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;
use crate::value::{IntoValue, Json, Value};

type Headers = Option<Vec<(String, String)>>;

/// As `js/puppeteer/request.js` makes them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContinueArgs {
    url: Option<String>,
    method: Option<String>,
    post_data: Option<String>,
    headers: Headers,
}

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("request_url", |scope, (request,): (Rc<Request>,)| Ok(request.url_in(scope.dialect())))?;
    ops.sync("request_resource_type", |_, (request,): (Rc<Request>,)| Ok(request.resource_type().to_owned()))?;
    ops.sync("request_method", |_, (request,): (Rc<Request>,)| Ok(request.method().to_owned()))?;
    ops.sync("request_post_data", |_, (request,): (Rc<Request>,)| {
        Ok(request.post_data().map_or(Value::Undefined, IntoValue::into_value))
    })?;
    ops.sync("request_headers", |_, (request,): (Rc<Request>,)| Ok(serde_json::Value::Object(request.headers())))?;
    ops.sync("request_response", |_, (request,): (Rc<Request>,)| Ok(request.response()))?;
    ops.sync("request_frame", |_, (request,): (Rc<Request>,)| Ok(request.frame()))?;
    ops.sync("request_is_navigation_request", |_, (request,): (Rc<Request>,)| Ok(request.is_navigation_request()))?;
    ops.sync("request_redirect_chain", |_, (request,): (Rc<Request>,)| Ok(request.redirect_chain()))?;
    ops.sync("request_failure", |_, (request,): (Rc<Request>,)| {
        Ok(request.failure().map(|text| json!({"errorText": text})))
    })?;
    ops.future("request_continue", |_, (request, overrides): (Rc<Request>, Json<ContinueArgs>)| async move {
        let ContinueArgs { url, method, post_data, headers } = overrides.0;
        Ok(request.continue_request(ContinueOverrides { url, method, post_data, headers }).await?)
    })?;
    ops.sync("request_has_post_data", |_, (request,): (Rc<Request>,)| Ok(request.has_post_data()))?;
    ops.sync("request_initiator", |_, (request,): (Rc<Request>,)| {
        Ok(request.initiator().cloned().map_or(Value::Undefined, IntoValue::into_value))
    })?;
    ops.sync("request_client", |_, (request,): (Rc<Request>,)| Ok(request.client()?))?;
    ops.sync("request_is_held", |_, (request,): (Rc<Request>,)| Ok(request.is_held()))?;
    ops.sync("request_is_handled", |_, (request,): (Rc<Request>,)| Ok(request.is_handled()))?;
    ops.sync("request_may_vote", |_, (request,): (Rc<Request>,)| Ok(request.may_vote()?))?;
    ops.sync("request_abort_reason", |_, (code,): (String,)| Ok(abort_reason(&code)?.to_owned()))?;
    ops.future("request_fetch_post_data", |_, (request,): (Rc<Request>,)| async move {
        Ok(request.fetch_post_data().await.map_or(Value::Undefined, IntoValue::into_value))
    })?;
    ops.future("request_content", |_, (request,): (Rc<Request>,)| async move {
        Ok(request.content().await.map_or(Value::Undefined, Value::Bytes))
    })?;
    ops.future("request_respond", respond)?;
    ops.future(
        "request_abort",
        |_, (request, code): (Rc<Request>, String)| async move { Ok(request.abort(&code).await?) },
    )
}

type Mock = (Rc<Request>, u16, Json<Headers>, Option<String>, Value);

async fn respond(_: Rc<Scope>, (request, status, headers, content_type, body): Mock) -> Result<(), OpError> {
    let body = match body {
        Value::String(text) => Some(text.into_bytes()),
        Value::Bytes(bytes) => Some(bytes),
        Value::Undefined => None,
        _ => return Err(OpError::type_error("the body of a response must be a string or a Buffer")),
    };
    let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in headers.0.unwrap_or_default() {
        // One name's values follow each other; the same name in other letters is another entry, and the last one counts.
        match grouped.last_mut().filter(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => grouped.push((name, vec![value])),
        }
    }
    let headers = grouped;
    Ok(request.respond(MockResponse { status: Some(status), headers, content_type, body }).await?)
}
