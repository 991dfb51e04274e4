//! Ops of Touchscreen.

use std::rc::Rc;

use ::browser::geometry::Point;
use ::browser::input::Touchscreen;
use rquickjs as js;

use super::registry::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("touchscreen_tap", |_, (touchscreen, x, y): (Rc<Touchscreen>, f64, f64)| {
        let tapped = touchscreen.tap(x, y);
        async move { Ok(tapped.await?) }
    })?;
    ops.future("touchscreen_touch_start", |_, (touchscreen, x, y): (Rc<Touchscreen>, f64, f64)| {
        let started = touchscreen.touch_start(Point { x, y });
        async move { Ok(started.await?) }
    })?;
    ops.future("touchscreen_touch_move", |_, (touchscreen, x, y): (Rc<Touchscreen>, f64, f64)| {
        let moved = touchscreen.touch_move(Point { x, y });
        async move { Ok(moved.await?) }
    })?;
    ops.future("touchscreen_touch_end", |_, (touchscreen,): (Rc<Touchscreen>,)| {
        let ended = touchscreen.touch_end();
        async move { Ok(ended.await?) }
    })
}
