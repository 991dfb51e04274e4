//! Jobs of other priorities: whether any wait, and when a lane takes one.
//!
//! Ordinary jobs come by consumers, as ever. Those of another priority are looked for: at the start, whenever a gateway says
//! that it has published one, and a few times a second while there are some. A lane takes one off its queue when it is its
//! turn, after its own consumer has ended: so no job ever waits at a lane that runs another. While none is known to wait
//! nothing here costs an ordinary job more than a look at a number, and the broker is asked for no queue that it may not have.
//!
//! Shares: of the jobs that an executor begins while all kinds wait, out of 20 there are [`SHARES`] of each kind. What a
//! kind without jobs leaves goes to the others.
//!
//! Of several lanes one is kept free of low jobs while others come now and then: what is low may last, and what is tried again
//! and again because a site is down is low.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use job_model::Priority;
use job_queue::{JobQueue, Queue, QueueError};
use service::Chain;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many of 20 jobs are begun of which kind while all of them wait.
const SHARES: [(Priority, i64); 3] = [(Priority::High, 16), (Priority::Normal, 3), (Priority::Low, 1)];
/// Time between two looks while there are such jobs.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long after the last of them more are expected.
const IN_USE: Duration = Duration::from_secs(30);
/// How long a lane waits for an ordinary job that is known to be there before it takes a low one: another may have got it.
const NO_OTHER_CAME: Duration = Duration::from_millis(200);
/// The same when none is known to be there: one may be on its way to a consumer that has just begun.
const NONE_CAME: Duration = Duration::from_millis(10);
/// How long after a job that is not low the last free lane is kept for another.
const LANE_KEPT: Duration = Duration::from_secs(10);

/// What an executor knows of jobs of other priorities. Clones share it.
#[derive(Clone)]
pub(crate) struct Priorities(Arc<Shared>);

struct Shared {
    lanes: NonZeroUsize,
    state: Mutex<State>,
    /// Some wait: for lanes without a job.
    some_wait: Notify,
    /// A gateway has published one: for the next look.
    look: Notify,
}

#[derive(Default)]
struct State {
    high: Kind,
    normal: Kind,
    low: Kind,
    /// Lanes that have a low job or are about to take one.
    low_lanes: usize,
    /// When a lane last took a job that is not low.
    other_came: Option<Instant>,
}

/// A lane's right to take a job from a queue. The lane keeps it as long as it has that job.
pub(super) struct Turn {
    /// Where the job is.
    pub(super) queue: Queue,
    shared: Arc<Shared>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.queue == Queue::JobsLow {
            self.shared.state().low_lanes -= 1;
            self.shared.some_wait.notify_waiters();
        }
    }
}

/// The jobs of one priority.
#[derive(Default)]
struct Kind {
    waiting: u64,
    /// What the kind has saved up.
    credit: i64,
}

impl State {
    fn kind(&mut self, priority: Priority) -> &mut Kind {
        match priority {
            Priority::High => &mut self.high,
            Priority::Normal => &mut self.normal,
            Priority::Low => &mut self.low,
        }
    }

    /// Whether one more lane may take a low job.
    fn low_may_go(&self, lanes: NonZeroUsize) -> bool {
        let is_kept = self.other_came.is_some_and(|came| came.elapsed() < LANE_KEPT);
        lanes.get() == 1 || self.low_lanes + 1 < lanes.get() || !is_kept
    }

    fn others_may_go(&self, lanes: NonZeroUsize) -> bool {
        self.high.waiting > 0 || (self.low.waiting > 0 && self.low_may_go(lanes))
    }

    /// Whose turn it is of those that wait: the kind that has saved up most, which then pays for all. Of equals it is the one
    /// that begins first. Beside low jobs an ordinary one may always have come since it was looked.
    fn turn(&mut self, lanes: NonZeroUsize) -> Option<Priority> {
        let low_may_go = self.low_may_go(lanes);
        let (mut all, mut most, mut turn) = (0, i64::MIN, None);
        for (priority, share) in SHARES {
            let kind = self.kind(priority);
            if kind.waiting == 0 && priority != Priority::Normal {
                kind.credit = 0;
                continue;
            }
            if priority == Priority::Low && !low_may_go {
                continue;
            }
            kind.credit += share;
            all += share;
            if kind.credit > most {
                (most, turn) = (kind.credit, Some(priority));
            }
        }
        self.kind(turn?).credit -= all;
        turn
    }

