//! How a process learns that it should end.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Makes a token that SIGTERM or SIGINT cancels. A second signal ends the process at once with 128 + its number.
///
/// The task behind it lives as long as the process; call this once, in `main`.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn shutdown_on_signals() -> io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        loop {
            let (name, number) = tokio::select! {
                _ = terminate.recv() => ("SIGTERM", 15),
                _ = interrupt.recv() => ("SIGINT", 2),
            };
            if cancelled.is_cancelled() {
                tracing::warn!(signal = name, "second signal: ending at once");
                std::process::exit(128 + number);
            }
            tracing::info!(signal = name, "signal received: finishing what is under way");
            cancelled.cancel();
        }
    });
    Ok(token)
}
