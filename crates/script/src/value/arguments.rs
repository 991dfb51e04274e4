//! The types that ops take as arguments. They are read straight from the engine.

use std::rc::Rc;

use rquickjs as js;
use serde::de::DeserializeOwned;

use super::{Value, bytes, text};
use crate::error::OpError;
use crate::resources::Resource;
use crate::scope::Scope;

/// A type that an op takes as an argument.
pub(crate) trait FromArg: Sized {
    /// Reads it from the engine's value; an absent argument is undefined.
    ///
    /// # Errors
    /// [`OpError`], a TypeError as a rule, for any other type.
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError>;
}

impl FromArg for Value {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        Self::from_js(value, scope)
    }
}

impl FromArg for String {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        text(value, scope)
    }
}

impl FromArg for bool {
    fn from_arg(value: &js::Value<'_>, _: &Scope) -> Result<Self, OpError> {
        value.as_bool().ok_or_else(|| OpError::type_error("not a boolean"))
    }
}

impl FromArg for f64 {
    fn from_arg(value: &js::Value<'_>, _: &Scope) -> Result<Self, OpError> {
        value.as_number().ok_or_else(|| OpError::type_error("not a number"))
    }
}

macro_rules! integer_arg {
    ($($integer:ty)*) => {$(
        impl FromArg for $integer {
            #[allow(clippy::cast_possible_truncation, reason = "checked to be equal after it; not every type is cut")]
            fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
                let number = f64::from_arg(value, scope)?;
                let whole = number as $integer;
                if whole as f64 == number {
                    Ok(whole)
                } else {
                    Err(OpError::type_error(concat!("the number does not fit ", stringify!($integer))))
                }
            }
        }
    )*};
}
integer_arg!(u8 u16 u32 u64 usize i32 i64);

/// undefined and null are `None`.
impl<T: FromArg> FromArg for Option<T> {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        if value.is_undefined() || value.is_null() { Ok(None) } else { T::from_arg(value, scope).map(Some) }
    }
}

impl<T: FromArg> FromArg for Vec<T> {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        let array = value.as_array().ok_or_else(|| OpError::type_error("not an array"))?;
        (0..array.len()).map(|index| T::from_arg(&array.get::<js::Value<'_>>(index)?, scope)).collect()
    }
}

/// The bytes of a Buffer, typed array or ArrayBuffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub Vec<u8>);

impl FromArg for Bytes {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        let bytes = bytes(value).ok_or_else(|| OpError::type_error("not a Buffer or typed array"))?;
        scope.crossed.set(scope.crossed.get() + bytes.len());
        Ok(Self(bytes))
    }
}

/// Anything JSON can say, by serde: undefined members are absent, NaN is null.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromArg for Json<T> {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        let value = Value::from_js(value, scope)?.into_json().unwrap_or_default();
        let read = serde_path_to_error::deserialize(value).map(Self);
        // The error begins with the member that it is about.
        read.map_err(|error| OpError::type_error(format!("Invalid parameters: {error}")))
    }
}

/// A resource is passed as its id.
impl<T: Resource> FromArg for Rc<T> {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        let rid = u32::from_arg(value, scope)?;
        scope.resources.borrow().get(rid)
    }
}
