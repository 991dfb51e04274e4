//! A job's memory, counted and limited: the engine's, and what calls under way hold outside of it.
//!
//! The engine's own limit answers an allocation that it refuses with an exception for which there may be no memory
//! left, and then throws null. Refusing here leaves a trace, so that the job's error can name the limit.
//!
//! Little is given also beyond the limit, out of a reserve: the engine does not expect in each of its places that memory
//! is short, and the job ends at its next step anyway.

use std::cell::Cell;
use std::rc::Rc;

use rquickjs::allocator::{Allocator, RustAllocator};

/// What the engine gets beyond the limit before the job has ended, in bytes.
const RESERVE: usize = 8 << 20;
/// The most that one allocation gets out of the reserve.
const LITTLE: usize = 1 << 20;

/// How much a job holds, and how much it may.
#[derive(Debug)]
pub(crate) struct Memory {
    used: Cell<usize>,
    limit: Cell<usize>,
    /// More was asked for than the limit allows.
    refused: Cell<bool>,
}

/// Without a limit.
impl Default for Memory {
    fn default() -> Self {
        Self { used: Cell::new(0), limit: Cell::new(usize::MAX), refused: Cell::new(false) }
    }
}

impl Memory {
    /// From now on at most this much is given.
    pub(crate) fn set_limit(&self, bytes: usize) {
        self.limit.set(bytes);
    }

    /// Gives up to so much more than is used now, whatever the limit was, and forgets what was refused.
    pub(crate) fn add_room(&self, bytes: usize) {
        self.limit.set(self.limit.get().max(self.used.get().saturating_add(bytes)));
        self.refused.set(false);
    }

    /// Whether more was asked for than the limit allows.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.get()
    }

    /// What is held now, in bytes.
    pub(crate) fn used(&self) -> usize {
        self.used.get()
    }

    /// How much more the limit allows, in bytes.
    pub(crate) fn room(&self) -> usize {
        self.limit.get().saturating_sub(self.used.get())
    }

    /// Counts what is held outside the engine; whether the limit allows it.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let allowed = self.allows(bytes);
        if allowed {
            self.used.set(self.used.get() + bytes);
        }
        allowed
    }

    /// What was taken is free again.
    pub(crate) fn give_back(&self, bytes: usize) {
        self.used.set(self.used.get().saturating_sub(bytes));
    }

    fn allows(&self, more: usize) -> bool {
        let allowed = self.fits(more, self.limit.get());
        if !allowed {
            self.refused.set(true);
        }
        allowed
    }

    /// Whether the engine gets so much: within the limit, or a little out of the reserve.
    fn gives(&self, more: usize) -> bool {
        self.allows(more) || (more <= LITTLE && self.fits(more, self.limit.get().saturating_add(RESERVE)))
    }

    fn fits(&self, more: usize, limit: usize) -> bool {
        self.used.get().checked_add(more).is_some_and(|used| used <= limit)
    }
}

/// Rust's allocator within a job's memory.
pub(crate) struct Metered {
    inner: RustAllocator,
    memory: Rc<Memory>,
}

impl Metered {
    pub(crate) fn new(memory: Rc<Memory>) -> Self {
        Self { inner: RustAllocator, memory }
    }

    fn count(&self, pointer: *mut u8) -> *mut u8 {
        if !pointer.is_null() {
            // SAFETY: the pointer was just given by the inner allocator.
            self.memory.used.set(self.memory.used.get() + unsafe { RustAllocator::usable_size(pointer) });
        }
        pointer
    }
}

// SAFETY: every pointer comes from and goes back to the inner allocator, which keeps the contract; null answers are
// allowed by it.
unsafe impl Allocator for Metered {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.memory.gives(size) {
            return std::ptr::null_mut();
        }
        let pointer = self.inner.alloc(size);
        self.count(pointer)
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        if !self.memory.gives(count.saturating_mul(size)) {
            return std::ptr::null_mut();
        }
        let pointer = self.inner.calloc(count, size);
        self.count(pointer)
    }

    unsafe fn dealloc(&mut self, pointer: *mut u8) {
        // SAFETY: the caller's pointer is the inner allocator's.
        unsafe {
            self.memory.give_back(RustAllocator::usable_size(pointer));
            self.inner.dealloc(pointer);
        }
    }

    unsafe fn realloc(&mut self, pointer: *mut u8, new_size: usize) -> *mut u8 {
        if pointer.is_null() {
            return self.alloc(new_size);
        }
        // SAFETY: the caller's pointer is the inner allocator's; its size is read before it may move.
        unsafe {
            let old = RustAllocator::usable_size(pointer);
            if new_size > old && !self.memory.gives(new_size - old) {
                return std::ptr::null_mut();
            }
            let moved = self.inner.realloc(pointer, new_size);
            if !moved.is_null() || new_size == 0 {
                self.memory.give_back(old);
            }
            self.count(moved)
        }
    }

    unsafe fn usable_size(pointer: *mut u8) -> usize {
        // SAFETY: the caller's pointer is the inner allocator's.
        unsafe { RustAllocator::usable_size(pointer) }
    }
}
