//! The slot's part: hears the calls of the job's code and what Chromium says of its pages, and writes both into the ring.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::{Rc, Weak};
use std::time::Duration;

use browser::event::Tap;
use browser::session::RawEvent;
use browser::{Browser, Page};
use job_model::{Outcome, Record, Timestamp, TracedMessage, TracedNavigation};
use script::{Call, CallListener, Calls};
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::camera::{self, FIRST, Looking, Pace};
use super::entries::{Entry, LastKind, NetworkEntry};
use super::network::{self, clipped};
use super::ring::{Area, RingWriter};
use crate::protocol::JobOrder;

/// The longest text of a console's message or an error, in bytes.
const TEXT_BYTES: usize = 4000;
/// The longest address of a document.
const URL_BYTES: usize = 2000;
/// Requests whose sizes are counted at the same time.
const REQUESTS: usize = 4096;
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
    /// Values of `vars` and their names, longest first.
    vars: Vec<(String, String)>,
    /// The last picture since the last navigation of its page.
    last_frame: RefCell<Option<Vec<u8>>>,
    filming: RefCell<Option<JoinHandle<()>>>,
    /// Whether anything is recorded: a job that keeps no recording has none unless somebody watches.
    is_on: Cell<bool>,
    is_watched: Cell<bool>,
    /// Wakes whoever takes pictures when somebody begins to watch.
    watching: Rc<Notify>,
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
            vars: longest_first(&order.vars),
            last_frame: RefCell::default(),
            filming: RefCell::default(),
            is_on: Cell::new(order.record != Record::Never),
            is_watched: Cell::new(false),
            watching: Rc::default(),
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

    fn set_watched(self: &Rc<Self>, watched: bool) {
        self.is_watched.set(watched);
        if watched {
            self.is_on.set(true);
            self.film();
            self.watching.notify_one();
        }
    }

    /// Begins to take pictures.
    fn film(self: &Rc<Self>) {
        self.filming.borrow_mut().get_or_insert_with(|| tokio::task::spawn_local(film(Rc::downgrade(self))));
    }

    /// Writes what belongs to the end.
    fn write_last(&self, kind: LastKind, bytes: &[u8]) {
        self.ring.borrow_mut().write(Area::Last, &[&[kind.byte()], bytes]);
    }

    /// Writes a picture of this moment.
    fn write_frame(&self, jpeg: &[u8]) {
        let entry = [&self.now().to_le_bytes(), jpeg].concat();
        self.ring.borrow_mut().write(Area::Frames, &[&entry]);
        *self.last_frame.borrow_mut() = Some(entry);
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

    /// Something of a page that the job sees.
    fn hear(&self, page: &Rc<Page>, event: &RawEvent) {
        if !self.is_on.get() {
            return;
        }
        let params = &event.params;
        match event.method.as_str() {
            "Network.dataReceived" => self.count(params),
            method if method.starts_with("Network.") => self.hear_network(page, method, params),
            "Page.frameNavigated" => {
                let frame = &params["frame"];
                let main = frame["parentId"].is_null();
                if main {
                    *self.page.borrow_mut() = Rc::downgrade(page);
                    if let Some(entry) = self.last_frame.take() {
                        self.ring.borrow_mut().write(Area::Kept, &[&entry]);
                    }
                }
                let fragment = frame["urlFragment"].as_str().unwrap_or_default();
                let url = clipped(&format!("{}{fragment}", text(&frame["url"])), URL_BYTES);
                self.write(&Entry::Navigated(TracedNavigation { at: self.now(), url, main }));
            }
            "Page.navigatedWithinDocument" => {
                let url = clipped(text(&params["url"]), URL_BYTES);
                self.write(&Entry::Navigated(TracedNavigation { at: self.now(), url, main: true }));
            }
            "Runtime.consoleAPICalled" => {
                let level = text(&params["type"]).to_owned();
                let arguments = params["args"].as_array().into_iter().flatten().map(shown).collect::<Vec<_>>();
                let place = &params["stackTrace"]["callFrames"][0];
                self.write(&Entry::Console(self.message(level, &arguments.join(" "), place)));
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                let description = text(&details["exception"]["description"]);
                let said = if description.is_empty() { text(&details["text"]) } else { description };
                self.write(&Entry::PageError(self.message("error".to_owned(), said, details)));
            }
            "Inspector.targetCrashed" => {
                self.write(&Entry::PageError(self.message("crash".to_owned(), "The page crashed", &Value::Null)));
            }
            _ => {}
        }
    }

    fn message(&self, level: String, said: &str, place: &Value) -> TracedMessage {
        let line = place["lineNumber"].as_u64().and_then(|line| u32::try_from(line + 1).ok());
        let url = Some(clipped(text(&place["url"]), URL_BYTES)).filter(|url| !url.is_empty());
        TracedMessage {
            at: self.now(),
            level,
            text: clipped(said, TEXT_BYTES),
            line: line.filter(|_| url.is_some()),
            url,
        }
    }

    fn count(&self, params: &Value) {
        let mut sizes = self.sizes.borrow_mut();
        if sizes.len() < REQUESTS
            && let Some(id) = params["requestId"].as_str()
        {
            *sizes.entry(id.to_owned()).or_default() += params["dataLength"].as_u64().unwrap_or_default();
        }
    }

    fn hear_network(&self, page: &Rc<Page>, method: &str, params: &Value) {
        if let (None, Some(wall), Some(monotonic)) =
            (self.clock.get(), params["wallTime"].as_f64(), params["timestamp"].as_f64())
        {
            self.clock.set(Some(wall - monotonic));
        }
        let time = |seconds: f64| match self.clock.get() {
            Some(clock) => rounded((seconds + clock) * 1000.0 - self.began_wall),
            None => self.now(),
        };
        let size = |id: &str| self.sizes.borrow_mut().remove(id).unwrap_or_default();
        let failure = |id: &str| page.network().failure_of(id);
        if let Some(entry) = network::entry(method, params, time, size, failure) {
            if let NetworkEntry::Failed { id, .. } = &entry {
                self.sizes.borrow_mut().remove(id);
            }
            self.write(&Entry::Network(entry));
        }
    }

    /// An argument of a call without the values of `vars`: what is secret comes into a job that way.
    fn without_vars(&self, argument: String) -> String {
        self.vars.iter().fold(argument, |text, (value, name)| {
            if text.contains(value) { text.replace(value, &format!("‹vars.{name}›")) } else { text }
        })
    }
}

