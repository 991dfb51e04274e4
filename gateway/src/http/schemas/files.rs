//! Files of jobs.

use serde_json::{Value, json};

/// The schemas of this subject by name.
pub(super) fn schemas() -> Value {
    json!({
        "NewFile": {"type": "object", "description": "one of base64, text, job with name, or keep", "properties": {
            "base64": {"type": "string", "description": "its bytes"},
            "text": {"type": "string", "description": "its text"},
            "job": {"type": "string", "description": "the job that left the file"},
            "name": {"type": "string", "description": "the file's name there; the same when absent"},
            "keep": {"type": "boolean", "description": "of a script or schedule that is put again: it stays the file of this name"},
        }},
        "File": {"type": "object", "required": ["name", "bytes", "type", "sha256"], "properties": {
            "name": {"type": "string", "description": "its name in the job's folder, with / between its parts"},
            "bytes": {"type": "integer", "description": "its size"},
            "type": {"type": "string", "description": "its media type, by its name's extension"},
            "sha256": {"type": "string", "description": "the SHA-256 of its bytes, in hexadecimal digits"},
        }},
    })
}
