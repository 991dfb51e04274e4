//! Ops of Bluetooth: the emulated adapter, and a page's question for a device.

use std::rc::Rc;

use ::browser::device_request_prompt::DeviceRequestPrompt;
use ::browser::error::{Awaited, Error};
use ::browser::page::Page;
use rquickjs as js;
use serde_json::json;

use super::model::json as parsed;
use super::registry::Registry;
use crate::error::OpError;

type Prompt = (Rc<DeviceRequestPrompt>,);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future(
        "page_emulate_bluetooth_adapter",
        |_, (page, state, le_supported): (Rc<Page>, String, bool)| async move {
            Ok(page.browser()?.emulate_bluetooth_adapter(&state, le_supported).await?)
        },
    )?;
    ops.future("page_disable_bluetooth_emulation", |_, (page,): (Rc<Page>,)| async move {
        Ok(page.browser()?.disable_bluetooth_emulation().await?)
    })?;
    ops.future("page_simulate_bluetooth_peripheral", |_, (page, peripheral): (Rc<Page>, String)| async move {
        Ok(page.browser()?.simulate_bluetooth_peripheral(parsed(&peripheral)?).await?)
    })?;
    ops.future("page_wait_for_device_prompt", |_, (page, timeout): (Rc<Page>, Option<f64>)| async move {
        Ok(page.wait_for_device_prompt(timeout).await?)
    })?;
    ops.sync("device_request_prompt_devices", |_, (prompt,): Prompt| {
        let devices = prompt.devices();
        Ok(devices.iter().map(|device| json!({"id": device.id, "name": device.name})).collect::<serde_json::Value>())
    })?;
    ops.sync("device_request_prompt_timeout", |_, (prompt,): Prompt| Ok(prompt.default_timeout()))?;
    ops.future("device_request_prompt_select", |_, (prompt, device): (Rc<DeviceRequestPrompt>, String)| async move {
        Ok(prompt.select(&device).await?)
    })?;
    ops.future("device_request_prompt_cancel", |_, (prompt,): Prompt| async move { Ok(prompt.cancel().await?) })?;
    ops.sync("wait_device_timed_out", |_, (timeout,): (f64,)| {
        Err::<(), OpError>(Error::WaitTimeout { what: Awaited::Device, timeout }.into())
    })
}
