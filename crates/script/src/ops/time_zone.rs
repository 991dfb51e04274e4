//! What time it is elsewhere, for dates with a `timeZone`.

use std::rc::Rc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;
use crate::value::{IntoValue, Value};

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("zone_offset", zone_offset)?;
    ops.sync("zone_names", |_, (): ()| Ok(zone_names()))?;
    ops.sync("system_zone", |_, (): ()| Ok(system_zone()))
}

/// `[seconds east of Greenwich, short name, the zone's own name, whether it is summer time]` at that moment, by the time zone
/// database that the program carries; null for a name that it does not know.
#[expect(clippy::cast_possible_truncation, reason = "a Date's time is within ±8.64e15 ms")]
fn zone_offset(_: &Rc<Scope>, (name, millis): (String, f64)) -> Result<Option<Value>, OpError> {
    let Ok(zone) = TimeZone::get(&name) else { return Ok(None) };
    let Ok(moment) = Timestamp::from_millisecond(millis as i64) else { return Ok(None) };
    let info = zone.to_offset_info(moment);
    let own_name = zone.iana_name().unwrap_or(&name);
    let answer = [
        info.offset().seconds().into_value(),
        info.abbreviation().into_value(),
        own_name.into_value(),
        info.dst().is_dst().into_value(),
    ];
    Ok(Some(Value::Array(answer.into())))
}

/// The zones of the database that lie in a part of the world, and UTC.
fn zone_names() -> Value {
    const PARTS: [&str; 10] = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    let names = jiff::tz::db().available().map(|name| name.to_string());
    let named = names.filter(|name| name == "UTC" || PARTS.iter().any(|part| name.starts_with(part)));
    Value::Array(named.map(IntoValue::into_value).collect())
}

/// The zone that `TZ` names, as Node has it; UTC when it names none.
fn system_zone() -> String {
    let name = std::env::var("TZ").unwrap_or_default();
    let name = name.trim_start_matches(':');
    if name.is_empty() { "UTC".to_owned() } else { name.to_owned() }
}
