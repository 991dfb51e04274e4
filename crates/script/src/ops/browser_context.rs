//! Ops of BrowserContext.

use std::rc::Rc;

use ::browser::browser_context::BrowserContext;
use rquickjs as js;

use super::browser::new_page;
use super::model::json;
use super::registry::Registry;
use crate::value::{IntoValue, Value};

type Context = (Rc<BrowserContext>,);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("browser_context_targets", |_, (context,): Context| Ok(context.targets()?))?;
    ops.sync("browser_context_is_incognito", |_, (context,): Context| Ok(context.is_incognito()))?;
    ops.sync("browser_context_browser", |_, (context,): Context| Ok(context.browser()?))?;
    ops.future("browser_context_pages", |_, (context,): Context| async move { Ok(context.pages().await?) })?;
    ops.future("browser_context_new_page", |_, (context, options): (Rc<BrowserContext>, Option<String>)| async move {
        Ok(context.new_page_with(new_page(options)?).await?)
    })?;
    ops.future(
        "browser_context_set_download_behavior",
        |_, (context, policy, folder): (Rc<BrowserContext>, String, Option<String>)| async move {
            Ok(context.set_download_behavior(&policy, folder.as_deref()).await?)
        },
    )?;
    ops.future(
        "browser_context_override_permissions",
        |_, (context, origin, permissions): (Rc<BrowserContext>, String, Vec<String>)| async move {
            Ok(context.override_permissions(&origin, &permissions).await?)
        },
    )?;
    ops.future("browser_context_clear_permission_overrides", |_, (context,): Context| async move {
        Ok(context.clear_permission_overrides().await?)
    })?;
    ops.sync("browser_context_is_closed", |_, (context,): Context| Ok(context.is_closed()))?;
    ops.sync("browser_context_id", |_, (context,): Context| {
        Ok(context.id().map_or(Value::Undefined, IntoValue::into_value))
    })?;
    ops.future(
        "browser_context_set_permissions",
        |_, (context, origin, settings): (Rc<BrowserContext>, String, String)| async move {
            Ok(context.set_permissions(&origin, json(&settings)?).await?)
        },
    )?;
    ops.future("browser_context_cookies", |_, (context,): Context| async move { Ok(context.cookies().await?) })?;
    ops.future("browser_context_set_cookies", |_, (context, cookies): (Rc<BrowserContext>, String)| async move {
        Ok(context.set_cookies(json(&cookies)?).await?)
    })?;
    ops.future("browser_context_close", |_, (context,): Context| async move { Ok(context.close().await?) })
}
