//! The types that ops answer with.

use std::rc::Rc;

use super::{Bytes, Value};
use crate::resources::{Resource, ResourceRef};

/// A type that an op answers with.
pub(crate) trait IntoValue {
    /// The value as it goes into the inbox.
    fn into_value(self) -> Value;
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

macro_rules! into_value {
    ($($from:ty, $name:ident => $value:expr;)*) => {$(
        impl IntoValue for $from {
            fn into_value(self) -> Value {
                let $name = self;
                $value
            }
        }
    )*};
}
into_value! {
    (), _unit => Value::Undefined;
    bool, value => Value::Bool(value);
    f64, value => Value::Number(value);
    u16, value => Value::Number(value.into());
    u32, value => Value::Number(value.into());
    i32, value => Value::Number(value.into());
    String, value => Value::String(value);
    &str, value => Value::String(value.to_owned());
    Bytes, value => Value::Bytes(value.0);
    serde_json::Value, value => Value::Json(value);
    ResourceRef, value => Value::Resource(value);
}

/// `None` is null, as Puppeteer answers it. An op that answers undefined says so with [`Value::Undefined`].
impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::Array(self.into_iter().map(T::into_value).collect())
    }
}

impl<T: Resource> IntoValue for Rc<T> {
    fn into_value(self) -> Value {
        Value::Resource(ResourceRef::new(self))
    }
}
