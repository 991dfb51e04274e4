//! One job in the slot: turns whatever happens into a [`JobEnd`].

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

use anyhow::Context;
use futures::FutureExt;
use job_model::{LogEntry, Outcome, WrittenResults};
use script::resources::ResourceRef;
use script::{Host, JobFolder, LeftEngine, Limits, PageUse, RunReport, Script, Stop};
use serde_json::value::to_raw_value;

use crate::browser_pool::PreparedPage;
use crate::protocol::{JobEnd, JobOrder, SlotSettings};
use crate::recorder::JobRecorder;
use crate::slot_pipe::Input;
use crate::taken_files::TakenFiles;

/// Returns what the job gets of the world outside; `page_use` tells when the page is called on, `fetch` makes the
/// job's own requests, if it may make any.
///
/// # Errors
/// When the job's folder is not there.
pub(crate) fn host(
    prepared: &PreparedPage,
    settings: &SlotSettings,
    page_use: PageUse,
    recorder: Option<&Rc<JobRecorder>>,
    fetch: Option<Rc<fetch::Client>>,
    result_files: Option<bool>,
) -> anyhow::Result<Host> {
    let page = Some(ResourceRef::new(prepared.page.clone()));
    let folder = JobFolder::open(&settings.files_folder(), settings.files_limits());
    let folder = Some(folder.context("failed to open the job's folder")?);
    let calls = recorder.map(|recorder| recorder.calls()).unwrap_or_default();
    Ok(Host { page, page_use, calls, folder, allow_local_files: settings.allow_local_files, fetch, result_files })
}

/// Runs the job's code against the prepared page until it ends, a limit ends it, or the parent stops it. Each log line
/// goes to `on_log` as it is written; `exceeded` tells that the pages use too much.
/// The engine is left to the caller, who tells the parent before it is freed: the parent does not wait long for the end of
/// a job whose time is up.
///
/// # Errors
/// When the parent is gone: then nobody wants the result.
pub(crate) async fn run(
    order: JobOrder,
    host: Host,
    settings: &SlotSettings,
    exceeded: impl Future<Output = String>,
    input: &mut Input,
    on_log: impl Fn(LogEntry) + 'static,
) -> anyhow::Result<(JobEnd, LeftEngine)> {
    let limits = Limits {
        deadline: order.timeout,
        cpu: settings.job_cpu,
        memory_bytes: usize::try_from(settings.job_memory).unwrap_or(usize::MAX),
        stack_bytes: usize::try_from(settings.job_stack).unwrap_or(usize::MAX),
        log_lines: usize::try_from(settings.job_log_lines).unwrap_or(usize::MAX),
        log_bytes: usize::try_from(settings.job_log_bytes).unwrap_or(usize::MAX),
        result_bytes: usize::try_from(settings.job_result_bytes).unwrap_or(usize::MAX),
        document_bytes: usize::try_from(settings.job_document_bytes).unwrap_or(usize::MAX),
    };
    let script = Script {
        code: order.code,
        language: order.language.unwrap_or_default(),
        vars: order.vars,
        modules: order.modules,
        api: order.api,
    };
    let stop = Stop::default();
    let stoppable = input.stops(&stop);
    let run = until_ended(script::run(script, host, limits, stop.clone(), on_log), exceeded, &stop, input).await;
    drop(stoppable);
    let (report, engine) = run?;
    let end = JobEnd {
        outcome: report.outcome,
        error: report.error,
        error_at: report.error_at,
        error_stack: report.error_stack,
        results: to_raw_value(&WrittenResults(&report.results)).context("failed to write the results")?,
        started_at: report.started_at,
        finished_at: report.finished_at,
        duration: report.duration_ms,
        files: TakenFiles::default(),
    };
    Ok((end, engine))
}

/// Waits for the run, which is stopped when its pages use more than they may. The parent's order to stop goes past this.
async fn until_ended(
    run: impl Future<Output = (RunReport, LeftEngine)>,
    exceeded: impl Future<Output = String>,
    stop: &Stop,
    input: &mut Input,
) -> anyhow::Result<(RunReport, LeftEngine)> {
    let mut run = pin!(run);
    let mut exceeded = pin!(exceeded.fuse());
    loop {
        let message = tokio::select! {
            biased;
            ended = &mut run => return Ok(ended),
            limit = &mut exceeded => {
                stop.request(Outcome::Failed, limit);
                continue;
            }
            message = input.next() => message?,
        };
        match message {
            Some(other) => anyhow::bail!("got {other:?} while a job runs"),
            None => anyhow::bail!("the executor is gone"),
        }
    }
}
