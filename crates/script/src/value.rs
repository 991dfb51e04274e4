//! Values on their way between JavaScript and Rust.
//!
//! Arguments of ops are read straight from the engine by [`FromArg`]; results become a [`Value`] by [`IntoValue`] and
//! enter the engine when their turn in the inbox comes. Both ways keep undefined apart from null and carry NaN, -0,
//! the infinities, BigInt and bytes; a resource is its id here and its one object there.

mod answers;
mod arguments;

use rquickjs as js;

use crate::error::OpError;
use crate::resources::ResourceRef;
use crate::scope::{Hook, Scope};
pub(crate) use answers::IntoValue;
pub(crate) use arguments::{Bytes, FromArg, Json};

/// How deep arrays and objects may be nested on their way.
const MAX_DEPTH: usize = 200;

/// A value outside the engine.
#[derive(Clone, Debug, Default)]
pub(crate) enum Value {
    /// `undefined`.
    #[default]
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, NaN, -0 and the infinities included.
    Number(f64),
    /// A string; lone surrogates become U+FFFD.
    String(String),
    /// A BigInt in decimal digits.
    BigInt(String),
    /// A `Buffer` in JavaScript; any view or ArrayBuffer on the way out of it.
    Bytes(Vec<u8>),
    /// An array; holes become undefined.
    Array(Vec<Value>),
    /// A plain object: its own enumerable string keys in order.
    Object(Vec<(String, Value)>),
    /// Anything that JSON can say, as a page's answer arrives.
    Json(serde_json::Value),
    /// A Rust object that JavaScript sees as an instance of its class.
    Resource(ResourceRef),
}

impl Value {
    /// Reads a value out of the engine. Getters run; functions and symbols are refused.
    ///
    /// # Errors
    /// [`OpError`] when the value holds what cannot cross, or a getter throws.
    pub(crate) fn from_js(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        Self::read(value, scope, 0)
    }

    fn read(value: &js::Value<'_>, scope: &Scope, depth: usize) -> Result<Self, OpError> {
        if depth > MAX_DEPTH {
            return Err(OpError::type_error("the argument is nested too deeply or refers to itself"));
        }
        Ok(match value.type_of() {
            js::Type::Undefined | js::Type::Uninitialized => Self::Undefined,
            js::Type::Null => Self::Null,
            js::Type::Bool => Self::Bool(value.as_bool().unwrap_or_default()),
            js::Type::Int | js::Type::Float => Self::Number(value.as_number().unwrap_or(f64::NAN)),
            js::Type::String => Self::String(text(value, scope)?),
            js::Type::BigInt => Self::BigInt(value.get::<js::Coerced<String>>()?.0),
            js::Type::Array => {
                let array = value.as_array().ok_or_else(|| OpError::type_error("not an array"))?;
                let items =
                    (0..array.len()).map(|index| Self::read(&array.get::<js::Value<'_>>(index)?, scope, depth + 1));
                Self::Array(items.collect::<Result<_, OpError>>()?)
            }
            js::Type::Symbol | js::Type::Function | js::Type::Constructor => {
                return Err(OpError::type_error("a function or symbol cannot be passed here"));
            }
            _ => match bytes(value) {
                Some(bytes) => {
                    scope.crossed.set(scope.crossed.get() + bytes.len());
                    Self::Bytes(bytes)
                }
                None => {
                    let object = value.as_object().ok_or_else(|| OpError::type_error("the value cannot be passed"))?;
                    let mut entries = Vec::new();
                    for key in object.keys::<js::String<'_>>() {
                        let key = key?;
                        let item = object.get::<_, js::Value<'_>>(key.clone())?;
                        entries.push((well_formed(&key, scope)?, Self::read(&item, scope, depth + 1)?));
                    }
                    Self::Object(entries)
                }
            },
        })
    }

    /// Makes the engine's value.
    ///
    /// # Errors
    /// The engine's: out of memory, or interrupted.
    pub(crate) fn into_js<'js>(self, ctx: &js::Ctx<'js>, scope: &Scope) -> js::Result<js::Value<'js>> {
        use js::IntoJs;
        Ok(match self {
            Self::Undefined => js::Value::new_undefined(ctx.clone()),
            Self::Null => js::Value::new_null(ctx.clone()),
            Self::Bool(value) => js::Value::new_bool(ctx.clone(), value),
            Self::Number(value) => number(ctx, value),
            Self::String(value) => value.into_js(ctx)?,
            Self::BigInt(digits) => scope.hook(ctx, Hook::BigInt)?.call((digits,))?,
            Self::Bytes(bytes) => {
                // A copy in the engine's memory, which counts; the engine does not count what it is given.
                let buffer = js::ArrayBuffer::new_copy(ctx.clone(), &bytes)?;
                scope.hook(ctx, Hook::Buffer)?.call((buffer,))?
            }
            Self::Array(items) => {
                let array = js::Array::new(ctx.clone())?;
                for (index, item) in items.into_iter().enumerate() {
                    define(array.as_object(), index_key(index), item.into_js(ctx, scope)?)?;
                }
                array.into_value()
            }
            Self::Object(entries) => {
                let object = js::Object::new(ctx.clone())?;
                for (key, item) in entries {
                    define(&object, key.as_str(), item.into_js(ctx, scope)?)?;
                }
                object.into_value()
            }
            Self::Json(value) => json(ctx, &value)?,
            Self::Resource(resource) => {
                let (rid, class) = scope.resources.borrow_mut().insert(&resource);
                scope.hook(ctx, Hook::Wrap)?.call((rid, class))?
            }
        })
    }

    /// What `JSON.stringify` would keep of it.
    fn into_json(self) -> Option<serde_json::Value> {
        Some(match self {
            Self::Undefined => return None,
            Self::Null | Self::Resource(_) => serde_json::Value::Null,
            Self::Bool(value) => value.into(),
            Self::Number(value) => json_number(value),
            Self::String(value) | Self::BigInt(value) => value.into(),
            Self::Bytes(bytes) => bytes.into(),
            Self::Array(items) => items.into_iter().map(|item| item.into_json().unwrap_or_default()).collect(),
            Self::Object(entries) => {
                entries.into_iter().filter_map(|(key, item)| Some((key, item.into_json()?))).collect()
            }
            Self::Json(value) => value,
        })
    }
}

