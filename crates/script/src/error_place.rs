//! Where in a job's own text an error was thrown, and how that is shown.

use job_model::ErrorAt;

use crate::links::{Links, MODULE_URL};
use crate::log::clipped_to;

/// Longest text of an error with its places, in bytes.
const STACK_BYTES: usize = 8 << 10;
/// Longest piece of a line that is shown, in characters.
const SHOWN: usize = 120;
/// What of it is in front of the column, when the line is longer.
const SHOWN_BEFORE: usize = 80;

/// Where an error was thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorPlace {
    pub(crate) at: ErrorAt,
    /// The error's text and the author's lines that led to it.
    pub(crate) stack: String,
}

impl ErrorPlace {
    /// The place in the file of this URL. An error of the text itself shows its line.
    pub(crate) fn new(links: Option<&Links>, url: &str, (line, column): (u32, u32), mut stack: String) -> Self {
        let (mut line, mut column) = (line, column);
        if stack.starts_with("SyntaxError")
            && let Some(source) = links.and_then(|links| links.source_of(url))
        {
            // What is missing at the end is missed behind it: in the sandbox's own text.
            let (last_line, last_column) = end_of(source);
            if line > last_line {
                let told = format!("{url}:{line}:{column}");
                (line, column) = (last_line, last_column);
                stack = stack.replace(&told, &format!("{url}:{line}:{column}"));
            }
            stack.push_str(&excerpt(source, line, column).unwrap_or_default());
        }
        let module = url.strip_prefix(MODULE_URL).unwrap_or("code").to_owned();
        Self { at: ErrorAt { module, line, column }, stack: clipped_to(stack, STACK_BYTES) }
    }
}

/// The place behind the last character that is not a blank.
fn end_of(source: &str) -> (u32, u32) {
    let text = source.trim_end();
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let last = text.lines().last().unwrap_or_default();
    (number(text.lines().count().max(1)), number(last.chars().count() + 1))
}

/// The line with its number, and a caret below its column.
fn excerpt(source: &str, line: u32, column: u32) -> Option<String> {
    let text = source.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(column).ok()?.saturating_sub(1);
    let from = if text.chars().count() > SHOWN { column.saturating_sub(SHOWN_BEFORE) } else { 0 };
    // A tab moves the caret as it moves the text.
    let shown: String = text.chars().skip(from).take(SHOWN).collect();
    let below: String = shown.chars().take(column - from).map(|each| if each == '\t' { '\t' } else { ' ' }).collect();
    let number = line.to_string();
    Some(format!("\n\n{number} | {shown}\n{:width$} | {below}^", "", width = number.len()))
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_caret_stands_below_the_column() {
        assert_eq!(excerpt("a\n\tb = ;\n", 2, 6).unwrap(), "\n\n2 | \tb = ;\n  | \t    ^");
        let long = format!("{}@{}", "x".repeat(500), "y".repeat(500));
        let shown = excerpt(&long, 1, 501).unwrap();
        let lines: Vec<&str> = shown.lines().skip(2).collect();
        assert_eq!(lines[0].find('@'), lines[1].find('^'));
        assert!(lines[0].len() < 130, "{shown}");
        assert_eq!(excerpt("a", 7, 1), None);
    }
}
