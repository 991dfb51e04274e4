//! What a job's ops are put on. The job's scope holds it, so it knows neither the scope nor any op.

use std::cell::{Cell, RefCell};

use rquickjs as js;

/// The object that a job's ops are put on, and which groups of them are there.
#[derive(Default)]
pub(crate) struct Ops {
    pub(super) object: RefCell<Option<js::Persistent<js::Object<'static>>>>,
    groups: Cell<u64>,
}

impl Ops {
    pub(super) fn has(&self, group: usize) -> bool {
        self.groups.get() & (1_u64 << group) != 0
    }

    pub(super) fn note(&self, group: usize) {
        self.groups.set(self.groups.get() | (1_u64 << group));
    }

    /// Lets go of the object, which must happen before the engine goes.
    pub(crate) fn clear(&self) {
        self.object.take();
    }
}
