//! Values on their way into the page and back: what JSON cannot carry, handles, and functions as source text.

use std::borrow::Cow;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;
use crate::exception::Exception;
use crate::js_handle::JSHandle;

/// CDP's `Runtime.RemoteObject`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RemoteObject {
    /// `object`, `function`, `undefined`, `string`, …
    pub r#type: String,
    /// The class's name, of an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_name: Option<String>,
    /// `node`, `array`, `null`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// The value of a primitive, or of an object that was asked for by value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// `NaN`, `-0`, `Infinity`, `12n`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unserializable_value: Option<String>,
    /// Chromium's text for it; of an error, its stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Set when the value stayed in the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
}

impl RemoteObject {
    /// Reads it out of an answer.
    ///
    /// # Errors
    /// When the answer has another shape.
    pub fn from_value(value: Value) -> Result<Self, Error> {
        serde_json::from_value(value).map_err(|error| Error::message(format!("unreadable remote object: {error}")))
    }

    /// Returns the value that was carried over.
    ///
    /// # Errors
    /// When the value stayed in the page or is of a kind that is not known.
    pub fn into_result(self) -> Result<EvaluationResult, Error> {
        if self.object_id.is_some() {
            return Err(Error::message("Cannot extract value when objectId is given"));
        }
        if let Some(text) = self.unserializable_value {
            return EvaluationResult::unserializable(&self.r#type, text);
        }
        Ok(match self.value {
            Some(value) => EvaluationResult::Json(value),
            None if self.subtype.as_deref() == Some("null") => EvaluationResult::Json(Value::Null),
            None => EvaluationResult::Undefined,
        })
    }
}

/// A value that a page handed over.
#[derive(Clone, Debug, PartialEq)]
pub enum EvaluationResult {
    /// `undefined`, and what cannot be handed over at all.
    Undefined,
    /// What JSON can carry.
    Json(Value),
    /// `-0`
    NegativeZero,
    /// `NaN`
    NaN,
    /// `Infinity`
    Infinity,
    /// `-Infinity`
    NegativeInfinity,
    /// A bigint's digits, with a sign.
    BigInt(String),
}

impl EvaluationResult {
    fn unserializable(kind: &str, text: String) -> Result<Self, Error> {
        if kind == "bigint" {
            return Ok(Self::BigInt(text.trim_end_matches('n').to_owned()));
        }
        Ok(match text.as_str() {
            "-0" => Self::NegativeZero,
            "NaN" => Self::NaN,
            "Infinity" => Self::Infinity,
            "-Infinity" => Self::NegativeInfinity,
            _ => return Err(Error::message(format!("Unsupported unserializable value: {text}"))),
        })
    }

    /// Tells whether JavaScript takes it for true.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::NegativeZero | Self::NaN => false,
            Self::Infinity | Self::NegativeInfinity => true,
            Self::BigInt(digits) => digits != "0",
            Self::Json(Value::Null) => false,
            Self::Json(Value::Bool(value)) => *value,
            Self::Json(Value::Number(number)) => number.as_f64() != Some(0.0),
            Self::Json(Value::String(text)) => !text.is_empty(),
            Self::Json(_) => true,
        }
    }

    /// Returns what JavaScript's `String(value)` says.
    pub fn to_text(&self) -> String {
        match self {
            Self::Undefined => "undefined".to_owned(),
            Self::Json(Value::String(text)) => text.clone(),
            Self::Json(value) => value.to_string(),
            Self::NegativeZero => "0".to_owned(),
            Self::NaN => "NaN".to_owned(),
            Self::Infinity => "Infinity".to_owned(),
            Self::NegativeInfinity => "-Infinity".to_owned(),
            Self::BigInt(digits) => digits.clone(),
        }
    }

    /// Returns the JSON value, `null` for everything that JSON cannot carry.
    pub fn into_json(self) -> Value {
        match self {
            Self::Json(value) => value,
            _ => Value::Null,
        }
    }
}

