//! The events of a ring, sorted by what they tell of.

use std::collections::HashMap;

use job_model::{TracedCall, TracedMessage, TracedNavigation};

use crate::recorder::entries::Entry;
use crate::recorder::har::Requests;

/// The events, sorted by what they tell of.
#[derive(Default)]
pub(super) struct Told {
    pub(super) calls: Vec<TracedCall>,
    pub(super) navigations: Vec<TracedNavigation>,
    pub(super) console: Vec<TracedMessage>,
    pub(super) page_errors: Vec<TracedMessage>,
    pub(super) requests: Requests,
    pub(super) notes: Vec<String>,
}

impl Told {
    /// Sorts the events; what is not one is passed over.
    pub(super) fn read(events: &[Vec<u8>]) -> Self {
        let mut told = Self::default();
        let mut calls: HashMap<u64, usize> = HashMap::new();
        for event in events {
            match serde_json::from_slice(event) {
                Ok(Entry::Call { id, at, name, arguments, line }) => {
                    calls.insert(id, told.calls.len());
                    told.calls.push(TracedCall { id, at, duration: None, name, arguments, line, error: None });
                }
                Ok(Entry::Returned { id, at, error }) => {
                    if let Some(call) = calls.get(&id).and_then(|place| told.calls.get_mut(*place)) {
                        *call = call.clone().ended(at, error);
                    }
                }
                Ok(Entry::Navigated(navigation)) => told.navigations.push(navigation),
                Ok(Entry::Console(message)) => told.console.push(message),
                Ok(Entry::PageError(message)) => told.page_errors.push(message),
                Ok(Entry::Network(entry)) => told.requests.add(entry),
                // A slot that is not its own master any more writes what it likes.
                Err(_) => {}
            }
        }
        told
    }
}
