//! Ops of the global `puppeteer`.

use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("puppeteer_devices", |_, (): ()| {
        serde_json::to_value(::browser::devices::devices()).map_err(|error| OpError::error(error.to_string()))
    })
}
