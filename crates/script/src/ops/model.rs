//! How the object model's types cross: its classes, errors, arguments and answers.

use std::rc::Rc;

use ::browser::accessibility::Accessibility;
use ::browser::binding::BindingCall;
use ::browser::browser::Browser;
use ::browser::browser_context::BrowserContext;
use ::browser::cdp_session::CDPSession;
use ::browser::console_message::ConsoleMessage;
use ::browser::coverage::Coverage;
use ::browser::device_request_prompt::DeviceRequestPrompt;
use ::browser::dialect::Dialect;
use ::browser::dialog::Dialog;
use ::browser::element_handle::ElementHandle;
use ::browser::error::Error;
use ::browser::execution_context::ExecutionContext;
use ::browser::file_chooser::FileChooser;
use ::browser::frame::Frame;
use ::browser::input::{Keyboard, Mouse, TouchHandle, Touchscreen};
use ::browser::js_handle::JSHandle;
use ::browser::page::Page;
use ::browser::remote_object::{Argument, EvaluationResult, PageFunction};
use ::browser::request::Request;
use ::browser::response::Response;
use ::browser::security_details::SecurityDetails;
use ::browser::target::Target;
use ::browser::tracing::Tracing;
use ::browser::worker::Worker;
use json_text::without_lone_surrogates;
use rquickjs as js;

use crate::error::OpError;
use crate::resources::{Resource, ResourceRef};
use crate::scope::Scope;
use crate::value::{FromArg, IntoValue, Value};

macro_rules! resources {
    ($($class:ident)*) => {$(
        impl Resource for $class {
            fn class(&self) -> &'static str {
                stringify!($class)
            }
        }
    )*};
}
resources! {
    Accessibility BindingCall Browser BrowserContext CDPSession ConsoleMessage Coverage DeviceRequestPrompt Dialog ExecutionContext
    FileChooser Frame Keyboard Mouse Page Request Response SecurityDetails Target TouchHandle Touchscreen Tracing Worker
}

impl Resource for JSHandle {
    fn class(&self) -> &'static str {
        if self.is_element() { "ElementHandle" } else { "JSHandle" }
    }
}

/// The node behind a handle.
pub(super) fn element(handle: &Rc<JSHandle>) -> Result<ElementHandle, OpError> {
    handle.as_element().ok_or_else(|| OpError::type_error("the handle is not an element"))
}

impl IntoValue for ElementHandle {
    fn into_value(self) -> Value {
        Value::Resource(ResourceRef::new(Rc::clone(self.handle())))
    }
}

impl From<Error> for OpError {
    fn from(error: Error) -> Self {
        let sentence = error.sentence(Dialect::V1);
        Self { model: Some(Rc::new(error)), ..Self::of_class(sentence.class, sentence.message) }
    }
}

/// `[text, whether it is a function]`, as `js/puppeteer/page_function.js` makes it.
impl FromArg for PageFunction {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        let pair = value.as_array().ok_or_else(|| OpError::type_error("not a function or text"))?;
        let text = String::from_arg(&pair.get(0)?, scope)?;
        if bool::from_arg(&pair.get(1)?, scope)? { Ok(Self::function(text)?) } else { Ok(Self::expression(text)) }
    }
}

/// A primitive, `[resource id]` or `[JSON]`, as `js/puppeteer/page_function.js` makes it.
impl FromArg for Argument {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        let Some(holder) = value.as_array() else {
            return Ok(match Value::from_js(value, scope)? {
                Value::Undefined => Self::Undefined,
                Value::Number(number) => Self::from_number(number),
                Value::BigInt(digits) => Self::bigint(&digits),
                Value::Bool(value) => Self::Json(value.into()),
                Value::String(text) => Self::Json(text.into()),
                _ => Self::Json(serde_json::Value::Null),
            });
        };
        let held: js::Value<'_> = holder.get(0)?;
        if held.is_string() {
            return Ok(Self::Json(json(&String::from_arg(&held, scope)?)?));
        }
        Ok(Self::Handle(Rc::from_arg(&held, scope)?))
    }
}

/// What `JSON.stringify` of the prelude has made.
pub(super) fn json(text: &str) -> Result<serde_json::Value, OpError> {
    serde_json::from_str(&without_lone_surrogates(text))
        .map_err(|error| OpError::type_error(format!("unreadable JSON: {error}")))
}

impl IntoValue for EvaluationResult {
    fn into_value(self) -> Value {
        match self {
            Self::Undefined => Value::Undefined,
            Self::Json(value) => Value::Json(value),
            Self::NegativeZero => Value::Number(-0.0),
            Self::NaN => Value::Number(f64::NAN),
            Self::Infinity => Value::Number(f64::INFINITY),
            Self::NegativeInfinity => Value::Number(f64::NEG_INFINITY),
            Self::BigInt(digits) => Value::BigInt(digits),
        }
    }
}

/// A member of an answer: a name and its value.
pub(super) fn member(name: &str, value: impl IntoValue) -> (String, Value) {
    (name.to_owned(), value.into_value())
}
