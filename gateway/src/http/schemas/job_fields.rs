//! The fields of a job that a client gives, with what each means.

use job_model::{Api, JobId, Language, OnDuplicate, Priority, Record, Retry, RetryOn, RunKey};
use serde_json::{Map, Value, json};

use super::forms::{members, moment, seconds, texts};

/// Their schemas by name: those of a new job and of a job that is read.
pub(super) fn job_fields() -> Map<String, Value> {
    members(json!({
        "uuid": {"type": "string", "maxLength": JobId::MAX_BYTES, "description":
            "the job's name: 200 bytes at most, without / and control characters, not beginning with _; made when absent"},
        "code": {"type": "string", "description":
            "the body of an async function in an ES module; sees page, vars, results and logger"},
        "vars": texts("what the code sees as vars"),
        "modules": texts("source of the modules that the code may import, by name"),
        "timeout": {"type": "integer", "minimum": 1, "maximum": 86400, "description":
            "longest time to run, in seconds; the executor's own limit when absent"},
        "max_attempts": {"type": "integer", "minimum": 1, "maximum": 100, "description":
            "how many executors may begin it before it is given up; their own limit when absent"},
        "network": network(),
        "api": {"enum": Api::NAMES, "description":
            "the version of Puppeteer that the code is written for, where the versions differ; 1 (that is 1.20) when absent"},
        "language": {"enum": Language::NAMES, "description":
            "what code is written in; js when absent. Modules tell by their names: .ts, .mts and .cts are TypeScript"},
        "ignore_https_errors": {"type": "boolean", "description":
            "whether its pages accept certificates that are not valid; the executor's IGNORE_HTTPS_ERRORS when absent"},
        "record": record(),
        "webhook": {"$ref": "#/components/schemas/Webhook"},
        "priority": {"enum": Priority::NAMES, "description":
            "which jobs begin first; normal when absent. What waits longer with a lower one begins now and then, too"},
        "run_at": moment("when it may begin; at once when absent"),
        "expires_at": moment("when it ends as expired if no executor has begun it by then; never when absent"),
        "retry": retry(),
        "key": {"type": "string", "maxLength": RunKey::MAX_BYTES, "description":
            "what it shares with other jobs of the same token, an account or a site: max_running of them run at a time, the \
             others wait without holding a slot, and begin in the order of their creation"},
        "max_running": {"type": "integer", "minimum": 1, "maximum": RunKey::MOST_RUNNING, "description":
            "how many jobs of its key may be under way when it begins; 1 when absent"},
        "on_duplicate": {"enum": OnDuplicate::NAMES, "description":
            "if so many are: queue (it waits), skip (it is not made, the answer is 409) or replace (they are cancelled); queue when \
             absent"},
        "depends_on": {"type": "array", "items": {"type": "string"}, "maxItems": job_model::MOST_DEPENDENCIES, "description":
            "uuids of jobs that must have succeeded before it begins; when one ends in another way or is deleted it fails"},
        "vars_from": vars_from(),
    }))
}

fn network() -> Value {
    let rules = |meaning: &str| json!({"type": "array", "items": {"type": "string"}, "description": meaning});
    json!({"type": "object", "additionalProperties": false, "description":
    "which part of the network the job may reach, within what the operator leaves open; all of it when absent",
    "properties": {
        "allow": rules("what is open: groups (public, private, loopback, link-local, own, all), addresses, CIDRs, \
                        hosts, *.host, each with :port or :from-to; everything when absent"),
        "deny": rules("what is closed, in the same forms; takes precedence over allow"),
        "proxy": {"type": "string", "description": "http, https, socks5 or socks5h://[user:password@]host[:port]; \
                  answers show *** in the place of the credentials"},
    }})
}

fn retry() -> Value {
    json!({"type": "object", "description":
    "how it is tried again when it failed: each try has its own log and files, and the job is done after the last",
    "required": ["times"], "additionalProperties": false, "properties": {
        "times": {"type": "integer", "minimum": 1, "maximum": Retry::MOST_TIMES, "description":
            "how often after the first try"},
        "backoff": {"type": "object", "additionalProperties": false, "properties": {
            "first": seconds("how long it waits before the first repetition: seconds, or a text as 90s, 15m, 2h; 10 s when absent"),
            "factor": {"type": "number", "minimum": 1, "maximum": 100, "description":
                "how much longer each further wait is; 2 when absent"},
            "max": seconds("the longest wait; an hour when absent"),
        }},
        "on": {"type": "array", "items": {"enum": RetryOn::NAMES}, "description":
            "after which ends: error (it threw, or met a limit), timeout, crash (it lost its process or its executors); \
             all of them when absent"},
    }})
}

fn vars_from() -> Value {
    json!({"type": "object", "description":
    "vars that are results of earlier jobs, by the var's name; these jobs are among depends_on, said or not",
    "additionalProperties": {"type": "object", "required": ["job", "result"], "properties": {
        "job": {"type": "string", "description": "the earlier job's uuid"},
        "result": {"type": "string", "description": "the name of its result; what is not a text becomes JSON"},
    }}})
}

fn record() -> Value {
    let when = json!({"enum": Record::NAMES, "description":
        "when its recording, the files trace/…, is kept: when it did not succeed, always or never; the executor's JOB_RECORD \
         when absent"});
    let bodies = json!({"type": "boolean", "description":
        "whether the recording has the bodies of requests and answers; the executor's JOB_RECORD_BODIES when absent"});
    json!({"oneOf": [when.clone(), {
        "type": "object", "additionalProperties": false, "properties": {"when": when, "bodies": bodies}}]})
}
