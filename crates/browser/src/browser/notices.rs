//! Who hears what happens in the browser, and how often: a page can repeat itself as often as it likes, and a job's log has limits.

use std::cell::Cell;
use std::rc::Rc;

use url::Url;

use super::Browser;
use crate::event::{Event, Sink, Tap};

/// How many refusals one event sink hears of.
const TOLD_REFUSALS: u32 = 100;
/// How many hosts with certificates that are not valid one event sink hears of.
const TOLD_CERTIFICATES: usize = 100;

impl Browser {
    /// Sets who hears of events, at once and in Chromium's order. The sink must not wait. A new sink begins a new job: the query
    /// handlers of the job before are forgotten, and so is what its sink has heard.
    pub fn set_event_sink(&self, sink: Rc<dyn Fn(Event)>) {
        self.refusals.set(0);
        self.query_handlers.clear();
        self.bad_certificates.borrow_mut().clear();
        self.sink.set(Some(sink));
    }

    /// Takes the event sink away: from now on nobody hears of events.
    pub fn clear_event_sink(&self) {
        self.sink.set(None);
    }

    /// Sets who hears what Chromium says of the pages that scripts see; nobody does with `None`.
    pub fn set_tap(&self, tap: Option<Tap>) {
        self.sink.set_tap(tap);
    }

    /// Notes an answer that came with a certificate which is not valid. Each host is told once, [`TOLD_CERTIFICATES`] hosts at most.
    pub(crate) fn note_bad_certificate(&self, url: &str) {
        let Some(host) = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)) else { return };
        let mut told = self.bad_certificates.borrow_mut();
        if told.len() < TOLD_CERTIFICATES && told.insert(host.clone()) {
            self.sink.tell(Event::BadCertificate(host));
        }
    }
}

/// Tells the script what was refused, the first [`TOLD_REFUSALS`] times.
pub(super) fn tell_refusal(sink: &Sink, told: &Cell<u32>, text: String) {
    told.set(told.get().saturating_add(1));
    if told.get() <= TOLD_REFUSALS {
        sink.tell(Event::Refused(text));
    }
    if told.get() == TOLD_REFUSALS {
        sink.tell(Event::Refused("what else is refused is not logged any more".to_owned()));
    }
}
