//! What a session has moved so far.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The numbers of one session, or of all sessions of a proxy, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections of the browser that are open.
    pub open: u64,
    /// Connections of the browser since the start.
    pub connections: u64,
    /// Connections to targets that came about.
    pub dialled: u64,
    /// Connections that the policy refused.
    pub refused: u64,
    /// Those of them that the observer was not told.
    pub refused_unreported: u64,
    /// Connections that failed in another way.
    pub failed: u64,
    /// Bytes from the browser, with the heads of requests and TLS.
    pub bytes_up: u64,
    /// Bytes to the browser, with the heads of answers and TLS.
    pub bytes_down: u64,
}

/// The live numbers behind [`Counters`].
#[derive(Debug, Default)]
pub(crate) struct Counts {
    open: AtomicU64,
    connections: AtomicU64,
    dialled: AtomicU64,
    refused: AtomicU64,
    refused_unreported: AtomicU64,
    failed: AtomicU64,
    bytes_up: AtomicU64,
    bytes_down: AtomicU64,
    /// The numbers of all sessions, which grow with these.
    total: Option<std::sync::Arc<Counts>>,
}

impl Counts {
    /// Makes the numbers of a session; `total` grows with them.
    pub(crate) fn within(total: std::sync::Arc<Self>) -> Self {
        Self { total: Some(total), ..Self::default() }
    }

    fn each(&self, change: impl Fn(&Self)) {
        change(self);
        if let Some(total) = &self.total {
            change(total);
        }
    }

    /// Returns the bytes of both directions in this session.
    pub(crate) fn moved(&self) -> u64 {
        self.bytes_up.load(Relaxed).saturating_add(self.bytes_down.load(Relaxed))
    }

    pub(crate) fn opened(&self) {
        self.each(|counts| {
            counts.open.fetch_add(1, Relaxed);
            counts.connections.fetch_add(1, Relaxed);
        });
    }

    pub(crate) fn closed(&self) {
        self.each(|counts| {
            counts.open.fetch_sub(1, Relaxed);
        });
    }

    pub(crate) fn dialled(&self) {
        self.each(|counts| {
            counts.dialled.fetch_add(1, Relaxed);
        });
    }

    pub(crate) fn refused(&self, reported: bool) {
        self.each(|counts| {
            counts.refused.fetch_add(1, Relaxed);
            counts.refused_unreported.fetch_add(u64::from(!reported), Relaxed);
        });
    }

    pub(crate) fn failed(&self) {
        self.each(|counts| {
            counts.failed.fetch_add(1, Relaxed);
        });
    }

    pub(crate) fn moved_up(&self, bytes: u64) {
        self.each(|counts| {
            counts.bytes_up.fetch_add(bytes, Relaxed);
        });
    }

    pub(crate) fn moved_down(&self, bytes: u64) {
        self.each(|counts| {
            counts.bytes_down.fetch_add(bytes, Relaxed);
        });
    }

    pub(crate) fn read(&self) -> Counters {
        Counters {
            open: self.open.load(Relaxed),
            connections: self.connections.load(Relaxed),
            dialled: self.dialled.load(Relaxed),
            refused: self.refused.load(Relaxed),
            refused_unreported: self.refused_unreported.load(Relaxed),
            failed: self.failed.load(Relaxed),
            bytes_up: self.bytes_up.load(Relaxed),
            bytes_down: self.bytes_down.load(Relaxed),
        }
    }
}
