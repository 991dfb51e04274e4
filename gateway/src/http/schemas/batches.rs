//! Batches: the rows that are sent, and what is read.

use serde_json::{Map, Value, json};

use super::forms::{moment, owner};
use crate::batches::{MAX_ID_BYTES, MOST_JOBS};

/// The schemas of this subject by name; `field` has those of the fields of jobs.
pub(super) fn schemas(field: &Map<String, Value>) -> Value {
    json!({
        "NewBatch": {"type": "array", "maxItems": MOST_JOBS, "description":
            "jobs as application/x-ndjson, one a line, or as one array: each is a NewJob without uuid, and one without code is a \
             job without code; \"#3\" in depends_on and vars_from is row 3 of the batch, counted from 0. The first row may be \
             {\"batch\": {…}}",
            "items": {"anyOf": [
                {"type": "object", "additionalProperties": false, "required": ["batch"], "properties": {"batch": {
                    "type": "object", "additionalProperties": false, "properties": {
                        "uuid": {"type": "string", "maxLength": MAX_ID_BYTES, "description":
                            "its id; rows that are sent again under the same one go on with a batch that is incomplete"},
                        "name": {"type": "string", "description": "for people"},
                        "webhook": field["webhook"],
                        "job": {"type": "object", "description":
                            "a NewJob without uuid: what all jobs say that do not say it themselves. Its files are stored once"},
                        "script": {"type": "string", "description": "the script that its jobs run"},
                        "version": {"type": "integer", "minimum": 1, "description": "the script's version; the latest when absent"},
                    }}}},
                {"allOf": [{"type": "object"}, {"$ref": "#/components/schemas/NewJob"}]},
            ]}},
        "Batch": {"type": "object", "properties": {
            "uuid": {"type": "string"}, "name": {"type": "string"}, "owner": owner(),
            "state": {"enum": ["accepting", "running", "done"], "description": "whether rows arrive, jobs run, or all are done"},
            "accepted": {"type": "integer", "description": "how many rows are jobs"},
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}, "description":
                "how many of its jobs are in which state; when it is done, as they were then"},
            "incomplete": {"type": "boolean", "description":
                "true when rows are missing, and error says why; absent otherwise. The batch ends without them"},
            "error": {"type": "string"}, "script": {"type": "string"}, "webhook": field["webhook"],
            "rerun_of": {"type": "string", "description": "the batch whose jobs it runs again"},
            "created_at": moment("when its first row arrived"),
            "cancelled_at": moment("when a client cancelled it"), "finished_at": moment("when the last job's end was seen"),
        }},
    })
}
