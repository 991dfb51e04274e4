//! The table of Rust objects that JavaScript holds: resource id → object.
//!
//! One Rust object has one id, and `js/core/handles.js` keeps one JavaScript object per id, so `===` means what it should.
//! When the engine collects that object, its id is released; what is left after a job is dropped with the table.

use std::any::{Any, type_name};
use std::collections::HashMap;
use std::rc::Rc;

use crate::error::OpError;

/// A Rust type that has a class in the prelude.
pub trait Resource: 'static {
    /// The name under which the prelude has defined the class (`define("Page", …)`).
    fn class(&self) -> &'static str;
}

/// A resource on its way into JavaScript.
#[derive(Clone)]
pub struct ResourceRef {
    object: Rc<dyn Any>,
    class: &'static str,
}

impl ResourceRef {
    /// A reference to the object, with the class it has now.
    pub fn new<T: Resource>(object: Rc<T>) -> Self {
        let class = object.class();
        Self { object, class }
    }

    /// The object, when it is of this type.
    pub fn downcast<T: Resource>(&self) -> Option<Rc<T>> {
        Rc::clone(&self.object).downcast().ok()
    }

    fn address(&self) -> usize {
        Rc::as_ptr(&self.object).cast::<()>() as usize
    }
}

impl std::fmt::Debug for ResourceRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.class)
    }
}

/// The table. Ids are never used twice within a job.
#[derive(Default)]
pub struct Resources {
    objects: HashMap<u32, ResourceRef>,
    ids: HashMap<usize, u32>,
    last: u32,
}

impl Resources {
    /// The object's id, a new one when it has none, and its class.
    pub fn insert(&mut self, resource: &ResourceRef) -> (u32, &'static str) {
        if let Some(rid) = self.ids.get(&resource.address()) {
            return (*rid, resource.class);
        }
        self.last += 1;
        self.ids.insert(resource.address(), self.last);
        self.objects.insert(self.last, resource.clone());
        (self.last, resource.class)
    }

    /// The object's id and its class, when it has an id.
    pub fn id_of(&self, resource: &ResourceRef) -> Option<(u32, &'static str)> {
        self.ids.get(&resource.address()).map(|rid| (*rid, resource.class))
    }

    /// The object of that id.
    ///
    /// # Errors
    /// A TypeError when there is none, or one of another type.
    pub fn get<T: Resource>(&self, rid: u32) -> Result<Rc<T>, OpError> {
        let resource = self.objects.get(&rid).ok_or_else(|| OpError::type_error("the object is not alive any more"))?;
        Rc::clone(&resource.object).downcast().map_err(|_| {
            let expected = type_name::<T>().rsplit("::").next().unwrap_or_default();
            OpError::type_error(format!("expected a {expected}, got a {}", resource.class))
        })
    }

    /// Forgets the object; its JavaScript object is gone.
    pub fn release(&mut self, rid: u32) {
        if let Some(resource) = self.objects.remove(&rid) {
            self.ids.remove(&resource.address());
        }
    }
}
