//! The rule of loss against random histories: a small model of a queue, executors and a gateway, with the real memory of
//! the gateway ([`Fleet`], [`Watermark`]) and the real rule.

use std::collections::VecDeque;
use std::time::Duration;

use job_model::{Heartbeat, HeldJob, JobId, Running, Timestamp};

use super::loss::{self, Evidence};
use crate::clock::Millis;
use crate::fleet::{Creation, Fleet};
use crate::memory::watermark::Watermark;

const STEP: Millis = 500;
const REQUEUE_AFTER: Duration = Duration::from_secs(60);
const MARGIN: Duration = Duration::from_secs(60);
const MAX_PUBLISHES: u32 = 5;

/// Numbers that look random and are the same for a seed: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// What may happen in a history.
#[derive(Clone, Copy)]
struct World {
    /// Whether executors tell of themselves. Those that do may run a job for as long as they like.
    heartbeats: bool,
    executors: usize,
    slots: usize,
    deaths: bool,
    wipes: bool,
    cancels: bool,
    /// Whether the gateway's subscription is lost now and then.
    interruptions: bool,
}

const CALM: World =
    World { heartbeats: true, executors: 2, slots: 2, deaths: false, wipes: false, cancels: true, interruptions: true };

#[derive(Clone)]
struct Message {
    job: usize,
    queued_at: Millis,
    attempt: u32,
    redelivered: bool,
}

struct Held {
    message: Message,
    since: Millis,
    until: Millis,
}

struct Executor {
    name: String,
    held: Vec<Held>,
}

struct Job {
    creation: Creation,
    put_on_queue_at: Millis,
    publishes: u32,
    done: bool,
    cancelled: bool,
    given_up: bool,
    runs: u32,
    queue_lost: bool,
}

struct Model {
    world: World,
    random: Random,
    now: Millis,
    queue: VecDeque<Message>,
    executors: Vec<Executor>,
    started: u32,
    jobs: Vec<Job>,
    fleet: Fleet,
    watermark: Watermark,
    republished: u32,
}

impl Model {
    fn new(world: World, seed: u64) -> Self {
        let model = Self {
            world,
            random: Random(seed),
            now: 1_000_000,
            queue: VecDeque::new(),
            executors: Vec::new(),
            started: 0,
            jobs: Vec::new(),
            fleet: Fleet::default(),
            watermark: Watermark::default(),
            republished: 0,
        };
        model.fleet.listening(model.now);
        model
    }

    fn publish_new(&mut self) {
        let job = self.jobs.len();
        self.jobs.push(Job {
            creation: Creation::new(JobId::parse(format!("j{job}")).unwrap(), None),
            put_on_queue_at: self.now,
            publishes: 1,
            done: false,
            cancelled: false,
            given_up: false,
            runs: 0,
            queue_lost: false,
        });
        self.queue.push_back(Message { job, queued_at: self.now, attempt: 1, redelivered: false });
    }

    fn start_executors(&mut self) {
        while self.executors.len() < self.world.executors {
            self.started += 1;
            self.executors.push(Executor { name: format!("e{}", self.started), held: Vec::new() });
        }
    }

    /// Executors take what they have room for.
    fn deliver(&mut self) {
        for at in 0..self.executors.len() {
            while self.executors[at].held.len() < self.world.slots {
                let Some(message) = self.queue.pop_front() else { return };
                let job = &mut self.jobs[message.job];
                if job.done {
                    continue; // it asks, and nobody wants the job
                }
                if message.redelivered {
                    // Counted, and sent round.
                    self.fleet.queued(&job.creation, self.now);
                    let attempt = message.attempt + 1;
                    self.queue.push_back(Message { queued_at: self.now, attempt, redelivered: false, ..message });
                    continue;
                }
                job.runs += 1;
                let most = if self.world.heartbeats { 1_200_000 } else { 55_000 };
                let long = self.random.one_in(20);
                let time = self.random.below(if long { most } else { 5_000 });
                let until = self.now + Millis::try_from(time).unwrap();
                let executor = &mut self.executors[at];
                if self.world.heartbeats {
                    let since = Timestamp::from_unix_millis(self.now).unwrap();
                    let running = Running { since, executor: executor.name.clone(), attempt: message.attempt };
                    self.fleet.begun(&job.creation, running, self.now);
                }
                executor.held.push(Held { message, since: self.now, until });
            }
        }
    }

    fn send_heartbeats(&self) {
        for executor in &self.executors {
            let held = |held: &Held| HeldJob {
                uuid: self.jobs[held.message.job].creation.uuid().clone(),
                instance: None,
                since: Timestamp::from_unix_millis(held.since),
                attempt: held.message.attempt,
            };
            let heartbeat = Heartbeat {
                executor: executor.name.clone(),
                started_at: Timestamp::from_unix_millis(0).unwrap(),
                slots: 2,
                jobs: executor.held.iter().map(held).collect(),
                stopping: false,
                draining: false,
                without: Vec::new(),
                facts: job_model::ExecutorFacts::default(),
            };
            self.fleet.heard(&heartbeat, self.now);
        }
    }

