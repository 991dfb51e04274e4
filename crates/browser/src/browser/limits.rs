//! How much of a browser one job may have open: each page and each context costs Chromium memory.

use serde_json::json;

use super::{Browser, tell_refusal};
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

impl Browser {
    /// How many pages a job may have open at the same time, popups included, and how many browser contexts.
    pub fn set_page_limit(&self, limit: usize) {
        self.page_limit.set(limit);
    }

    fn open_pages(&self) -> usize {
        let targets = self.targets.borrow();
        let pages = targets.iter().filter(|target| target.target_type() == "page" && self.shows(target));
        pages.count()
    }

    /// A place for one more page.
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

    /// Closes a page that has come by itself, a popup, when there are too many; whether it did.
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
