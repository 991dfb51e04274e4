//! Every part is killed at every step of a job, and at random, while jobs run: each job is done once, and nothing is left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use job_model::Job;
use job_queue::rabbitmq::RabbitMqQueue;
use job_queue::{JobQueue, Queue};
use testkit::services;
use tests::stack::Stack;
use tokio::time::{sleep, timeout};

use crate::jobs::{Jobs, STEPS, Step, create_all, wait_all_done, watch};
use crate::size;
use crate::victims::{GATEWAY, VICTIMS, Victim, executor, pause, start_executors};

/// Longest time until a step comes by, while jobs are created.
const STEP: Duration = Duration::from_secs(60);
/// Longest time until everything is done after the last kill.
const DONE: Duration = Duration::from_secs(180);

/// One kill: who, when, and what came of it.
struct Kill {
    victim: Victim,
    /// `None` is any moment.
    step: Option<Step>,
    hit: bool,
    back_after: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_job_is_done_once_whatever_is_killed() {
    let count: usize = size("CHAOS_JOBS", 40);
    let schedule = schedule(size("CHAOS_KILLS", 12));
    let mut stack = Stack::services(services::private_rabbitmq().await, services::durable_couchdb().await);
    let port = stack.add_gateway(GATEWAY).await.port;
    stack.client().wait_ready(DONE).await;
    start_executors(&mut stack);
    let jobs = Jobs::new(port);
    let kills_done = Arc::new(AtomicUsize::new(0));

    let creating = tokio::spawn(create_all(Arc::clone(&jobs), count, schedule.len(), Arc::clone(&kills_done)));
    let watching = tokio::spawn(watch(Arc::clone(&jobs)));
    let mut kills = Vec::new();
    for (turn, (victim, step)) in schedule.into_iter().enumerate() {
        wait_for(&jobs, step, turn).await;
        let begun = Instant::now();
        let hit = victim.kill(&mut stack, turn).await;
        kills.push(Kill { victim, step, hit, back_after: begun.elapsed() });
        kills_done.fetch_add(1, Ordering::Relaxed);
    }
    wait_all_done(&jobs, creating, watching, DONE).await;

    let results = jobs.final_results().await;
    print_table(&kills, &results);
    assert_eq!(results.len(), count);
    let failed = results.iter().filter(|job| !job.error.is_empty()).count();
    let excused = kills.iter().filter(|kill| kill.victim.may_fail_a_job() && kill.hit).count();
    assert!(failed <= excused, "{failed} jobs failed, {excused} were killed with their page");

    // A job that came twice may still be run, and its result be on its way.
    let messages = stack.queue();
    wait_until_empty(&messages, Queue::Jobs).await;
    stack.stop_executors().await;
    wait_until_empty(&messages, Queue::JobResults).await;
    stack.stop_processes().await;
    for queue in [Queue::Jobs, Queue::JobResults] {
        assert_eq!(messages.depth(queue).await.expect("the broker answers"), 0, "messages are left in {queue:?}");
    }
    // The next executor clears away what a killed one left, when nobody has yet.
    stack.executors.push(executor(&stack));
    stack.executors.last_mut().expect("one").wait_for_output("executor begins", DONE).await;
    stack.stop().await;
}

/// Waits until no message of the queue waits for a consumer.
async fn wait_until_empty(messages: &RabbitMqQueue, queue: Queue) {
    let empty = async {
        while messages.depth(queue).await.expect("the broker answers") > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(timeout(DONE, empty).await.is_ok(), "messages stay in {queue:?}");
}

/// Who is killed when: each part at each step in turn, and after that at random.
fn schedule(kills: usize) -> Vec<(Victim, Option<Step>)> {
    let steps: Vec<Option<Step>> = STEPS.into_iter().map(Some).collect();
    // Neighbours differ in both, so that a short schedule has every part and every step.
    let ordered = (0..STEPS.len()).flat_map(|round| {
        let steps = steps.clone();
        VICTIMS.into_iter().enumerate().map(move |(index, victim)| (victim, steps[(index + round) % steps.len()]))
    });
    let random = (0..).map(|turn: usize| (VICTIMS[(turn * 7 + turn / 6) % VICTIMS.len()], None));
    ordered.chain(random).take(kills).collect()
}

/// Waits until some job is at the step; without one, a while that differs from kill to kill.
async fn wait_for(jobs: &Jobs, step: Option<Step>, turn: usize) {
    let mut steps = jobs.steps();
    let Some(wanted) = step else {
        return pause(turn).await;
    };
    let came = async {
        loop {
            match steps.recv().await {
                Ok(step) if step == wanted => return,
                Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    // No job may be left for this step; the kill comes all the same.
    let _ = timeout(STEP.min(Duration::from_secs(10)), came).await;
}

fn print_table(kills: &[Kill], results: &[Job]) {
    let mut rows: BTreeMap<(Victim, Option<Step>), (usize, usize, Duration)> = BTreeMap::new();
    for kill in kills {
        let row = rows.entry((kill.victim, kill.step)).or_default();
        row.0 += 1;
        row.1 += usize::from(kill.hit);
        row.2 = row.2.max(kill.back_after);
    }
    println!("{:<10} {:<10} {:>6} {:>6} {:>14}", "killed", "at step", "times", "hit", "back within ms");
    for ((victim, step), (times, hit, back)) in rows {
        let step = step.map_or("any".to_owned(), |step| format!("{step:?}"));
        println!("{:<10} {step:<10} {times:>6} {hit:>6} {:>14}", format!("{victim:?}"), back.as_millis());
    }
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for job in results {
        *outcomes.entry(if job.error.is_empty() { "succeeded" } else { &job.error }).or_default() += 1;
    }
    println!("{} jobs done, each with one unchanged result:", results.len());
    for (outcome, times) in outcomes {
        println!("{times:>6}  {outcome}");
    }
}
