//! What an executor has heard of the gateways' orders, and from when on that is all of them.
//!
//! Orders are broadcast and may be lost. Each gateway numbers its own, and says the number about once a second without an
//! order. So an executor knows from when on it has missed nothing: a job that was put on the queue later, and is not among
//! the cancelled ones, begins without a question. Of every other job the executor asks a gateway.
//!
//! Nothing here waits or talks to anything: `order_listener` does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use job_model::{JobControl, Timestamp};
use tokio::time::Instant;

use crate::job_message::JobKey;
use crate::recent_ids::RecentIds;

/// The most cancelled jobs that are remembered.
const MOST_CANCELLED: usize = 100_000;
/// How long one of them is.
const REMEMBER_CANCELLED: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a gateway may say nothing before its orders may have been missed: it speaks about once a second.
const SILENCE: Duration = Duration::from_secs(3);
/// How long a silent gateway is expected back.
const FORGET_GATEWAY: Duration = Duration::from_secs(3 * 60);
/// How far the clocks of gateways and executors may be apart.
const CLOCKS: Duration = Duration::from_secs(5);

/// The orders heard so far. Clones share them.
#[derive(Clone)]
pub(crate) struct Orders(Arc<Mutex<Heard>>);

struct Heard {
    /// When listening began; `None` while nobody listens.
    listening_since: Option<Instant>,
    /// Every order given after this was heard.
    complete_since: Instant,
    cancelled: RecentIds,
    /// By name.
    gateways: HashMap<String, Gateway>,
}

struct Gateway {
    /// How many orders it has given.
    orders: u64,
    heard_at: Instant,
}

impl Default for Orders {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Heard {
            listening_since: None,
            complete_since: Instant::now(),
            cancelled: RecentIds::new(MOST_CANCELLED, REMEMBER_CANCELLED),
            gateways: HashMap::new(),
        })))
    }
}

impl Orders {
    /// Orders are heard from now on. What was given before is not.
    pub(crate) fn begin_listening(&self) {
        let mut heard = self.heard();
        heard.listening_since = Some(Instant::now());
        heard.complete_since = Instant::now();
        // Their numbers may have moved on: each is met anew.
        heard.gateways.clear();
    }

    /// Nothing is heard any more.
    pub(crate) fn stop_listening(&self) {
        self.heard().listening_since = None;
    }

    /// Notes what a gateway said.
    pub(crate) fn hear(&self, control: &JobControl) {
        let mut heard = self.heard();
        if let Some(uuid) = &control.cancel
            && let Some(forgotten) = heard.cancelled.note(&(uuid, &control.instance))
        {
            heard.complete_since = heard.complete_since.max(forgotten);
        }
        if let Some(name) = &control.gateway {
            heard.count(name, control);
        }
    }

    /// Tells whether a gateway has ordered this job's end. One that did not say which creation it meant may have meant another.
    pub(crate) fn has_cancelled(&self, job: &JobKey) -> bool {
        let mut heard = self.heard();
        let instance = job.instance.as_ref();
        heard.cancelled.contains(&(&job.uuid, &instance)) || heard.cancelled.contains(&(&job.uuid, &None::<&str>))
    }

    /// Tells whether every order about a message that was put on the queue then was heard.
    pub(crate) fn are_known_since(&self, queued_at: Timestamp) -> bool {
        let mut heard = self.heard();
        heard.forget_gateways();
        let speaks = |gateway: &Gateway| gateway.heard_at.elapsed() <= SILENCE;
        if heard.listening_since.is_none() || heard.gateways.is_empty() || !heard.gateways.values().all(speaks) {
            return false;
        }
        let complete_for = heard.complete_since.elapsed().as_millis();
        let age = Timestamp::now().unix_millis() - queued_at.unix_millis();
        let margin = CLOCKS.as_millis();
        match u128::try_from(age) {
            Ok(age) => age + margin < complete_for,
            // Its clock is ahead.
            Err(_) => u128::from(age.unsigned_abs()) <= margin && margin < complete_for,
        }
    }

