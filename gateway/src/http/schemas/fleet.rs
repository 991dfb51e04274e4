//! Gateways, executors and what they did.

use serde_json::{Value, json};

/// The schemas of this subject by name.
pub(super) fn schemas() -> Value {
    let whole = json!({"type": "integer"});
    let minutes = json!({"type": "array", "items": whole, "description": "60 minutes, the present one last"});
    let settings = json!({"type": "object", "additionalProperties": {"type": "string"}, "description":
        "settings that differ from what they are as delivered, without passwords; of a gateway only the one that answers"});
    json!({
        "Executor": {"type": "object", "properties": {
            "name": {"type": "string", "description": "new with each start"},
            "started_at": {"type": "string", "format": "date-time"},
            "heard_at": {"type": "string", "format": "date-time", "description": "when it told of itself last"},
            "slots": {"type": "integer", "description": "how many jobs it runs at a time"},
            "busy": {"type": "integer", "description": "how many it runs now"},
            "draining": {"type": "boolean", "description": "it takes no more jobs because somebody asked for that"},
            "stopping": {"type": "boolean", "description": "it takes no more jobs because it ends"},
            "without": {"type": "array", "items": {"type": "string"}, "description":
                "the safeguards that its jobs run without: chromium_sandbox, network_namespace, landlock, seccomp"},
            "jobs": {"type": "array", "items": {"type": "object", "properties": {
                "uuid": {"type": "string"},
                "since": {"type": ["string", "null"], "format": "date-time", "description":
                    "when its code began; null while it waits for its slot"},
                "attempt": {"type": "integer"},
            }}},
            "slot_states": {"type": "array", "description": "its slots that have started", "items": {"type": "object", "properties": {
                "job": {"type": ["string", "null"], "description": "the job that it runs"},
                "memory": {"type": "integer", "description": "private memory of its process and its Chromium, in bytes, measured every 5 seconds"},
                "browser_since": {"type": ["string", "null"], "format": "date-time", "description": "when its Chromium was started"},
            }}},
            "settings": settings,
        }},
        "Fleet": {"type": "object", "properties": {
            "gateways": {"type": "array", "items": {"type": "object", "properties": {
                "name": {"type": "string", "description": "new with each start"},
                "heard_at": {"type": "string", "format": "date-time"},
                "this": {"type": "boolean", "description": "whether it is the one that answers"},
                "settings": settings,
            }}},
            "executors": {"type": "array", "items": {"$ref": "#/components/schemas/Executor"}},
            "queue": {"type": "object", "properties": {
                "depth": {"type": ["integer", "null"], "description": "jobs that wait in the queue; null when it cannot be asked"},
                "oldest_seconds": {"type": ["integer", "null"], "description":
                    "how long ago the oldest job was created that is queued; null when none is"},
            }},
        }},
        "Stats": {"type": "object", "properties": {
            "since": {"type": "string", "format": "date-time"}, "until": {"type": "string", "format": "date-time"},
            "jobs": {"type": "object", "additionalProperties": {"type": "integer"}, "description":
                "jobs created in this time at any gateway, by their state now"},
            "this_gateway": {"type": "object", "description": "what this gateway took and ended since its start", "properties": {
                "created_per_minute": minutes, "ended_per_minute": minutes,
                "duration_ms": {"type": "object", "description": "how long the code of ended jobs ran; p50 and p95 are at most 42 % too high",
                    "properties": {"mean": whole, "p50": whole, "p95": whole, "max": whole}},
            }},
        }},
    })
}
