//! How the waits of `js/puppeteer/event_wait.js` fail: each op throws, in Puppeteer's words.

use ::browser::error::{Awaited, Error};
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("wait_event_timed_out", |_, (timeout,): (f64,)| Err::<(), OpError>(Error::EventTimeout(timeout).into()))?;
    ops.sync("wait_closed", |_, (): ()| Err::<(), OpError>(Error::WaitingPageClosed.into()))?;
    ops.sync("wait_target_timed_out", |_, (timeout,): (f64,)| {
        Err::<(), OpError>(Error::WaitTimeout { what: Awaited::Target, timeout }.into())
    })?;
    ops.sync("cancel_next", |scope, (): ()| Ok(scope.cancels.number_next()))?;
    ops.sync("cancel", |scope, (number,): (u32,)| {
        scope.cancels.cancel(number);
        Ok(())
    })?;
    ops.sync("tag_without_source", |_, (): ()| Err::<(), OpError>(Error::NoTagSource.into()))?;
    ops.sync("locator_timed_out", |_, (timeout, cause): (f64, String)| {
        let cause = if cause.is_empty() { cause } else { format!(": {cause}") };
        Err::<(), OpError>(OpError::of_class("TimeoutError", format!("Timed out after waiting {timeout}ms{cause}")))
    })
}
