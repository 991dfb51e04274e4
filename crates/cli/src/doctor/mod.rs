//! `puppet-master doctor`: what a machine and its services lack for running jobs, each with what to do.

mod chromium;
mod disk;
mod fonts;
mod gateway;
mod services;

use std::fmt::Write as _;
use std::process::ExitCode;

use executor::config::ExecutorArgs;
use serde::Serialize;
use service::TelemetryArgs;

use crate::api::GatewayArgs;
use crate::exit;
use crate::output::{print, print_json};
use crate::terminal::{Paint, shown};

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub(crate) struct DoctorArgs {
    /// Print the checks as a JSON array of objects with check, state, found and, if there is something to do, advice.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    gateway: GatewayArgs,
    /// Folder that `up` keeps the jobs and the queue in.
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER", default_value = "puppet-master-data")]
    data_dir: std::path::PathBuf,
    #[command(flatten)]
    executor: ExecutorArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Ok,
    /// Jobs run, and something about them is not as it could be.
    Warn,
    /// Jobs do not run.
    Fail,
    /// It is not configured.
    Skip,
}

/// One line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    check: &'static str,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Check {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), advice: None }
    }

    fn skip(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Skip, found: found.into(), advice: None }
    }

    fn warn(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Warn, found: found.into(), advice: Some(advice.into()) }
    }

    fn fail(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Fail, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Checks everything and prints it.
pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<ExitCode> {
    // What goes wrong is told by the checks.
    let telemetry = TelemetryArgs { log_level: Some("off".to_owned()), ..args.telemetry.clone() };
    let mut checks = vec![Check::ok("version", concat!("puppet-master ", env!("CARGO_PKG_VERSION")))];
    checks.extend(chromium::checks(&args.executor, &telemetry).await);
    checks.push(fonts::check());
    checks.push(disk::check("profiles", "RUN_DIR (--run-dir)", &args.executor.run_dir()));
    checks.push(disk::check("data", "DATA_DIR (--data-dir)", &args.data_dir));
    let (gateway, services) = tokio::join!(gateway::checks(&args.gateway), services::checks());
    checks.extend(gateway);
    checks.extend(services);
    if args.json {
        print_json(&serde_json::to_string(&checks)?)?;
    } else {
        print(&text(&checks, Paint::stdout()))?;
    }
    let fails = checks.iter().any(|check| check.state == State::Fail);
    Ok(if fails { exit::failed() } else { ExitCode::SUCCESS })
}

fn text(checks: &[Check], paint: Paint) -> String {
    let mut text = String::new();
    for Check { check, state, found, advice } in checks {
        let state = match state {
            State::Ok => paint.green("ok  "),
            State::Warn => paint.yellow("warn"),
            State::Fail => paint.red("fail"),
            State::Skip => paint.dim("-   "),
        };
        let _ = writeln!(text, "{state}  {check:<10} {}", shown(found).replace('\n', " "));
        if let Some(advice) = advice {
            let _ = writeln!(text, "{:17}→ {}", "", shown(advice).replace('\n', " "));
        }
    }
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    let (fails, warnings) = (count(State::Fail), count(State::Warn));
    let told = match (fails, warnings) {
        (0, 0) => "Jobs can run.".to_owned(),
        (0, warnings) => format!("Jobs can run; {warnings} could be better."),
        (fails, warnings) => format!("{fails} failed, {warnings} could be better."),
    };
    let _ = writeln!(text, "\n{told}");
    text
}

#[cfg(test)]
mod tests {
    use super::{Check, text};
    use crate::terminal::Paint;

    #[test]
    fn each_line_says_what_to_do() {
        let checks = [
            Check::ok("version", "puppet-master 1"),
            Check::fail("broker", "no\nanswer", "start it"),
            Check::warn("fonts", "none", "install some"),
            Check::skip("gateway", "not named"),
        ];
        let wanted = "\
ok    version    puppet-master 1
fail  broker     no answer
                 → start it
warn  fonts      none
                 → install some
-     gateway    not named

1 failed, 1 could be better.
";
        assert_eq!(text(&checks, Paint::PLAIN), wanted);
        assert!(text(&checks[..1], Paint::PLAIN).ends_with("\nJobs can run.\n"));
    }
}
