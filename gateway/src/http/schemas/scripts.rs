//! Scripts, and the jobs that run them.

use serde_json::{Map, Value, json};

use super::forms::{files, moment, name, owner};

/// The schemas of this subject by name; `field` has those of the fields of jobs.
pub(super) fn schemas(field: &Map<String, Value>) -> Value {
    let vars_schema = json!({"type": "object", "description":
        "a JSON Schema for the vars, which are texts: a job whose vars do not fit is answered 422"});
    json!({
        "NewScript": {"type": "object", "description":
            "the fields of NewJob but uuid, run_at, delay, expires_at and depends_on, and vars_schema", "properties": {
                "code": field["code"], "modules": field["modules"], "vars": field["vars"], "vars_schema": vars_schema,
            }},
        "NewScriptJob": {"type": "object", "description":
            "the fields of NewJob but code, modules and language: vars and files are put over those of the script, other fields in \
             their place", "properties": {"vars": field["vars"]}},
        "Script": {"type": "object", "properties": {
            "name": name(), "owner": owner(),
            "version": {"type": "integer", "description": "the version that is shown, counted from 1; in a list the latest"},
            "latest": {"type": "integer", "description": "the latest version; absent in lists"},
            "created_at": moment("when the script was made"),
            "updated_at": moment("when the version was stored; in a list the latest"),
            "job": {"type": "object", "description": "what its jobs say, as it was stored; absent in lists"},
            "vars_schema": vars_schema, "input_files": files("the files that each of its jobs gets; absent in lists"),
        }},
    })
}
