//! `puppeteer.devices`: the screens and user agents that Puppeteer 1.20 knows by name.

use serde::Serialize;
use serde_json::{Value, json};

use crate::emulation::Viewport;

/// Name, width, height, scale factor, user agent; one device per line, upright.
const TABLE: &str = include_str!("devices.tsv");

/// The one device that Puppeteer has in one position only.
const WITHOUT_LANDSCAPE: &str = "Microsoft Lumia 550";

/// What `page.emulate()` takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// What it is called; ends with ` landscape` when it lies on its side.
    pub name: String,
    /// What its browser calls itself.
    pub user_agent: &'static str,
    /// Its screen.
    pub viewport: Viewport,
}

/// Returns all devices, each upright and then on its side.
pub fn devices() -> Vec<Device> {
    TABLE.lines().filter_map(upright).flat_map(both_positions).collect()
}

/// Puppeteer 25's devices, name by name, with `userAgent` and `viewport` each.
pub fn known_devices() -> Value {
    const KNOWN: &str = include_str!("known_devices.tsv");
    let device = |line: &str| {
        let mut columns = line.split('\t');
        let name = columns.next()?.to_owned();
        let viewport = Viewport {
            width: columns.next()?.parse().ok()?,
            height: columns.next()?.parse().ok()?,
            device_scale_factor: Some(columns.next()?.parse().ok()?),
            is_mobile: Some(columns.next()? == "true"),
            has_touch: Some(columns.next()? == "true"),
            is_landscape: Some(columns.next()? == "true"),
        };
        Some((name, json!({"userAgent": columns.next()?, "viewport": viewport})))
    };
    Value::Object(KNOWN.lines().filter_map(device).collect())
}

/// Finds the device of that name.
pub fn device(name: &str) -> Option<Device> {
    devices().into_iter().find(|device| device.name == name)
}

fn upright(line: &'static str) -> Option<Device> {
    let mut columns = line.split('\t');
    let name = columns.next()?.to_owned();
    let viewport = Viewport {
        width: columns.next()?.parse().ok()?,
        height: columns.next()?.parse().ok()?,
        device_scale_factor: Some(columns.next()?.parse().ok()?),
        is_mobile: Some(true),
        has_touch: Some(true),
        is_landscape: Some(false),
    };
    Some(Device { name, user_agent: columns.next()?, viewport })
}

fn both_positions(upright: Device) -> Vec<Device> {
    if upright.name == WITHOUT_LANDSCAPE {
        return vec![upright];
    }
    let Viewport { width, height, .. } = upright.viewport;
    let viewport = Viewport { width: height, height: width, is_landscape: Some(true), ..upright.viewport };
    let landscape = Device { name: format!("{} landscape", upright.name), viewport, user_agent: upright.user_agent };
    vec![upright, landscape]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_device_of_puppeteer_1_20() {
        assert_eq!(devices().len(), 71);
        assert!(device(WITHOUT_LANDSCAPE).is_some() && device("Microsoft Lumia 550 landscape").is_none());
    }

    #[test]
    fn the_other_table_has_every_device_of_puppeteer_25() {
        let known = known_devices();
        assert_eq!(known.as_object().map(serde_json::Map::len), Some(153));
        assert_eq!(known["iPhone SE"]["viewport"]["width"], 320);
    }

    #[test]
    fn a_device_on_its_side_has_its_sides_exchanged() {
        let (upright, landscape) = (device("iPhone 6"), device("iPhone 6 landscape"));
        let (upright, landscape) = (upright.expect("a device").viewport, landscape.expect("a device").viewport);
        assert_eq!((upright.width, upright.height, upright.is_landscape), (375, 667, Some(false)));
        assert_eq!((landscape.width, landscape.height, landscape.is_landscape), (667, 375, Some(true)));
        assert_eq!(landscape.device_scale_factor, Some(2.0));
    }
}
