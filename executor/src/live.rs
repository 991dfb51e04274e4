//! A job as it runs, for its watchers: its calls, navigations and pictures, read from its slot's ring.
//!
//! Nothing of this happens while nobody watches. A new watcher hears everything that is in the ring. An event's number is its place
//! in the ring, so nobody hears an event twice.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use job_model::{JobEventKind, LiveFrame, TracedCall};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::events::JobLog;
use crate::recorder::Ring;
use crate::recorder::entries::{Entry, picture};
use crate::recorder::ring::{Area, Placed};

/// The time between two looks at the ring.
const LOOK: Duration = Duration::from_millis(100);
/// The most events that one look passes on; of more, the oldest are left out.
const MOST: usize = 200;
/// Calls under way that are known at the same time.
const CALLS: usize = 10_000;

/// Follows one job. Dropped with the job.
pub(crate) struct Live {
    log: JobLog,
    ring: Ring,
    /// Tells the slot whether somebody watches.
    watched: watch::Sender<bool>,
    /// Up to where the ring was told.
    events: u64,
    frames: u64,
    calls: HashMap<u64, TracedCall>,
}

impl Live {
    /// Makes what follows the job that is about to begin, and what its slot is to hear.
    pub(crate) fn begin(log: JobLog, ring: Ring) -> (Self, watch::Receiver<bool>) {
        // What is there is of the job before.
        ring.clear();
        let (watched, hears) = watch::channel(false);
        (Self { log, ring, watched, events: 0, frames: 0, calls: HashMap::new() }, hears)
    }

    /// Follows the job for ever, and passes on what it does while somebody watches.
    pub(crate) async fn follow(mut self) {
        let mut beginnings = self.log.watches().beginnings();
        let mut seen = 0;
        loop {
            beginnings.mark_unchanged();
            let interest = self.log.watches().interest(&self.log.key().uuid);
            if interest.begun > seen {
                seen = interest.begun;
                self.log.tell_again();
                (self.events, self.frames) = (0, 0);
            }
            self.watched.send_if_modified(|watched| std::mem::replace(watched, interest.live) != interest.live);
            if interest.live {
                self.tell();
                // A new watcher hears at once.
                let _ = timeout(LOOK, beginnings.changed()).await;
            } else if beginnings.changed().await.is_err() {
                return sleep(Duration::MAX).await;
            }
        }
    }

    fn tell(&mut self) {
        let (entries, position) = self.ring.read_since(Area::Events, self.events);
        self.events = position;
        let first = entries.len().saturating_sub(MOST);
        for (number, Placed { end, entry }) in entries.into_iter().enumerate() {
            let Some(event) = self.event(&entry).filter(|_| number >= first) else { continue };
            self.log.say(end, event);
        }
        let (frames, position) = self.ring.read_since(Area::Frames, self.frames);
        self.frames = position;
        if let Some((at, jpeg)) = frames.last().and_then(|Placed { entry, .. }| picture(entry)) {
            self.log.say(0, JobEventKind::Frame(LiveFrame { at, jpeg: STANDARD.encode(jpeg) }));
        }
    }

    /// What an entry of the ring tells; nothing for those that are not told as they happen.
    fn event(&mut self, entry: &[u8]) -> Option<JobEventKind> {
        match serde_json::from_slice(entry).ok()? {
            Entry::Call { id, at, name, arguments, line } => {
                let call = TracedCall { id, at, duration: None, name, arguments, line, error: None };
                if self.calls.len() < CALLS {
                    self.calls.insert(id, call.clone());
                }
                Some(JobEventKind::Call(call))
            }
            Entry::Returned { id, at, error } => {
                let call = self.calls.remove(&id)?;
                Some(JobEventKind::Call(call.ended(at, error)))
            }
            Entry::Navigated(navigation) => Some(JobEventKind::Navigated(navigation)),
            Entry::Console(_) | Entry::PageError(_) | Entry::Network(_) => None,
        }
    }
}
