//! What is answered when a request fails.

use serde_json::{Value, json};

use crate::tokens::Scope;

/// The schemas of this subject by name.
pub(super) fn schemas() -> Value {
    json!({
        "Error": {"type": "object", "required": ["error", "message"], "properties": {
            "error": {"type": "string", "description": "what failed"},
            "message": {"type": "string", "description": "why"},
        }},
        "Forbidden": {"type": "object", "required": ["error", "message"], "properties": {
            "error": {"type": "string"}, "message": {"type": "string"},
            "scope": {"enum": Scope::ALL.map(Scope::as_str), "description": "the scope that the token lacks"},
        }},
        "InvalidJob": {"type": "object", "required": ["error", "message"], "properties": {
            "error": {"type": "string"}, "message": {"type": "string"},
            "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "description": "what is wrong, by field"},
        }},
    })
}
