//! `puppet-master top`: who is there, what runs, and how the last hour went.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use job_model::{JobState, Timestamp};
use serde_json::{Value, json};

use crate::api::{Gateway, GatewayArgs};
use crate::output::print;
use crate::terminal::one_line;

/// Time between two pictures.
const INTERVAL: Duration = Duration::from_secs(1);
/// To the upper left corner, and nothing below.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// Arguments of `top`.
#[derive(Debug, clap::Args)]
pub(crate) struct TopArgs {
    #[command(flatten)]
    gateway: GatewayArgs,
    /// Print the API's JSON once: `{"fleet": …, "stats": …}`.
    #[arg(long)]
    json: bool,
}

/// Shows it every second on a terminal, until a signal; once elsewhere.
pub(crate) async fn run(args: TopArgs) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::required(&args.gateway)?;
    loop {
        let (fleet, stats) = tokio::try_join!(gateway.fleet(), gateway.stats())?;
        if args.json {
            print(&format!("{}\n", serde_json::to_string_pretty(&json!({"fleet": fleet, "stats": stats}))?))?;
            return Ok(ExitCode::SUCCESS);
        }
        let picture = picture(&fleet, &stats, Timestamp::now());
        if !std::io::stdout().is_terminal() {
            print(&picture)?;
            return Ok(ExitCode::SUCCESS);
        }
        print(&format!("{CLEAR}{picture}"))?;
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Fleet and statistics as text.
fn picture(fleet: &Value, stats: &Value, now: Timestamp) -> String {
    let number = |value: &Value| value.as_u64().map_or("?".to_owned(), |number| number.to_string());
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    let mut text = String::new();
    let (queue, jobs) = (&fleet["queue"], &stats["jobs"]);
    let oldest = queue["oldest_seconds"].as_i64().map(|age| format!(", oldest job {age} s")).unwrap_or_default();
    let _ = writeln!(
        text,
        "gateways {}   executors {}   queue {}{oldest}",
        count(&fleet["gateways"]),
        count(&fleet["executors"]),
        number(&queue["depth"])
    );
    let states = JobState::ALL.map(JobState::as_str).map(|state| format!("{} {state}", number(&jobs[state])));
    let _ = writeln!(text, "of the last hour: {}", states.join(", "));
    let hour = &stats["this_gateway"];
    let last = |list: &Value| list.as_array().and_then(|list| list.iter().rev().nth(1)).map_or("?".to_owned(), number);
    let duration = &hour["duration_ms"];
    let _ = writeln!(
        text,
        "this gateway: {} created, {} ended in the last whole minute; code ran {} ms (p50), {} ms (p95), {} ms at most\n",
        last(&hour["created_per_minute"]),
        last(&hour["ended_per_minute"]),
        number(&duration["p50"]),
        number(&duration["p95"]),
        number(&duration["max"])
    );
    for executor in fleet["executors"].as_array().into_iter().flatten() {
        let word = match (executor["stopping"].as_bool(), executor["draining"].as_bool()) {
            (Some(true), _) => "   stopping",
            (_, Some(true)) => "   draining",
            _ => "",
        };
        let name = one_line(executor["name"].as_str().unwrap_or("?"));
        let _ = writeln!(text, "{name}   {} of {} busy{word}", number(&executor["busy"]), number(&executor["slots"]));
        for job in executor["jobs"].as_array().into_iter().flatten() {
            let since = job["since"].as_str().and_then(|since| Timestamp::parse(since).ok());
            let runs = since.map_or("waits for its slot".to_owned(), |since| {
                format!("{} s", (now.unix_millis() - since.unix_millis()).max(0) / 1000)
            });
            let attempt = job["attempt"].as_u64().filter(|attempt| *attempt > 1);
            let attempt = attempt.map(|attempt| format!(", attempt {attempt}")).unwrap_or_default();
            let _ = writeln!(text, "  {}   {runs}{attempt}", one_line(job["uuid"].as_str().unwrap_or("?")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use job_model::Timestamp;
    use serde_json::json;

    use super::picture;

    #[test]
    fn a_picture_names_executors_jobs_and_numbers() {
        let fleet = json!({
            "gateways": [{"name": "g"}],
            "executors": [
                {"name": "e", "slots": 2, "busy": 1, "draining": true, "stopping": false, "jobs": [
                    {"uuid": "j", "since": "2020-01-02T03:04:05.000Z", "attempt": 2},
                    {"uuid": "k", "since": null, "attempt": 1},
                ]},
            ],
            "queue": {"depth": 3, "oldest_seconds": 12},
        });
        let stats = json!({
            "jobs": {"waiting": 1, "running": 2, "succeeded": 3, "failed": 4, "timed_out": 5, "cancelled": 6, "given_up": 7,
                "expired": 8},
            "this_gateway": {"created_per_minute": [8, 0], "ended_per_minute": [9, 0],
                "duration_ms": {"p50": 10, "p95": 11, "max": 12}},
        });
        let text = picture(&fleet, &stats, Timestamp::parse("2020-01-02T03:04:15Z").unwrap());
        let expected = "\
gateways 1   executors 1   queue 3, oldest job 12 s
of the last hour: 1 waiting, 2 running, 3 succeeded, 4 failed, 6 cancelled, 5 timed_out, 7 given_up, 8 expired
this gateway: 8 created, 9 ended in the last whole minute; code ran 10 ms (p50), 11 ms (p95), 12 ms at most

e   1 of 2 busy   draining
  j   10 s, attempt 2
  k   waits for its slot
";
        assert_eq!(text, expected);
        // What cannot be asked now, or an older gateway, is told as unknown.
        assert!(picture(&json!({"queue": {"depth": null}}), &json!({}), Timestamp::now()).contains("queue ?\n"));
    }
}
