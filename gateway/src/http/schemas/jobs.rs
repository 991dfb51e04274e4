//! Jobs: what is sent, what is read, and lists.

use job_model::{JobStatus, Outcome, WaitsFor};
use serde_json::{Map, Value, json};

use super::forms::{files, moment, seconds, time};

/// The schemas of this subject by name; `field` has those of the fields that clients give.
pub(super) fn schemas(field: &Map<String, Value>) -> Value {
    json!({"NewJob": new_job(field), "Job": job(field), "JobList": job_list()})
}

fn new_job(field: &Map<String, Value>) -> Value {
    json!({"type": ["object", "null"], "description": "null is a job without code", "properties": {
        "uuid": field["uuid"], "code": field["code"], "vars": field["vars"], "modules": field["modules"],
        "timeout": field["timeout"],
        "max_attempts": field["max_attempts"], "network": field["network"], "api": field["api"],
        "language": field["language"],
        "ignore_https_errors": field["ignore_https_errors"], "record": field["record"],
        "webhook": field["webhook"], "priority": field["priority"], "run_at": field["run_at"],
        "depends_on": field["depends_on"], "vars_from": field["vars_from"],
        "delay": seconds("how long it waits before it may begin, in the place of run_at: seconds, or a text as 90s, 15m, 2h, 1d"),
        "expires_at": field["expires_at"], "retry": field["retry"], "key": field["key"],
        "max_running": field["max_running"],
        "on_duplicate": field["on_duplicate"],
        "files": {
            "oneOf": [
                {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/NewFile"}},
                {"const": "auto"},
            ],
            "description":
            "files that its code finds in its folder, by name; or auto: a Buffer or Uint8Array of more than 256 KiB in \
             results becomes a file, and results have {file, bytes} in its place; with api 25 every one does. As \
             multipart/form-data: the part job has this JSON and comes first, every other part is a file"},
    }})
}

fn job(field: &Map<String, Value>) -> Value {
    let log = json!({"type": "object", "properties": {
        "time": {"type": "string", "format": "date-time"},
        "level": {"enum": ["DEBUG", "INFO", "WARN", "ERROR"]},
        "message": {"type": "string"},
    }});
    json!({"type": "object", "required": ["uuid", "status", "created_at"], "properties": {
        "uuid": field["uuid"], "code": field["code"],
        "status": {"enum": JobStatus::ALL.map(JobStatus::as_str), "description":
            "created: stored; queued: on its way to an executor; done: it has its result, also when it failed"},
        "vars": field["vars"], "modules": field["modules"],
        "error": {"type": "string", "description": "what ended the job; empty until then and after success"},
        "logs": {"type": ["array", "null"], "items": log, "description": "what the job logged; null until done"},
        "results": {"type": ["object", "null"], "description": "what the code put into results; null until done"},
        "created_at": {"type": "string", "format": "date-time", "description": "when it was accepted"},
        "started_at": time("when the code began to run"), "finished_at": time("when it ended"),
        "duration": {"type": "integer", "description": "how long the code ran, in milliseconds"},
        "timeout": field["timeout"], "max_attempts": field["max_attempts"], "network": field["network"],
        "api": field["api"], "language": field["language"],
        "ignore_https_errors": field["ignore_https_errors"], "record": field["record"],
        "webhook": field["webhook"], "priority": field["priority"], "run_at": field["run_at"],
        "expires_at": field["expires_at"], "retry": field["retry"], "key": field["key"],
        "max_running": field["max_running"],
        "on_duplicate": field["on_duplicate"],
        "depends_on": field["depends_on"], "vars_from": field["vars_from"],
        "script": {"type": "object", "description": "the script that it runs; absent when its code came with it",
            "properties": {"name": {"type": "string"}, "version": {"type": "integer"}}},
        "schedule": {"type": "object", "description": "the schedule that made it; absent when none did",
            "properties": {"name": {"type": "string"}, "tick": {"type": "string", "format": "date-time"}}},
        "batch": {"type": "string", "description": "the batch that it belongs to; absent when it belongs to none"},
        "attempts": {"type": "array", "description": "the tries before this one; absent when there were none",
            "items": {"type": "object", "properties": {
                "error": {"type": "string", "description": "what ended it"},
                "outcome": {"enum": Outcome::ALL.map(Outcome::as_str)},
                "started_at": time("when its code began"), "finished_at": moment("when it ended"),
                "duration": {"type": "integer", "description": "how long its code ran, in milliseconds"},
            }}},
        "waits_for": {"enum": WaitsFor::ALL.map(WaitsFor::as_str), "description":
            "why it is not on the queue yet: time (run_at), retry (its next try), key (a job of the same key), jobs (those \
             it depends on); absent when nothing keeps it"},
        "result_files": {"type": "boolean", "description":
            "whether large Buffers of its results become files: it was made with files: auto; absent otherwise"},
        "outcome": {"enum": Outcome::ALL.map(Outcome::as_str), "description": "how it ended; absent until then"},
        "error_at": {"type": "object", "description":
            "where in the job's own text the error was thrown; absent when that is not known, and after success",
            "properties": {
                "module": {"type": "string", "description": "code, or the module's name"},
                "line": {"type": "integer", "description": "from 1"},
                "column": {"type": "integer", "description": "from 1"},
            }},
        "error_stack": {"type": "string", "description": "the error with the job's lines that led to it"},
        "attempt": {"type": "integer", "description":
            "the attempt that made the result, from 1; 0 when nobody began the job; absent until it is done"},
        "running": {"type": "object", "description": "where it runs; absent while it waits and when it is done",
            "properties": {
                "since": {"type": "string", "format": "date-time", "description": "when its code began"},
                "executor": {"type": "string", "description": "the executor's name"},
                "attempt": {"type": "integer", "description": "the number of this attempt, from 1"},
            }},
        "rerun_of": {"type": "string", "description": "the job that this one runs again"},
        "owner": {"type": "string", "description":
            "the name of the token that made it; absent where that token has no name"},
        "input_files": files("the files that came with it; absent when there are none"),
        "files": files("the files that it left, without those that came with it and are unchanged; absent until it is done and when there are \
             none"),
    }})
}

fn job_list() -> Value {
    let number = json!({"type": ["integer", "null"]});
    let url = json!({"type": ["string", "null"]});
    json!({"type": "object", "required": ["data", "links", "meta"], "properties": {
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
        "links": {"type": "object", "properties": {"first": url, "last": url, "prev": url, "next": url}},
        "meta": {"type": "object", "properties": {
            "current_page": number, "from": number, "last_page": number, "path": {"type": "string"},
            "per_page": number, "to": number, "total": number,
        }},
    }})
}
