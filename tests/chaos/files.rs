//! Jobs with files while gateway, executors, broker, database and the store of files are killed: every job has its whole set
//! of files and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use job_model::Job;
use testkit::services;
use tests::s3::S3Server;
use tests::stack::Stack;
use tokio::time::sleep;

use crate::jobs::{Jobs, create_all, wait_all_done, watch};
use crate::size;
use crate::victims::{GATEWAY, Victim, pause, start_executors};

/// Three files, one of which is larger than what passes at once, and a moment in which the job can be killed.
const CODE: &str = "
    await files.write('first.txt', 'first ' + vars.number);
    await sleep(Number(vars.number) % 7 * 20);
    await files.write('folder/second.bin', Buffer.alloc(300000, vars.number));
    await files.write('third.json', JSON.stringify({ number: vars.number }));
    results.number = vars.number;";
/// Longest time until everything is done after the last kill.
const DONE: Duration = Duration::from_secs(300);
const FILES: usize = 3;

/// Who is killed: a part of the stack, or the store of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Killed {
    Part(Victim),
    Files,
}

const KILLED: [Killed; 5] = [
    Killed::Files,
    Killed::Part(Victim::Executor),
    Killed::Part(Victim::Gateway),
    Killed::Part(Victim::Database),
    Killed::Part(Victim::Broker),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_job_has_its_whole_set_of_files_whatever_is_killed() {
    let (count, kills): (usize, usize) = (size("CHAOS_FILE_JOBS", 30), size("CHAOS_FILE_KILLS", 10));
    let mut store = S3Server::start().await;
    let mut stack = Stack::services(services::private_rabbitmq().await, services::durable_couchdb().await);
    stack.env = store.env();
    stack.env.push(("FILES_SWEEP_INTERVAL".to_owned(), "500ms".to_owned()));
    let port = stack.add_gateway(GATEWAY).await.port;
    stack.client().wait_ready(DONE).await;
    start_executors(&mut stack);
    let jobs = Jobs::of_code(port, CODE);
    let kills_done = Arc::new(AtomicUsize::new(0));
    let creating = tokio::spawn(create_all(Arc::clone(&jobs), count, kills, Arc::clone(&kills_done)));
    let watching = tokio::spawn(watch(Arc::clone(&jobs)));
    let (mut times, begun) = (BTreeMap::new(), Instant::now());
    for turn in 0..kills {
        pause(turn).await;
        let killed = KILLED[(turn * 3 + turn / KILLED.len()) % KILLED.len()];
        match killed {
            Killed::Files => store.kill_and_restart().await,
            Killed::Part(part) => {
                part.kill(&mut stack, turn).await;
            }
        }
        *times.entry(killed).or_insert(0) += 1;
        kills_done.fetch_add(1, Ordering::Relaxed);
    }
    wait_all_done(&jobs, creating, watching, DONE).await;
    let done_after = begun.elapsed();

    let results = jobs.final_results().await;
    assert_eq!(results.len(), count);
    for job in &results {
        assert_eq!(job.error, "", "job {}", job.uuid);
        check_files(&jobs, job).await;
    }
    let swept = Instant::now();
    while store.objects() != count * FILES {
        let objects = store.objects();
        assert!(swept.elapsed() < DONE, "{objects} objects in the store for {count} jobs with {FILES} files each");
        sleep(Duration::from_millis(100)).await;
    }
    // What belongs to a job stays over many sweeps.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(store.objects(), count * FILES);
    println!("{count} jobs with {FILES} files each, done after {done_after:.1?}; killed: {times:?}");
    stack.stop().await;
}

/// Every file is there with its own content, as long and with the sum that the job says.
async fn check_files(jobs: &Jobs, job: &Job) {
    let number = job.vars["number"].as_bytes();
    let files: Vec<_> = job.files.iter().flatten().collect();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["first.txt", "folder/second.bin", "third.json"], "job {}", job.uuid);
    let expected = [
        [&b"first "[..], number].concat(),
        number.iter().copied().cycle().take(300_000).collect(),
        [&b"{\"number\":\""[..], number, b"\"}"].concat(),
    ];
    for (file, expected) in files.into_iter().zip(expected) {
        let found = jobs.file(&job.uuid, &file.name).await;
        assert!(found == expected, "{} of job {} has {} bytes", file.name, job.uuid, found.len());
        assert_eq!(file.bytes, expected.len() as u64);
        assert_eq!(file.sha256, job_files::sha256(&expected[..]).await.expect("a sum"), "{}", file.name);
    }
}
