//! A gateway as an executor sees one: it puts jobs on the queue, answers questions, gives orders and takes results.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use job_model::{
    DrainOrder, Heartbeat, InstanceId, JobAnswer, JobControl, JobEvent, JobId, JobQuestion, JobResult, Timestamp,
};
use job_queue::{JobQueue, Message, Queue, Topic};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use crate::pretended::{PATIENCE, until};

/// What a gateway says about a job that it is asked about.
pub(crate) const WANTED: JobAnswer = JobAnswer { wanted: true, begun: None };
pub(crate) const UNWANTED: JobAnswer = JobAnswer { wanted: false, begun: None };

/// A pretended gateway. Dropped, it is silent.
pub(crate) struct Gateway {
    queue: Arc<dyn JobQueue>,
    known: Arc<Known>,
    name: String,
    orders: Arc<AtomicU64>,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

#[derive(Default)]
struct Known {
    /// What is answered about which job; any other is wanted.
    answers: Mutex<BTreeMap<String, JobAnswer>>,
    questions: AtomicUsize,
    results: Mutex<Vec<JobResult>>,
    events: Mutex<Vec<JobEvent>>,
    heartbeats: Mutex<Vec<Heartbeat>>,
}

impl Gateway {
    /// Listens, answers questions and says its number.
    pub(crate) async fn start(queue: &Arc<dyn JobQueue>) -> Self {
        let mut gateway = Self::without_answers(queue).await;
        let (mut questions, known) = (queue.answer_questions().await.expect("a queue"), Arc::clone(&gateway.known));
        gateway.run(tokio::spawn(async move {
            while let Ok(question) = questions.next().await {
                let asked: JobQuestion = serde_json::from_slice(&question.body).expect("a question");
                known.questions.fetch_add(1, Ordering::Relaxed);
                let answer = lock(&known.answers).get(asked.uuid.as_str()).cloned().unwrap_or(WANTED);
                question.answer(serde_json::to_vec(&answer).expect("JSON"));
            }
        }));
        gateway
    }

