//! Makes the engine ask often enough whether it may go on.
//!
//! The engine counts loops and calls, and asks its interrupt handler after 10,000 of them. A loop around a slow builtin,
//! such as `for (;;) bytes.fill(1)`, takes minutes for so many. So a thread sets the count to its end every now and then:
//! the next loop or call asks. One builtin that is under way is not interrupted.
//!
//! The count is a member of the engine's context without a way in from outside. It is found by what it does: loops of two
//! lengths take it down by their lengths. All contexts have it at the same place. Where it is not found, jobs run as they did
//! without this.
//!
//! Short jobs are many, so the thread outlives them: it belongs to the thread that runs jobs, and ends with that one.

use std::cell::RefCell;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
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

/// How many intervals without a job the thread waits before it sleeps until there is one.
const IDLE_INTERVALS: u32 = 20;

thread_local! {
    /// What asks for the jobs of this thread.
    static ASKER: RefCell<Option<Asker>> = const { RefCell::new(None) };
}

/// Asks as long as it lives. Must be dropped before the context that it was made for.
pub(crate) struct PollTimer {
    shared: Arc<Shared>,
    count: *const AtomicI32,
}

impl PollTimer {
    /// Starts with the count of a context in which nothing has run yet. `None`, and a line in the log, without one.
    pub(crate) fn start(context: &js::Context) -> Option<Self> {
        static PLACE: OnceLock<Option<usize>> = OnceLock::new();
        let place = *PLACE.get_or_init(|| context.with(|ctx| find(&ctx)));
        let Some(place) = place else {
            tracing::warn!("the engine's count of loops was not found: loops around slow builtins end late");
            return None;
        };
        let count = context.with(|ctx| count_at(&ctx, place));
        let shared = ASKER.with_borrow_mut(|asker| {
            if asker.is_none() {
                *asker = Asker::start();
            }
            Some(Arc::clone(&asker.as_ref()?.shared))
        })?;
        let mut turn = shared.lock();
        turn.counts.push(Count(count));
        if turn.sleeps {
            turn.sleeps = false;
            shared.wake.notify_one();
        }
        drop(turn);
        Some(Self { shared, count })
    }
}

impl Drop for PollTimer {
    fn drop(&mut self) {
        self.shared.lock().counts.retain(|count| count.0 != self.count);
    }
}

/// The thread that asks, and what it shares with the one that runs jobs.
struct Asker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    turn: Mutex<Turn>,
    wake: Condvar,
}

#[derive(Default)]
struct Turn {
    /// Where the engines of this thread's jobs count: of one job, and of none while the thread has none.
    counts: Vec<Count>,
    /// The thread waits for a job and not for the interval's end.
    sleeps: bool,
    over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self) {
        let mut idle = 0;
        let mut turn = self.lock();
        while !turn.over {
            turn = if turn.sleeps {
                self.wake.wait(turn).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.wake.wait_timeout(turn, INTERVAL).unwrap_or_else(PoisonError::into_inner).0
            };
            for count in &turn.counts {
                count.end();
            }
            idle = if turn.counts.is_empty() { idle + 1 } else { 0 };
            turn.sleeps = idle >= IDLE_INTERVALS;
        }
    }
}

impl Asker {
    fn start() -> Option<Self> {
        let shared = Arc::new(Shared::default());
        let asking = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("poll-timer".to_owned()).stack_size(64 << 10);
        let thread = thread.spawn(move || asking.ask()).ok()?;
        Some(Self { shared, thread: Some(thread) })
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where the engine counts down.
struct Count(*const AtomicI32);

// SAFETY: it is used under a lock, and taken away under the same before the memory is freed.
unsafe impl Send for Count {}

impl Count {
    /// The next loop or call of the engine asks its handler. The engine takes one away at the same time, perhaps: then
    /// the count comes out as it would have, and the next round tries again.
    fn end(&self) {
        // SAFETY: an aligned integer in the memory of a context that is alive, see `PollTimer`.
        unsafe { &*self.0 }.store(0, Ordering::Relaxed);
    }
}

/// The count of a context, by its place among the context's words.
fn count_at(ctx: &js::Ctx<'_>, place: usize) -> *const AtomicI32 {
    let words: *const AtomicI32 = ctx.as_raw().as_ptr().cast_const().cast();
    // SAFETY: the place was found within the block of a context, and all are of one size.
    unsafe { words.add(place) }
}

fn find(ctx: &js::Ctx<'_>) -> Option<usize> {
    (0..TRIES).find_map(|_| find_once(ctx))
}

fn find_once(ctx: &js::Ctx<'_>) -> Option<usize> {
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
    places.next().filter(|_| places.next().is_none())
}

#[cfg(test)]
mod tests {
    use rquickjs as js;

    use super::{Count, count_at, find};

    #[test]
    fn the_count_is_found_and_its_end_is_a_question() {
        let runtime = js::Runtime::new().unwrap();
        let context = js::Context::full(&runtime).unwrap();
        let count = context.with(|ctx| Count(count_at(&ctx, find(&ctx).expect("a count"))));
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