/// Whole numbers lose their fraction, so that they fit Rust's integer types and read as they were written.
#[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number within 2^53")]
fn json_number(value: f64) -> serde_json::Value {
    let whole = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
    if whole { (value as i64).into() } else { value.into() }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number within i32")]
fn number<'js>(ctx: &js::Ctx<'js>, value: f64) -> js::Value<'js> {
    let whole = value.fract() == 0.0 && value.abs() < 2_147_483_648.0 && !(value == 0.0 && value.is_sign_negative());
    if whole { js::Value::new_int(ctx.clone(), value as i32) } else { js::Value::new_float(ctx.clone(), value) }
}

fn json<'js>(ctx: &js::Ctx<'js>, value: &serde_json::Value) -> js::Result<js::Value<'js>> {
    use js::IntoJs;
    Ok(match value {
        serde_json::Value::Null => js::Value::new_null(ctx.clone()),
        serde_json::Value::Bool(value) => js::Value::new_bool(ctx.clone(), *value),
        serde_json::Value::Number(value) => number(ctx, value.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(value) => value.as_str().into_js(ctx)?,
        serde_json::Value::Array(items) => {
            let array = js::Array::new(ctx.clone())?;
            for (index, item) in items.iter().enumerate() {
                define(array.as_object(), index_key(index), json(ctx, item)?)?;
            }
            array.into_value()
        }
        serde_json::Value::Object(entries) => {
            let object = js::Object::new(ctx.clone())?;
            for (key, item) in entries {
                define(&object, key.as_str(), json(ctx, item)?)?;
            }
            object.into_value()
        }
    })
}

fn index_key(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Defines instead of assigns: setters that a script put on a prototype do not run, and `__proto__` is a plain key.
fn define<'js>(object: &js::Object<'js>, key: impl js::IntoAtom<'js>, value: js::Value<'js>) -> js::Result<()> {
    let property = js::object::Property::from(value).configurable().enumerable().writable();
    object.prop(key, property)
}

fn text(value: &js::Value<'_>, scope: &Scope) -> Result<String, OpError> {
    let string = value.as_string().ok_or_else(|| OpError::type_error("not a string"))?;
    Ok(well_formed(string, scope)?)
}

/// The engine's text without halves of surrogate pairs, which Rust's cannot hold: each is U+FFFD.
fn well_formed(string: &js::String<'_>, scope: &Scope) -> js::Result<String> {
    let text = match string.to_string() {
        // The engine gives no text when it has no memory for it, and has thrown that.
        Err(js::Error::Unknown) => Err(js::Error::Exception),
        Err(js::Error::Utf8(_)) => scope.hook(string.ctx(), Hook::WellFormed)?.call((string.clone(),)),
        text => text,
    }?;
    scope.crossed.set(scope.crossed.get() + text.len());
    Ok(text)
}

/// The text that a function of the prelude answers.
pub(crate) fn hook_text<'js>(
    ctx: &js::Ctx<'js>,
    scope: &Scope,
    hook: Hook,
    args: impl js::function::IntoArgs<'js>,
) -> js::Result<String> {
    let text: js::String<'js> = scope.hook(ctx, hook)?.call(args)?;
    well_formed(&text, scope)
}

/// The bytes of an ArrayBuffer or of any view on one.
fn bytes(value: &js::Value<'_>) -> Option<Vec<u8>> {
    let object = value.as_object()?;
    if let Some(array) = object.as_typed_array::<u8>() {
        // SAFETY: the bytes are copied before any JavaScript could detach or resize the buffer.
        return unsafe { array.as_bytes() }.map(<[u8]>::to_vec);
    }
    let Some(buffer) = js::ArrayBuffer::from_object(object.clone()) else {
        // The engine has thrown that it is not one: left there, the error would be that of some later call.
        object.ctx().catch();
        return None;
    };
    // SAFETY: as above.
    unsafe { buffer.as_bytes() }.map(<[u8]>::to_vec)
}