    /// Executors send the results of what has ended.
    fn end_runs(&mut self) {
        for executor in &mut self.executors {
            let now = self.now;
            let (ended, held) = std::mem::take(&mut executor.held).into_iter().partition(|held| held.until <= now);
            executor.held = held;
            for Held { message, .. } in ended {
                let job = &mut self.jobs[message.job];
                if job.done {
                    continue;
                }
                job.done = true;
                self.fleet.forget(&job.creation);
                // As `jobs::finish` does: only a first delivery of what was published once proves anything.
                if message.attempt == 1 && job.publishes == 1 {
                    self.watermark.note(now, loss::proven(message.queued_at, REQUEUE_AFTER));
                }
            }
        }
    }

    fn die(&mut self) {
        if self.executors.is_empty() {
            return;
        }
        let victim = usize::try_from(self.random.below(self.executors.len() as u64)).unwrap();
        for held in self.executors.remove(victim).held {
            self.queue.push_front(Message { redelivered: true, ..held.message });
        }
    }

    fn cancel(&mut self) {
        let waiting: Vec<_> = (0..self.jobs.len()).filter(|at| !self.jobs[*at].done).collect();
        if waiting.is_empty() {
            return;
        }
        let job = waiting[usize::try_from(self.random.below(waiting.len() as u64)).unwrap()];
        let job = &mut self.jobs[job];
        (job.done, job.cancelled) = (true, true);
        self.fleet.forget(&job.creation);
    }

    fn wipe(&mut self) {
        for message in self.queue.drain(..) {
            self.jobs[message.job].queue_lost = true;
        }
    }

    fn sweep(&mut self) {
        for (at, job) in self.jobs.iter_mut().enumerate().filter(|(_, job)| !job.done) {
            let sighting = self.fleet.sighting(&job.creation, self.now);
            let evidence = Evidence {
                watermark: &self.watermark,
                listening_since: self.fleet.listening_since(),
                sighting: &sighting,
                noted_at: job.put_on_queue_at,
                wait: loss::wait(REQUEUE_AFTER, None, MARGIN),
            };
            if !evidence.shows_loss(self.now) {
                continue;
            }
            self.republished += 1;
            if job.publishes >= MAX_PUBLISHES {
                (job.done, job.given_up) = (true, true);
                continue;
            }
            job.publishes += 1;
            job.put_on_queue_at = self.now;
            self.queue.push_back(Message { job: at, queued_at: self.now, attempt: 1, redelivered: false });
        }
    }

    fn step(&mut self, creating: u64) {
        self.now += STEP;
        self.end_runs();
        if creating > 0 && self.random.one_in(creating) {
            self.publish_new();
        }
        if self.world.deaths && self.random.one_in(400) {
            self.die();
        }
        if self.random.one_in(10) {
            self.start_executors();
        }
        self.deliver();
        if self.world.cancels && self.random.one_in(100) {
            self.cancel();
        }
        if self.world.wipes && self.random.one_in(2_000) {
            self.wipe();
        }
        if self.world.interruptions && self.random.one_in(3_000) {
            self.fleet.listening(self.now);
            self.watermark.clear();
        }
        if self.world.heartbeats && self.now % 2_000 == 0 {
            self.send_heartbeats();
        }
        if self.now % 1_000 == 0 && self.queue.is_empty() {
            self.watermark.note(self.now, loss::proven(self.now, REQUEUE_AFTER));
        }
        if self.now % 5_000 == 0 {
            self.sweep();
        }
    }

    /// Lives through a history of bursts and idle times, then until everything is done.
    fn live(&mut self) {
        for _ in 0..4 {
            for _ in 0..self.random.below(60) {
                self.publish_new();
            }
            let creating = 50 + self.random.below(500);
            for _ in 0..self.random.below(2_000) {
                self.step(creating);
            }
        }
        (self.world.deaths, self.world.wipes) = (false, false);
        for _ in 0..100_000 {
            if self.jobs.iter().all(|job| job.done) {
                return;
            }
            self.step(0);
        }
    }
}

fn histories(world: World, seeds: std::ops::Range<u64>, holds: impl Fn(&Model) -> Option<String>) {
    for seed in seeds {
        let mut model = Model::new(world, seed);
        model.live();
        if let Some(wrong) = holds(&model) {
            panic!("seed {seed}: {wrong}");
        }
    }
}

/// Each job ran as often as it should have: once, unless it was cancelled first.
fn runs_once(model: &Model) -> Option<String> {
    let wrong = model.jobs.iter().position(|job| job.given_up || job.runs > 1 || (job.runs == 0 && !job.cancelled));
    wrong.map(|at| {
        format!("job {at} ran {} times, {} jobs were put on the queue again", model.jobs[at].runs, model.republished)
    })
}

#[test]
fn executions_are_jobs_when_nothing_died() {
    histories(CALM, 0..60, runs_once);
    histories(World { executors: 1, slots: 1, ..CALM }, 0..30, runs_once);
    // A predecessor's executors tell nothing of themselves.
    histories(World { heartbeats: false, ..CALM }, 0..60, runs_once);
}

#[test]
fn a_death_alone_loses_no_job() {
    histories(World { deaths: true, ..CALM }, 0..60, |model| {
        (model.republished > 0).then(|| format!("{} jobs were put on the queue again", model.republished))
    });
}

#[test]
fn nothing_that_is_lost_stays_lost() {
    for heartbeats in [true, false] {
        let world = World { heartbeats, deaths: true, wipes: true, ..CALM };
        histories(world, 0..60, |model| {
            let lost = model.jobs.iter().filter(|job| job.queue_lost).count();
            let left = model.jobs.iter().position(|job| !job.done);
            left.map(|at| format!("job {at} of {lost} lost ones was never ended"))
        });
    }
}
