//! Schedules: what is put, and what is read.

use job_model::OnDuplicate;
use serde_json::{Value, json};

use super::forms::{files, moment, name, owner, seconds};

/// The schemas of this subject by name.
pub(super) fn schemas() -> Value {
    let cron = json!({"type": "string", "description":
        "a pattern of five fields, or six with seconds in front, a nickname as @daily, or @every 90s"});
    let time_zone =
        json!({"type": "string", "description": "the IANA name of the pattern's wall clock; UTC when absent"});
    let jitter = seconds("each job is made up to so much later than its tick; 0 when absent, a day at most");
    let catch_up = json!({"enum": ["skip", "once", "all"], "description":
        "ticks that passed while no gateway ran: no job, one job, or one each (1000 at most); skip when absent"});
    let schedule_duplicates = json!({"enum": OnDuplicate::NAMES, "description":
        "when the job of the tick before is not done: wait for it, make no job, or cancel it; queue when absent"});
    let paused = json!({"type": "boolean", "description": "whether it rests; false when absent"});
    let script_name = json!({"type": "string", "description": "the script that its jobs run"});
    json!({
        "NewSchedule": {"type": "object", "additionalProperties": false, "required": ["cron"], "description":
            "job or script says what is to run: docs/SCHEDULES.md has all rules", "properties": {
                "cron": cron, "time_zone": time_zone, "jitter": jitter, "catch_up": catch_up,
                "on_duplicate": schedule_duplicates, "paused": paused, "script": script_name,
                "version": {"type": "integer", "minimum": 1, "description":
                    "which version of the script; the latest at each tick when absent"},
                "job": {"type": "object", "description":
                    "the fields of NewJob but uuid, run_at, delay, expires_at, depends_on and vars_from; beside a script what is put \
                     over it"},
            }},
        "Schedule": {"type": "object", "properties": {
            "name": name(), "owner": owner(), "cron": cron, "time_zone": time_zone, "jitter": jitter, "catch_up": catch_up,
            "on_duplicate": schedule_duplicates, "paused": paused, "script": script_name,
            "version": {"type": "integer"}, "job": {"type": "object"},
            "input_files": files("the files that each of its jobs gets, beside those of its script"),
            "created_at": moment("when it was made"), "updated_at": moment("when a client changed it last"),
            "next": {"type": "array", "items": {"type": "string", "format": "date-time"}, "description":
                "its next five ticks, without jitter; none while it is paused"},
            "problem": {"type": "string", "description": "why the job of a tick that is due could not be made yet"},
            "runs": {"type": "array", "description": "its last 20 ticks, the latest first", "items": {
                "type": "object", "properties": {
                    "tick": {"type": "string", "format": "date-time"},
                    "job": {"type": "string", "description": "the job that was made"},
                    "state": {"type": "string", "description": "of that job; absent in lists, and when it was deleted"},
                    "until": {"type": "string", "format": "date-time", "description":
                        "the last of the ticks from tick on that were passed over"},
                    "skipped": {"type": "string", "description": "why no job was made"},
                }}},
        }},
    })
}
