//! Webhooks, and the events that are reported to them.

use job_model::WebhookEvent;
use serde_json::{Value, json};

/// The schemas of this subject by name.
pub(super) fn schemas() -> Value {
    json!({
        "Webhook": {"type": "object", "additionalProperties": false, "required": ["url"], "description":
            "whom events are told, by POST: docs/WEBHOOKS.md has the requests", "properties": {
                "url": {"type": "string", "format": "uri", "description": "where events are sent, http or https"},
                "events": {"type": "array", "minItems": 1, "items": {"enum": WebhookEvent::ALL.map(WebhookEvent::as_str)}, "description":
                    "which events are sent; job.done or batch.done alone when absent"},
                "headers": {"type": "object", "additionalProperties": {"type": "string"}, "description":
                    "headers of each request; answers show *** in the place of their values"},
                "secret": {"type": "string", "description":
                    "the key of the signature, whsec_ and 24 to 64 bytes in base64; answers show ***"},
            }},
        "Delivery": {"type": "object", "description": "one event that a webhook is told", "properties": {
            "id": {"type": "string", "description": "the header webhook-id of each of its requests"},
            "event": {"enum": WebhookEvent::ALL.map(WebhookEvent::as_str)},
            "state": {"enum": ["pending", "delivered", "failed", "gone"], "description":
                "pending: to be sent; delivered: the receiver took it; failed: it did not within a day; gone: it answered 410"},
            "created_at": {"type": "string", "format": "date-time"},
            "next_at": {"type": "string", "format": "date-time", "description":
                "when it is sent next; absent while it is being sent, and when it is settled"},
            "attempts": {"type": "array", "description": "the latest 20, the last one last", "items": {
                "type": "object", "properties": {
                    "at": {"type": "string", "format": "date-time"},
                    "duration": {"type": "integer", "description": "in milliseconds"},
                    "status": {"type": "integer", "description": "of the answer; absent when there was none"},
                    "error": {"type": "string", "description": "why there was no answer"},
                }}},
        }},
    })
}
