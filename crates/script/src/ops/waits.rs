//! How the waits of `js/puppeteer/event_wait.js` fail: each op throws, in Puppeteer's words.

use ::browser::error::Error;
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("wait_event_timed_out", |_, (): ()| Err::<(), OpError>(Error::EventTimeout.into()))?;
    ops.sync("wait_closed", |_, (): ()| Err::<(), OpError>(Error::TargetClosed.into()))?;
    ops.sync("wait_timed_out", |_, (what, timeout): (String, f64)| {
        Err::<(), OpError>(Error::WaitTimeout { what, timeout }.into())
    })?;
    ops.sync("locator_timed_out", |_, (timeout, cause): (f64, String)| {
        let cause = if cause.is_empty() { cause } else { format!(": {cause}") };
        Err::<(), OpError>(OpError::of_class("TimeoutError", format!("Timed out after waiting {timeout}ms{cause}")))
    })
}
