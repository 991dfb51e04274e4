//! A job while it runs: log lines as they come, and on a terminal a line below them that says how far it is.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use job_model::{JobStage, Level, LogEntry, TracedCall};

use super::{Paint, cut, is_dumb, one_line, shown, width};

/// The time between two pictures of the line below.
pub(crate) const TICK: Duration = Duration::from_millis(120);
const SPINNER: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/// Removes the line that the cursor is on.
const CLEAR: &str = "\r\u{1b}[2K";

/// Where log lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logs {
    /// To standard output: they are what was asked for.
    Stdout,
    /// To standard error, beside the results.
    Stderr,
    /// Nowhere.
    Hidden,
}

/// What is shown while a job runs.
pub(crate) struct Screen {
    logs: Logs,
    least: Level,
    /// Whether notes are written at all.
    quiet: bool,
    /// Whether there is a line below.
    draws: bool,
    drawn: bool,
    paint: Paint,
    stage: Option<JobStage>,
    since: Instant,
    calls: Vec<TracedCall>,
    picture: usize,
}

impl Screen {
    /// Shows log lines from a level on; `quiet` shows nothing but what goes to standard output.
    pub(crate) fn new(logs: Logs, least: Level, quiet: bool) -> Self {
        let logs = if quiet && logs == Logs::Stderr { Logs::Hidden } else { logs };
        let draws = !quiet && !is_dumb() && std::io::stderr().is_terminal();
        let paint = if logs == Logs::Stdout { Paint::stdout() } else { Paint::stderr() };
        let (stage, since, calls) = (None, Instant::now(), Vec::new());
        Self { logs, least, quiet, draws, drawn: false, paint, stage, since, calls, picture: 0 }
    }

    /// Whether calls are worth asking for.
    pub(crate) fn draws(&self) -> bool {
        self.draws
    }

    /// The job is at this stage.
    pub(crate) fn stage(&mut self, stage: JobStage) {
        if self.stage != Some(stage) {
            (self.stage, self.since) = (Some(stage), Instant::now());
            self.calls.clear();
        }
        self.draw();
    }

    /// A call began or ended.
    pub(crate) fn call(&mut self, call: TracedCall) {
        self.calls.retain(|known| known.id != call.id && known.duration.is_none());
        self.calls.push(call);
    }

    /// A line of the job's log.
    pub(crate) fn log(&mut self, entry: &LogEntry) {
        if self.logs == Logs::Hidden || entry.level < self.least {
            return;
        }
        self.clear();
        let level = match entry.level {
            Level::Debug => self.paint.dim("DEBUG"),
            Level::Info => "INFO ".to_owned(),
            Level::Warn => self.paint.yellow("WARN "),
            Level::Error => self.paint.red("ERROR"),
        };
        let time = entry.time.to_whole_seconds();
        let time = time.split_once('T').map_or(&*time, |(_, time)| time.trim_end_matches('Z'));
        // The lines of one message stay together.
        let message = shown(&entry.message).replace('\n', "\n               ");
        let line = format!("{} {level} {message}\n", self.paint.dim(time));
        let _ = match self.logs {
            Logs::Stdout => std::io::stdout().lock().write_all(line.as_bytes()),
            _ => std::io::stderr().lock().write_all(line.as_bytes()),
        };
        self.draw();
    }

    /// A line about what goes on.
    pub(crate) fn note(&mut self, line: &str) {
        if !self.quiet {
            self.clear();
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Draws the line below anew.
    pub(crate) fn draw(&mut self) {
        if !self.draws {
            return;
        }
        self.picture = (self.picture + 1) % SPINNER.len();
        let stage = match self.stage {
            Some(JobStage::Done) => return self.clear(),
            None => "starting".to_owned(),
            Some(stage) => stage_text(stage).to_owned(),
        };
        let mut text = format!("{} {stage} {} s", SPINNER[self.picture], self.since.elapsed().as_secs());
        if let Some(call) = self.calls.last() {
            let arguments = call.arguments.join(", ");
            text.push_str(&format!(" · {}({})", one_line(&call.name), one_line(&arguments)));
        }
        let text = cut(&text, width().saturating_sub(1));
        let _ = write!(std::io::stderr(), "{CLEAR}{}", self.paint.dim(&text));
        self.drawn = true;
    }

    /// Takes the line below away.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(std::io::stderr(), "{CLEAR}");
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.clear();
    }
}

fn stage_text(stage: JobStage) -> &'static str {
    match stage {
        JobStage::Created | JobStage::Queued => "queued",
        JobStage::Running => "running",
        JobStage::Retrying => "retrying",
        JobStage::Done => "done",
    }
}
