//! Ops of Accessibility.

use std::rc::Rc;

use ::browser::accessibility::{Accessibility, SnapshotOptions};
use ::browser::js_handle::JSHandle;
use rquickjs as js;

use super::model::element;
use super::registry::Registry;

type Snapshot = (Rc<Accessibility>, bool, Option<Rc<JSHandle>>);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("accessibility_snapshot", |_, (accessibility, interesting_only, root): Snapshot| async move {
        let root = root.as_ref().map(element).transpose()?;
        Ok(accessibility.snapshot(SnapshotOptions { interesting_only, root }).await?)
    })
}
