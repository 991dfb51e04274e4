//! The downloads of a job's pages: which are under way, and who waits for one.

use std::collections::{HashMap, VecDeque};

use job_model::FileName;
use tokio::sync::oneshot;

/// The name of a download, or why there is none.
pub(crate) type Ended = Result<FileName, String>;

/// The downloads of one job.
#[derive(Default)]
pub(crate) struct Downloads {
    pub(crate) under_way: HashMap<String, Download>,
    /// Who waits for a download to begin, in the order of asking.
    waiting: VecDeque<oneshot::Sender<Ended>>,
    /// Where in the job's folder they go.
    pub(crate) folder: Option<FileName>,
}

/// A download that has begun.
pub(crate) struct Download {
    pub(crate) url: String,
    pub(crate) suggested_name: String,
    pub(crate) waiter: Option<oneshot::Sender<Ended>>,
    /// Why it was cancelled from here.
    pub(crate) refused: Option<String>,
}

impl Downloads {
    /// The first download that begins from now on and that nobody else waits for.
    pub(crate) fn next(&mut self) -> oneshot::Receiver<Ended> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.push_back(sender);
        receiver
    }

    /// One has begun.
    pub(crate) fn begin(&mut self, guid: String, url: String, suggested_name: String) {
        // Whoever has given up waiting is passed over.
        let waiter = std::iter::from_fn(|| self.waiting.pop_front()).find(|waiter| !waiter.is_closed());
        self.under_way.insert(guid, Download { url, suggested_name, waiter, refused: None });
    }
}
