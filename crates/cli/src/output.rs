//! Writing for people. A reader that has seen enough (`… | head`) ends nothing with an error.

use std::io::{ErrorKind, IsTerminal, Write};

use anyhow::Context;

/// Writes to standard output; a reader that has gone is fine.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("failed to write to standard output"),
        _ => Ok(()),
    }
}

/// Writes JSON to standard output, laid out and otherwise as it is; on a terminal without what would command it.
pub(crate) fn print_json(text: &str) -> anyhow::Result<()> {
    let mut laid_out = crate::show::lay_out(text);
    if std::io::stdout().is_terminal() {
        laid_out = crate::show::tame(&laid_out);
    }
    print(&format!("{laid_out}\n"))
}

/// Writes a line about the progress to standard error.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
