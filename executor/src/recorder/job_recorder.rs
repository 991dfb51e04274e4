//! The slot's part: hears the calls of the job's code and what Chromium says of its pages, and writes both into the ring.

mod calls;
mod page_events;
mod pictures;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use browser::event::Tap;
use browser::session::RawEvent;
use browser::{Browser, Page};
use job_model::{Outcome, Record, Timestamp};
use script::Calls;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::bodies::Bodies;
use super::camera;
use super::entries::{Entry, LastKind, rounded};
use super::masks::Masks;
use super::ring::{Area, RingWriter};
use crate::protocol::JobOrder;
use calls::Hears;
use pictures::attend;

/// The longest text of a console's message or an error, in bytes.
const TEXT_BYTES: usize = 4000;
/// The shortest value of `vars` that is shown by its name: shorter ones stand in texts by chance.
const SHORTEST_VAR: usize = 6;

/// A job's recording as it grows. Dropped, nothing is heard any more.
pub(crate) struct JobRecorder {
    ring: Rc<RefCell<RingWriter>>,
    browser: Weak<Browser>,
    /// The page that the job was given.
    first_page: Rc<Page>,
    /// The page of the last event.
    page: RefCell<Weak<Page>>,
    began: Instant,
    /// The same by the clock that Chromium's requests name.
    began_wall: f64,
    /// What Chromium's monotonic clock is behind the wall clock, in seconds; known with the first request.
    clock: Cell<Option<f64>>,
    calls: Cell<u64>,
    /// Counts what happens: a picture is taken when something has.
    happened: Cell<u64>,
    /// Bytes of the answers under way.
    sizes: RefCell<HashMap<String, u64>>,
    /// What the calls show of `vars`: what is secret comes into a job that way.
    vars: Masks,
    /// The bodies of requests and answers, when they are recorded.
    bodies: Option<Bodies>,
    /// The last picture since the last navigation of its page.
    last_frame: RefCell<Option<Vec<u8>>>,
    filming: RefCell<Option<JoinHandle<()>>>,
    record: Record,
    /// Whether anything is recorded: a job that keeps no recording has none unless somebody watches.
    is_on: Cell<bool>,
    is_watched: Cell<bool>,
    /// Counts the documents of pages.
    documents: Cell<u64>,
    /// Whether a document without a picture is about to be left.
    is_leaving: Cell<bool>,
    /// Wakes whoever takes pictures when somebody begins to watch, and when a document is about to be left.
    waking: Rc<Notify>,
    attending: RefCell<Option<JoinHandle<()>>>,
}

impl JobRecorder {
    /// Begins to record the job that has this page, if its order says so, or once `watched` says that somebody watches. Needs a
    /// [`tokio::task::LocalSet`].
    pub(crate) fn begin(
        ring: &Rc<RefCell<RingWriter>>,
        page: &Rc<Page>,
        order: &JobOrder,
        watched: watch::Receiver<bool>,
    ) -> Option<Rc<Self>> {
        let browser = page.browser().ok()?;
        ring.borrow_mut().reset();
        let vars = Masks::of_vars(&order.vars, SHORTEST_VAR);
        let recorder = Rc::new(Self {
            ring: Rc::clone(ring),
            browser: Rc::downgrade(&browser),
            first_page: Rc::clone(page),
            page: RefCell::new(Rc::downgrade(page)),
            began: Instant::now(),
            began_wall: Timestamp::now().unix_millis() as f64,
            clock: Cell::new(None),
            calls: Cell::new(0),
            happened: Cell::new(0),
            sizes: RefCell::default(),
            bodies: order.record_bodies.then(|| Bodies::new(ring, vars.clone())),
            vars,
            record: order.record,
            last_frame: RefCell::default(),
            filming: RefCell::default(),
            is_on: Cell::new(order.record != Record::Never),
            is_watched: Cell::new(false),
            documents: Cell::new(0),
            is_leaving: Cell::new(false),
            waking: Rc::default(),
            attending: RefCell::default(),
        });
        let attending = tokio::task::spawn_local(attend(Rc::downgrade(&recorder), watched));
        *recorder.attending.borrow_mut() = Some(attending);
        let heard = Rc::downgrade(&recorder);
        let tap: Tap = Rc::new(move |page: &Rc<Page>, event: &RawEvent| {
            if let Some(recorder) = heard.upgrade() {
                recorder.hear(page, event);
            }
        });
        browser.set_tap(Some(tap));
        Some(recorder)
    }

    /// For the sandbox: hears the calls.
    pub(crate) fn calls(self: &Rc<Self>) -> Calls {
        Calls::heard_by(Rc::new(Hears(Rc::clone(self))))
    }

    /// Takes the page's text and picture when the job did not succeed, for as long as `limit`.
    pub(crate) async fn end(&self, outcome: Outcome, limit: Duration) {
        self.stop();
        if let Some(bodies) = &self.bodies
            && self.record.keeps(outcome)
            && outcome != Outcome::Cancelled
        {
            bodies.settle().await;
        }
        // A job that is cancelled is to be gone at once, and nothing is wrong with its page.
        if !self.is_on.get() || matches!(outcome, Outcome::Succeeded | Outcome::Cancelled) || self.calls.get() == 0 {
            return;
        }
        let page = self.page();
        if page.is_closed() || page.has_crashed() {
            return;
        }
        let keep = |look: Option<(LastKind, Vec<u8>)>| {
            if let Some((kind, bytes)) = look {
                self.write_last(kind, &bytes);
            }
        };
        // Each as soon as it is there: the parent may not wait for both.
        tokio::join!(async { keep(camera::text(&page, limit).await) }, async {
            keep(camera::picture(&page, limit).await);
        });
    }

    /// The page that something happened in last.
    fn page(&self) -> Rc<Page> {
        let last = self.page.borrow().upgrade().filter(|page| !page.is_closed());
        last.unwrap_or_else(|| Rc::clone(&self.first_page))
    }

    /// Writes what belongs to the end.
    fn write_last(&self, kind: LastKind, bytes: &[u8]) {
        self.ring.borrow_mut().write(Area::Last, &[&[kind.byte()], bytes]);
    }

    fn stop(&self) {
        for task in [self.filming.take(), self.attending.take()].into_iter().flatten() {
            task.abort();
        }
        if let Some(browser) = self.browser.upgrade() {
            browser.set_tap(None);
        }
    }

    /// Milliseconds since the job began.
    fn now(&self) -> f64 {
        rounded(self.began.elapsed().as_secs_f64() * 1000.0)
    }

    fn write(&self, entry: &Entry) {
        self.happened.set(self.happened.get() + 1);
        if let Ok(text) = serde_json::to_vec(entry) {
            self.ring.borrow_mut().write(Area::Events, &[&text]);
        }
    }
}

impl Drop for JobRecorder {
    fn drop(&mut self) {
        self.stop();
    }
}
