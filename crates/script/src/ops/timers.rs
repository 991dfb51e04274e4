//! Ops of timers. The callbacks stay in `js/node/timers.js`.

use std::rc::Rc;

use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::inbox::Item;
use crate::scope::Scope;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("timer_start", start)?;
    ops.sync("timer_stop", stop)?;
    ops.sync("timer_optional", optional)?;
    ops.sync("timer_immediate", immediate)
}

/// The stack is that of a timer which is long enough for a job to be ended meanwhile.
fn start(scope: &Rc<Scope>, (delay_ms, stack): (f64, Option<String>)) -> Result<u32, OpError> {
    Ok(scope.timers.borrow_mut().start(delay_ms, stack))
}

fn stop(scope: &Rc<Scope>, (id,): (u32,)) -> Result<(), OpError> {
    scope.timers.borrow_mut().stop(id);
    Ok(())
}

fn optional(scope: &Rc<Scope>, (id, optional): (u32, bool)) -> Result<(), OpError> {
    scope.timers.borrow_mut().set_optional(id, optional);
    Ok(())
}

/// Due as soon as what waits already has run.
fn immediate(scope: &Rc<Scope>, (): ()) -> Result<u32, OpError> {
    let id = scope.timers.borrow_mut().reserve();
    scope.inbox.push(Item::Timer(id));
    Ok(id)
}
