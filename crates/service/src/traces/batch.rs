//! Spans that wait to be sent, in the form in which they are sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Span, wire};

/// Spans in one request. Half of them are enough to send it.
pub(super) const MOST: usize = 4096;
/// Bytes in one request: collectors take 20 MiB.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Spans that wait. Clones are the same ones: the exporter has the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch(Arc<Mutex<Waiting>>);

/// Spans as they stand in a request, one after the other.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) bytes: Vec<u8>,
    pub(super) spans: usize,
}

/// What has become of a batch by one more span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It is the first one.
    First,
    /// There are others, and there is room.
    More,
    /// There are so many that the batch should be sent.
    Enough,
    /// There was no room.
    Dropped,
}

impl Batch {
    /// Adds a span, unless too many wait.
    pub(super) fn add(&self, span: &Span<'_>) -> Added {
        let mut waiting = self.lock();
        if waiting.spans == MOST || waiting.bytes.len() >= MOST_BYTES {
            return Added::Dropped;
        }
        let before = waiting.bytes.len();
        wire::span(&mut waiting.bytes, span);
        waiting.spans += 1;
        match waiting.spans {
            1 => Added::First,
            _ if waiting.spans == MOST / 2 => Added::Enough,
            _ if before < MOST_BYTES / 2 && waiting.bytes.len() >= MOST_BYTES / 2 => Added::Enough,
            _ => Added::More,
        }
    }

    /// Takes all that wait.
    pub(super) fn take(&self) -> Waiting {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Half a span would be refused with its request, which costs a few others.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::super::{Span, TraceContext};
    use super::{Added, Batch, MOST};

    #[test]
    fn what_nobody_sends_is_bounded() {
        let context = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        let (batch, span) = (Batch::default(), Span::of(&context, "run", SystemTime::now()));
        let added: Vec<Added> = (0..=MOST).map(|_| batch.add(&span)).collect();
        assert_eq!((added[0], added[MOST / 2 - 1], added[MOST]), (Added::First, Added::Enough, Added::Dropped));
        assert_eq!(added.iter().filter(|added| **added == Added::More).count(), MOST - 2);
        assert_eq!(batch.take().spans, MOST);
        assert_eq!(batch.add(&span), Added::First);
    }
}
