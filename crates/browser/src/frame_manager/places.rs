//! How many frames and workers of a page its job sees: a page makes them by itself, as many as it likes.

use super::FrameManager;

impl FrameManager {
    /// Takes the place of a frame or a worker that has come, if the job may see one more.
    pub(crate) fn shows_one_more(&self) -> bool {
        let Some(browser) = self.page.upgrade().and_then(|page| page.browser().ok()) else { return false };
        let place = browser.place_for_frame();
        if place.is_none() && !self.told_excess.replace(true) {
            browser.tell_excess_of_frames();
        }
        let has_place = place.is_some();
        self.places.borrow_mut().extend(place);
        has_place
    }

    /// Tells whether the job sees a frame in a process of its own, or may still be shown it.
    pub(crate) fn may_show(&self, id: &str) -> bool {
        !self.told_excess.get() || self.frame(id).is_some()
    }

    /// Gives back the place of a frame or a worker that has gone.
    pub(crate) fn shows_one_less(&self) {
        self.places.borrow_mut().pop();
    }

    /// Gives back the places of all: the page is closed.
    pub(crate) fn on_closed(&self) {
        self.places.borrow_mut().clear();
    }
}
