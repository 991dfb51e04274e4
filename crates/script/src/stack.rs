//! How much stack the engine may use on this thread without running into its end.

use std::mem::MaybeUninit;

use rquickjs as js;

/// Kept for Rust's own frames below the engine's and for what the engine does past its check.
const RESERVE: usize = 512 << 10;
/// What the thread has used when it enters the engine: the executor's loop and what it polls.
const OWN: usize = 1 << 20;
/// When the thread does not tell: a test's or a worker's thread has two megabytes as a rule.
const FALLBACK: usize = 1 << 20;

/// The stack that a thread needs to run a job whose engine may use this much.
pub fn thread_stack_bytes(stack_bytes: usize) -> usize {
    stack_bytes.saturating_add(RESERVE + OWN)
}

/// Lets the engine use so much of this thread's stack, or what there is.
///
/// The engine's own wrapper takes more than 16 MiB for no limit at all: then endless recursion ends the process.
pub(crate) fn limit(context: &js::Context, bytes: usize) {
    let bytes = bytes.min(usable_bytes());
    // SAFETY: the context is alive, and so is its runtime; this thread is the only one that uses them.
    unsafe { js::qjs::JS_SetMaxStackSize(js::qjs::JS_GetRuntime(context.as_raw().as_ptr()), bytes as js::qjs::size_t) };
}

/// What is left of this thread's stack, less a reserve.
fn usable_bytes() -> usize {
    let marker = 0_u8;
    let here = std::ptr::from_ref(&marker).addr();
    lowest_address().map_or(FALLBACK, |lowest| here.saturating_sub(lowest).saturating_sub(RESERVE)).max(256 << 10)
}

fn lowest_address() -> Option<usize> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut lowest, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes are filled by the first call before the others read them, and destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let answer = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (answer == 0).then_some(lowest.addr())
    }
}
