//! What is written for people, and what of that belongs on a terminal only.

mod escape;
mod paint;
mod screen;

pub(crate) use escape::{commands, one_line, shown};
pub(crate) use paint::Paint;
pub(crate) use screen::{Logs, Screen, TICK};

/// Whether the terminal knows nothing but text.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// A line that is not longer than so many columns.
pub(crate) fn cut(line: &str, columns: usize) -> String {
    match line.chars().count() > columns {
        true => line.chars().take(columns.saturating_sub(1)).chain(['…']).collect(),
        false => line.to_owned(),
    }
}

/// The columns of a terminal, 80 when nobody knows.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(terminal_size::Width(columns), _)| columns.into())
}
