//! How much of a browser one job may have open: each page and each context costs Chromium memory, and each frame and worker this
//! process, too.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::json;

use super::Browser;
use super::notices::tell_refusal;
use crate::error::Error;
use crate::target::Target;

/// A page that is being opened counts like one that is.
#[derive(Debug)]
pub(crate) struct Opening<'a>(&'a Browser);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.0.opening.set(self.0.opening.get() - 1);
    }
}

/// A frame or a worker that is shown to the job, until it is dropped.
#[derive(Debug)]
pub(crate) struct Shown(Rc<Cell<usize>>);

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Browser {
    /// How many frames and workers all pages together may show to a job at the same time. The pages' own frames do not count.
    pub fn set_frame_limit(&self, limit: usize) {
        self.frame_limit.set(limit);
    }

    /// Takes a place for one more frame or worker; `None` when there is none. A page cannot be refused a frame: what finds no place goes
    /// on, and the job does not see it.
    pub(crate) fn place_for_frame(&self) -> Option<Shown> {
        if self.shown_frames.get() >= self.frame_limit.get() {
            return None;
        }
        self.shown_frames.set(self.shown_frames.get() + 1);
        Some(Shown(self.shown_frames.clone()))
    }

    /// Tells the job that a page has more frames and workers than are shown.
    pub(crate) fn tell_excess_of_frames(&self) {
        let limit = self.frame_limit.get();
        let text = format!(
            "Limit of {limit} frames and workers (JOB_FRAMES) exceeded: the job does not see the page's others"
        );
        tell_refusal(&self.sink, &self.refusals, text);
    }

    /// Tells the job that a page has as many frames as Chromium loads.
    pub(crate) fn tell_full_page(&self, frames: usize) {
        let text = format!("Chromium's limit of {frames} frames in a page reached: further ones stay empty");
        tell_refusal(&self.sink, &self.refusals, text);
    }

    /// How many pages a job may have open at the same time, popups included, and how many browser contexts.
    pub fn set_page_limit(&self, limit: usize) {
        self.page_limit.set(limit);
    }

    fn open_pages(&self) -> usize {
        let targets = self.targets.borrow();
        let pages = targets.iter().filter(|target| target.target_type() == "page" && self.shows(target));
        pages.count()
    }

    /// Takes a place for one more page.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn place_for_page(&self) -> Result<Opening<'_>, Error> {
        if self.open_pages() + self.opening.get() >= self.page_limit.get() {
            return Err(self.too_many("pages"));
        }
        self.opening.set(self.opening.get() + 1);
        Ok(Opening(self))
    }

    pub(super) fn check_context_limit(&self) -> Result<(), Error> {
        let shown = self.contexts.borrow().iter().filter(|context| !context.is_hidden()).count();
        if shown < self.page_limit.get() { Ok(()) } else { Err(self.too_many("browser contexts")) }
    }

    /// Closes a page that nobody opened through us, a popup, when there are too many. Returns whether it did.
    pub(super) fn closes_excess(&self, target: &Target) -> bool {
        let counts = target.target_type() == "page" && self.shows(target);
        if !counts || self.open_pages() <= self.page_limit.get() {
            return false;
        }
        self.session.post("Target.closeTarget", json!({"targetId": target.id()}));
        tell_refusal(&self.sink, &self.refusals, format!("{}: closing a popup", self.too_many("pages")));
        true
    }

    fn too_many(&self, what: &str) -> Error {
        Error::message(format!("Limit of {} open {what} (JOB_PAGES) exceeded", self.page_limit.get()))
    }
}
