//! The engine's memory, counted and limited.
//!
//! The engine's own limit answers an allocation that it refuses with an exception for which there may be no memory
//! left, and then throws null. Refusing here leaves a trace, so that the job's error can name the limit.

use std::cell::Cell;
use std::rc::Rc;

use rquickjs::allocator::{Allocator, RustAllocator};

/// Rust's allocator up to a limit.
pub(crate) struct Metered {
    inner: RustAllocator,
    used: usize,
    limit: usize,
    refused: Rc<Cell<bool>>,
}

impl Metered {
    /// At most `limit` bytes; `refused` tells whether more was asked for.
    pub(crate) fn new(limit: usize, refused: Rc<Cell<bool>>) -> Self {
        Self { inner: RustAllocator, used: 0, limit, refused }
    }

    fn allows(&self, more: usize) -> bool {
        let allowed = self.used.checked_add(more).is_some_and(|used| used <= self.limit);
        if !allowed {
            self.refused.set(true);
        }
        allowed
    }

    fn count(&mut self, pointer: *mut u8) -> *mut u8 {
        if !pointer.is_null() {
            // SAFETY: the pointer was just given by the inner allocator.
            self.used += unsafe { RustAllocator::usable_size(pointer) };
        }
        pointer
    }
}

// SAFETY: every pointer comes from and goes back to the inner allocator, which keeps the contract; null answers are
// allowed by it.
unsafe impl Allocator for Metered {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.allows(size) {
            return std::ptr::null_mut();
        }
        let pointer = self.inner.alloc(size);
        self.count(pointer)
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        if !count.checked_mul(size).is_some_and(|bytes| self.allows(bytes)) {
            return std::ptr::null_mut();
        }
        let pointer = self.inner.calloc(count, size);
        self.count(pointer)
    }

    unsafe fn dealloc(&mut self, pointer: *mut u8) {
        // SAFETY: the caller's pointer is the inner allocator's.
        unsafe {
            self.used = self.used.saturating_sub(RustAllocator::usable_size(pointer));
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
            if !self.allows(new_size.saturating_sub(old)) {
                return std::ptr::null_mut();
            }
            let moved = self.inner.realloc(pointer, new_size);
            if !moved.is_null() || new_size == 0 {
                self.used = self.used.saturating_sub(old);
            }
            self.count(moved)
        }
    }

    unsafe fn usable_size(pointer: *mut u8) -> usize {
        // SAFETY: the caller's pointer is the inner allocator's.
        unsafe { RustAllocator::usable_size(pointer) }
    }
}
