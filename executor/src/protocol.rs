//! What travels through the pipes between the executor and its slot processes: one JSON object a line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use job_model::{
    Api, ErrorAt, JobId, JobNetwork, JobResult, Language, LogEntry, Outcome, Record, Timestamp, TokenNetwork,
};
use script::FolderLimits;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::config::BrowserIsolation;
use crate::network::questions::{NetworkAnswer, NetworkQuestion, SlotProxies};
use crate::taken_files::TakenFiles;

/// What a slot process is told before anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotSettings {
    /// Where the slot's browser profiles go.
    pub run_dir: PathBuf,
    /// See [`BrowserArgs`](crate::config::BrowserArgs); the same holds for the fields below.
    pub chromium_executable: Option<PathBuf>,
    /// Whether Chromium runs without a window.
    pub headless: bool,
    /// More arguments for Chromium.
    pub extra_args: Vec<String>,
    /// Whether certificates that are not valid are accepted.
    pub ignore_https_errors: bool,
    /// Whether Chromium has its own sandbox.
    pub chromium_sandbox: bool,
    /// Longest time for a Chromium to start.
    pub browser_start_timeout: Duration,
    /// What keeps jobs apart.
    pub isolation: BrowserIsolation,
    /// Jobs after which a Chromium is replaced.
    pub browser_max_jobs: u32,
    /// Time after which a Chromium is replaced.
    pub browser_max_age: Duration,
    /// Memory above which a Chromium is replaced, in bytes.
    pub browser_max_memory: u64,
    /// Memory of the sandbox, in bytes.
    pub job_memory: u64,
    /// What else job code may use; the same holds for the fields below.
    pub job_cpu: Duration,
    /// The sandbox's stack, in bytes.
    pub job_stack: u64,
    /// Number of log lines.
    pub job_log_lines: u32,
    /// Size of all log lines, in bytes of JSON.
    pub job_log_bytes: u32,
    /// Size of the results, in bytes of JSON.
    pub job_result_bytes: u32,
    /// Size of the job's document, in bytes of JSON.
    pub job_document_bytes: u32,
    /// Memory of one process of Chromium, in bytes.
    pub job_page_memory: u64,
    /// Memory of all processes of Chromium together, in bytes.
    pub job_browser_memory: u64,
    /// Temporary files of Chromium, in bytes.
    pub job_temp_files: u64,
    /// Open pages, and browser contexts.
    pub job_pages: u32,
    /// Frames and workers of these that the job sees.
    pub job_frames: u32,
    /// Size of the job's files, in bytes.
    pub job_files_bytes: u64,
    /// Number of the job's files and folders.
    pub job_files: u32,
    /// Whether job code may use this machine's files.
    pub allow_local_files: bool,
    /// Whether job code may make requests of its own.
    pub job_fetch: bool,
    /// How many.
    pub job_fetches: u64,
    /// What browsers reach the network through; `None` for nothing but the network itself.
    pub proxies: Option<SlotProxies>,
}

impl SlotSettings {
    /// Returns the folder of the slot's jobs, the only one that the slot process can use.
    pub fn files_folder(&self) -> PathBuf {
        self.run_dir.join("files")
    }
}

impl SlotSettings {
    /// Returns what a job may keep there.
    pub fn files_limits(&self) -> FolderLimits {
        FolderLimits { bytes: self.job_files_bytes, files: self.job_files }
    }
}

/// A job for a slot. `Debug` shows its id alone: code and `vars` belong into no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOrder {
    /// The job's id.
    pub uuid: JobId,
    /// The body of the async function that runs.
    pub code: String,
    /// What the code sees as `vars`.
    pub vars: BTreeMap<String, String>,
    /// Source text of the modules, by name.
    pub modules: BTreeMap<String, String>,
    /// Longest time the code may run.
    pub timeout: Duration,
    /// What the job says of the network: the executor's business alone, as it may hold a password.
    #[serde(skip)]
    pub network: Option<JobNetwork>,
    /// What its token says of the network.
    #[serde(skip)]
    pub network_token: Option<TokenNetwork>,
    /// Whether its contexts talk HTTP to their proxies, because the job's own proxy does.
    #[serde(default)]
    pub http_proxy: bool,
    /// Which Puppeteer it is written for, when the job says.
    pub api: Option<Api>,
    /// What its code is written in, when it says.
    pub language: Option<Language>,
    /// Whether certificates that are not valid are accepted, when the job says; see
    /// [`SlotSettings::ignore_https_errors`].
    pub ignore_https_errors: Option<bool>,
    /// When its recording is kept; with [`Record::Never`] there is none.
    pub record: Record,
    /// Whether it has the bodies of requests and answers.
    #[serde(default)]
    pub record_bodies: bool,
    /// Whether large Buffers of its results become files; `None` when the files of jobs are not kept.
    #[serde(default)]
    pub result_files: Option<bool>,
}

