//! Ops of ConsoleMessage.

use std::rc::Rc;

use ::browser::console_message::{ConsoleLocation, ConsoleMessage};
use rquickjs as js;
use serde_json::Map;

use super::registry::Registry;

type This = (Rc<ConsoleMessage>,);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("console_message_type", |scope, (message,): This| Ok(message.kind_in(scope.dialect()).to_owned()))?;
    ops.sync("console_message_text", |scope, (message,): This| Ok(message.text_in(scope.dialect())))?;
    ops.sync("console_message_args", |_, (message,): This| Ok(message.args().to_vec()))?;
    ops.sync("console_message_location", |_, (message,): This| Ok(told(message.location())))?;
    ops.sync("console_message_stack_trace", |_, (message,): This| {
        Ok(message.stack().iter().map(told).collect::<Vec<_>>())
    })?;
    ops.sync("console_message_frame", |_, (message,): This| Ok(message.origin().frame.clone()))?;
    ops.sync("console_message_page", |_, (message,): This| Ok(message.origin().page.upgrade()))?;
    ops.sync("console_message_worker", |_, (message,): This| Ok(message.origin().worker.upgrade()))
}

fn told(location: &ConsoleLocation) -> serde_json::Value {
    let mut members = Map::new();
    let parts = [
        ("url", location.url.clone().map(serde_json::Value::from)),
        ("lineNumber", location.line.map(serde_json::Value::from)),
        ("columnNumber", location.column.map(serde_json::Value::from)),
    ];
    members.extend(parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    serde_json::Value::Object(members)
}
