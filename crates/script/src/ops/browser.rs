//! Ops of Browser.

use std::rc::Rc;
use std::time::Duration;

use ::browser::ContextOptions;
use ::browser::browser::Browser;
use ::browser::browser_context::NewPage;
use rquickjs as js;
use serde_json::json;

use super::local_files;
use super::model::json as parsed;
use super::registry::Registry;
use crate::error::OpError;

type This = (Rc<Browser>,);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("browser_browser_contexts", |_, (browser,): This| Ok(browser.browser_contexts()))?;
    ops.sync("browser_default_browser_context", |_, (browser,): This| Ok(browser.default_browser_context()))?;
    ops.sync("browser_targets", |_, (browser,): This| Ok(browser.targets()))?;
    ops.sync("browser_target", |_, (browser,): This| Ok(browser.target()))?;
    ops.sync("browser_is_connected", |_, (browser,): This| Ok(browser.is_connected()))?;
    ops.future(
        "browser_create_browser_context",
        |_, (browser, proxy_server, proxy_bypass_list): (Rc<Browser>, Option<String>, Vec<String>)| async move {
            let options = ContextOptions { proxy_server, proxy_bypass_list };
            Ok(browser.create_browser_context_with(options).await?)
        },
    )?;
    ops.future("browser_new_page", |_, (browser, options): (Rc<Browser>, Option<String>)| async move {
        Ok(browser.new_page_with(new_page(options)?).await?)
    })?;
    ops.sync("browser_set_pace", |scope, (browser, slow_mo, limit): (Rc<Browser>, f64, f64)| {
        browser.set_slow_motion(milliseconds(slow_mo));
        scope.command_limit.set(Some(milliseconds(limit)).filter(|limit| !limit.is_zero()));
        Ok(())
    })?;
    ops.future("browser_pages", |_, (browser,): This| async move { Ok(browser.pages().await?) })?;
    ops.future("browser_version", |_, (browser,): This| async move { Ok(browser.version().await?) })?;
    ops.future("browser_user_agent", |_, (browser,): This| async move { Ok(browser.user_agent().await?) })?;
    machine(ops)
}

/// A time that is not one is none.
fn milliseconds(time: f64) -> Duration {
    Duration::try_from_secs_f64(time / 1000.0).unwrap_or_default()
}

/// What reaches beyond the job: the browser is the executor's.
fn machine(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("browser_process", |scope, (browser,): This| {
        local_files::check(scope, "browser.process()")?;
        Ok(browser.process_id().map(|id| json!({"pid": id})))
    })?;
    ops.sync("browser_ws_endpoint", |scope, (_,): This| {
        local_files::check(scope, "browser.wsEndpoint()")?;
        // What Puppeteer says of a browser that it talks to over a pipe.
        Ok(String::new())
    })?;
    ops.sync("browser_disconnect", |scope, (browser,): This| {
        local_files::check(scope, "browser.disconnect()")?;
        browser.disconnect();
        Ok(())
    })?;
    ops.future("browser_close", |scope, (browser,): This| async move {
        local_files::check(&scope, "browser.close()")?;
        browser.close().await;
        Ok(())
    })
}

/// What `js/puppeteer/options.js` makes of how a script wants a page.
pub(super) fn new_page(options: Option<String>) -> Result<NewPage, OpError> {
    let Some(options) = options else { return Ok(NewPage::default()) };
    serde_json::from_value(parsed(&options)?).map_err(|error| OpError::type_error(format!("newPage: {error}")))
}