    /// Tells whether there may be a gateway although none takes questions at this moment: one was heard just now, or listening
    /// has begun just now.
    pub(crate) fn may_come_from_somebody(&self) -> bool {
        let heard = self.heard();
        let young = heard.listening_since.is_none_or(|since| since.elapsed() <= SILENCE);
        young || heard.gateways.values().any(|gateway| gateway.heard_at.elapsed() <= SILENCE)
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    /// Holds a gateway's number against the one before.
    fn count(&mut self, name: &str, control: &JobControl) {
        self.forget_gateways();
        let before = self.gateways.get(name).map_or(0, |gateway| gateway.orders);
        if control.orders != before + u64::from(control.cancel.is_some()) {
            self.complete_since = Instant::now();
        }
        let gateway = Gateway { orders: control.orders, heard_at: Instant::now() };
        self.gateways.insert(name.to_owned(), gateway);
    }

    /// Forgets gateways that do not come back. What they said last may not have been heard.
    fn forget_gateways(&mut self) {
        let known = self.gateways.len();
        self.gateways.retain(|_, gateway| gateway.heard_at.elapsed() <= FORGET_GATEWAY);
        if self.gateways.len() < known {
            self.complete_since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::{InstanceId, JobControl, JobId, Timestamp};
    use tokio::time::advance;

    use super::{FORGET_GATEWAY, MOST_CANCELLED, Orders};
    use crate::job_message::JobKey;

    const SECOND: Duration = Duration::from_secs(1);

    fn says(gateway: &str, orders: u64) -> JobControl {
        JobControl { gateway: Some(gateway.to_owned()), orders, ..JobControl::default() }
    }

    fn cancels(gateway: &str, orders: u64, uuid: &str, instance: Option<&InstanceId>) -> JobControl {
        JobControl { cancel: Some(id(uuid)), instance: instance.cloned(), ..says(gateway, orders) }
    }

    fn id(uuid: &str) -> JobId {
        JobId::parse(uuid).unwrap()
    }

    fn key(uuid: &str, instance: Option<&InstanceId>) -> JobKey {
        JobKey { uuid: id(uuid), instance: instance.cloned(), created_at: None }
    }

    /// The time that many seconds ago.
    fn ago(seconds: i64) -> Timestamp {
        Timestamp::from_unix_millis(Timestamp::now().unix_millis() - seconds * 1000).unwrap()
    }

    /// Has listened for this many seconds to a gateway that says its number each second.
    async fn after(seconds: u64) -> Orders {
        let orders = Orders::default();
        orders.begin_listening();
        go_on(&orders, seconds, 0).await;
        orders
    }

    async fn go_on(orders: &Orders, seconds: u64, number: u64) {
        for _ in 0..seconds {
            orders.hear(&says("g", number));
            advance(SECOND).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_queued_before_listening_began_is_asked_about() {
        let orders = after(60).await;
        assert!(orders.are_known_since(ago(50)));
        for seconds in [56, 61, 3600] {
            assert!(!orders.are_known_since(ago(seconds)), "{seconds}");
        }
        assert!(!Orders::default().are_known_since(ago(0)), "nobody listens");
    }

    #[tokio::test(start_paused = true)]
    async fn clocks_may_be_apart_a_little() {
        let orders = after(60).await;
        assert!(orders.are_known_since(ago(-3)));
        assert!(!orders.are_known_since(ago(-60)));
        assert!(!after(4).await.are_known_since(ago(-3)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_gap_in_a_gateways_numbers_is_noticed_and_consecutive_orders_are_not() {
        let orders = after(60).await;
        for number in 1..=10 {
            orders.hear(&cancels("g", number, &format!("j{number}"), None));
        }
        orders.hear(&says("g", 10));
        assert!(orders.are_known_since(ago(50)));
        orders.hear(&says("g", 11));
        assert!(!orders.are_known_since(ago(50)));
        go_on(&orders, 60, 11).await;
        assert!(orders.are_known_since(ago(50)));
        orders.hear(&cancels("g", 13, "j13", None));
        assert!(!orders.are_known_since(ago(50)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_gateway_that_has_given_orders_already_may_have_been_missed() {
        let orders = after(60).await;
        orders.hear(&says("new", 0));
        orders.hear(&cancels("newer", 1, "j", None));
        assert!(orders.are_known_since(ago(50)));
        orders.hear(&says("old", 7));
        assert!(!orders.are_known_since(ago(50)));
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_known_gateway_is_silent_nothing_is_known() {
        let orders = after(60).await;
        assert!(orders.may_come_from_somebody());
        advance(4 * SECOND).await;
        assert!(!orders.are_known_since(ago(10)));
        assert!(!orders.may_come_from_somebody());
        orders.hear(&says("g", 0));
        assert!(orders.are_known_since(ago(50)), "nothing was missed, as its number says");

        orders.hear(&says("other", 0));
        go_on(&orders, 60, 0).await;
        assert!(!orders.are_known_since(ago(10)), "the other one is silent");
        go_on(&orders, FORGET_GATEWAY.as_secs(), 0).await;
        assert!(!orders.are_known_since(ago(200)), "its last orders may have been missed");
        go_on(&orders, 60, 0).await;
        assert!(orders.are_known_since(ago(50)));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_gateway_nothing_is_known() {
        let orders = Orders::default();
        orders.begin_listening();
        advance(2 * SECOND).await;
        assert!(orders.may_come_from_somebody(), "one may be about to come");
        advance(60 * SECOND).await;
        assert!(!orders.may_come_from_somebody());
        assert!(!orders.are_known_since(ago(10)));
    }

    #[tokio::test(start_paused = true)]
    async fn listening_anew_begins_anew() {
        let orders = after(60).await;
        orders.stop_listening();
        assert!(!orders.are_known_since(ago(0)));
        orders.begin_listening();
        go_on(&orders, 10, 5).await;
        assert!(orders.are_known_since(ago(3)) && !orders.are_known_since(ago(20)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_means_its_instance_or_without_one_all_of_them() {
        let orders = after(1).await;
        let (one, other) = (InstanceId::fresh(), InstanceId::fresh());
        orders.hear(&cancels("g", 1, "j", Some(&one)));
        assert!(orders.has_cancelled(&key("j", Some(&one))));
        assert!(!orders.has_cancelled(&key("j", Some(&other))) && !orders.has_cancelled(&key("j", None)));
        orders.hear(&cancels("g", 2, "k", None));
        assert!(orders.has_cancelled(&key("k", None)) && orders.has_cancelled(&key("k", Some(&one))));
    }

    #[tokio::test(start_paused = true)]
    async fn more_cancelled_jobs_than_can_be_remembered_are_asked_about() {
        let orders = after(60).await;
        let cancel = |number: usize| orders.hear(&cancels("g", number as u64, &format!("j{number}"), None));
        (1..=MOST_CANCELLED).for_each(cancel);
        assert!(orders.has_cancelled(&key("j1", None)) && orders.are_known_since(ago(50)));
        advance(20 * SECOND).await;
        cancel(MOST_CANCELLED + 1);
        assert!(!orders.has_cancelled(&key("j1", None)));
        assert!(!orders.are_known_since(ago(50)), "j1 may have been among those");
        assert!(orders.are_known_since(ago(10)), "all orders since the one that was forgotten are known");
    }
}
