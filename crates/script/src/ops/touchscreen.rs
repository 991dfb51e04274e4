//! Ops of Touchscreen and TouchHandle.

use std::rc::Rc;

use ::browser::geometry::Point;
use ::browser::input::{TouchHandle, Touchscreen};
use rquickjs as js;

use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("touchscreen_tap", |scope, (touchscreen, x, y): (Rc<Touchscreen>, f64, f64)| {
        let tapped = touchscreen.tap(x, y, scope.dialect());
        async move { Ok(tapped.await?) }
    })?;
    ops.future("touchscreen_touch_start", |scope, (touchscreen, x, y): (Rc<Touchscreen>, f64, f64)| {
        let started = touchscreen.touch_start(Point { x, y }, scope.dialect());
        async move { Ok(started.await?) }
    })?;
    ops.future("touchscreen_touch_move", |_, (touchscreen, x, y): (Rc<Touchscreen>, f64, f64)| {
        let moved = touchscreen.touch_move(Point { x, y });
        async move { Ok(moved.await?) }
    })?;
    ops.future("touchscreen_touch_end", |_, (touchscreen,): (Rc<Touchscreen>,)| {
        let ended = touchscreen.touch_end();
        async move { Ok(ended.await?) }
    })?;
    ops.future("touch_handle_move", |_, (touch, x, y): (Rc<TouchHandle>, f64, f64)| {
        let moved = touch.move_to(Point { x, y });
        async move { Ok(moved.await?) }
    })?;
    ops.future("touch_handle_end", |_, (touch,): (Rc<TouchHandle>,)| {
        let ended = touch.end();
        async move { Ok(ended.await?) }
    })
}
