//! Targets as they come, change and go.

use std::rc::Rc;

use serde_json::{Value, json};

use super::Browser;
use crate::error::Error;
use crate::event::{Event, PageEvent, PageEventKind};
use crate::session::Session;
use crate::target::Target;

impl Browser {
    pub(crate) fn target_by_id(&self, id: &str) -> Option<Rc<Target>> {
        self.targets.borrow().iter().find(|target| target.id() == id).cloned()
    }

    /// Returns all targets that anybody was told about.
    pub fn targets(&self) -> Vec<Rc<Target>> {
        let targets = self.targets.borrow();
        let mut shown: Vec<_> = targets.iter().filter(|target| target.is_initialized() && self.shows(target)).collect();
        // Chromium has one of itself for every client; a script is to see one.
        let own = shown.iter().position(|target| target.target_type() == "browser");
        let mut index = 0..;
        shown.retain(|target| index.next() == own || target.target_type() != "browser");
        shown.into_iter().cloned().collect()
    }

    /// Returns the browser's own target.
    pub fn target(&self) -> Option<Rc<Target>> {
        self.targets().into_iter().find(|target| target.target_type() == "browser")
    }

    /// Tells whether a target, by CDP's id, is one that scripts know of.
    pub(crate) fn shows_target(&self, id: &str) -> bool {
        self.target_by_id(id).is_some_and(|target| self.shows(&target))
    }

    /// Tells whether scripts may see a target: those of hidden contexts they may not.
    pub(super) fn shows(&self, target: &Target) -> bool {
        !target.browser_context().is_hidden() || target.target_type() == "browser"
    }

    /// Tells about a target, unless it is hidden.
    pub(super) fn tell(&self, target: Rc<Target>, event: impl FnOnce(Rc<Target>) -> Event) {
        if self.shows(&target) {
            self.sink.tell(event(target));
        }
    }

    /// Attaches one more session to a target, by CDP's id.
    pub(crate) async fn attach_to(&self, target: &str) -> Result<Rc<Session>, Error> {
        let arguments = json!({"targetId": target, "flatten": true});
        let answer = self.session.send_raw("Target.attachToTarget", arguments).await?;
        let id = answer["sessionId"].as_str().unwrap_or_default();
        self.session.sibling(id).ok_or(Error::TargetClosed)
    }

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
