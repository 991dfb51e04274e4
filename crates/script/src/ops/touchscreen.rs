//! Ops of Touchscreen.

use std::rc::Rc;

use browser::Touchscreen;
use rquickjs as js;

use super::Registry;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("touchscreen_tap", |_, (touchscreen, x, y): (Rc<Touchscreen>, f64, f64)| {
        let tapped = touchscreen.tap(x, y);
        async move { Ok(tapped.await?) }
    })
}
