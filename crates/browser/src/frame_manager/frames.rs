//! Frames as they come, navigate, change their process and go.

use std::rc::Rc;

use serde_json::{Value, json};

use super::FrameManager;
use crate::event::PageEvent;
use crate::frame::Frame;
use crate::session::Session;

/// How many frames Chromium loads in a page beside the page's own. Further ones stay empty, and Chromium does not say so.
/// <https://source.chromium.org/chromium/chromium/src/+/main:third_party/blink/renderer/core/page/page.h>
const CHROMIUM_FRAMES: usize = 1000;

impl FrameManager {
    pub(super) fn take_in(&self, session: &Rc<Session>, tree: &Value) {
        let frame = &tree["frame"];
        let id = frame["id"].as_str().unwrap_or_default();
        if let Some(parent) = frame["parentId"].as_str() {
            self.on_frame_attached(session, id, parent);
        }
        if let Some(known) = self.frame(id) {
            known.on_navigated(frame);
            self.announce(PageEvent::FrameNavigated(known));
        }
        for child in tree["childFrames"].as_array().into_iter().flatten() {
            self.take_in(session, child);
        }
    }

    pub(super) fn on_frame_attached(&self, session: &Rc<Session>, id: &str, parent_id: &str) {
        if let Some(frame) = self.frame(id) {
            // Back from a process of its own.
            if !Rc::ptr_eq(&frame.session(), session) {
                self.move_to(&frame, session);
            }
            return;
        }
        let Some(parent) = self.frame(parent_id).filter(|_| self.shows_one_more()) else { return };
        let Some(manager) = self.page.upgrade().map(|page| Rc::downgrade(page.frame_manager())) else { return };
        let frame = Frame::new(manager, session.clone(), Some(&parent), id.to_owned());
        self.frames.borrow_mut().push(frame.clone());
        if self.frames.borrow().len() > CHROMIUM_FRAMES
            && !self.told_excess.replace(true)
            && let Some(browser) = self.page.upgrade().and_then(|page| page.browser().ok())
        {
            browser.tell_full_page(CHROMIUM_FRAMES);
        }
        self.announce(PageEvent::FrameAttached(frame));
    }

    pub(super) fn on_frame_navigated(&self, session: &Rc<Session>, payload: &Value, navigation: &str) {
        let id = payload["id"].as_str().unwrap_or_default();
        let is_main = payload["parentId"].is_null() && Rc::ptr_eq(session, &self.session);
        let frame = if is_main { Some(self.main_frame.clone()) } else { self.frame(id) };
        let Some(frame) = frame else { return };
        for child in frame.child_frames() {
            self.remove(&child);
        }
        if is_main {
            frame.set_id(id);
        }
        frame.on_navigated(payload);
        if navigation == "BackForwardCacheRestore" {
            self.watchers.tell(|watcher| watcher.on_swapped(&frame));
        }
        self.announce(PageEvent::FrameNavigated(frame));
    }

    pub(super) fn on_navigated_within_document(&self, id: &str, url: &str) {
        let Some(frame) = self.frame(id) else { return };
        frame.set_url(url);
        self.watchers.tell(|watcher| watcher.on_navigated_within_document(&frame));
        self.announce(PageEvent::FrameNavigated(frame));
    }

    pub(super) fn on_frame_detached(&self, id: &str, reason: &str) {
        // A swapped frame goes on in another process, where its own session tells about it.
        if reason == "swap" {
            return;
        }
        if let Some(frame) = self.frame(id) {
            self.remove(&frame);
        }
    }

    fn remove(&self, frame: &Rc<Frame>) {
        for child in frame.child_frames() {
            self.remove(&child);
        }
        frame.on_detached();
        self.frames.borrow_mut().retain(|known| !Rc::ptr_eq(known, frame));
        self.shows_one_less();
        self.watchers.tell(|watcher| watcher.on_frame_detached(frame));
        self.announce(PageEvent::FrameDetached(frame.clone()));
    }

    /// From now on the frame is what `session` tells about.
    fn move_to(&self, frame: &Rc<Frame>, session: &Rc<Session>) {
        frame.set_session(session.clone());
        frame.main_world().set_context(None);
        frame.utility_world().set_context(None);
    }

    /// An `iframe` target was attached: one of the frames lives in a process of its own.
    pub(crate) fn on_remote_frame(&self, session: &Rc<Session>) {
        if let Some(frame) = self.frame(session.target_id()) {
            self.move_to(&frame, session);
        }
    }

    /// Notes that the process of a frame is gone. Either the frame is, too, or it has moved into its parent's process, which
    /// tells of it a little later; the future finds out which.
    pub(crate) fn on_remote_frame_gone(
        self: &Rc<Self>,
        session: &Rc<Session>,
    ) -> Option<impl Future<Output = ()> + use<>> {
        self.forget_contexts_of(session);
        let frame = self.frame(session.target_id()).filter(|frame| Rc::ptr_eq(&frame.session(), session))?;
        let Some(parent) = frame.parent_frame() else {
            self.remove(&frame);
            return None;
        };
        let parent = parent.session();
        self.move_to(&frame, &parent);
        let tree = parent.send_raw("Page.getFrameTree", json!({}));
        let manager = Rc::downgrade(self);
        Some(async move {
            let tree = tree.await.unwrap_or_default();
            let Some(manager) = manager.upgrade() else { return };
            let has_moved_on = !Rc::ptr_eq(&frame.session(), &parent);
            if !has_moved_on && !frame.is_detached() && !holds(&tree["frameTree"], &frame.id()) {
                manager.remove(&frame);
            }
        })
    }
}

/// Whether a frame tree has that frame.
fn holds(tree: &Value, id: &str) -> bool {
    tree["frame"]["id"] == id || tree["childFrames"].as_array().into_iter().flatten().any(|child| holds(child, id))
}
