//! A slot that keeps to no limit ends its job and costs the executor nothing.

use job_model::{JobResult, Outcome};
use serde_json::{Value, json};

use crate::gateway::{Gateway, job, publish};
use crate::pretended::{Executor, Folder};

async fn result_of(code: &str, flags: &[&str]) -> JobResult {
    let result = result_with(code, &json!({"timeout": 60}), flags).await;
    assert_eq!(result.outcome, Some(Outcome::Failed));
    result
}

async fn result_with(code: &str, members: &Value, flags: &[&str]) -> JobResult {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, flags);
    let before = memory();
    publish(&queue, [job("bad", code, members), job("next", "ok", &json!({}))]).await;
    let result = gateway.result("bad").await;
    assert_eq!(gateway.result("next").await.error, None);
    executor.stop().await;
    let grown = memory().saturating_sub(before);
    assert!(grown < 64 << 10, "{grown} KiB for a job that {code}s");
    result
}

/// The memory of this process, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_log_bytes_ends_at_the_jobs_limit() {
    let result = result_of("flood", &["--job-log-bytes=100000"]).await;
    assert_eq!(result.error.as_deref(), Some("Limit of 100000 bytes of logs (JOB_LOG_BYTES) exceeded"));
    assert!(result.logs.len() < 20, "{} lines", result.logs.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_log_lines_ends_at_the_jobs_limit() {
    let result = result_of("many", &["--job-log-lines=100"]).await;
    assert_eq!(result.error.as_deref(), Some("Limit of 100 log lines (JOB_LOG_LINES) exceeded"));
    assert!(result.logs.len() < 120, "{} lines", result.logs.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_without_an_end_is_not_read_to_its_end() {
    let result = result_of("endless", &[]).await;
    let error = result.error.expect("an error");
    assert!(error.contains("a line of more than"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_that_no_gateway_could_read_are_not_passed_on() {
    let result = result_of("deep", &[]).await;
    let error = result.error.expect("an error");
    assert!(error.contains("nested too deep"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_beyond_the_jobs_limits_are_not_passed_on() {
    let of_size = |size: &str| json!({"timeout": 60, "vars": {"size": size}});
    let flags = ["--job-result-bytes=1000", "--job-log-bytes=4000000"];
    let result = result_with("greedy", &of_size("1100000"), &flags).await;
    let error = result.error.expect("an error");
    assert!(error.starts_with("Limit of 1000 bytes of results (JOB_RESULT_BYTES) exceeded"), "{error}");
    let result = result_with("greedy", &of_size("2200000"), &["--job-document-bytes=4096"]).await;
    let error = result.error.expect("an error");
    assert_eq!(error, "Limit of 4096 bytes of the job's document (JOB_DOCUMENT_BYTES) exceeded");
    // What a slot says of whose result it is nobody reads.
    let result = result_with("greedy", &of_size("10"), &[]).await;
    assert_eq!((result.uuid.as_str(), result.error), ("bad", None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_talks_for_ever_ends_at_its_jobs_deadline() {
    for code in ["babble", "asking"] {
        let result = result_with(code, &json!({"timeout": 1}), &[]).await;
        assert_eq!(result.outcome, Some(Outcome::TimedOut), "{code}: {:?}", result.error);
    }
}
