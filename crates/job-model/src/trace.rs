//! What a recording tells of a job: the shape of `trace/trace.json` among its files.
//!
//! Times are milliseconds since the job began at its executor.

use serde::{Deserialize, Serialize};

use crate::{ErrorAt, JobId, Outcome, Timestamp};

/// A job's recording but its network and pictures, which are files beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The shape's version: 1.
    pub version: u32,
    /// The job.
    pub job: JobId,
    /// Of which attempt, counted from 1.
    pub attempt: u32,
    /// The name of the executor.
    pub executor: String,
    /// When it began: the times' zero.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended: f64,
    /// How.
    pub outcome: Outcome,
    /// The error's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where it was thrown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_at: Option<ErrorAt>,
    /// What is to be known of the recording: earlier attempts, what was cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The calls of the code on its browser, in order.
    pub calls: Vec<TracedCall>,
    /// The documents of its pages, in order.
    pub navigations: Vec<TracedNavigation>,
    /// What its pages wrote to their consoles.
    pub console: Vec<TracedMessage>,
    /// Errors in its pages that nobody caught, and crashes.
    pub page_errors: Vec<TracedMessage>,
    /// Pictures of its pages, in order.
    pub frames: Vec<TracedFrame>,
    /// The name of the file with the page's text at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The name of the file with the page's picture at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screenshot: Option<String>,
}

/// A call on the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedCall {
    /// Its number, counted from 1.
    pub id: u64,
    /// When it began.
    pub at: f64,
    /// How long it took; absent when it did not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// As the author writes it: `page.goto`.
    pub name: String,
    /// What may be shown of its arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Where in the job's own text it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<ErrorAt>,
    /// The error that it ended with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl TracedCall {
    /// Returns the call when it has ended.
    #[must_use]
    pub fn ended(self, at: f64, error: Option<String>) -> Self {
        let duration = Some(((at - self.at).max(0.0) * 10.0).round() / 10.0);
        Self { duration, error, ..self }
    }
}

/// A document that came into a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedNavigation {
    /// When.
    pub at: f64,
    /// Its address.
    pub url: String,
    /// Whether it is in a page's outermost frame.
    pub main: bool,
}

/// Something that a page said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedMessage {
    /// When.
    pub at: f64,
    /// The console's method, `error` or `crash`.
    pub level: String,
    /// What.
    pub text: String,
    /// Which script said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// In which line, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A picture of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedFrame {
    /// When it was taken.
    pub at: f64,
    /// The name of its file.
    pub file: String,
}
