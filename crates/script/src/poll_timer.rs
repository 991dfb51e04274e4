//! Makes the engine ask often enough whether it may go on.
//!
//! The engine counts loops and calls, and asks its interrupt handler after 10,000 of them. A loop around a slow builtin,
//! such as `for (;;) bytes.fill(1)`, takes minutes for so many. So a thread sets the count to its end every now and then:
//! the next loop or call asks. One builtin that is under way is not interrupted.
//!
//! The count is a member of the engine's context without a way in from outside. It is found by what it does: loops of two
//! lengths take it down by their lengths. Where it is not found, jobs run as they did without this.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rquickjs as js;

/// Time between two questions at most, a builtin under way not counted.
const INTERVAL: Duration = Duration::from_millis(50);
/// Loops that are run to find the count.
const LOOPS: [i32; 2] = [100, 400];
/// What running a loop may take beside it: calls of the engine's own.
const BESIDE: i32 = 20;
/// How often finding is tried. The count may come to its end meanwhile and begin anew.
const TRIES: usize = 3;

/// Asks as long as it lives. Must be dropped before the context that it was made for.
pub(crate) struct PollTimer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl PollTimer {
    /// Starts with the count of a context in which nothing has run yet. `None`, and a line in the log, without one.
    pub(crate) fn start(context: &js::Context) -> Option<Self> {
        let Some(count) = context.with(|ctx| find(&ctx)) else {
            tracing::warn!("the engine's count of loops was not found: loops around slow builtins end late");
            return None;
        };
        let (stop, stopped) = channel();
        let run = move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                count.end();
            }
        };
        let thread = std::thread::Builder::new().name("poll-timer".to_owned()).stack_size(64 << 10).spawn(run).ok()?;
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for PollTimer {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where the engine counts down.
struct Count(*const AtomicI32);

// SAFETY: the timer's thread is the only one that uses it, and ends before the memory is freed.
unsafe impl Send for Count {}

impl Count {
    /// The next loop or call of the engine asks its handler. The engine takes one away at the same time, perhaps: then
    /// the count comes out as it would have, and the next round tries again.
    fn end(&self) {
        // SAFETY: an aligned integer in the memory of a context that is alive, see `PollTimer`.
        unsafe { &*self.0 }.store(0, Ordering::Relaxed);
    }
}

fn find(ctx: &js::Ctx<'_>) -> Option<Count> {
    (0..TRIES).find_map(|_| find_once(ctx))
}

fn find_once(ctx: &js::Ctx<'_>) -> Option<Count> {
    let start = ctx.as_raw().as_ptr();
    // SAFETY: the context is a block of the engine's own allocator.
    let bytes = unsafe { js::qjs::js_malloc_usable_size(start, start.cast_const().cast()) };
    let words: *const AtomicI32 = start.cast_const().cast();
    let read = || -> Vec<i32> {
        // SAFETY: within the block, whose start is aligned for pointers, and on the thread that the engine runs on.
        (0..usize::try_from(bytes).unwrap_or(0) / size_of::<i32>())
            .map(|place| unsafe { &*words.add(place) }.load(Ordering::Relaxed))
            .collect()
    };
    let mut readings = vec![read()];
    for loops in LOOPS {
        ctx.eval::<(), _>(format!("for (let i = 0; i < {loops}; i++) {{}}")).ok()?;
        readings.push(read());
    }
    let fits = |place: usize| {
        let taken = |reading: usize| readings[reading][place].checked_sub(readings[reading + 1][place]);
        let (Some(short), Some(long)) = (taken(0), taken(1)) else { return false };
        // A round of a loop is counted as often as it jumps; what is beside the rounds does not depend on their number.
        let (rounds, beside) = (short / LOOPS[0], short % LOOPS[0]);
        rounds > 0 && beside <= BESIDE && long == rounds * LOOPS[1] + beside
    };
    let mut places = (0..readings[0].len()).filter(|place| fits(*place));
    let place = places.next().filter(|_| places.next().is_none())?;
    // SAFETY: as above.
    Some(Count(unsafe { words.add(place) }))
}

#[cfg(test)]
mod tests {
    use rquickjs as js;

    use super::find;

    #[test]
    fn the_count_is_found_and_its_end_is_a_question() {
        let runtime = js::Runtime::new().unwrap();
        let context = js::Context::full(&runtime).unwrap();
        let count = context.with(|ctx| find(&ctx)).expect("a count");
        let asked = std::rc::Rc::new(std::cell::Cell::new(0));
        let counted = std::rc::Rc::clone(&asked);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            counted.set(counted.get() + 1);
            false
        })));
        for expected in 1..4 {
            count.end();
            context.with(|ctx| ctx.eval::<(), _>("for (let i = 0; i < 10; i++) {}")).unwrap();
            assert_eq!(asked.get(), expected);
        }
        runtime.set_interrupt_handler(None);
    }
}
