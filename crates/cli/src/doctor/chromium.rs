//! Whether there is a Chromium, whether a job runs in it, and what stands between the job and this machine.

use std::time::Duration;

use executor::config::ExecutorArgs;
use executor::protocol::JobOrder;
use executor::slot::SlotProgram;
use job_model::JobId;
use service::{Chain, TelemetryArgs};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::Check;
use crate::show;

/// Longest time for the start of Chromium and a job together, beside BROWSER_START_TIMEOUT.
const JOB: Duration = Duration::from_secs(30);
const CODE: &str = "await page.setContent('<p>ok'); results.text = await page.$eval('p', p => p.textContent); \
                    results.version = await page.browser().version()";
const INSTALL: &str = "install chromium (apt-get install chromium, or scripts/install-browser.sh), or name one with \
                       CHROMIUM_EXECUTABLE (--chromium-executable)";

pub(super) async fn checks(args: &ExecutorArgs, telemetry: &TelemetryArgs) -> Vec<Check> {
    let found = match executor::find_chromium(args) {
        Ok(path) => Check::ok("chromium", path.display().to_string()),
        Err(error) => return vec![Check::fail("chromium", Chain(&error).to_string(), INSTALL)],
    };
    let mut checks = vec![found];
    match executor::absent_safeguards(args) {
        Ok(absent) => {
            checks.extend(absent.iter().map(|(name, reason)| lacks(name, reason.as_str().unwrap_or_default())))
        }
        Err(error) => {
            checks.push(Check::fail("sandbox", Chain(&error).to_string(), "docs/SECURITY.md says what each needs"));
            return checks;
        }
    }
    if checks.len() == 1 {
        checks.push(Check::ok("sandbox", "Chromium's own, network namespaces, Landlock and seccomp"));
    }
    checks.push(job(args, telemetry).await);
    checks
}

fn lacks(safeguard: &str, reason: &str) -> Check {
    let (name, what) = match safeguard {
        "chromium_sandbox" => ("sandbox", "Chromium runs without its own sandbox"),
        "network_namespace" => ("namespace", "slots have no network namespaces"),
        "landlock" => ("landlock", "slots are not locked by Landlock"),
        _ => ("seccomp", "slots are not locked by seccomp"),
    };
    Check::warn(
        name,
        format!("{what}: {reason}"),
        "docs/SECURITY.md says what each safeguard needs, and what holds without",
    )
}

/// Runs a small job.
async fn job(args: &ExecutorArgs, telemetry: &TelemetryArgs) -> Check {
    const ADVICE: &str = "run the same Chromium by hand for its own words: CHROMIUM --headless --no-sandbox --dump-dom about:blank; \
                          missing libraries, a small /dev/shm and limits of memory are the usual reasons";
    let program = match SlotProgram::this_program(telemetry) {
        Ok(program) => program,
        Err(error) => {
            return Check::fail("job", error.to_string(), "start puppet-master from a file that stays where it is");
        }
    };
    let order = JobOrder::new(JobId::fresh(), CODE.to_owned(), JOB);
    let (begun, never) = (Instant::now(), CancellationToken::new());
    let running = executor::run_one(args, &program, order, &never, |_| {}, |_| {});
    match timeout(args.browser.browser_start_timeout + JOB * 2, running).await {
        Ok(Ok(result)) if result.error.is_none() => {
            let took = show::time(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
            let version = result.results.get("version").and_then(|version| version.as_str()).unwrap_or("Chromium");
            Check::ok("job", format!("{version} started and ran a job in {took}"))
        }
        Ok(Ok(result)) => {
            Check::fail("job", format!("a small job failed: {}", result.error.unwrap_or_default()), ADVICE)
        }
        Ok(Err(error)) => Check::fail("job", Chain(&error).to_string(), ADVICE),
        Err(_) => Check::fail("job", "a small job did not end in time", ADVICE),
    }
}
