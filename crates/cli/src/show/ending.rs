//! How a job ended, in a line or two.

use job_model::{Job, Outcome};

use crate::terminal::{Paint, shown};

/// `✓ succeeded in 0.3 s`, or what went wrong and where; the places of its calls when `stack` wants them.
pub(crate) fn ending(job: &Job, stack: bool, paint: Paint) -> String {
    let took = if job.started_at.is_some() { format!(" after {}", time(job.duration)) } else { String::new() };
    let outcome = job.outcome_or_derived();
    let line = match outcome {
        Outcome::Succeeded => format!("{} in {}", paint.green("✓ succeeded"), time(job.duration)),
        Outcome::Failed => paint.red("✗ failed") + &took,
        Outcome::TimedOut => paint.red("✗ timed out") + &took,
        Outcome::GivenUp => paint.red("✗ given up"),
        Outcome::Expired => paint.red("✗ expired"),
        Outcome::Cancelled => paint.yellow("✗ cancelled") + &took,
    };
    // "cancelled" says nothing more.
    if job.error.is_empty() || (outcome == Outcome::Cancelled && job.error == "cancelled") {
        return line + "\n";
    }
    let at = job.error_at.as_ref().map(|at| format!("\n  at {}:{}:{}", shown(&at.module), at.line, at.column));
    let more = match &job.error_stack {
        Some(places) if stack => format!("\n{}", indented(&shown(places))),
        _ => format!("\n{}{}", indented(&shown(&job.error)), at.unwrap_or_default()),
    };
    format!("{line}{more}\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// A length of time, in the unit that suits.
pub(crate) fn time(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use job_model::Job;
    use serde_json::{Value, json};

    use super::ending;
    use crate::terminal::Paint;

    #[test]
    fn an_ending_says_what_went_wrong_and_where() {
        let told = |more: Value, stack: bool| {
            let mut job = json!({"uuid": "a", "status": "done", "created_at": "2018-09-26T09:39:46Z",
                "started_at": "2018-09-26T09:39:46Z", "duration": 1234});
            job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            ending(&serde_json::from_value::<Job>(job).unwrap(), stack, Paint::PLAIN)
        };
        assert_eq!(told(json!({"outcome": "succeeded"}), false), "✓ succeeded in 1.2 s\n");
        assert_eq!(told(json!({"outcome": "cancelled", "error": "cancelled"}), false), "✗ cancelled after 1.2 s\n");
        let failed = json!({"outcome": "failed", "error": "TypeError: bad\u{1b}[2J",
            "error_at": {"module": "code", "line": 3, "column": 7}, "error_stack": "TypeError: bad\n    at code:3:7"});
        assert_eq!(told(failed.clone(), false), "✗ failed after 1.2 s\n  TypeError: bad\\x1b[2J\n  at code:3:7\n");
        assert_eq!(told(failed, true), "✗ failed after 1.2 s\n  TypeError: bad\n      at code:3:7\n");
    }
}
