//! An executor that runs nothing: it takes jobs, tells of itself as ours does, and answers after a while.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use job_model::{Heartbeat, HeldJob, Job, JobEvent, JobEventKind, JobId, JobResult, JobStage, Running, Timestamp};
use job_queue::{Delivery, JobQueue, Message, Queue, Topic};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// A running executor; it is gone when this is dropped.
pub(crate) struct Executor {
    pub(crate) runs: Arc<Mutex<HashMap<JobId, u32>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Executor {
    /// Takes jobs and answers each after `time`.
    pub(crate) fn start(queue: &Arc<dyn JobQueue>, name: &str, slots: u16, time: Duration) -> Self {
        let runs = Arc::new(Mutex::new(HashMap::new()));
        let held = Arc::new(Mutex::new(HashMap::new()));
        let heartbeats = tokio::spawn(tell(queue.clone(), name.to_owned(), held.clone()));
        let working = tokio::spawn(work(queue.clone(), name.to_owned(), slots, time, runs.clone(), held));
        Self { runs, tasks: vec![heartbeats, working] }
    }
}

type Held = Arc<Mutex<HashMap<JobId, HeldJob>>>;

async fn tell(queue: Arc<dyn JobQueue>, executor: String, held: Held) {
    let started_at = Timestamp::now();
    loop {
        let jobs = held.lock().unwrap().values().cloned().collect();
        beat(&queue, executor.clone(), started_at, jobs);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn work(
    queue: Arc<dyn JobQueue>,
    executor: String,
    slots: u16,
    time: Duration,
    runs: Arc<Mutex<HashMap<JobId, u32>>>,
    held: Held,
) {
    let free = Arc::new(Semaphore::new(slots.into()));
    let mut consumer = queue.consume(Queue::Jobs, NonZeroU16::new(slots).unwrap()).await.unwrap();
    loop {
        let slot = free.clone().acquire_owned().await.unwrap();
        let delivery = consumer.next().await.unwrap();
        let (queue, executor, runs, held) = (queue.clone(), executor.clone(), runs.clone(), held.clone());
        tokio::spawn(async move {
            run(&queue, executor, delivery, time, &runs, &held).await;
            drop(slot);
        });
    }
}

async fn run(
    queue: &Arc<dyn JobQueue>,
    executor: String,
    delivery: Delivery,
    time: Duration,
    runs: &Mutex<HashMap<JobId, u32>>,
    held: &Held,
) {
    let job: Job = serde_json::from_slice(&delivery.message.body).unwrap();
    *runs.lock().unwrap().entry(job.uuid.clone()).or_default() += 1;
    let running = begin(queue, &job, &executor);
    let (uuid, instance) = (job.uuid.clone(), job.instance.clone());
    let entry = HeldJob { uuid, instance, since: Some(running.since), attempt: 1 };
    held.lock().unwrap().insert(job.uuid.clone(), entry);
    tokio::time::sleep(time).await;
    let mut result = result_of(&job);
    if !delivery.redelivered {
        let queued_at = delivery.message.headers.get("x-puppet-master-queued-at");
        result.queued_at = queued_at.and_then(|text| Timestamp::parse(text).ok());
    }
    let message = Message::new(serde_json::to_vec(&result).unwrap());
    queue.publish(Queue::JobResults, message).await.unwrap();
    delivery.ack().await.unwrap();
    held.lock().unwrap().remove(&job.uuid);
}

/// Says that a job was begun.
pub(crate) fn begin(queue: &Arc<dyn JobQueue>, job: &Job, executor: &str) -> Running {
    let running = Running { since: Timestamp::now(), executor: executor.to_owned(), attempt: 1 };
    let what = JobEventKind::Status { status: JobStage::Running, running: Some(running.clone()) };
    let event = JobEvent { uuid: job.uuid.clone(), instance: job.instance.clone(), seq: 0, what };
    queue.broadcast(Topic::JobEvents, serde_json::to_vec(&event).unwrap());
    running
}

/// Says that an executor holds and runs a job.
pub(crate) fn still_runs(queue: &Arc<dyn JobQueue>, job: &Job, running: &Running) {
    let (uuid, instance) = (job.uuid.clone(), job.instance.clone());
    let jobs = vec![HeldJob { uuid, instance, since: Some(running.since), attempt: running.attempt }];
    beat(queue, running.executor.clone(), running.since, jobs);
}

fn beat(queue: &Arc<dyn JobQueue>, executor: String, started_at: Timestamp, jobs: Vec<HeldJob>) {
    let heartbeat = Heartbeat {
        executor,
        started_at,
        slots: 2,
        jobs,
        stopping: false,
        draining: false,
        without: Vec::new(),
        facts: job_model::ExecutorFacts::default(),
    };
    queue.broadcast(Topic::Heartbeats, serde_json::to_vec(&heartbeat).unwrap());
}

/// A good result of this very job.
pub(crate) fn result_of(job: &Job) -> JobResult {
    let now = Some(Timestamp::now());
    JobResult {
        error: None,
        outcome: None,
        attempt: Some(1),
        instance: job.instance.clone(),
        created_at: Some(job.created_at),
        started_at: now,
        finished_at: now,
        ..JobResult::not_started(job.uuid.clone(), "")
    }
}
