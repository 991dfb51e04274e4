//! Targets as they come, change and go.

use std::rc::Rc;

use serde_json::Value;

use super::Browser;
use crate::event::{Event, PageEvent, PageEventKind};
use crate::target::Target;

impl Browser {
    pub(super) fn on_target_created(self: &Rc<Self>, payload: Value) {
        let id = payload["targetId"].as_str().unwrap_or_default();
        if self.target_by_id(id).is_some() {
            return;
        }
        let context = payload["browserContextId"].as_str().and_then(|id| self.context_by_id(id));
        let target = Target::new(payload, context.unwrap_or_else(|| self.own_context.clone()));
        self.targets.borrow_mut().push(target.clone());
        if !self.closes_excess(&target) && target.is_initialized() {
            self.announce(&target);
        }
    }

    /// Tells about a target that has come to be; a popup's opener gets its page, if it listens.
    fn announce(self: &Rc<Self>, target: &Rc<Target>) {
        let opener = target.opener().filter(|_| target.target_type() == "page");
        let hears =
            opener.and_then(|opener| opener.made_page()).filter(|page| page.has_listeners(PageEventKind::Popup));
        if let Some(opener) = hears {
            let target = target.clone();
            // It ends by itself: attaching answers, or fails with the connection.
            tokio::task::spawn_local(async move {
                if let Ok(Some(popup)) = target.page().await {
                    opener.emit(PageEvent::Popup(popup));
                }
            });
        }
        self.tell(target.clone(), Event::TargetCreated);
    }

    pub(super) fn on_target_changed(self: &Rc<Self>, payload: Value) {
        let Some(target) = self.target_by_id(payload["targetId"].as_str().unwrap_or_default()) else { return };
        let (was_initialized, old_url) = (target.is_initialized(), target.url());
        target.update(payload);
        if !was_initialized {
            if target.is_initialized() {
                self.announce(&target);
            }
        } else if target.url() != old_url {
            self.tell(target, Event::TargetChanged);
        }
    }

    pub(super) fn on_target_destroyed(&self, id: &str) {
        let Some(target) = self.target_by_id(id) else { return };
        self.targets.borrow_mut().retain(|known| !Rc::ptr_eq(known, &target));
        let was_initialized = target.is_initialized();
        target.on_destroyed();
        if was_initialized {
            self.tell(target, Event::TargetDestroyed);
        }
    }
}
