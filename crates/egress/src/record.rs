//! What a session notes about its connections, and whom it tells of those that it refused.
//!
//! Everything here is bounded: a page that tries a million forbidden addresses fills neither a log nor the memory.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::counters::Counts;
use crate::failure::Failure;
use crate::policy::Refusal;
use crate::target::{Host, Target};

/// How many different refusals of a user are reported.
const MOST_REPORTED: usize = 100;

/// How many different failures of upstream proxies are reported.
const MOST_PROXY_FAILURES: usize = 10;

/// How many targets are remembered, with how the latest connection to them went.
const MOST_TARGETS: usize = 256;

/// A limit of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// As many connections as allowed are open.
    Connections,
    /// As many bytes as allowed were sent and received.
    Bytes,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connections => "the limit of connections is reached",
            Self::Bytes => "the limit of bytes to send and receive is reached",
        })
    }
}

/// Is told what a user's sessions refuse, from the task of the connection and before the browser is answered. Must not block.
pub trait Observer: Send + Sync {
    /// A connection was refused. Is called once for each pair of host and rule, and for the first 100 pairs of a user;
    /// [`Counters`](crate::Counters) has the number of all.
    fn refused(&self, refusal: &Refusal);

    /// A connection was refused that makes one pair more than are reported. Is called once.
    fn more_are_refused(&self) {}

    /// An upstream proxy could not be used, for this reason without credentials. Is called once for each reason, and for the first 10.
    fn proxy_failed(&self, _reason: &str) {}

    /// The user reached a limit. Is called once for each limit.
    fn limit_reached(&self, _limit: Limit) {}
}

/// Whom a user's sessions tell, and what of.
pub(crate) struct Teller {
    observer: Option<Arc<dyn Observer>>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    refusals: HashSet<(Host, String)>,
    /// Whether there was a refusal more than are reported.
    is_full: bool,
    proxy_failures: HashSet<String>,
    limits: HashSet<Limit>,
}

impl Teller {
    pub(crate) fn new(observer: Option<Arc<dyn Observer>>) -> Self {
        Self { observer, told: Mutex::default() }
    }

    /// Tells of a refusal that is new, and of those only so many. Returns whether it did.
    fn refused(&self, refusal: &Refusal) -> bool {
        let what = (refusal.target.host.clone(), refusal.rule.clone());
        // Locked while the observer is told: nothing overtakes the last word.
        let mut told = self.told();
        if told.refusals.contains(&what) {
            return false;
        }
        let has_place = told.refusals.len() < MOST_REPORTED;
        if has_place {
            told.refusals.insert(what);
        }
        let is_first_without = !has_place && !std::mem::replace(&mut told.is_full, true);
        match &self.observer {
            Some(observer) if has_place => observer.refused(refusal),
            Some(observer) if is_first_without => observer.more_are_refused(),
            Some(_) | None => {}
        }
        has_place
    }

    fn proxy_failed(&self, reason: &str) {
        let mut told = self.told();
        let is_new = told.proxy_failures.len() < MOST_PROXY_FAILURES && told.proxy_failures.insert(reason.to_owned());
        if let Some(observer) = self.observer.as_ref().filter(|_| is_new) {
            observer.proxy_failed(reason);
        }
    }

