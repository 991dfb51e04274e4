//! Whole jobs, from POST to done as a client sees it, and what the processes that run them need.

use std::time::Duration;

use testkit::processes;

use crate::calls::bench_site;
use crate::machine::memory_of;
use crate::report::{Aim, Report, median, quantile};
use crate::subject::{CLUSTER, Ground, LAUNCH, OURS, Subject, Worker};

const SECTION: &str = "jobs";

/// The two kinds of jobs.
const KINDS: [(&str, &str); 2] = [
    ("trivial job", "results.answer = 42;"),
    (
        "page job",
        "await page.goto(vars.url);
         results.title = await page.title();
         results.bytes = (await page.screenshot()).length;",
    ),
];

/// Measures latency with one slot, then throughput with one and two.
pub(crate) async fn run(report: &mut Report, rounds: u32, ground: &Ground<'_>) -> anyhow::Result<()> {
    let site = bench_site();
    let url = site.url("/second.html");
    for concurrency in [1, 2] {
        report.section(&format!("Whole jobs, POST to done, {concurrency} at a time"));
        let mut subjects = Vec::new();
        subjects.push(Subject::ours(ground, concurrency).await?);
        subjects.push(Subject::up(ground.chromium, concurrency).await?);
        for (kind, name) in [("launch", LAUNCH), ("cluster", CLUSTER)] {
            subjects.push(Subject::node(ground, kind, name, concurrency).await?);
        }
        for subject in &subjects {
            // Everything is warm, and every browser has started, after some jobs.
            for (_, code) in KINDS {
                for _ in 0..3 {
                    subject.job(code, &url).await?;
                }
            }
        }
        if concurrency == 1 {
            memory(report, &subjects).await?;
            latencies(report, rounds, &subjects, &url).await?;
        }
        throughput(report, rounds, &subjects, &url, concurrency).await?;
        for subject in subjects {
            subject.stop().await;
        }
    }
    Ok(())
}

async fn latencies(report: &mut Report, rounds: u32, subjects: &[Subject], url: &str) -> anyhow::Result<()> {
    for (kind, code) in KINDS {
        let mut all = vec![Vec::new(); subjects.len()];
        for _ in 0..rounds {
            for (subject, samples) in subjects.iter().zip(&mut all) {
                for _ in 0..subject.singles {
                    samples.push(subject.job(code, url).await?);
                    // An idle executor: the next page is prepared before the next job comes.
                    tokio::time::sleep(Duration::from_millis(60)).await;
                }
            }
        }
        let name = format!("{kind}, idle, median");
        for (subject, samples) in subjects.iter().zip(&all) {
            let value = (median(samples), "ms");
            match (kind, subject.name) {
                ("trivial job", OURS) => report.add_with_aim(SECTION, &name, OURS, value, Aim::AtMost(60.0)),
                _ => report.add(SECTION, &name, subject.name, value.0, value.1),
            }
            report.add(SECTION, &format!("{kind}, idle, p95"), subject.name, quantile(samples, 0.95), "ms");
        }
        for against in [LAUNCH, CLUSTER] {
            report.compare(SECTION, &name, OURS, against, None);
        }
    }
    Ok(())
}

async fn throughput(
    report: &mut Report,
    rounds: u32,
    subjects: &[Subject],
    url: &str,
    concurrency: usize,
) -> anyhow::Result<()> {
    for (kind, code) in KINDS {
        let mut all = vec![(0, 0.0); subjects.len()];
        for _ in 0..rounds {
            for (subject, (jobs, seconds)) in subjects.iter().zip(&mut all) {
                *seconds += subject.burst(code, url).await?;
                *jobs += subject.burst;
            }
        }
        let name = format!("{kind}s, {concurrency} at a time");
        for (subject, (jobs, seconds)) in subjects.iter().zip(&all) {
            #[expect(clippy::cast_precision_loss, reason = "a rate does not mind")]
            report.add(SECTION, &name, subject.name, *jobs as f64 / seconds, "jobs/s");
        }
        report.compare(SECTION, &name, OURS, LAUNCH, Some(Aim::AtLeast(10.0)));
        report.compare(SECTION, &name, OURS, CLUSTER, Some(Aim::AtLeast(1.3)));
    }
    Ok(())
}

/// Our own processes' memory, Chromium's left out.
async fn memory(report: &mut Report, subjects: &[Subject]) -> anyhow::Result<()> {
    tokio::time::sleep(Duration::from_millis(500)).await;
    for subject in subjects {
        match &subject.worker {
            Worker::Ours(process) if subject.name == OURS => {
                let slot = own_children(process.id());
                let slots: f64 = slot.iter().map(|id| memory_of(*id)).sum();
                let parent = memory_of(process.id());
                report.add(SECTION, "memory, idle: the executor", OURS, parent, "MiB");
                report.add(SECTION, "memory, idle: its slot", OURS, slots, "MiB");
                let value = (parent + slots, "MiB");
                report.add_with_aim(SECTION, "memory, idle: both", OURS, value, Aim::AtMost(40.0));
            }
            Worker::Ours(_) => {}
            Worker::Node(asked) => {
                report.add(SECTION, "memory, idle: the worker", subject.name, memory_of(asked.id()), "MiB");
            }
        }
    }
    Ok(())
}

/// The slots: children that run the same program.
fn own_children(parent: u32) -> Vec<u32> {
    let program = |id: u32| std::fs::read_link(format!("/proc/{id}/exe")).ok();
    let own = program(parent);
    processes::tree(parent).into_iter().filter(|id| *id != parent && program(*id) == own).collect()
}
