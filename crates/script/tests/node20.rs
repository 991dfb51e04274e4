//! What Node 20.20.2 answered for the same expressions, recorded from running it in UTC: a line each of `node20/*.jsonl`.
//! They are of the kind that engines differ in without saying so: old ways that web pages still use, limits, odd dates,
//! digits of numbers.

mod job;

use job::run;
use serde_json::Value;

/// How many expressions one job evaluates.
const TOGETHER: usize = 50;

const SHOW: &str = "const shown = [];
const show = (value) => {
  const type = typeof value;
  if (type === 'bigint') return `${value}n`;
  if (type === 'number') return Object.is(value, -0) ? '-0' : `${value}`;
  if (type === 'function' || type === 'symbol' || value instanceof RegExp) return value.toString();
  return type === 'undefined' ? type : type + JSON.stringify(value);
};
const note = (text) => {
  try { shown.push(show((0, eval)(text))) } catch (error) { shown.push(`throws ${error.name}`) }
};
results.shown = shown;
";

fn recorded(lines: &str) -> Vec<(String, String)> {
    lines.lines().map(|line| serde_json::from_str(line).expect("a line is an array of two")).collect()
}

fn answers_as_recorded(lines: &str) {
    let mut wrong = Vec::new();
    for group in recorded(lines).chunks(TOGETHER) {
        let calls: String = group.iter().map(|(text, _)| format!("note({});\n", Value::from(text.as_str()))).collect();
        // What code says of RegExp's last match is kept only where it names one of its properties.
        let ran = run(&format!("{SHOW}{calls}"));
        assert_eq!(ran.error(), "");
        for (index, (text, expected)) in group.iter().enumerate() {
            let answer = &ran.report.results["shown"][index];
            if answer != expected.as_str() {
                wrong.push(format!("{text}\n  expected {expected}\n  answered {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn expressions_answer_as_in_node_20() {
    answers_as_recorded(include_str!("node20/expressions.jsonl"));
}

/// Languages, time zones, numbers: what both say. Where CLDR 48.2 here says something else than the CLDR 48.0 of that Node,
/// or one of the two is wrong, `node20/intl_differences.jsonl` has what is said here.
#[test]
fn languages_are_as_in_node_20() {
    answers_as_recorded(include_str!("node20/intl.jsonl"));
}

/// Calendars, `formatToParts` and ranges by them, leap months, eras.
#[test]
fn calendars_are_as_in_node_20() {
    answers_as_recorded(include_str!("node20/calendars.jsonl"));
}

/// Methods of other built-ins that depend on a language, the order of texts, segments, ranges, the shape of classes.
#[test]
fn texts_are_as_in_node_20() {
    answers_as_recorded(include_str!("node20/texts.jsonl"));
}

#[test]
fn languages_differ_from_node_20_where_it_is_listed() {
    answers_as_recorded(include_str!("node20/intl_differences.jsonl"));
}
