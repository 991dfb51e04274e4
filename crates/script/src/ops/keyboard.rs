//! Ops of Keyboard, and the options of pressing and clicking.

use std::rc::Rc;
use std::time::Duration;

use ::browser::geometry::Point;
use ::browser::input::{ClickOptions, Keyboard, MouseButton, PressOptions};
use rquickjs as js;
use serde::Deserialize;

use super::registry::Registry;
use crate::error::OpError;
use crate::value::Json;

/// As `js/puppeteer/keyboard.js` makes them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PressArgs {
    delay: Option<f64>,
    text: Option<String>,
    commands: Vec<String>,
}

/// As `js/puppeteer/keyboard.js` makes them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ClickArgs {
    delay: Option<f64>,
    button: Option<String>,
    click_count: Option<f64>,
    count: Option<f64>,
    offset: Option<Offset>,
}

#[derive(Deserialize)]
pub(super) struct Offset {
    x: f64,
    y: f64,
}

impl From<Offset> for Point {
    fn from(Offset { x, y }: Offset) -> Self {
        Self { x, y }
    }
}

pub(super) fn press_options(args: PressArgs) -> PressOptions {
    PressOptions { delay: args.delay.map(milliseconds), text: args.text, commands: args.commands }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of clicks; what does not fit is no such number"
)]
pub(super) fn click_options(args: ClickArgs) -> Result<ClickOptions, OpError> {
    let button = args.button.as_deref().map(str::parse::<MouseButton>).transpose()?;
    Ok(ClickOptions {
        button: button.unwrap_or_default(),
        click_count: args.click_count.map(|count| count as i64),
        count: args.count.map_or(1, |count| count as u32),
        delay: args.delay.map(milliseconds),
        offset: args.offset.map(Point::from),
    })
}

/// A delay; what is not a length of time is none.
pub(super) fn milliseconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number / 1000.0).unwrap_or_default()
}

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    type Down = (Rc<Keyboard>, String, Option<String>, Vec<String>);
    ops.future("keyboard_down", |_, (keyboard, key, text, commands): Down| {
        let down = keyboard.down(&key, text, commands);
        async move { Ok(down.await?) }
    })?;
    ops.future("keyboard_up", |_, (keyboard, key): (Rc<Keyboard>, String)| {
        let up = keyboard.up(&key);
        async move { Ok(up.await?) }
    })?;
    ops.future("keyboard_send_character", |_, (keyboard, text): (Rc<Keyboard>, String)| {
        let sent = keyboard.send_character(&text);
        async move { Ok(sent.await?) }
    })?;
    ops.future("keyboard_type", |_, (keyboard, text, delay): (Rc<Keyboard>, String, Option<f64>)| {
        let typed = keyboard.type_text(&text, delay);
        async move { Ok(typed.await?) }
    })?;
    ops.future("keyboard_press", |_, (keyboard, key, options): (Rc<Keyboard>, String, Json<PressArgs>)| {
        let pressed = keyboard.press(&key, press_options(options.0));
        async move { Ok(pressed.await?) }
    })
}