    fn limit_reached(&self, limit: Limit) {
        let new = self.told().limits.insert(limit);
        if let Some(observer) = self.observer.as_ref().filter(|_| new) {
            observer.limit_reached(limit);
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The notes of one session about its present user.
pub(crate) struct Record {
    counts: Arc<Counts>,
    teller: Arc<Teller>,
    /// The latest first.
    outcomes: Mutex<VecDeque<(Target, Outcome)>>,
}

/// How the latest connection to a target went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It came about, with this address; without one, an upstream proxy knows the address.
    Reached(Option<SocketAddr>),
    Failed(Failure),
}

impl Record {
    pub(crate) fn new(counts: Arc<Counts>, teller: Arc<Teller>) -> Self {
        Self { counts, teller, outcomes: Mutex::default() }
    }

    /// Notes how a connection went.
    pub(crate) fn note(&self, target: &Target, outcome: Outcome) {
        match &outcome {
            Outcome::Reached(_) => self.counts.dialled(),
            Outcome::Failed(Failure::Refused(refusal)) => self.counts.refused(self.teller.refused(refusal)),
            Outcome::Failed(failure) => {
                if let Failure::Upstream(reason) = failure {
                    self.teller.proxy_failed(reason);
                }
                self.counts.failed();
            }
        }
        let mut outcomes = self.outcomes();
        outcomes.retain(|(noted, _)| noted != target);
        outcomes.truncate(MOST_TARGETS - 1);
        outcomes.push_front((target.clone(), outcome));
    }

    /// Notes that a limit was reached.
    pub(crate) fn limit_reached(&self, limit: Limit) {
        self.teller.limit_reached(limit);
    }

    /// Returns how the latest connection to a target went.
    pub(crate) fn outcome_of(&self, target: &Target) -> Option<Outcome> {
        self.outcomes().iter().find(|(noted, _)| noted == target).map(|(_, outcome)| outcome.clone())
    }

    fn outcomes(&self) -> MutexGuard<'_, VecDeque<(Target, Outcome)>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{MOST_REPORTED, MOST_TARGETS, Observer, Outcome, Record, Teller};
    use crate::counters::Counts;
    use crate::failure::Failure;
    use crate::policy::Refusal;
    use crate::target::Target;

    #[derive(Default)]
    struct Count {
        refused: AtomicUsize,
        more: AtomicUsize,
    }

    impl Observer for Count {
        fn refused(&self, _refusal: &Refusal) {
            assert_eq!(self.more.load(Ordering::Relaxed), 0, "nothing is reported after the last word");
            self.refused.fetch_add(1, Ordering::Relaxed);
        }

        fn more_are_refused(&self) {
            self.more.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Count {
        fn calls(&self) -> (usize, usize) {
            (self.refused.load(Ordering::Relaxed), self.more.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_flood_of_refusals_is_counted_and_not_reported() {
        let observer = Arc::new(Count::default());
        let counts = Arc::new(Counts::default());
        let record = Record::new(Arc::clone(&counts), Arc::new(Teller::new(Some(observer.clone()))));
        let target = |port| Target::new("10.0.0.1", port).expect("a target");
        let refuse = |target: Target, rule: &str| {
            let refusal = Refusal { target: target.clone(), rule: rule.to_owned() };
            record.note(&target, Outcome::Failed(Failure::Refused(refusal)));
        };
        for port in 1..=5000 {
            refuse(target(port), "job denies private");
            refuse(target(port), "job denies private");
        }
        assert_eq!(observer.calls(), (1, 0), "the ports of a host are one report");
        for host in 2..=100 {
            refuse(Target::new(&format!("10.0.0.{host}"), 1).expect("a target"), "job denies private");
        }
        assert_eq!(observer.calls(), (MOST_REPORTED, 0), "nothing was left out yet");
        for host in 2..=100 {
            refuse(Target::new(&format!("10.0.0.{host}"), 2).expect("a target"), "job denies private");
            refuse(target(host), "operator denies own");
        }
        assert_eq!(observer.calls(), (MOST_REPORTED, 1));
        let counters = counts.read();
        assert_eq!((counters.refused, counters.refused_unreported), (10_297, 10_197));
        assert_eq!(record.outcomes().len(), MOST_TARGETS);
        assert!(matches!(record.outcome_of(&target(100)), Some(Outcome::Failed(_))));
        assert_eq!(record.outcome_of(&target(101)), None, "the oldest are forgotten");
        record.note(&target(100), Outcome::Reached(None));
        assert_eq!(record.outcome_of(&target(100)), Some(Outcome::Reached(None)));
    }
}
