//! The gateway that is measured, on a thread and a runtime of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use gateway::{Parts, Settings};
use job_model::{Job, JobId, JobStatus, Timestamp};
use job_queue::embedded::EmbeddedQueue;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_queue::{JobQueue, Queue};
use job_store::JobStore;
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};
use job_store::embedded::EmbeddedJobStore;
use job_store::records::EmbeddedRecordStore;
use reqwest::Client;
use serde_json::{Value, json};
use service::Secret;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{DEADLINE, TOKEN};
use crate::load::{self, Ask, Login};

/// The writes that a store has waited for a disk to take.
type WriteCalls = Box<dyn Fn() -> u64 + Send>;

/// A gateway on a thread and a runtime of its own.
pub(super) struct Gateway {
    pub(super) base: String,
    pub(super) queue: Arc<dyn JobQueue>,
    pub(super) store: Arc<dyn JobStore>,
    pub(super) write_calls: WriteCalls,
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Where a gateway keeps its jobs.
pub(super) enum Kind {
    CouchDb(Box<(CouchDbConfig, RabbitMqConfig)>),
    Embedded(std::path::PathBuf),
}

impl Gateway {
    pub(super) async fn start(kind: Kind) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let (ready, started) = oneshot::channel();
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("gateway".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            if let Err(error) = runtime.block_on(serve(kind, ready, stopped)) {
                eprintln!("the gateway failed: {error:?}");
            }
        })?;
        let (address, parts, write_calls) = started.await.context("the gateway did not start")?;
        let gateway = Self {
            base: format!("http://{address}"),
            queue: parts.queue,
            store: parts.store,
            write_calls,
            stop,
            thread: Some(thread),
        };
        timeout(DEADLINE, gateway.until_ready()).await.context("the gateway is not ready")?;
        Ok(gateway)
    }

    async fn until_ready(&self) {
        loop {
            let answer = reqwest::get(format!("{}/readyz", self.base)).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no job is `created` any more, then empties the queue.
    pub(super) async fn drained(&self) -> anyhow::Result<()> {
        let client = Client::new();
        let url = format!("{}/jobs?status=created&per_page=1", self.base);
        let began = Instant::now();
        loop {
            let list = load::send(&client, &Login::Token(TOKEN.to_owned()), Ask::get(url.clone())).await?;
            let list: Value = serde_json::from_slice(&list)?;
            if list["data"].as_array().is_none_or(Vec::is_empty) {
                break;
            }
            anyhow::ensure!(began.elapsed() < DEADLINE, "jobs stay created");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut consumer = self.queue.consume(Queue::Jobs, NonZeroU16::new(256).context("256 is not 0")?).await?;
        while let Ok(delivery) = timeout(Duration::from_millis(300), consumer.next()).await {
            delivery?.ack().await?;
        }
        Ok(())
    }

    /// Puts so many done jobs straight into the store.
    pub(super) async fn fill(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::with_capacity(count);
        for chunk in 0..count.div_ceil(500) {
            let jobs: Vec<Job> = (0..500).map(|number| done_job(chunk * 500 + number)).collect::<Result<_, _>>()?;
            futures::future::try_join_all(jobs.iter().map(|job| self.store.insert(job))).await?;
            ids.extend(jobs.into_iter().map(|job| job.uuid.to_string()));
        }
        Ok(ids)
    }

    pub(super) fn stop(mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // Its error has been printed.
            let _ = thread.join();
        }
    }
}

fn done_job(number: usize) -> anyhow::Result<Job> {
    let now = Timestamp::now().to_string();
    Ok(serde_json::from_value(json!({
        "uuid": JobId::fresh(), "code": format!("results.answer = {number};"), "status": JobStatus::Done, "error": "",
        "vars": {}, "modules": {}, "logs": [], "results": { "answer": number }, "created_at": now, "started_at": now,
        "finished_at": now, "duration": 1,
    }))?)
}

type Started = (SocketAddr, Parts, WriteCalls);

async fn serve(kind: Kind, ready: oneshot::Sender<Started>, stop: CancellationToken) -> anyhow::Result<()> {
    let (parts, write_calls) = match kind {
        Kind::CouchDb(servers) => {
            let (couchdb, rabbitmq) = *servers;
            let store = Arc::new(CouchDbJobStore::new(&couchdb)?);
            let counted = store.clone();
            let calls: WriteCalls = Box::new(move || counted.write_calls());
            let records = Arc::new(store.records());
            (Parts { store, records, queue: Arc::new(RabbitMqQueue::new(rabbitmq)?), files: None }, calls)
        }
        Kind::Embedded(folder) => embedded(&folder)?,
    };
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let handed = ready.send((listener.local_addr()?, parts.clone(), write_calls));
    anyhow::ensure!(handed.is_ok(), "nobody waits for the gateway");
    gateway::run_with(parts, Settings::with_token(Secret::new(TOKEN)), listener, stop).await
}

fn embedded(folder: &Path) -> anyhow::Result<(Parts, WriteCalls)> {
    let store = Arc::new(EmbeddedJobStore::open(folder.join("jobs.sqlite"))?);
    let counted = store.clone();
    let calls: WriteCalls = Box::new(move || counted.write_calls());
    let records = Arc::new(EmbeddedRecordStore::open(folder.join("service.sqlite"))?);
    let queue = Arc::new(EmbeddedQueue::open(folder.join("queue.sqlite"))?);
    Ok((Parts { store, records, queue, files: None }, calls))
}
