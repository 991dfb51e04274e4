//! Execution contexts as they come and go. Their ids are unique within a session only.

use std::rc::Rc;

use serde_json::Value;

use super::FrameManager;
use crate::execution_context::ExecutionContext;
use crate::session::Session;
use crate::world::UTILITY_WORLD;

/// The most execution contexts of a page that are known at the same time: a script makes them by a command of its own sessions.
const CONTEXTS: usize = 10_000;

impl FrameManager {
    pub(crate) fn context(&self, session: &Session, id: i64) -> Option<Rc<ExecutionContext>> {
        self.contexts.borrow().get(&context_key(session, id)).cloned()
    }

    pub(super) fn on_context_created(&self, session: &Rc<Session>, payload: &Value) {
        if self.contexts.borrow().len() >= CONTEXTS {
            return;
        }
        let of_frame = payload["auxData"]["frameId"].as_str().and_then(|id| self.frame(id));
        let frame = of_frame.filter(|frame| Rc::ptr_eq(&frame.session(), session));
        let world = frame.and_then(|frame| {
            if payload["auxData"]["isDefault"] == true {
                return Some(frame.main_world().clone());
            }
            // Another client of the same page may make a world of that name, too; the first is as good.
            let is_ours = payload["name"] == UTILITY_WORLD && !frame.utility_world().has_context();
            is_ours.then(|| frame.utility_world().clone())
        });
        let id = payload["id"].as_i64().unwrap_or_default();
        let weak = world.as_ref().map(Rc::downgrade).unwrap_or_default();
        let context = ExecutionContext::new(session.clone(), id, weak);
        self.contexts.borrow_mut().insert(context_key(session, id), context.clone());
        if let Some(world) = world {
            world.set_context(Some(context));
        }
    }

    pub(super) fn forget_contexts_of(&self, session: &Rc<Session>) {
        let mut contexts = self.contexts.borrow_mut();
        let gone: Vec<_> = contexts.extract_if(|_, context| Rc::ptr_eq(context.session(), session)).collect();
        drop(contexts);
        gone.iter().for_each(|(_, context)| forget(context));
    }

    pub(super) fn on_context_destroyed(&self, session: &Session, id: i64) {
        let context = self.contexts.borrow_mut().remove(&context_key(session, id));
        context.iter().for_each(forget);
    }
}

fn context_key(session: &Session, id: i64) -> (String, i64) {
    (session.id().unwrap_or_default().to_owned(), id)
}

fn forget(context: &Rc<ExecutionContext>) {
    if let Some(world) = context.world() {
        world.unset_context(context);
    }
}
