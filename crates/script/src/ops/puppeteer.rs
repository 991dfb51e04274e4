//! Ops of the global `puppeteer`.

use std::rc::Rc;

use ::browser::query::handlers::QueryHandler;
use ::browser::remote_object::PageFunction;
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("puppeteer_devices", |_, (): ()| {
        serde_json::to_value(::browser::devices::devices()).map_err(|error| OpError::error(error.to_string()))
    })?;
    ops.sync("puppeteer_known_devices", |_, (): ()| Ok(::browser::devices::known_devices()))?;
    ops.sync("puppeteer_register_query_handler", register_query_handler)?;
    ops.sync("puppeteer_unregister_query_handler", |scope, (name,): (String,)| {
        if let Some(browser) = scope.browser() {
            browser.query_handlers().unregister(&name);
        }
        Ok(())
    })
}

type Handler = (String, Option<PageFunction>, Option<PageFunction>);

fn register_query_handler(scope: &Rc<Scope>, (name, one, all): Handler) -> Result<(), OpError> {
    let text = |function: Option<PageFunction>| match function {
        Some(PageFunction::Function(text)) => Some(text.into_owned()),
        Some(PageFunction::Expression(_)) | None => None,
    };
    if let Some(browser) = scope.browser() {
        browser.query_handlers().register(name, QueryHandler { one: text(one), all: text(all) });
    }
    Ok(())
}