    /// Listens and says its number.
    pub(crate) async fn without_answers(queue: &Arc<dyn JobQueue>) -> Self {
        let (known, orders) = (Arc::<Known>::default(), Arc::<AtomicU64>::default());
        let name = InstanceId::fresh().to_string();
        let mut gateway = Self { queue: Arc::clone(queue), known, name, orders, _tasks: Vec::new() };
        let (queue, name, orders) = (Arc::clone(queue), gateway.name.clone(), Arc::clone(&gateway.orders));
        gateway.run(tokio::spawn(async move {
            loop {
                let orders = orders.load(Ordering::Relaxed);
                let number = JobControl { gateway: Some(name.clone()), orders, ..JobControl::default() };
                queue.broadcast(Topic::JobControl, serde_json::to_vec(&number).expect("JSON"));
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }));
        let (mut events, known) = (gateway.subscribe(Topic::JobEvents).await, Arc::clone(&gateway.known));
        gateway.run(tokio::spawn(async move {
            while let Ok(body) = events.next().await {
                lock(&known.events).push(serde_json::from_slice(&body).expect("an event"));
            }
        }));
        let (mut beats, known) = (gateway.subscribe(Topic::Heartbeats).await, Arc::clone(&gateway.known));
        gateway.run(tokio::spawn(async move {
            while let Ok(body) = beats.next().await {
                lock(&known.heartbeats).push(serde_json::from_slice(&body).expect("a heartbeat"));
            }
        }));
        let prefetch = NonZeroU16::new(100).expect("a number");
        let mut results = gateway.queue.consume(Queue::JobResults, prefetch).await.expect("a queue");
        let known = Arc::clone(&gateway.known);
        gateway.run(tokio::spawn(async move {
            while let Ok(delivery) = results.next().await {
                lock(&known.results).push(serde_json::from_slice(&delivery.message.body).expect("a result"));
                delivery.ack().await.expect("a queue");
            }
        }));
        gateway
    }

    fn run(&mut self, task: JoinHandle<()>) {
        self._tasks.push(AbortOnDropHandle::new(task));
    }

    async fn subscribe(&self, topic: Topic) -> Box<dyn job_queue::Subscription> {
        self.queue.subscribe(topic).await.expect("a queue")
    }

    /// Says this of a job from now on.
    pub(crate) fn says(&self, uuid: &str, answer: JobAnswer) {
        lock(&self.known.answers).insert(uuid.to_owned(), answer);
    }

    /// Orders a job's end.
    pub(crate) fn cancel(&self, uuid: &str, instance: Option<&InstanceId>) {
        let order = JobControl {
            cancel: Some(JobId::parse(uuid).expect("an id")),
            instance: instance.cloned(),
            gateway: Some(self.name.clone()),
            orders: self.orders.fetch_add(1, Ordering::Relaxed) + 1,
            ..JobControl::default()
        };
        self.queue.broadcast(Topic::JobControl, serde_json::to_vec(&order).expect("JSON"));
    }

    /// Tells an executor to take no more jobs, or to take them again.
    pub(crate) fn drain(&self, executor: &str, on: bool) {
        let drain = Some(DrainOrder { executor: executor.to_owned(), on });
        let (gateway, orders) = (Some(self.name.clone()), self.orders.load(Ordering::Relaxed));
        let order = JobControl { drain, gateway, orders, ..JobControl::default() };
        self.queue.broadcast(Topic::JobControl, serde_json::to_vec(&order).expect("JSON"));
    }

    /// How many questions were answered.
    pub(crate) fn questions(&self) -> usize {
        self.known.questions.load(Ordering::Relaxed)
    }

    pub(crate) fn results(&self) -> Vec<JobResult> {
        lock(&self.known.results).clone()
    }

    pub(crate) fn events(&self) -> Vec<JobEvent> {
        lock(&self.known.events).clone()
    }

    pub(crate) fn heartbeats(&self) -> Vec<Heartbeat> {
        lock(&self.known.heartbeats).clone()
    }

    /// Waits for a job's result.
    pub(crate) async fn result(&self, uuid: &str) -> JobResult {
        until(&format!("the result of {uuid}"), || self.results().iter().any(|result| result.uuid.as_str() == uuid))
            .await;
        self.results().into_iter().find(|result| result.uuid.as_str() == uuid).expect("it is there")
    }

    /// Waits until no job waits in the queue.
    pub(crate) async fn wait_for_an_empty_queue(&self) {
        let empty = async {
            while self.queue.depth(Queue::Jobs).await.expect("a queue") > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, empty).await.expect("the queue is worked off");
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A job message as a gateway puts it on the queue now.
pub(crate) fn job(uuid: &str, code: &str, more: &Value) -> Message {
    let mut body = json!({"uuid": uuid, "code": code});
    let body_map = body.as_object_mut().expect("an object");
    body_map.extend(more.as_object().expect("an object").clone());
    let mut message = Message::new(body.to_string().into_bytes());
    message.headers.insert("x-puppet-master-queued-at".to_owned(), Timestamp::now().to_string());
    message
}

/// A copy that a gateway has put on the queue beside the first one.
pub(crate) fn copy(mut message: Message) -> Message {
    message.headers.insert("x-puppet-master-ask".to_owned(), "1".to_owned());
    message
}

/// Puts messages on the queue, many at a time.
pub(crate) async fn publish(queue: &Arc<dyn JobQueue>, messages: impl IntoIterator<Item = Message>) {
    let publishing = messages.into_iter().map(|message| queue.publish(Queue::Jobs, message));
    for published in futures::future::join_all(publishing).await {
        published.expect("a queue");
    }
}

/// Takes the next job off the queue and dies with it.
pub(crate) async fn lose_a_delivery(queue: &Arc<dyn JobQueue>) {
    let mut consumer = queue.consume(Queue::Jobs, NonZeroU16::MIN).await.expect("a queue");
    let delivery = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("a delivery in time");
    drop(delivery.expect("a delivery"));
}
