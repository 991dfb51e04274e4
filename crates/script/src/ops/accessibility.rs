//! Ops of Accessibility.

use std::rc::Rc;

use ::browser::accessibility::{Accessibility, SnapshotOptions};
use ::browser::js_handle::JSHandle;
use rquickjs as js;

use super::model::element;
use super::registry::Registry;

type Snapshot = (Rc<Accessibility>, bool, Option<Rc<JSHandle>>, bool);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("accessibility_snapshot", |_, (accessibility, interesting_only, root, iframes): Snapshot| async move {
        let root = root.as_ref().map(element).transpose()?;
        Ok(accessibility.snapshot(SnapshotOptions { interesting_only, root, iframes }).await?)
    })?;
    ops.future(
        "accessibility_element",
        |_, (accessibility, backend_node_id, frame_id): (Rc<Accessibility>, f64, Option<String>)| async move {
            Ok(accessibility.element(backend_node_id, frame_id.as_deref()).await?)
        },
    )
}
