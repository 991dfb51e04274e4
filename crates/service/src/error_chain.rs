//! How an error with its causes is said: one line, each cause once.

use std::error::Error;
use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

/// An error with all its causes in one line, each said once, for a log.
pub struct Chain<'a>(pub &'a dyn Error);

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some libraries' errors say their cause themselves.
            if !said.ends_with(&text) {
                write!(f, ": {text}")?;
                said = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

/// Says on standard error, in one line, which error ends the process, and answers the exit code for that, 1.
pub fn ended_by(error: &dyn Error) -> ExitCode {
    // Nobody may be left to read it.
    let _ = writeln!(std::io::stderr(), "error: {}", Chain(error).to_string().replace('\n', " "));
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::Chain;

    #[test]
    fn a_chain_names_every_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("failed to connect")]
        struct Outer(#[source] io::Error);
        assert_eq!(Chain(&Outer(io::Error::other("refused"))).to_string(), "failed to connect: refused");
        #[derive(Debug, thiserror::Error)]
        #[error("transport: {0}")]
        struct Talkative(#[source] io::Error);
        let twice = Outer(io::Error::other(Talkative(io::Error::other("refused"))));
        assert_eq!(Chain(&twice).to_string(), "failed to connect: transport: refused");
    }
}
