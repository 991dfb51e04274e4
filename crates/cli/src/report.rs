//! Printing a job as the predecessor's command line did: three tables on standard output.

use std::fmt::Write as _;

use job_model::{Job, Level, Timestamp};

use crate::terminal::shown;

/// The narrowest column.
const MIN_WIDTH: usize = 20;
/// A longer cell, such as a screenshot, does not widen its column.
const MAX_WIDTH: usize = 100;

/// Whether a job's debug lines and the places of its error are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DebugLines {
    /// With the others.
    Shown,
    /// Left out.
    Hidden,
}

/// The job, its log and its results as text.
pub(crate) fn job(job: &Job, debug_lines: DebugLines) -> String {
    let time = |at: Option<Timestamp>| at.map(timestamp).unwrap_or_default();
    let facts = [
        ("UUID", job.uuid.to_string()),
        ("Status", job.status.to_string()),
        ("Duration", job.duration.to_string()),
        ("Error", job.error.clone()),
        ("Created at", timestamp(job.created_at)),
        ("Started at", time(job.started_at)),
        ("Finished at", time(job.finished_at)),
    ];
    let wanted = |level: Level| debug_lines == DebugLines::Shown || level != Level::Debug;
    let logs = job.logs.iter().flatten().filter(|entry| wanted(entry.level));
    let results = job.results.iter().flatten();
    let mut text = String::new();
    for (title, rows) in [
        ("Job", facts.map(|(name, value)| vec![name.to_owned(), value]).to_vec()),
        ("Logs", logs.map(|e| vec![timestamp(e.time), level(e.level), e.message.clone()]).collect()),
        ("Results", results.map(|(name, value)| vec![name.clone(), plain(value)]).collect::<Vec<_>>()),
    ] {
        let _ = write!(text, "\n\n{title}:\n{}", table(&rows));
    }
    if let (Some(stack), DebugLines::Shown) = (&job.error_stack, debug_lines) {
        let _ = write!(text, "\n\nError:\n{}", shown(stack));
    }
    text.push_str("\n\n");
    text
}

/// Columns padded to their widest cell, each ended by a bar.
fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell_width = |cell: &std::borrow::Cow<'_, str>| {
        let widths = cell.lines().map(|line| line.chars().count() + 1);
        widths.filter(|width| *width <= MAX_WIDTH).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(cell_width).max().unwrap_or(0).max(MIN_WIDTH))
        .collect();
    let mut text = String::new();
    for row in &rows {
        let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(1).max(1);
        for line in 0..height {
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(text, "{:<width$}|", cell.lines().nth(line).unwrap_or(""));
            }
            text.push('\n');
        }
    }
    text
}

/// `2018-09-26 09:39:46 +0000 UTC`.
fn timestamp(at: Timestamp) -> String {
    at.to_whole_seconds().replace('T', " ").replace('Z', " +0000 UTC")
}

fn level(level: Level) -> String {
    match level {
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    }
    .to_owned()
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{DebugLines, job, table};
    use job_model::Job;

    #[test]
    fn a_job_is_printed_in_three_tables() {
        let done: Job = serde_json::from_value(serde_json::json!({
            "uuid": "4830a025-4bbb-4072-b74f-eb9d61d867ea", "status": "done", "duration": 391,
            "created_at": "2018-09-26T09:39:46Z", "started_at": "2018-09-26T09:39:46Z", "finished_at": "2018-09-26T09:39:47Z",
            "logs": [{"time": "2018-09-26T09:39:46.500Z", "level": "DEBUG", "message": "hidden"},
                     {"time": "2018-09-26T09:39:46.500Z", "level": "INFO", "message": "shown"}],
            "results": {"ip": "127.0.0.1", "list": [1]},
        }))
        .unwrap();
        let text = job(&done, DebugLines::Hidden);
        assert!(text.starts_with("\n\nJob:\nUUID                |4830a025-4bbb-4072-b74f-eb9d61d867ea |\n"), "{text}");
        assert!(text.contains("Finished at         |2018-09-26 09:39:47 +0000 UTC        |\n"), "{text}");
        assert!(text.contains("2018-09-26 09:39:46 +0000 UTC |INFO                |shown               |\n"), "{text}");
        assert!(text.contains("list                |[1]                 |\n") && !text.contains("hidden"), "{text}");
        assert!(job(&done, DebugLines::Shown).contains("hidden") && !text.contains("Error:"));
        let failed = Job { error_stack: Some("Error: no\n    at code:1:2".to_owned()), ..done };
        assert!(job(&failed, DebugLines::Shown).ends_with("|\n\n\nError:\nError: no\n    at code:1:2\n\n"));
        assert!(!job(&failed, DebugLines::Hidden).contains("at code:1:2"));
    }

    #[test]
    fn lines_of_one_cell_stay_in_their_column() {
        let text = table(&[vec!["a".into(), "one\ntwo".into()]]);
        assert_eq!(text, format!("{:<20}|{:<20}|\n{:<20}|{:<20}|\n", "a", "one", "", "two"));
    }
}