impl Drop for JobRecorder {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Takes pictures for as long as the job is recorded.
async fn film(recorder: Weak<JobRecorder>) {
    let Some(watching) = recorder.upgrade().map(|recorder| Rc::clone(&recorder.watching)) else { return };
    let is_watched = || recorder.upgrade().is_some_and(|recorder| recorder.is_watched.get());
    if !is_watched() {
        let _ = timeout(FIRST, watching.notified()).await;
    }
    let (mut pace, mut looking) = (Pace::default(), Looking::default());
    loop {
        {
            let Some(recorder) = recorder.upgrade() else { return };
            if pace.is_time(recorder.happened.get(), recorder.is_watched.get())
                && let Some(jpeg) = looking.look(recorder.page()).await
            {
                recorder.write_frame(&jpeg);
            }
        }
        let _ = timeout(Pace::pause(is_watched()), watching.notified()).await;
    }
}

/// Hears whether somebody watches, for as long as the job is recorded.
async fn attend(recorder: Weak<JobRecorder>, mut watched: watch::Receiver<bool>) {
    while watched.changed().await.is_ok() {
        let Some(recorder) = recorder.upgrade() else { return };
        recorder.set_watched(*watched.borrow_and_update());
    }
}

/// Hears the calls of a job's code.
struct Hears(Rc<JobRecorder>);

impl CallListener for Hears {
    fn is_listening(&self) -> bool {
        self.0.is_on.get()
    }

    fn began(&self, call: Call) -> u64 {
        let recorder = &self.0;
        let id = recorder.calls.get() + 1;
        recorder.calls.set(id);
        if id == 1 {
            recorder.film();
        }
        let Call { name, arguments, at: line, began } = call;
        let arguments = arguments.into_iter().map(|argument| recorder.without_vars(argument)).collect();
        let at = rounded((Instant::from_std(began) - recorder.began).as_secs_f64() * 1000.0);
        recorder.write(&Entry::Call { id, at, name, arguments, line });
        id
    }

    fn ended(&self, number: u64, error: Option<&str>) {
        let error = error.map(|error| clipped(error, TEXT_BYTES));
        self.0.write(&Entry::Returned { id: number, at: self.0.now(), error });
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A console's argument as a reader sees it.
fn shown(argument: &Value) -> String {
    match (&argument["value"], argument["description"].as_str(), argument["unserializableValue"].as_str()) {
        (Value::String(text), _, _) => text.clone(),
        (_, _, Some(text)) | (Value::Null, Some(text), _) => text.to_owned(),
        (value, _, _) => value.to_string(),
    }
}

/// To a tenth of a millisecond.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 10.0).round() / 10.0
}

fn longest_first(vars: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut vars: Vec<_> = vars
        .iter()
        .filter(|(_, value)| value.len() >= SHORTEST_VAR)
        .map(|(name, value)| (value.clone(), name.clone()))
        .collect();
    vars.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    vars
}
