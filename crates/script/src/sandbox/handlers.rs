//! What the engine calls while it runs: at a limit, and when nobody handles a rejection.

use std::rc::Rc;

use rquickjs as js;

use crate::meter::Interrupt;
use crate::scope::{Hook, Rejection, Scope};

/// Ends running code at a limit.
///
/// The engine loses an interruption that comes while it makes an error's stack trace, and a loop that makes errors spends
/// nearly all of its time so: the prelude's part in stack traces is over then.
pub(super) fn interrupt_handler(scope: &Rc<Scope>, context: &js::Context) -> js::runtime::InterruptHandler {
    let (scope, context) = (Rc::downgrade(scope), context.as_raw());
    Box::new(move || {
        let Some(scope) = scope.upgrade() else { return true };
        let interrupt = scope.meter.interrupt();
        if interrupt == Interrupt::Again {
            // SAFETY: the engine calls this in the middle of running this very context, which is alive and entered.
            let ctx = unsafe { js::Ctx::from_raw(context) };
            if scope.hook(&ctx, Hook::PlainStacks).and_then(|hook| hook.call::<_, ()>(())).is_err() {
                ctx.catch();
            }
        }
        interrupt != Interrupt::No
    })
}

pub(super) fn rejection_tracker(scope: &Rc<Scope>) -> js::runtime::RejectionTracker {
    let scope = Rc::downgrade(scope);
    Box::new(move |ctx, promise, reason, handled| {
        let Some(scope) = scope.upgrade() else { return };
        let promise = js::Persistent::save(&ctx, promise);
        if handled {
            scope.rejections.borrow_mut().retain(|waiting| waiting.promise != promise);
        } else if !scope.ended.get() {
            let reason = js::Persistent::save(&ctx, reason);
            scope.rejections.borrow_mut().push(Rejection { promise, reason });
        }
    })
}
