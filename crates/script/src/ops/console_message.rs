//! Ops of ConsoleMessage.

use std::rc::Rc;

use ::browser::console_message::ConsoleMessage;
use rquickjs as js;
use serde_json::Map;

use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("console_message_type", |_, (message,): (Rc<ConsoleMessage>,)| Ok(message.kind().to_owned()))?;
    ops.sync("console_message_text", |_, (message,): (Rc<ConsoleMessage>,)| Ok(message.text().to_owned()))?;
    ops.sync("console_message_args", |_, (message,): (Rc<ConsoleMessage>,)| Ok(message.args().to_vec()))?;
    ops.sync("console_message_location", |_, (message,): (Rc<ConsoleMessage>,)| {
        let location = message.location();
        let mut members = Map::new();
        let parts = [
            ("url", location.url.clone().map(serde_json::Value::from)),
            ("lineNumber", location.line.map(serde_json::Value::from)),
            ("columnNumber", location.column.map(serde_json::Value::from)),
        ];
        members.extend(parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Ok(serde_json::Value::Object(members))
    })
}
