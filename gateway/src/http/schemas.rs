//! The shapes of bodies, with what each field means: for the OpenAPI document and for its readable page.

use job_model::{Api, JobId, JobStatus, Language, Outcome, Record};
use serde_json::{Value, json};

use crate::tokens::Scope;

/// All of them by name. A test compares the job's with a job.
pub(super) fn schemas() -> Value {
    let time = |meaning: &str| json!({"type": ["string", "null"], "format": "date-time", "description": meaning});
    let texts =
        |meaning: &str| json!({"type": "object", "additionalProperties": {"type": "string"}, "description": meaning});
    let uuid = json!({"type": "string", "maxLength": JobId::MAX_BYTES, "description":
        "the job's name: 200 bytes at most, without / and control characters, not beginning with _; made when absent"});
    let code = json!({"type": "string", "description":
        "the body of an async function in an ES module; sees page, vars, results and logger"});
    let vars = texts("what the code sees as vars");
    let modules = texts("source of the modules that the code may import, by name");
    let timeout = json!({"type": "integer", "minimum": 1, "maximum": 86400, "description":
        "longest time to run, in seconds; the executor's own limit when absent"});
    let max_attempts = json!({"type": "integer", "minimum": 1, "maximum": 100, "description":
        "how many executors may begin it before it is given up; their own limit when absent"});
    let rules = |meaning: &str| json!({"type": "array", "items": {"type": "string"}, "description": meaning});
    let network = json!({"type": "object", "additionalProperties": false, "description":
    "which part of the network the job may reach, within what the operator leaves open; all of it when absent",
    "properties": {
        "allow": rules("what is open: groups (public, private, loopback, link-local, own, all), addresses, CIDRs, \
                        hosts, *.host, each with :port or :from-to; everything when absent"),
        "deny": rules("what is closed, in the same forms; takes precedence over allow"),
        "proxy": {"type": "string", "description": "http, https, socks5 or socks5h://[user:password@]host[:port]; \
                  answers show *** in the place of the credentials"},
    }});
    let api = json!({"enum": Api::NAMES, "description":
        "the version of Puppeteer that the code is written for, where the versions differ; 1 (that is 1.20) when absent"});
    let language = json!({"enum": Language::NAMES, "description":
        "what code is written in; js when absent. Modules tell by their names: .ts, .mts and .cts are TypeScript"});
    let certificates = json!({"type": "boolean", "description":
        "whether its pages accept certificates that are not valid; the executor's IGNORE_HTTPS_ERRORS when absent"});
    let record = json!({"enum": Record::NAMES, "description":
        "when its recording, the files trace/…, is kept: when it did not succeed, always or never; the executor's JOB_RECORD \
         when absent"});
    let log = json!({"type": "object", "properties": {
        "time": {"type": "string", "format": "date-time"},
        "level": {"enum": ["DEBUG", "INFO", "WARN", "ERROR"]},
        "message": {"type": "string"},
    }});
    let file = |meaning: &str| json!({"type": "array", "items": {"$ref": "#/components/schemas/File"}, "description": meaning});
    let number = json!({"type": ["integer", "null"]});
    let whole = json!({"type": "integer"});
    let minutes = json!({"type": "array", "items": whole, "description": "60 minutes, the present one last"});
    let url = json!({"type": ["string", "null"]});
    json!({
        "NewJob": {"type": "object", "properties": {
            "uuid": uuid, "code": code, "vars": vars, "modules": modules, "timeout": timeout,
            "max_attempts": max_attempts, "network": network, "api": api, "language": language,
            "ignore_https_errors": certificates, "record": record,
            "files": {
                "oneOf": [
                    {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/NewFile"}},
                    {"const": "auto"},
                ],
                "description":
                "files that its code finds in its folder, by name; or auto: a Buffer or Uint8Array of more than 256 KiB in \
                 results becomes a file, and results have {file, bytes} in its place; with api 25 every one does. As \
                 multipart/form-data: the part job has this JSON and comes first, every other part is a file"},
        }},
        "OneShot": {"type": "object", "description": "which page is meant, and how: docs/ONE-SHOTS.md has all members",
            "properties": {
                "url": {"type": "string", "description": "the page's address"},
                "html": {"type": "string", "description": "the page itself, in the place of an address"},
                "options": {"type": "object", "description": "options of Puppeteer's page.screenshot() or page.pdf()"},
                "cache": {"type": "integer", "description": "an equal request's answer may be so many seconds old"},
            }},
        "NewFile": {"type": "object", "description": "one of base64, text, or job with name", "properties": {
            "base64": {"type": "string", "description": "its bytes"},
            "text": {"type": "string", "description": "its text"},
            "job": {"type": "string", "description": "the job that left the file"},
            "name": {"type": "string", "description": "the file's name there; the same when absent"},
        }},
        "Job": {"type": "object", "properties": {
            "uuid": uuid, "code": code,
            "status": {"enum": JobStatus::ALL.map(JobStatus::as_str), "description":
                "created: stored; queued: on its way to an executor; done: it has its result, also when it failed"},
            "vars": vars, "modules": modules,
            "error": {"type": "string", "description": "what ended the job; empty until then and after success"},
            "logs": {"type": ["array", "null"], "items": log, "description": "what the job logged; null until done"},
            "results": {"type": ["object", "null"], "description": "what the code put into results; null until done"},
            "created_at": {"type": "string", "format": "date-time", "description": "when it was accepted"},
            "started_at": time("when the code began to run"), "finished_at": time("when it ended"),
            "duration": {"type": "integer", "description": "how long the code ran, in milliseconds"},
            "timeout": timeout, "max_attempts": max_attempts, "network": network, "api": api, "language": language,
            "ignore_https_errors": certificates, "record": record,
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
            "input_files": file("the files that came with it; absent when there are none"),
            "files": file("the files that it left, without those that came with it and are unchanged; absent until it is done and when there are \
                 none"),
        }},
        "File": {"type": "object", "properties": {
            "name": {"type": "string", "description": "its name in the job's folder, with / between its parts"},
            "bytes": {"type": "integer", "description": "its size"},
            "type": {"type": "string", "description": "its media type, by its name's extension"},
            "sha256": {"type": "string", "description": "the SHA-256 of its bytes, in hexadecimal digits"},
        }},
        "JobList": {"type": "object", "properties": {
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
            "links": {"type": "object", "properties": {"first": url, "last": url, "prev": url, "next": url}},
            "meta": {"type": "object", "properties": {
                "current_page": number, "from": number, "last_page": number, "path": {"type": "string"},
                "per_page": number, "to": number, "total": number,
            }},
        }},
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
        }},
        "Fleet": {"type": "object", "properties": {
            "gateways": {"type": "array", "items": {"type": "object", "properties": {
                "name": {"type": "string", "description": "new with each start"},
                "heard_at": {"type": "string", "format": "date-time"},
                "this": {"type": "boolean", "description": "whether it is the one that answers"},
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
        "Error": {"type": "object", "properties": {
            "error": {"type": "string", "description": "what failed"},
            "message": {"type": "string", "description": "why"},
        }},
        "Forbidden": {"type": "object", "properties": {
            "error": {"type": "string"}, "message": {"type": "string"},
            "scope": {"enum": Scope::ALL.map(Scope::as_str), "description": "the scope that the token lacks"},
        }},
        "InvalidJob": {"type": "object", "properties": {
            "error": {"type": "string"}, "message": {"type": "string"},
            "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "description": "what is wrong, by field"},
        }},
    })
}
