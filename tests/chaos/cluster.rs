//! The nodes of a RabbitMQ cluster that lead the queues are killed while jobs run: no job is lost, and none has two results.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use job_model::Job;
use job_queue::rabbitmq::{Node, QueueType, RabbitMqConfig, RabbitMqQueue};
use job_queue::{JobQueue, Queue};
use serde_json::{Value, json};
use testkit::services::{self, RabbitMq, RabbitMqCluster};
use tests::stack::Stack;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::jobs::{Jobs, create_all, wait_all_done, watch};
use crate::stand_in::execute;
use crate::victims::GATEWAY;
use crate::{size, wait_until};

/// Longest time until everything is done after the last kill.
const DONE: Duration = Duration::from_secs(180);
/// How long a job takes at the executor that stands in.
const WORK: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_whose_leader_is_killed_loses_no_job_and_has_no_result_twice() {
    let count: usize = size("CHAOS_CLUSTER_JOBS", 200);
    let kills: usize = size("CHAOS_CLUSTER_KILLS", 1);
    let mut cluster = services::rabbitmq_cluster(3).await;
    let ports: Vec<u16> = cluster.ports().collect();
    let node = |port: u16| RabbitMq::at(port);
    let mut stack = Stack::services(node(ports[0]), services::durable_couchdb().await);
    let (jobs_queue, results_queue) = stack.queue_names();
    // Who declares a queue first makes its own node the leader: so there is one leader for both.
    let config = |ports: &[u16]| RabbitMqConfig {
        port: ports[0],
        other_nodes: ports[1..].iter().map(|port| Node { host: "127.0.0.1".to_owned(), port: *port }).collect(),
        queue_type: QueueType::Quorum,
        jobs_queue: jobs_queue.clone(),
        results_queue: results_queue.clone(),
        connection_wait: Duration::from_secs(30),
        host: "127.0.0.1".to_owned(),
        username: "puppet".to_owned(),
        password: "puppet".to_owned(),
        ..RabbitMqConfig::default()
    };
    let first = RabbitMqQueue::new(config(&ports[..1])).expect("good names");
    timeout(DONE, async {
        while first.ping().await.is_err() {
            sleep(Duration::from_millis(20)).await
        }
    })
    .await
    .expect("both queues are declared");
    drop(first);
    assert_eq!((cluster.leader(&jobs_queue, 0), cluster.leader(&results_queue, 0)), (0, 0));

    let hosts = cluster.hosts();
    let env: Vec<(&str, &str)> =
        GATEWAY.iter().copied().chain([("QUEUE_HOST", hosts.as_str()), ("QUEUE_TYPE", "quorum")]).collect();
    // Two, for results that one gateway has half stored and another gets again.
    let port = stack.add_gateway(&env).await.port;
    stack.add_gateway(&env).await;
    stack.client().wait_ready(DONE).await;
    let queue = || RabbitMqQueue::new(config(&ports)).expect("good names");
    let executors: Vec<JoinHandle<()>> =
        (0..2).map(|_| tokio::spawn(execute(queue(), 4, WORK, times_begun()))).collect();

    let jobs = Jobs::of_code(port, "results.run = 1");
    let kills_done = Arc::new(AtomicUsize::new(0));
    let creating = tokio::spawn(create_all(Arc::clone(&jobs), count, kills, Arc::clone(&kills_done)));
    let watching = tokio::spawn(watch(Arc::clone(&jobs)));
    for turn in 0..kills {
        let part = count * (turn + 1) / (kills + 1);
        timeout(DONE, wait_until(|| jobs.created() >= part)).await.expect("jobs are created");
        kill_leader(&mut cluster, &jobs_queue, turn).await;
        kills_done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    wait_all_done(&jobs, creating, watching, DONE).await;

    let results = jobs.final_results().await;
    assert_eq!(results.len(), count);
    let wrong: Vec<&Job> = results.iter().filter(|job| !job.error.is_empty() || job.results.is_none()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let look = queue();
    for queue in [Queue::Jobs, Queue::JobResults] {
        let empty = async {
            while look.depth(queue).await.is_ok_and(|depth| depth > 0) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(DONE, empty).await.unwrap_or_else(|_| panic!("messages stay in {queue:?}"));
    }
    executors.iter().for_each(JoinHandle::abort);
    stack.stop().await;
}

/// Kills the leader of the queue of jobs, waits a while, and starts the node again.
async fn kill_leader(cluster: &mut RabbitMqCluster, queue: &str, turn: usize) {
    let alive = turn % 3;
    let leader = cluster.leader(queue, alive);
    cluster.kill(leader);
    sleep(Duration::from_secs(2)).await;
    cluster.restart(leader).await;
}

/// Results that say how often a job was begun at one who stands in for an executor.
fn times_begun() -> impl FnMut(&Job) -> Value {
    let mut begun: BTreeMap<String, u32> = BTreeMap::new();
    move |job| {
        let times = begun.entry(job.uuid.to_string()).or_default();
        *times += 1;
        json!({"begun": *times})
    }
}
