//! Jobs with webhooks while gateways, broker, database and the receiver are killed at random: each end is told, and however
//! often that is, under one id and in the same words; a key makes one job, and a tick of a schedule, too.
//!
//! Whoever stands in for the executors answers at once: it is the gateways that are looked at.

mod clients;
mod receiver;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use job_model::{Job, JobStatus, Timestamp};
use serde_json::json;
use testkit::{ports, services};
use tests::stack::Stack;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use self::clients::{Clients, Created, Stored, check_ticks};
use self::receiver::{Heard, Telling, Told};
use crate::chance::Chance;
use crate::size;
use crate::stand_in::execute;
use crate::victims::{BACK, GATEWAY, Victim, restart_gateway};

/// Longest time in which nothing is told, while something is to be.
const STALLED: Duration = Duration::from_secs(180);
/// Longest time for all of it, and for each thousand of jobs.
const LONGEST: [Duration; 2] = [Duration::from_secs(600), Duration::from_secs(90)];
/// How long the full size is to last at most, on a machine that does nothing else.
const AIM: Duration = Duration::from_secs(1200);
/// Time between two words on how far it is.
const REPORTED: Duration = Duration::from_secs(15);
/// Those who stand in for executors.
const EXECUTORS: usize = 4;
/// Schedules, and how many seconds are between their ticks; four times as many where there is much else to do for long.
const SCHEDULES: [(&str, u64); 5] = [("s3", 3), ("s4", 4), ("s5", 5), ("s7", 7), ("s11", 11)];
/// Of so many keys one is asked for once more at the end.
const ASKED_AGAIN: usize = 20;
/// The most jobs that a failure names.
const NAMED: usize = 5;
/// A gateway that sends webhooks to this machine and does not wait for long, beside what every one is told.
const WEBHOOKS: &[(&str, &str)] =
    &[("WEBHOOK_ALLOW", "all"), ("WEBHOOK_TIMEOUT", "5s"), ("WEBHOOK_RETRY_FIRST", "500ms")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_end_is_told_under_one_id_while_everything_is_killed() {
    let count: usize = size("CHAOS_WEBHOOK_JOBS", 40);
    let kills: usize = size("CHAOS_WEBHOOK_KILLS", 4);
    let mut chance = Chance::new();
    let began = Instant::now();
    let mut stack = Stack::services(services::private_rabbitmq().await, services::durable_couchdb().await);
    let settings: Vec<(&str, &str)> = GATEWAY.iter().chain(WEBHOOKS).copied().collect();
    for _ in 0..2 {
        stack.add_gateway(&settings).await;
    }
    stack.client().wait_ready(BACK).await;
    // Every delivery gets a result at once, and another one each time it comes.
    let runs = Arc::new(AtomicU64::new(0));
    let executors = (0..EXECUTORS).map(|_| {
        let runs = Arc::clone(&runs);
        let results = move |_: &Job| json!({"run": runs.fetch_add(1, Ordering::Relaxed)});
        tokio::spawn(execute(stack.queue(), 8, Duration::ZERO, results))
    });
    let executors: Vec<_> = executors.collect();
    let told = Arc::new(Told::default());
    let port = ports::free();
    let mut site = Some(told.receiver(port));
    let clients = Arc::new(Clients::new(stack.gateways.iter().map(|gateway| gateway.port), port));
    let scheduled = Timestamp::now();
    let schedules = SCHEDULES.map(|(name, seconds)| (name, if count < 1000 { seconds } else { seconds * 4 }));
    for (name, seconds) in schedules {
        clients.schedule(name, seconds).await;
    }

    let mut progress = Progress::begin(began, count, Arc::clone(&told), Arc::clone(&clients));
    let mut killed = [0; 4];
    for turn in 0..kills {
        // Spread over all of it.
        progress.until(count * (turn + 1) / (kills + 1), &format!("{turn} of {kills} kills")).await;
        sleep(chance.up_to(Duration::from_millis(1500))).await;
        let victim = chance.in_rounds(4);
        killed[victim] += 1;
        match victim {
            0 => restart_gateway(&mut stack, chance.below(2), &settings).await,
            1 => {
                drop(site.take());
                sleep(chance.up_to(Duration::from_millis(3000))).await;
                site = Some(told.receiver(port));
            }
            2 => {
                Victim::Database.kill(&mut stack, turn).await;
            }
            _ => {
                Victim::Broker.kill(&mut stack, turn).await;
            }
        }
    }
    progress.until(count, "all kills").await;
    println!("{:>5.0?}: {count} jobs of clients told", began.elapsed());
    let created = progress.created().await;
    // What is told of last may be a tick: those have to end.
    for (name, seconds) in schedules {
        clients.pause(name, seconds).await;
    }
    let rests = Timestamp::now();
    progress.until_batches_told(&created).await;
    let stored = progress.until_all_told().await;

    let heard = told.heard();
    let repeated: usize = heard.jobs.values().map(|job| job.requests - 1).sum();
    let ticks: usize =
        schedules.map(|(name, seconds)| check_ticks(name, seconds, [scheduled, rests], &stored)).iter().sum();
    println!(
        "{count} jobs and {ticks} ticks of {} schedules told, {repeated} of them again; {} batches; {} runs, {} requests; \
         killed: gateway {}, receiver {}, database {}, broker {}; {:.0?} (aim for 20,000 jobs on a quiet machine: {AIM:?})",
        schedules.len(),
        created.batches.len(),
        runs.load(Ordering::Relaxed),
        told.requests(),
        killed[0],
        killed[1],
        killed[2],
        killed[3],
        began.elapsed()
    );
    check(&heard, &created, &stored);
    check_keys(&clients, &created).await;
    for executor in executors {
        executor.abort();
    }
    stack.stop().await;
}

/// Checks what was told, and what is stored.
fn check(heard: &Heard, created: &Created, stored: &[Stored]) {
    let faults = &heard.faults[..heard.faults.len().min(NAMED)];
    assert!(faults.is_empty(), "{} requests are not as promised: {faults:#?}", heard.faults.len());
    let wanted: BTreeSet<String> = created.ids().collect();
    let there: BTreeSet<String> =
        stored.iter().filter(|job| job.schedule.is_none()).map(|job| job.uuid.clone()).collect();
    let lost: Vec<_> = wanted.difference(&there).take(NAMED).collect();
    let nobodys = stored.iter().filter(|job| job.schedule.is_none() && !wanted.contains(&job.uuid));
    let nobodys: Vec<String> = nobodys.take(NAMED).map(|job| described(job, created)).collect();
    assert!(
        lost.is_empty() && nobodys.is_empty(),
        "lost: {lost:?}, made without a client that wants them: {nobodys:#?}"
    );
    let listed: BTreeSet<&String> = stored.iter().map(|job| &job.uuid).collect();
    assert_eq!((listed.len(), heard.jobs.len()), (stored.len(), stored.len()), "each job is listed and told once");
    for job in stored {
        let telling = &heard.jobs[&job.uuid];
        let (ids, bodies) = (&telling.ids, &telling.bodies);
        assert_eq!((ids.len(), bodies.len()), (1, 1), "{} was told under {ids:?}: {bodies:?}", job.uuid);
        assert_eq!(job.status, JobStatus::Done, "{} was told and is not done", job.uuid);
        assert_eq!(telling.data()["results"], job.results, "{} has another result than was told", job.uuid);
    }
    let ids: BTreeSet<&String> = heard.jobs.values().flat_map(|job| &job.ids).collect();
    assert_eq!(ids.len(), stored.len(), "each job is told under an id of its own");
    for (batch, rows) in &created.batches {
        let telling = heard.batches.get(batch).unwrap_or_else(|| panic!("the end of batch {batch} was not told"));
        assert_eq!(telling.ids.len(), telling.bodies.len(), "batch {batch}: {:?}", telling.bodies);
        assert!(telling.is_whole(), "batch {batch} of {rows} rows was never told whole: {:?}", telling.bodies);
    }
}

/// A job that nobody wants, beside what the clients of its key were told.
fn described(job: &Stored, created: &Created) -> String {
    let told = created.keyed.iter().find(|(key, _)| job.vars["key"] == **key);
    format!("{}, created at {}, of the key and its jobs {told:?}", job.uuid, job.created_at)
}

/// Checks that a key has one job, also for who asks once more.
async fn check_keys(clients: &Clients, created: &Created) {
    for (number, (key, ids)) in created.keyed.iter().enumerate() {
        let mut ids: BTreeSet<String> = ids.iter().cloned().collect();
        if number % ASKED_AGAIN == 0 {
            ids.insert(clients.post_keyed(key, number).await);
        }
        assert_eq!(ids.len(), 1, "{key} made jobs {ids:?}");
    }
}

/// How far it is, for those who wait and those who watch.
struct Progress {
    began: Instant,
    longest: Duration,
    reported: Instant,
    told: Arc<Told>,
    clients: Arc<Clients>,
    /// Absent once its end was seen.
    creating: Option<JoinHandle<Created>>,
    created: Option<Created>,
}

impl Progress {
    /// Has so many jobs made from now on.
    fn begin(began: Instant, count: usize, told: Arc<Told>, clients: Arc<Clients>) -> Self {
        let thousands = u32::try_from(count.div_ceil(1000)).expect("not so many");
        let (longest, asking) = (LONGEST[0] + LONGEST[1] * thousands, Arc::clone(&clients));
        let creating = Some(tokio::spawn(async move { asking.create(count).await }));
        Self { began, longest, reported: Instant::now(), told, clients, creating, created: None }
    }

    /// What was made, once all of it is.
    async fn created(&mut self) -> Created {
        if let Some(creating) = self.creating.take() {
            self.created = Some(creating.await.expect("clients get their jobs"));
        }
        self.created.take().expect("it is asked for once")
    }

    /// Waits until so many jobs were told.
    ///
    /// # Panics
    /// When nothing is told for a while, or all of it lasts too long.
    async fn until(&mut self, wanted: usize, what: &str) {
        if !self.goes_on_to(what, |told| told.jobs() >= wanted).await {
            let lost = self.lost(&self.clients.stored().await).await;
            panic!("{} of {wanted} jobs were told after {what}; {lost}", self.told.jobs());
        }
    }

    /// Waits until the ends of batches were told: one whose gateway died is left alone for a minute.
    ///
    /// # Panics
    /// As [`Self::until`].
    async fn until_batches_told(&mut self, created: &Created) {
        let is_told = |heard: &Heard, batch| heard.batches.get(batch).is_some_and(Telling::is_whole);
        let all = |told: &Told| told.look(|heard| created.batches.iter().all(|(batch, _)| is_told(heard, batch)));
        assert!(self.goes_on_to("the batches' ends", all).await, "not all of {:?} were told whole", created.batches);
    }

    /// Waits until each job of the store was told. All of them.
    ///
    /// # Panics
    /// As [`Self::until`].
    async fn until_all_told(&mut self) -> Vec<Stored> {
        loop {
            let stored = self.clients.stored().await;
            let all = |told: &Told| told.look(|heard| stored.iter().all(|job| heard.jobs.contains_key(&job.uuid)));
            if !self.goes_on_to("the schedules' last jobs", all).await {
                panic!("not all of {} jobs were told; {}", stored.len(), self.lost(&stored).await);
            }
            // A job that ended since it was listed, or was made since: a tick that a dead gateway had in hand has its job within
            // half a minute.
            let is_whole = stored.iter().all(|job| job.status == JobStatus::Done);
            if (is_whole && self.told.look(|heard| heard.jobs.len()) <= stored.len())
                || self.began.elapsed() > self.longest
            {
                return stored;
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Waits until it is so; false when nothing goes on.
    async fn goes_on_to(&mut self, what: &str, is_so: impl Fn(&Told) -> bool) -> bool {
        let (mut jobs, mut since) = (self.told.jobs(), Instant::now());
        while !is_so(&self.told) {
            if self.told.jobs() != jobs {
                (jobs, since) = (self.told.jobs(), Instant::now());
            }
            // A client that was refused says so at once.
            if self.creating.as_ref().is_some_and(JoinHandle::is_finished) {
                self.created = Some(self.created().await);
            }
            if since.elapsed() > STALLED || self.began.elapsed() > self.longest {
                return false;
            }
            if self.reported.elapsed() > REPORTED {
                self.reported = Instant::now();
                println!("{:>5.0?}: {} created, {jobs} told; {what}", self.began.elapsed(), self.clients.created());
            }
            sleep(Duration::from_millis(50)).await;
        }
        true
    }

    /// Which jobs were not told, and what their gateway knows of that.
    async fn lost(&self, jobs: &[Stored]) -> String {
        let heard = self.told.heard();
        let lost: Vec<_> = jobs.iter().filter(|job| !heard.jobs.contains_key(&job.uuid)).collect();
        let mut report = format!("{} of {} jobs in the store were not, as these:", lost.len(), jobs.len());
        for job in lost.iter().take(NAMED) {
            let deliveries = self.clients.deliveries(&job.uuid).await;
            report += &format!("\n{} is {}, its deliveries: {deliveries}", job.uuid, job.status);
        }
        report + "\nwhat the gateways said of them stands above, by job.id and delivery.id"
    }
}
