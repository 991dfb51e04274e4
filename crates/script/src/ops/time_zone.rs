//! What time it is elsewhere, for `toLocaleString` with a `timeZone`.

use std::rc::Rc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;
use crate::value::{IntoValue, Value};

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("zone_offset", zone_offset)
}

/// `[seconds east of Greenwich, short name, the zone's own name]` at that moment, by the time zone database that the program
/// carries; null for a name that it does not know.
#[expect(clippy::cast_possible_truncation, reason = "a Date's time is within ±8.64e15 ms")]
fn zone_offset(_: &Rc<Scope>, (name, millis): (String, f64)) -> Result<Option<Value>, OpError> {
    let Ok(zone) = TimeZone::get(&name) else { return Ok(None) };
    let Ok(moment) = Timestamp::from_millisecond(millis as i64) else { return Ok(None) };
    let info = zone.to_offset_info(moment);
    let own_name = zone.iana_name().unwrap_or(&name);
    let answer = [info.offset().seconds().into_value(), info.abbreviation().into_value(), own_name.into_value()];
    Ok(Some(Value::Array(answer.into())))
}
