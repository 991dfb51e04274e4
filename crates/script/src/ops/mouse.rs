//! Ops of Mouse.

use std::rc::Rc;

use ::browser::input::{ClickOptions, Mouse};
use rquickjs as js;

use super::keyboard::{ClickArgs, Offset, click_options};
use super::model::json;
use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;
use crate::value::Json;

type Click = (Rc<Mouse>, Json<ClickArgs>);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("mouse_move", |_, (mouse, x, y, steps): (Rc<Mouse>, f64, f64, f64)| {
        let moved = mouse.move_to(x, y, whole(steps));
        async move { Ok(moved.await?) }
    })?;
    ops.future("mouse_click", |_, (mouse, x, y, options): (Rc<Mouse>, f64, f64, Json<ClickArgs>)| {
        let clicked = click_options(options.0).map(|options| mouse.click(x, y, options));
        async move { Ok(clicked?.await?) }
    })?;
    ops.future("mouse_down", |scope, (mouse, options): Click| {
        let options = checked_options(&scope, &mouse, options.0, true);
        let down = options.map(|options| mouse.down(options));
        async move { Ok(down?.await?) }
    })?;
    ops.future("mouse_up", |scope, (mouse, options): Click| {
        let options = checked_options(&scope, &mouse, options.0, false);
        let up = options.map(|options| mouse.up(options));
        async move { Ok(up?.await?) }
    })?;
    ops.future("mouse_wheel", |_, (mouse, delta_x, delta_y): (Rc<Mouse>, f64, f64)| {
        let turned = mouse.wheel(delta_x, delta_y);
        async move { Ok(turned.await?) }
    })?;
    ops.future("mouse_drag", |_, (mouse, from, to): (Rc<Mouse>, Json<Offset>, Json<Offset>)| async move {
        Ok(mouse.drag(from.0.into(), to.0.into()).await?)
    })?;
    ops.future(
        "mouse_drag_event",
        |_, (mouse, kind, at, data): (Rc<Mouse>, String, Json<Offset>, String)| async move {
            Ok(mouse.drag_event(&kind, at.0.into(), json(&data)?).await?)
        },
    )?;
    ops.future("mouse_reset", |_, (mouse,): (Rc<Mouse>,)| async move { Ok(mouse.reset().await?) })
}

/// The options of a button that goes down or up, if it can.
fn checked_options(scope: &Scope, mouse: &Mouse, args: ClickArgs, goes_down: bool) -> Result<ClickOptions, OpError> {
    let options = click_options(args)?;
    if scope.dialect().is_modern() {
        mouse.check_button(options.button, goes_down)?;
    }
    Ok(options)
}

/// A number of steps: as many as a loop that counts up to it takes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before it is converted")]
fn whole(steps: f64) -> u32 {
    steps.floor().clamp(0.0, f64::from(u32::MAX)) as u32
}