    /// Takes one of the jobs that wait.
    fn claim(&mut self, priority: Priority) -> Option<Queue> {
        let waiting = &mut self.kind(priority).waiting;
        *waiting = waiting.checked_sub(1)?;
        if priority == Priority::Low {
            self.low_lanes += 1;
        }
        Some(Queue::of_jobs(priority))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Priorities {
    /// Makes those of an executor with so many lanes: none are known to wait.
    pub(crate) fn new(lanes: NonZeroUsize) -> Self {
        Self(Arc::new(Shared { lanes, state: Mutex::default(), some_wait: Notify::new(), look: Notify::new() }))
    }

    /// Tells whether jobs of another priority are known to wait that a lane may take.
    pub(crate) fn others_may_go(&self) -> bool {
        self.0.state().others_may_go(self.0.lanes)
    }

    /// A gateway has published one, or may have: something was missed.
    pub(crate) fn hint(&self) {
        self.0.look.notify_one();
    }

    /// A lane has taken a job from this queue.
    pub(super) fn taken(&self, queue: Queue) {
        if queue != Queue::JobsLow {
            self.0.state().other_came = Some(Instant::now());
        }
    }

    /// Returns where a lane which is free now is to take a job from; `None` for the ordinary queue.
    pub(super) fn turn(&self) -> Option<Turn> {
        let mut state = self.0.state();
        if !state.others_may_go(self.0.lanes) {
            return None;
        }
        let turn = state.turn(self.0.lanes)?;
        let queue = state.claim(turn).filter(|queue| *queue != Queue::Jobs)?;
        Some(Turn { queue, shared: Arc::clone(&self.0) })
    }

    /// Returns where a lane is to take a job from to which no ordinary job comes. Cancel safe.
    pub(super) async fn claim(&self) -> Turn {
        let since = Instant::now();
        loop {
            let notified = self.0.some_wait.notified();
            let mut low_from = None;
            {
                let mut state = self.0.state();
                let claimed = state.claim(Priority::High).or_else(|| {
                    if state.low.waiting == 0 || !state.low_may_go(self.0.lanes) {
                        return None;
                    }
                    let wait = if state.normal.waiting > 0 { NO_OTHER_CAME } else { NONE_CAME };
                    if since.elapsed() < wait {
                        low_from = Some(since + wait);
                        return None;
                    }
                    state.claim(Priority::Low)
                });
                if let Some(queue) = claimed {
                    return Turn { queue, shared: Arc::clone(&self.0) };
                }
            }
            tokio::select! {
                // Whoever looks how many wait does so again and again while some do.
                () = notified => {}
                () = tokio::time::sleep_until(low_from.unwrap_or(since)), if low_from.is_some() => {}
            }
        }
    }

    /// There was none in the queue.
    pub(super) fn none_left(&self, queue: Queue) {
        let mut state = self.0.state();
        match queue {
            Queue::JobsHigh => state.high.waiting = 0,
            Queue::JobsLow => state.low.waiting = 0,
            Queue::Jobs => state.normal.waiting = 0,
            Queue::JobResults => {}
        }
    }

    /// Looks how many wait, until `stop`.
    pub(crate) async fn watch(self, queue: Arc<dyn JobQueue>, stop: CancellationToken) {
        let mut last_seen: Option<Instant> = None;
        loop {
            match depths(&*queue).await {
                Ok((high, normal, low)) => {
                    if high + low > 0 {
                        last_seen = Some(Instant::now());
                    }
                    self.saw(high, normal, low);
                }
                Err(error) => {
                    tracing::debug!(error = %Chain(&error), "failed to look for jobs of other priorities");
                    // It is looked again soon: the broker may be away.
                    last_seen = Some(Instant::now());
                }
            }
            let in_use = last_seen.is_some_and(|seen| seen.elapsed() < IN_USE);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(INTERVAL), if in_use => {}
                () = self.0.look.notified() => {}
            }
        }
    }

    fn saw(&self, high: u64, normal: u64, low: u64) {
        let mut state = self.0.state();
        (state.high.waiting, state.normal.waiting, state.low.waiting) = (high, normal, low);
        drop(state);
        if high + low > 0 {
            self.0.some_wait.notify_waiters();
        }
    }
}

/// How many jobs of each kind wait. Of ordinary ones it is asked only beside others.
async fn depths(queue: &dyn JobQueue) -> Result<(u64, u64, u64), QueueError> {
    let (high, low) = tokio::try_join!(queue.depth(Queue::JobsHigh), queue.depth(Queue::JobsLow))?;
    let normal = if high + low > 0 { queue.depth(Queue::Jobs).await? } else { 0 };
    Ok((high, normal, low))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZeroUsize;
    use std::time::Duration;

    use job_queue::Queue;
    use tokio::time::sleep;

    use super::Priorities;

    fn of_lanes(lanes: usize) -> Priorities {
        Priorities::new(NonZeroUsize::new(lanes).unwrap())
    }

    /// The queue of the next turn.
    fn turn(priorities: &Priorities) -> Queue {
        priorities.turn().map_or(Queue::Jobs, |turn| turn.queue)
    }

    /// How many of so many turns go to which queue.
    fn turns(priorities: &Priorities, count: usize) -> BTreeMap<&'static str, usize> {
        let mut turns = BTreeMap::new();
        for _ in 0..count {
            *turns.entry(turn(priorities).default_name()).or_default() += 1;
        }
        turns
    }

