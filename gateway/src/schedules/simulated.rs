//! Three days of fifty schedules, with gateways that race, two downtimes and a change of the clocks: each tick makes one job.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use job_model::{JobStatus, Timestamp};
use job_queue::embedded::EmbeddedQueue;
use job_store::embedded::EmbeddedJobStore;
use job_store::records::{EmbeddedRecordStore, RecordQuery, RecordStore};
use job_store::{JobFilter, JobStore, ListQuery};
use serde_json::json;
use service::Secret;

use super::plan::MISSED_AFTER;
use super::recurrence::Recurrence;
use super::{CatchUp, Schedule, Wish, put, task};
use crate::app::App;
use crate::records::typed_records::{Author, TypedRecord};
use crate::tokens::Reach;
use crate::{Parts, Settings, assemble};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Clocks in Berlin and New York go back and forward on other days; Berlin's go back on the second of these.
const BEGIN: &str = "2026-10-24T00:00:00Z";
const END: &str = "2026-10-27T00:00:00Z";
const DOWNTIMES: [[&str; 2]; 2] =
    [["2026-10-24T20:10:30Z", "2026-10-25T03:20:10Z"], ["2026-10-26T06:59:30Z", "2026-10-26T07:00:20Z"]];

fn gateways(folder: &std::path::Path) -> Vec<Arc<App>> {
    let store: Arc<dyn JobStore> = Arc::new(EmbeddedJobStore::open(folder.join("jobs.sqlite")).unwrap());
    let records: Arc<dyn RecordStore> = Arc::new(EmbeddedRecordStore::open(folder.join("service.sqlite")).unwrap());
    let queue = Arc::new(EmbeddedQueue::open(folder.join("queue.sqlite")).unwrap());
    let parts = Parts { store, records, queue, files: None };
    let mut settings = Settings::with_token(Secret::new("token"));
    settings.enable_jobs = false;
    (0..3).map(|_| assemble(parts.clone(), settings.clone(), Default::default()).unwrap().0).collect()
}

/// Which cron pattern, zone and rule a schedule has.
fn schedule(number: usize) -> (String, &'static str, CatchUp) {
    let minute = number % 60;
    let pattern = match number % 5 {
        0 => format!("{minute} */3 * * *"),
        1 => format!("{minute} 2 * * *"),
        2 => format!("30 {minute} 1,2,3,14 * * *"),
        3 => format!("@every {}s", 7200 + number),
        _ => format!("{minute} 12 * * MON-SUN"),
    };
    let zone = ["Europe/Berlin", "America/New_York", "UTC"][number % 3];
    let rule = [CatchUp::Skip, CatchUp::Once, CatchUp::All][number / 5 % 3];
    (pattern, zone, rule)
}

/// Whether gateways run.
fn is_up(now: Timestamp) -> bool {
    DOWNTIMES.iter().all(|[from, to]| now < at(from) || now >= at(to))
}

/// The ticks that must make a job, by the rule alone.
fn expected(recurrence: &Recurrence, rule: CatchUp, jitter: Duration) -> Vec<Timestamp> {
    let late = MISSED_AFTER + jitter;
    let all: Vec<_> = std::iter::successors(recurrence.next_after(at(BEGIN)), |tick| recurrence.next_after(*tick))
        .take_while(|tick| *tick < at(END))
        .collect();
    let mut kept = Vec::new();
    let mut missed: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for tick in all {
        let down = DOWNTIMES.iter().find(|[from, to]| tick >= at(from) && tick < at(to));
        match down {
            Some([_, to]) if tick.after(late).unwrap() <= at(to) => match rule {
                CatchUp::All => kept.push(tick),
                CatchUp::Once => {
                    missed.insert(to, tick);
                }
                CatchUp::Skip => {}
            },
            _ => kept.push(tick),
        }
    }
    kept.extend(missed.into_values());
    kept.sort_unstable();
    kept
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_tick_of_fifty_schedules_makes_one_job_through_two_downtimes_and_a_change_of_the_clocks() {
    // In memory where there is such a folder: thousands of commits need not wait for a disk.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let apps = gateways(folder.path());
    let records = apps[0].records.clone();
    let author = Author { owner: None, reach: Reach::All, network: None };
    let mut wanted = BTreeMap::new();
    for number in 0..50 {
        let (cron, zone, rule) = schedule(number);
        // Both downtimes begin at half a minute: the jitter of a full minute's tick ends before.
        let jitter = Duration::from_secs(if matches!(number % 5, 0 | 1 | 4) { 20 } else { 0 });
        let wish: Wish = serde_json::from_value(json!({
            "cron": cron, "time_zone": zone, "catch_up": rule, "jitter": jitter.as_secs(), "job": {"code": "return"},
        }))
        .unwrap();
        let name = format!("s{number:02}");
        put(records.as_ref(), &author, &name, &wish, None, at(BEGIN)).await.unwrap();
        wanted.insert(name, expected(&Recurrence::parse(&cron, zone, at(BEGIN)).unwrap(), rule, jitter));
    }

    // The clock stands still while gateways work, and goes on to what is due next.
    let mut now = at(BEGIN);
    let mut rounds = 0;
    while now < at(END) {
        if is_up(now) {
            for look in join_all(apps.iter().map(|app| task::look(app, now))).await {
                look.unwrap();
            }
        }
        let all = records.list(RecordQuery::first(Schedule::KIND, 100)).await.unwrap();
        let next = all.iter().filter_map(|record| record.value.due_at).min().expect("schedules go on");
        now = next.max(now.after(Duration::from_secs(5)).unwrap());
        if let Some([_, to]) = DOWNTIMES.iter().find(|[from, to]| now >= at(from) && now < at(to)) {
            now = at(to);
        }
        rounds += 1;
        assert!(rounds < 20_000, "it goes on");
    }

    let filter = JobFilter { status: Some(JobStatus::Created), ..JobFilter::ALL };
    let store = &apps[0].store;
    let listed = store.list(ListQuery { filter, skip: 0, limit: 100_000 }).await.unwrap();
    let mut made: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for job in &listed.jobs {
        let schedule = store.get(&job.value.uuid).await.unwrap().value.schedule.expect("a schedule made it");
        made.entry(schedule.name).or_default().push(schedule.tick);
    }
    made.values_mut().for_each(|ticks| ticks.sort_unstable());
    assert_eq!(made, wanted);
    let counted: u64 = apps.iter().map(|app| app.metrics.ticks_fired.get()).sum();
    assert_eq!(counted, listed.total);
}
