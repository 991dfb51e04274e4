//! Notes in the documents of jobs that run for more than a moment where they run.
//!
//! Every gateway hears of every begin. Each waits a random moment and reads the job again before it writes, so that
//! mostly one writes.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use job_model::Running;

use crate::app::App;
use crate::clock::{self, Millis};
use crate::fleet::Creation;
use crate::jobs;

/// A job that runs no longer costs no write.
const LONGER_THAN: Millis = 1_000;
/// The longest moment that a gateway leaves to others.
const SPREAD: u64 = 500;
/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(250);
/// Notes that are written at a time.
const CONCURRENCY: usize = 32;

/// Notes until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    let random = RandomState::new();
    let mut noted: HashMap<(Creation, String, u32), Millis> = HashMap::new();
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        let now = clock::now();
        let running = app.fleet.running(now - LONGER_THAN, now);
        let key =
            |creation: &Creation, running: &Running| (creation.clone(), running.executor.clone(), running.attempt);
        noted.retain(|(creation, executor, _), at| {
            let runs = |(other, at, _): &(Creation, Running, Millis)| other == creation && at.executor == *executor;
            now - *at < LONGER_THAN || running.iter().any(runs)
        });
        let due = running.into_iter().filter(|(creation, running, begun)| {
            let late = Millis::try_from(random.hash_one(creation) % SPREAD).unwrap_or(0);
            now - begun >= LONGER_THAN + late && !noted.contains_key(&key(creation, running))
        });
        let app = &app;
        let outcomes: Vec<_> = stream::iter(due.collect::<Vec<_>>())
            .map(|(creation, running, _)| async move {
                let key = key(&creation, &running);
                jobs::note_running(app, &creation, running).await.then_some(key)
            })
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        noted.extend(outcomes.into_iter().flatten().map(|key| (key, now)));
    }
}