impl JobOrder {
    /// Makes a job of this code alone: everything else is absent.
    pub fn new(uuid: JobId, code: String, timeout: Duration) -> Self {
        Self {
            uuid,
            code,
            vars: BTreeMap::new(),
            modules: BTreeMap::new(),
            timeout,
            network: None,
            network_token: None,
            http_proxy: false,
            api: None,
            language: None,
            ignore_https_errors: None,
            record: Record::Never,
            record_bodies: false,
            result_files: None,
        }
    }
}

impl fmt::Debug for JobOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobOrder").field("uuid", &self.uuid).finish_non_exhaustive()
    }
}

/// What the executor says to a slot.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToSlot {
    /// First of all.
    Settings(Box<SlotSettings>),
    /// Run this; sent only to a slot that is ready.
    Run(Box<JobOrder>),
    /// Stop the job that runs: its result's error is this text.
    Stop(String),
    /// Stop the job that runs, which has failed: its result's error is this text.
    Fail(String),
    /// Whether somebody watches the job that runs.
    Watched(bool),
    /// The answer to a question.
    Network {
        /// The question's number.
        number: u64,
        /// The answer.
        answer: NetworkAnswer,
    },
}

/// What a slot says to the executor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromSlot {
    /// A page is prepared: the slot can take a job.
    Ready {
        /// How long it took to be ready again, browser included.
        prepared_in: Duration,
        /// Which of [`SlotProxies::contexts`] the page is behind.
        #[serde(default)]
        proxy: usize,
    },
    /// The job was read and begins: what goes wrong from now on is the job's.
    Began,
    /// The job wrote a log line.
    Log(LogEntry),
    /// The job ended. `Ready` follows once the next page is prepared.
    Done(Box<JobEnd>),
    /// The slot cannot go on, and why. It ends.
    Failed(String),
    /// A question about the network, while a job runs.
    Network {
        /// Tells the answer from others.
        number: u64,
        /// The question.
        question: NetworkQuestion,
    },
    /// The job wants a connection to the guard. It comes through the socket, with this number.
    Connect(u32),
    /// The proxy of this number, opened for the job, is not needed any more.
    ProxyClosed(u64),
}

/// How a job's code ended. Its log was told line by line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JobEnd {
    /// How it ended.
    pub outcome: Outcome,
    /// The text of the error that ended it.
    pub error: Option<String>,
    /// Where the error was thrown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_at: Option<ErrorAt>,
    /// The error with its places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_stack: Option<String>,
    /// The results as the result message carries them: the executor does not look inside.
    pub results: Box<RawValue>,
    /// When the code began; `None` when it never did.
    pub started_at: Option<Timestamp>,
    /// When the code ended; `None` when it never began.
    pub finished_at: Option<Timestamp>,
    /// How long the code ran, in milliseconds.
    pub duration: u64,
    /// The files that it left. The parent takes them, nothing of them crosses the pipe.
    #[serde(skip)]
    pub files: TakenFiles,
}

impl JobEnd {
    /// Makes the end of a job whose code never began.
    pub fn not_started(outcome: Outcome, error: impl Into<String>) -> Self {
        let (error, results) = (Some(error.into()), no_results());
        Self {
            outcome,
            error,
            error_at: None,
            error_stack: None,
            results,
            started_at: None,
            finished_at: None,
            duration: 0,
            files: TakenFiles::default(),
        }
    }

    /// Makes the whole result of a job with this log.
    ///
    /// # Errors
    /// When the results are not an object that can be read.
    pub fn into_result(self, uuid: JobId, logs: Vec<LogEntry>) -> serde_json::Result<JobResult> {
        Ok(JobResult {
            crashed: false,
            logs,
            error: self.error,
            error_at: self.error_at,
            error_stack: self.error_stack,
            results: serde_json::from_str(self.results.get())?,
            started_at: self.started_at,
            finished_at: self.finished_at,
            duration: self.duration,
            outcome: Some(self.outcome),
            ..JobResult::not_started(uuid, "")
        })
    }
}

/// `{}`.
pub fn no_results() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).expect("this is JSON")
}

/// What became of the slot's Chromium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserReport {
    /// How often one was started.
    pub starts: u32,
    /// How many of these replaced one that had died.
    pub crashes: u32,
    /// How many of these replaced one that had served enough.
    pub recycles: u32,
    /// How long it took to be ready again, browser included.
    pub prepared_in: Duration,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::JobId;

    use super::{JobOrder, ToSlot};

    #[test]
    fn an_order_in_an_error_shows_neither_code_nor_vars() {
        let uuid = JobId::parse("the-job").expect("an id");
        let mut order = JobOrder::new(uuid, "the code".to_owned(), Duration::from_secs(1));
        order.vars.insert("password".to_owned(), "hunter2".to_owned());
        let shown = format!("{:?}", ToSlot::Run(Box::new(order)));
        assert!(shown.contains("the-job") && !shown.contains("the code") && !shown.contains("hunter2"), "{shown}");
    }
}
