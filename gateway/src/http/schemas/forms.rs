//! Forms that many fields have. Each takes what the field means.

use serde_json::{Map, Value, json};

/// A time, or null.
pub(super) fn time(meaning: &str) -> Value {
    json!({"type": ["string", "null"], "format": "date-time", "description": meaning})
}

/// A time.
pub(super) fn moment(meaning: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": meaning})
}

/// A length of time.
pub(super) fn seconds(meaning: &str) -> Value {
    json!({"type": ["number", "string"], "description": meaning})
}

/// Texts by name.
pub(super) fn texts(meaning: &str) -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"}, "description": meaning})
}

/// A list of files.
pub(super) fn files(meaning: &str) -> Value {
    json!({"type": "array", "items": {"$ref": "#/components/schemas/File"}, "description": meaning})
}

/// The name that a client gave to a script or a schedule.
pub(super) fn name() -> Value {
    json!({"type": "string", "description": "1 to 100 letters, digits and . _ -"})
}

/// Whose a job or a record is.
pub(super) fn owner() -> Value {
    json!({"type": "string", "description": "the token that made it; absent when that has no name"})
}

/// The members of an object.
pub(super) fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
