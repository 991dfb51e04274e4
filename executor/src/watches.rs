//! Which jobs somebody watches, as gateways say.
//!
//! Each gateway says about once a second which jobs its clients follow, and at once when one begins. What happens in a job is
//! broadcast for those jobs only. A gateway of an earlier version does not say: while one is there, or none is heard,
//! the log lines of every job are broadcast.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use job_model::{JobControl, JobId, WatchedJob};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long what a gateway said holds: it speaks about once a second.
const HOLDS: Duration = Duration::from_secs(5);
/// How long a gateway of an earlier version is expected back.
const FORGET: Duration = Duration::from_secs(3 * 60);

/// What gateways said last. Clones share it.
#[derive(Clone)]
pub(crate) struct Watches(Arc<Shared>);

struct Shared {
    gateways: Mutex<HashMap<String, Gateway>>,
    /// How often a gateway began to watch a job. It changes only while the gateways are locked.
    begun: watch::Sender<u64>,
}

struct Gateway {
    heard_at: Instant,
    /// What it watches, and since when by the count of [`Shared::begun`]; `None` for an earlier version.
    jobs: Option<HashMap<JobId, Watched>>,
}

#[derive(Clone, Copy)]
struct Watched {
    live: bool,
    begun: u64,
}

/// What is wanted of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    /// Its log lines, as they are written.
    pub(crate) log: bool,
    /// Its calls, navigations and pictures.
    pub(crate) live: bool,
    /// Grows when somebody else begins to watch: they missed what was told before.
    pub(crate) begun: u64,
}

impl Default for Watches {
    fn default() -> Self {
        Self(Arc::new(Shared { gateways: Mutex::default(), begun: watch::Sender::new(0) }))
    }
}

impl Watches {
    /// Notes what a gateway said.
    pub(crate) fn hear(&self, control: &JobControl) {
        let Some(name) = &control.gateway else { return };
        let mut gateways = self.gateways();
        gateways.retain(|_, gateway| gateway.heard_at.elapsed() <= FORGET);
        let begun_before = *self.0.begun.borrow();
        let mut begun = begun_before;
        let before = gateways.remove(name).filter(|gateway| gateway.heard_at.elapsed() <= HOLDS);
        let before = before.and_then(|gateway| gateway.jobs).unwrap_or_default();
        let jobs = control.watch.as_ref().map(|jobs| {
            let watched = |job: &WatchedJob| {
                let known = before.get(&job.uuid).filter(|known| known.live || !job.live);
                let since = known.map(|known| known.begun).unwrap_or_else(|| {
                    begun += 1;
                    begun
                });
                (job.uuid.clone(), Watched { live: job.live, begun: since })
            };
            jobs.iter().map(watched).collect::<HashMap<_, _>>()
        });
        gateways.insert(name.clone(), Gateway { heard_at: Instant::now(), jobs });
        if begun > begun_before {
            self.0.begun.send_replace(begun);
        }
    }

    /// Returns what is wanted of this job now.
    pub(crate) fn interest(&self, job: &JobId) -> Interest {
        let gateways = self.gateways();
        let mut interest = Interest::default();
        let mut is_told = false;
        for gateway in gateways.values() {
            match &gateway.jobs {
                None => interest.log = true,
                Some(jobs) if gateway.heard_at.elapsed() <= HOLDS => {
                    is_told = true;
                    if let Some(watched) = jobs.get(job) {
                        interest.log = true;
                        interest.live |= watched.live;
                        interest.begun = interest.begun.max(watched.begun);
                    }
                }
                Some(_) => {}
            }
        }
        interest.log |= !is_told;
        interest
    }

    /// Tells when somebody begins to watch a job.
    pub(crate) fn beginnings(&self) -> watch::Receiver<u64> {
        self.0.begun.subscribe()
    }

    fn gateways(&self) -> MutexGuard<'_, HashMap<String, Gateway>> {
        self.0.gateways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use job_model::{JobControl, JobId, WatchedJob};
    use tokio::time::advance;

    use super::{FORGET, HOLDS, Watches};

    fn id(text: &str) -> JobId {
        JobId::parse(text).unwrap()
    }

    fn says(gateway: &str, jobs: &[(&str, bool)]) -> JobControl {
        let watched = |(uuid, live): &(&str, bool)| WatchedJob { uuid: id(uuid), live: *live };
        let watch = Some(jobs.iter().map(watched).collect());
        JobControl { gateway: Some(gateway.to_owned()), watch, ..JobControl::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_is_watched_is_wanted_for_as_long_as_a_gateway_says_so() {
        let watches = Watches::default();
        assert!(watches.interest(&id("j")).log, "nobody has said anything");
        watches.hear(&says("a", &[("j", false)]));
        let first = watches.interest(&id("j"));
        assert!(first.log && !first.live && !watches.interest(&id("k")).log);
        watches.hear(&says("b", &[("j", true)]));
        let second = watches.interest(&id("j"));
        assert!(second.live && second.begun > first.begun);
        watches.hear(&says("b", &[("j", true)]));
        assert_eq!(watches.interest(&id("j")), second, "it goes on");
        watches.hear(&says("b", &[]));
        assert!(!watches.interest(&id("j")).live && watches.interest(&id("j")).log);
        advance(HOLDS / 2).await;
        watches.hear(&says("b", &[]));
        advance(HOLDS * 2 / 3).await;
        assert!(!watches.interest(&id("j")).log, "the gateway that watched is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn beside_a_gateway_that_cannot_say_all_logs_are_wanted() {
        let watches = Watches::default();
        watches.hear(&says("new", &[]));
        assert!(!watches.interest(&id("j")).log);
        watches.hear(&JobControl { gateway: Some("old".to_owned()), ..JobControl::default() });
        assert!(watches.interest(&id("j")).log && !watches.interest(&id("j")).live);
        advance(FORGET).await;
        advance(HOLDS).await;
        watches.hear(&says("new", &[]));
        assert!(!watches.interest(&id("j")).log);
    }

    #[tokio::test(start_paused = true)]
    async fn beginnings_are_told() {
        let watches = Watches::default();
        let mut begun = watches.beginnings();
        watches.hear(&says("a", &[]));
        assert!(!begun.has_changed().unwrap());
        watches.hear(&says("a", &[("j", false)]));
        begun.changed().await.unwrap();
        watches.hear(&says("a", &[("j", true)]));
        begun.changed().await.unwrap();
    }
}
