//! One job in the slot: turns whatever happens into a [`JobResult`].

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

use job_model::{JobId, JobResult, Level, LogEntry, Timestamp};
use script::resources::ResourceRef;
use script::{Host, Limits, PageUse, Script};

use crate::protocol::{JobOrder, SlotSettings, ToSlot};
use crate::slot_process::Input;
use crate::stage::Prepared;

/// Runs the job's code against the prepared page until it ends, a limit ends it, or the parent stops it. Each log line
/// goes to `on_log` as it is written; `page_use` tells when the page is called on.
///
/// # Errors
/// When the parent is gone: then nobody wants the result.
pub(crate) async fn run(
    order: JobOrder,
    prepared: &Prepared,
    settings: &SlotSettings,
    page_use: PageUse,
    input: &mut Input,
    on_log: impl Fn(LogEntry) + 'static,
) -> anyhow::Result<JobResult> {
    let began = Timestamp::now();
    let uuid = order.uuid.clone();
    let logs = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&logs);
    let log = move |entry: LogEntry| {
        kept.borrow_mut().push(entry.clone());
        on_log(entry);
    };
    let limits = Limits {
        deadline: order.timeout,
        cpu: settings.job_cpu,
        memory_bytes: usize::try_from(settings.job_memory).unwrap_or(usize::MAX),
        stack_bytes: usize::try_from(settings.job_stack).unwrap_or(usize::MAX),
        log_lines: usize::try_from(settings.job_log_lines).unwrap_or(usize::MAX),
        log_bytes: usize::try_from(settings.job_log_bytes).unwrap_or(usize::MAX),
        result_bytes: usize::try_from(settings.job_result_bytes).unwrap_or(usize::MAX),
    };
    let page = Some(ResourceRef::new(prepared.page.clone()));
    let host = Host { page, page_use, allow_local_files: settings.allow_local_files };
    let script = Script { code: order.code, vars: order.vars, modules: order.modules };
    let outcome = until_stopped(script::run(script, host, limits, log), input).await?;
    let logs = Rc::unwrap_or_clone(logs).into_inner();
    Ok(match outcome {
        Ended::ByItself(outcome) => JobResult {
            logs,
            error: outcome.error,
            results: outcome.results,
            started_at: outcome.started_at,
            finished_at: outcome.finished_at,
            duration: outcome.duration_ms,
            outcome: None,
            ..JobResult::not_started(uuid, "")
        },
        Ended::Stopped(reason) => stopped(uuid, logs, reason, began),
    })
}

enum Ended {
    ByItself(script::Outcome),
    Stopped(String),
}

/// Drops the run when the parent says stop.
async fn until_stopped(run: impl Future<Output = script::Outcome>, input: &mut Input) -> anyhow::Result<Ended> {
    let mut run = pin!(run);
    let message = tokio::select! {
        biased;
        outcome = &mut run => return Ok(Ended::ByItself(outcome)),
        message = input.next() => message?,
    };
    match message {
        Some(ToSlot::Stop(reason)) => Ok(Ended::Stopped(reason)),
        Some(other) => anyhow::bail!("got {other:?} while a job runs"),
        None => anyhow::bail!("the executor is gone"),
    }
}

fn stopped(uuid: JobId, mut logs: Vec<LogEntry>, reason: String, began: Timestamp) -> JobResult {
    let now = Timestamp::now();
    logs.push(LogEntry { time: now, level: Level::Error, message: reason.clone() });
    let duration = u64::try_from(now.unix_millis() - began.unix_millis()).unwrap_or(0);
    let (started_at, finished_at) = (Some(began), Some(now));
    JobResult { logs, started_at, finished_at, duration, ..JobResult::not_started(uuid, reason) }
}
