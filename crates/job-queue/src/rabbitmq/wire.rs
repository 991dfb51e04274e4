//! Messages as AMQP properties and bodies.

use std::collections::BTreeMap;

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use crate::Message;

/// AMQP's word for "keep it on disk".
const PERSISTENT: u8 = 2;

/// The properties of a persistent JSON message. Fails with the name of a header that AMQP cannot carry.
pub(super) fn properties(headers: &BTreeMap<String, String>, id: &str) -> Result<BasicProperties, String> {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        let name = ShortString::try_new(name.as_str()).map_err(|err| format!("header name {name:.40}…: {err}"))?;
        table.insert(name, AMQPValue::LongString(LongString::from(value.as_str())));
    }
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(id.into());
    Ok(if headers.is_empty() { properties } else { properties.with_headers(table) })
}

/// What arrived. A foreign sender's headers may be of any AMQP type.
pub(super) fn message(properties: &BasicProperties, body: Vec<u8>) -> Message {
    let headers = properties.headers().iter().flat_map(|table| table.inner());
    Message { headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(), body }
}

fn text(value: &AMQPValue) -> String {
    match value {
        AMQPValue::LongString(value) => value.to_string(),
        AMQPValue::ShortString(value) => value.to_string(),
        AMQPValue::Boolean(value) => value.to_string(),
        AMQPValue::ShortShortInt(value) => value.to_string(),
        AMQPValue::ShortShortUInt(value) => value.to_string(),
        AMQPValue::ShortInt(value) => value.to_string(),
        AMQPValue::ShortUInt(value) => value.to_string(),
        AMQPValue::LongInt(value) => value.to_string(),
        AMQPValue::LongUInt(value) => value.to_string(),
        AMQPValue::LongLongInt(value) => value.to_string(),
        AMQPValue::Float(value) => value.to_string(),
        AMQPValue::Double(value) => value.to_string(),
        AMQPValue::Timestamp(value) => value.to_string(),
        AMQPValue::ByteArray(value) => String::from_utf8_lossy(value.as_slice()).into_owned(),
        AMQPValue::Void => String::new(),
        // Tables, lists and decimals have no one text; JSON is the form everyone here can read.
        nested => serde_json::to_string(nested).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_other_types_arrive_as_text() {
        let mut table = FieldTable::default();
        table.insert("number".into(), AMQPValue::LongInt(7));
        table.insert("yes".into(), AMQPValue::Boolean(true));
        table.insert("nothing".into(), AMQPValue::Void);
        table.insert("text".into(), AMQPValue::LongString("täxt".into()));
        let arrived = message(&BasicProperties::default().with_headers(table), Vec::new());
        let headers: Vec<_> = arrived.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(headers, [("nothing", ""), ("number", "7"), ("text", "täxt"), ("yes", "true")]);
    }

    #[test]
    fn a_header_name_too_long_for_amqp_is_an_error() {
        let headers = BTreeMap::from([("x".repeat(256), String::new())]);
        assert!(properties(&headers, "id").is_err());
    }
}
