//! Writing for people. A reader that has seen enough (`… | head`) ends nothing with an error.

use std::io::{ErrorKind, Write};

use anyhow::Context;

/// Writes to standard output; a reader that has gone is fine.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("failed to write to standard output"),
        _ => Ok(()),
    }
}

/// Writes a line about what goes on to standard error; nobody has to read it.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
