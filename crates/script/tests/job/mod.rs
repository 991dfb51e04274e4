//! Runs a piece of code as a job without a page.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use job_model::{Language, Level, LogEntry};
use script::{Host, Limits, RunReport, Script, Stop};

/// What a job left behind.
pub(crate) struct Ran {
    pub(crate) report: RunReport,
    pub(crate) logs: Vec<LogEntry>,
}

impl Ran {
    /// The messages of that level without the sandbox's own first and last lines.
    pub(crate) fn messages(&self, level: Level) -> Vec<&str> {
        let own = |message: &str| message.starts_with("Setting ") || message.starts_with("Code took ");
        let lines = self.logs.iter().filter(|entry| entry.level == level && !own(&entry.message));
        lines.map(|entry| entry.message.as_str()).collect()
    }

    /// The one INFO message.
    pub(crate) fn printed(&self) -> &str {
        match self.messages(Level::Info)[..] {
            [message] => message,
            ref other => panic!("expected one line, got {other:?}, error {:?}", self.report.error),
        }
    }

    pub(crate) fn result(&self, key: &str) -> &serde_json::Value {
        assert_eq!(self.report.error, None);
        &self.report.results[key]
    }

    pub(crate) fn error(&self) -> &str {
        self.report.error.as_deref().unwrap_or_default()
    }
}

/// Runs code with the default limits and half a minute.
pub(crate) fn run(code: &str) -> Ran {
    run_within(code, Limits { deadline: Duration::from_secs(30), ..Limits::default() })
}

pub(crate) fn run_with_modules(code: &str, modules: &[(&str, &str)]) -> Ran {
    run_with(code, modules, Limits { deadline: Duration::from_secs(30), ..Limits::default() }, Stop::default())
}

pub(crate) fn run_within(code: &str, limits: Limits) -> Ran {
    run_until(code, limits, Stop::default())
}

/// Runs code that is TypeScript.
pub(crate) fn run_type_script(code: &str, modules: &[(&str, &str)]) -> Ran {
    let limits = Limits { deadline: Duration::from_secs(30), ..Limits::default() };
    run_as(Language::Ts, code, modules, Host::default(), limits, Stop::default())
}

/// Runs code until it ends or is stopped.
pub(crate) fn run_until(code: &str, limits: Limits, stop: Stop) -> Ran {
    run_with(code, &[], limits, stop)
}

/// Runs code with a folder of 100 MB and these limits; answers the size of each file in it afterwards.
pub(crate) fn run_in_a_folder(code: &str, result_files: bool, limits: Limits) -> (Ran, BTreeMap<String, u64>) {
    let dir = tempfile::tempdir().expect("a directory");
    let quota = script::FolderLimits { bytes: 100_000_000, files: 20 };
    let folder = script::JobFolder::make_empty(dir.path(), quota).expect("a folder");
    let host = Host { folder: Some(folder.clone()), result_files: Some(result_files), ..Host::default() };
    let ran = run_on(code, &[], host, limits, Stop::default());
    let sizes = folder.files().expect("its files").into_iter().map(|entry| (entry.name.to_string(), entry.facts.bytes));
    (ran, sizes.collect())
}

/// Runs code with files of its own, these to begin with; answers what is in its folder afterwards.
pub(crate) fn run_with_files(code: &str, files: &[(&str, &str)]) -> (Ran, BTreeMap<String, String>) {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = script::FolderLimits { bytes: 10_000, files: 20 };
    let folder = script::JobFolder::make_empty(dir.path(), limits).expect("a folder");
    let name = |name: &str| job_model::FileName::parse(name).expect("a name");
    for (file, text) in files {
        folder.write(&name(file), text.as_bytes()).expect("a file");
    }
    let host = Host { folder: Some(folder.clone()), result_files: Some(false), ..Host::default() };
    let limits = Limits { deadline: Duration::from_secs(30), ..Limits::default() };
    let ran = run_on(code, &[], host, limits, Stop::default());
    let read = |entry: script::job_folder::Entry| {
        let bytes = folder.read(&entry.name).expect("its content");
        (entry.name.to_string(), String::from_utf8_lossy(&bytes).into_owned())
    };
    (ran, folder.files().expect("its files").into_iter().map(read).collect())
}

fn run_with(code: &str, modules: &[(&str, &str)], limits: Limits, stop: Stop) -> Ran {
    run_on(code, modules, Host::default(), limits, stop)
}

fn run_on(code: &str, modules: &[(&str, &str)], host: Host, limits: Limits, stop: Stop) -> Ran {
    run_as(Language::Js, code, modules, host, limits, stop)
}

fn run_as(language: Language, code: &str, modules: &[(&str, &str)], host: Host, limits: Limits, stop: Stop) -> Ran {
    let modules = modules.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let vars = BTreeMap::from([("name".to_owned(), "value".to_owned())]);
    let script = Script { code: code.to_owned(), language, vars, modules, ..Script::default() };
    let logs = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&logs);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let log = move |entry| sink.borrow_mut().push(entry);
    let (report, _) = runtime.block_on(script::run(script, host, limits, stop, log));
    let logs = logs.take();
    Ran { report, logs }
}