    #[test]
    fn of_twenty_jobs_each_kind_has_its_share_and_none_starves() {
        let priorities = of_lanes(2);
        assert_eq!(turns(&priorities, 5)["puppet-master-jobs"], 5);
        priorities.saw(1000, 1000, 1000);
        let shares = [("puppet-master-jobs", 30), ("puppet-master-jobs-high", 160), ("puppet-master-jobs-low", 10)];
        assert_eq!(turns(&priorities, 200), BTreeMap::from(shares));
        priorities.saw(0, 1000, 1000);
        let without_high = turns(&priorities, 200);
        assert_eq!((without_high["puppet-master-jobs"], without_high["puppet-master-jobs-low"]), (150, 50));
        priorities.saw(1000, 1000, 0);
        priorities.saw(0, 0, 1000);
        let alone = turns(&priorities, 200);
        assert_eq!(alone["puppet-master-jobs-low"], 50, "an ordinary one may have come");
        priorities.saw(1000, 1000, 0);
        assert!(turn(&priorities) == Queue::JobsHigh && priorities.others_may_go(), "the first one is a high one");
    }

    #[test]
    fn no_more_are_taken_than_are_known_to_wait() {
        let priorities = of_lanes(2);
        priorities.saw(2, 100, 0);
        assert_eq!(turns(&priorities, 10)["puppet-master-jobs-high"], 2);
        priorities.saw(5, 5, 5);
        priorities.none_left(Queue::JobsHigh);
        priorities.none_left(Queue::JobsLow);
        assert!(!priorities.others_may_go() && priorities.turn().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_without_a_job_takes_what_there_is_and_low_ones_only_when_nothing_else_comes() {
        let priorities = of_lanes(2);
        let mut claim = Box::pin(priorities.claim());
        assert!(futures::poll!(&mut claim).is_pending());
        priorities.saw(1, 1, 1);
        assert_eq!(claim.await.queue, Queue::JobsHigh);
        let mut claim = Box::pin(priorities.claim());
        assert!(futures::poll!(&mut claim).is_pending(), "an ordinary one may be on its way");
        assert_eq!(claim.await.queue, Queue::JobsLow);
        assert!(!priorities.others_may_go());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_lane_is_kept_free_of_low_jobs_while_others_come() {
        let priorities = of_lanes(2);
        priorities.taken(Queue::Jobs);
        priorities.saw(0, 0, 5);
        let first = priorities.claim().await;
        assert_eq!(first.queue, Queue::JobsLow);
        assert!(!priorities.others_may_go(), "the other lane may not");
        let mut claim = Box::pin(priorities.claim());
        assert!(futures::poll!(&mut claim).is_pending());
        priorities.saw(0, 1, 5);
        assert_eq!(turn(&priorities), Queue::Jobs);
        drop(first);
        assert_eq!(claim.await.queue, Queue::JobsLow, "its job has ended");

        priorities.saw(0, 0, 5);
        let first = priorities.claim().await;
        assert!(!priorities.others_may_go());
        sleep(Duration::from_secs(10)).await;
        let second = priorities.claim().await;
        assert_eq!(second.queue, Queue::JobsLow, "no other has come for long");
        drop(first);
    }

    #[tokio::test(start_paused = true)]
    async fn an_only_lane_takes_low_jobs() {
        let priorities = of_lanes(1);
        priorities.taken(Queue::Jobs);
        priorities.saw(0, 0, 5);
        for _ in 0..5 {
            assert_eq!(priorities.claim().await.queue, Queue::JobsLow);
        }
    }
}
