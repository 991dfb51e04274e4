//! Ops of Target.

use std::rc::Rc;

use ::browser::target::Target;
use rquickjs as js;

use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("target_url", |_, (target,): (Rc<Target>,)| Ok(target.url()))?;
    ops.sync("target_type", |_, (target,): (Rc<Target>,)| Ok(target.target_type()))?;
    ops.sync("target_opener", |_, (target,): (Rc<Target>,)| Ok(target.opener()))?;
    ops.sync("target_browser", |_, (target,): (Rc<Target>,)| Ok(target.browser()?))?;
    ops.sync("target_browser_context", |_, (target,): (Rc<Target>,)| Ok(target.browser_context().clone()))?;
    ops.future("target_page", |_, (target,): (Rc<Target>,)| async move { Ok(target.page().await?) })?;
    ops.future("target_as_page", |_, (target,): (Rc<Target>,)| async move { Ok(target.as_page().await?) })?;
    ops.future("target_worker", |_, (target,): (Rc<Target>,)| async move { Ok(target.worker().await?) })?;
    ops.future("target_create_cdp_session", |_, (target,): (Rc<Target>,)| async move {
        Ok(target.create_cdp_session().await?)
    })
}
