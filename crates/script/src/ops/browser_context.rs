//! Ops of BrowserContext.

use std::rc::Rc;

use ::browser::browser_context::BrowserContext;
use rquickjs as js;

use super::registry::Registry;

type Context = (Rc<BrowserContext>,);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("browser_context_targets", |_, (context,): Context| Ok(context.targets()?))?;
    ops.sync("browser_context_is_incognito", |_, (context,): Context| Ok(context.is_incognito()))?;
    ops.sync("browser_context_browser", |_, (context,): Context| Ok(context.browser()?))?;
    ops.future("browser_context_pages", |_, (context,): Context| async move { Ok(context.pages().await?) })?;
    ops.future("browser_context_new_page", |_, (context,): Context| async move { Ok(context.new_page().await?) })?;
    ops.future(
        "browser_context_override_permissions",
        |_, (context, origin, permissions): (Rc<BrowserContext>, String, Vec<String>)| async move {
            Ok(context.override_permissions(&origin, &permissions).await?)
        },
    )?;
    ops.future("browser_context_clear_permission_overrides", |_, (context,): Context| async move {
        Ok(context.clear_permission_overrides().await?)
    })?;
    ops.future("browser_context_close", |_, (context,): Context| async move { Ok(context.close().await?) })
}
