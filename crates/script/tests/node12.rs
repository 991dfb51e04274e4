//! What Node 12.22.12 printed for the same expressions and programs, recorded from running it: a line each of
//! `node12/*.jsonl`.

mod job;

use job::run;
use serde_json::{Value, json};

/// How many expressions one job prints.
const TOGETHER: usize = 40;

fn recorded(lines: &str) -> Vec<(String, Value)> {
    lines.lines().map(|line| serde_json::from_str(line).expect("a line is an array of two")).collect()
}

fn prints_as_recorded(lines: &str) {
    let mut wrong = Vec::new();
    for group in recorded(lines).chunks(TOGETHER) {
        let statement = |expression: &str| {
            format!(
                "try {{ logger.info({expression}) }} catch (e) {{ logger.info(`${{e.name}} ${{e.code}} ${{e.message}}`) }}"
            )
        };
        let code: Vec<String> = group.iter().map(|(expression, _)| statement(expression)).collect();
        let ran = run(&code.join("\n"));
        for ((expression, expected), printed) in group.iter().zip(&ran.logs[2..]) {
            if *expected != printed.message {
                wrong.push(format!("{expression}\n  expected {expected}\n  printed  {:?}", printed.message));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn values_print_as_in_node_12() {
    prints_as_recorded(include_str!("node12/format.jsonl"));
}

#[test]
fn additions_answer_as_in_node_12() {
    prints_as_recorded(include_str!("node12/additions.jsonl"));
}

#[test]
fn programs_fail_as_in_node_12() {
    let mut wrong = Vec::new();
    for (code, expected) in recorded(include_str!("node12/errors.jsonl")) {
        let ran = run(&code);
        let (error, started) = (ran.error(), ran.report.started_at.is_some());
        let ended = json!({"error": error, "started": started, "results": ran.report.results});
        if ended != expected {
            wrong.push(format!("{code}\n  expected {expected}\n  ended    {ended}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