/// A value for a function that runs in the page.
#[derive(Clone, Debug)]
pub enum Argument {
    /// What JSON can carry.
    Json(Value),
    /// `undefined`
    Undefined,
    /// `-0`, `NaN`, `Infinity`, `-Infinity`, or a bigint with its final `n`.
    Unserializable(Cow<'static, str>),
    /// Something of the page itself.
    Handle(Rc<JSHandle>),
}

impl Argument {
    /// Any JavaScript number.
    pub fn from_number(number: f64) -> Self {
        if number.is_nan() {
            Self::Unserializable("NaN".into())
        } else if number == f64::INFINITY {
            Self::Unserializable("Infinity".into())
        } else if number == f64::NEG_INFINITY {
            Self::Unserializable("-Infinity".into())
        } else if number == 0.0 && number.is_sign_negative() {
            Self::Unserializable("-0".into())
        } else {
            Self::Json(json!(number))
        }
    }

    /// Written as JavaScript; `None` for a handle, which has no text.
    pub(crate) fn as_expression(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Json(value) => value.to_string().into(),
            Self::Unserializable(text) => text.as_ref().into(),
            Self::Undefined => "undefined".into(),
            Self::Handle(_) => return None,
        })
    }

    /// A bigint, given its digits.
    pub fn bigint(digits: &str) -> Self {
        Self::Unserializable(format!("{digits}n").into())
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Json(Value::from(text))
    }
}

/// Code for the page.
#[derive(Clone, Debug)]
pub enum PageFunction {
    /// An expression, or whole statements whose last value counts.
    Expression(String),
    /// The source text of a function, in a form that stands alone.
    Function(Cow<'static, str>),
}

impl PageFunction {
    /// A string as it was given to `evaluate`.
    pub fn expression(text: impl Into<String>) -> Self {
        Self::Expression(text.into())
    }

    /// Returns what `toString()` of a function says. A method's shorthand form gets the `function` that it needs to stand alone.
    ///
    /// # Errors
    /// [`Error::FunctionText`] for what cannot be read back: native functions, accessors, computed names.
    pub fn function(source: impl Into<String>) -> Result<Self, Error> {
        crate::function_text::standalone(source.into()).map(|text| Self::Function(text.into()))
    }

    /// Our own code, known to stand alone.
    pub(crate) const fn own(source: &'static str) -> Self {
        Self::Function(Cow::Borrowed(source))
    }

    /// As an expression that calls it, for scripts that run without us.
    pub fn call_expression(&self, arguments: &[Argument]) -> String {
        match self {
            Self::Expression(text) => text.clone(),
            Self::Function(text) => {
                let arguments: Vec<_> =
                    arguments.iter().map(|argument| argument.as_expression().unwrap_or("undefined".into())).collect();
                format!("({text})({})", arguments.join(","))
            }
        }
    }
}

impl Exception {
    /// Returns what was thrown, when it is not an object: Puppeteer 25 hands it over as it is.
    pub fn value(&self) -> Option<EvaluationResult> {
        let thrown: RemoteObject = serde_json::from_value(self.thrown()?.clone()).ok()?;
        if thrown.object_id.is_some() || thrown.subtype.as_deref() == Some("error") {
            return None;
        }
        thrown.into_result().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_lacks_stay_themselves() {
        for (number, text) in
            [(-0.0, "-0"), (f64::NAN, "NaN"), (f64::INFINITY, "Infinity"), (f64::NEG_INFINITY, "-Infinity")]
        {
            let Argument::Unserializable(sent) = Argument::from_number(number) else { panic!("{number} went as JSON") };
            assert_eq!(sent, text);
        }
        assert!(matches!(Argument::from_number(0.0), Argument::Json(_)));
    }

    #[test]
    fn what_is_thrown_and_no_object_is_the_value_itself() {
        let exception = Exception::new(&json!({"exception": {"type": "string", "value": "x"}}));
        assert_eq!(exception.value(), Some(EvaluationResult::Json("x".into())));
        let nothing = Exception::new(&json!({"exception": {"type": "undefined"}}));
        assert_eq!(nothing.value(), Some(EvaluationResult::Undefined));
        let error = json!({"exception": {"type": "object", "subtype": "error", "className": "Error", "objectId": "1"}});
        assert_eq!(Exception::new(&error).value(), None);
    }
}
