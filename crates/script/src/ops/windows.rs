//! Ops of windows, tabs and screens, and of what fills in forms.

use std::rc::Rc;

use ::browser::browser::Browser;
use ::browser::js_handle::JSHandle;
use ::browser::page::Page;
use rquickjs as js;

use super::model::{element, json};
use super::registry::Registry;

type This = (Rc<Page>,);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("page_window_id", |_, (page,): This| async move { Ok(page.window_id().await?.to_string()) })?;
    ops.future("page_resize", |_, (page, size): (Rc<Page>, String)| async move {
        let size = json(&size)?;
        Ok(page.resize(size["contentWidth"].clone(), size["contentHeight"].clone()).await?)
    })?;
    ops.future("page_tab", |_, (page,): This| async move { Ok(page.tab().await?) })?;
    ops.future("page_has_dev_tools", |_, (page,): This| async move { Ok(page.has_dev_tools().await?) })?;
    ops.future("browser_window_bounds", |_, (browser, window): (Rc<Browser>, f64)| async move {
        Ok(browser.window_bounds(whole(window)).await?)
    })?;
    ops.future("browser_set_window_bounds", |_, (browser, window, bounds): (Rc<Browser>, f64, String)| async move {
        Ok(browser.set_window_bounds(whole(window), json(&bounds)?).await?)
    })?;
    ops.future("browser_screens", |_, (browser,): (Rc<Browser>,)| async move { Ok(browser.screens().await?) })?;
    ops.future("browser_add_screen", |_, (browser, screen): (Rc<Browser>, String)| async move {
        Ok(browser.add_screen(json(&screen)?).await?)
    })?;
    ops.future("browser_remove_screen", |_, (browser, id): (Rc<Browser>, String)| async move {
        Ok(browser.remove_screen(&id).await?)
    })?;
    ops.future("element_handle_autofill", |_, (handle, data): (Rc<JSHandle>, String)| async move {
        let data = json(&data)?;
        let given = |name: &str| Some(data[name].clone()).filter(|value| !value.is_null());
        let (card, address) = (given("creditCard"), given("address"));
        Ok(element(&handle)?.autofill(card, address).await?)
    })
}

/// A window's number; what is none means no window.
#[expect(clippy::cast_possible_truncation, reason = "it saturates")]
fn whole(number: f64) -> i64 {
    number as i64
}
