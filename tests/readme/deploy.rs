//! What the alerts, the dashboard and the chart's test ask running services for is there.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use testkit::ports;
use testkit::processes::Program;
use tests::stack::TOKEN;
use tests::up;
use tokio::time::{Instant, sleep};

use crate::workspace;

const PREFIX: &str = "puppet_master_";

/// The metrics that an expression names.
fn metrics(expression: &str) -> BTreeSet<&str> {
    let names = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    names.filter(|name| name.starts_with(PREFIX)).collect()
}

/// The labels that an expression groups by or asks for; `le` and `instance` are Prometheus's own.
fn labels(expression: &str) -> BTreeSet<&str> {
    let groups = expression.split("by (").skip(1).filter_map(|rest| rest.split_once(')')).map(|(names, _)| names);
    let matchers = expression.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(names, _)| names);
    let names = groups.chain(matchers).flat_map(|names| names.split(','));
    let names = names.filter_map(|name| name.split(['=', '!']).next()).map(str::trim);
    names.filter(|name| !name.is_empty() && !["le", "instance"].contains(name)).collect()
}

/// The expressions of alerts and dashboard.
fn expressions() -> Vec<String> {
    let alerts = std::fs::read_to_string(workspace().join("deploy/alerts/puppet-master.yaml")).expect("alerts");
    let mut expressions = Vec::new();
    for rest in alerts.split("expr:").skip(1) {
        // To the next member of the rule, on one line or folded.
        let end = ["\n        for:", "\n        labels:"].iter().filter_map(|member| rest.find(member)).min();
        expressions.push(rest[..end.expect("a rule has labels")].trim().trim_start_matches(">-").replace('\n', " "));
    }
    let board = std::fs::read_to_string(workspace().join("deploy/grafana/puppet-master.json")).expect("a dashboard");
    let board: serde_json::Value = serde_json::from_str(&board).expect("JSON");
    for panel in board["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().into_iter().flatten() {
            expressions.push(target["expr"].as_str().expect("an expression").to_owned());
        }
    }
    expressions
}

/// What an expression asks for and these metrics do not have.
fn missing(expression: &str, exposed: &str) -> Option<String> {
    let names = metrics(expression);
    let lines =
        |name: &str| exposed.lines().filter(|line| line.split(['{', ' ']).next() == Some(name)).collect::<Vec<_>>();
    if let Some(name) = names.iter().find(|name| lines(name).is_empty()) {
        return Some(format!("no metric {name}"));
    }
    let lines: Vec<&str> = names.iter().flat_map(|name| lines(name)).collect();
    let label =
        labels(expression).into_iter().find(|label| !lines.iter().any(|line| line.contains(&format!("{label}=\""))));
    label.map(|label| format!("no label {label}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_of_alerts_and_dashboard_exists() {
    let folder = tempfile::tempdir().expect("a folder");
    let (port, status) = (ports::free(), ports::free());
    let program = up::program(port, folder.path()).env("STATUS_PORT", status);
    let (_process, client) = up::started(program, port).await;
    client.run(json!({"code": "await page.title()"})).await;
    let expressions = expressions();
    assert!(expressions.len() > 40, "{expressions:?}");
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let mut exposed = String::new();
        for port in [port, status] {
            let answer = reqwest::get(format!("http://127.0.0.1:{port}/metrics")).await.expect("metrics");
            exposed.push_str(&answer.text().await.expect("a text"));
        }
        // A job is counted a moment after its result can be read.
        let Some(fault) =
            expressions.iter().find_map(|one| missing(one, &exposed).map(|fault| format!("{fault}: {one}")))
        else {
            return;
        };
        assert!(Instant::now() < end, "{fault}\n{exposed}");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_of_the_chart_tells_a_service_that_works_from_one_that_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (_process, _client) = up::started(up::program(port, folder.path()), port).await;
    let script = workspace().join("deploy/helm/puppet-master/files/run-a-job.sh");
    for (token, passes, told) in
        [(Some(TOKEN), true, "passed"), (None, true, "passed"), (Some("wrong"), false, "HTTP/1.1 401")]
    {
        let program = Program::new("bash").arg(&script).env("HOST", "127.0.0.1").env("PORT", port);
        let program = if let Some(token) = token { program.env("API_TOKEN", token) } else { program };
        let mut process = program.spawn();
        let status = process.wait(Duration::from_secs(60)).await;
        let printed = process.stdout();
        assert_eq!(status.success(), passes, "{printed}{}", process.stderr());
        assert!(printed.contains(told), "{printed}");
    }
}
