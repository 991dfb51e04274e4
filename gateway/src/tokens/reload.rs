//! Reads the file of tokens again when it has changed.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::{Tokens, file};

/// Time between two looks at the file.
const LOOK: Duration = Duration::from_secs(1);

impl Tokens {
    /// Reads the file whenever it has changed, until `stop`.
    pub(crate) async fn reload(&self, stop: &CancellationToken) {
        let Some(file) = &self.file else { return };
        // What it was when it was read first may have changed before this began.
        let mut seen = None;
        loop {
            let now = Some(Stamp::of(file).await);
            if now != seen {
                seen = now;
                self.read_again(file);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Reads the file; one that cannot be used leaves the tokens as they are.
    pub(super) fn read_again(&self, file: &Path) {
        match file::read(file, &self.unnamed) {
            Ok(tokens) => {
                let was_broken = self.state().fault.take().is_some();
                let before = self.named();
                let unchanged = tokens.iter().eq(before.iter().map(|token| &**token));
                if unchanged && !was_broken {
                    return;
                }
                let count = tokens.len();
                self.state().buckets.retain(|name, _| tokens.iter().any(|token| token.name == *name));
                let tokens = tokens.into_iter().map(Arc::new).collect();
                *self.named.write().unwrap_or_else(PoisonError::into_inner) = tokens;
                tracing::info!(file = %file.display(), tokens = count, "tokens are read again");
            }
            Err(fault) => {
                let mut state = self.state();
                if state.fault.as_ref() != Some(&fault) {
                    tracing::error!("{fault}; the tokens before it stay");
                }
                state.fault = Some(fault);
            }
        }
    }
}

/// What tells that a file has changed: also one that another took the place of, under its name or behind a link.
#[derive(PartialEq, Eq)]
struct Stamp(Option<(u64, u64, u64, SystemTime)>);

impl Stamp {
    async fn of(file: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        let metadata = tokio::fs::metadata(file).await.ok();
        Self(metadata.and_then(|found| Some((found.dev(), found.ino(), found.len(), found.modified().ok()?))))
    }
}
