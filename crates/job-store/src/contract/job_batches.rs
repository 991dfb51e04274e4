//! The jobs of a batch are counted and listed by their states.

use job_model::JobState::{Failed, Succeeded, Waiting};
use job_model::{Job, JobId, JobResult, JobStatus};

use super::{Backend, Writing, at, id, job, moved, prepared};

/// Neither another batch's jobs nor those whose ids only look like theirs are among them.
pub async fn a_batchs_jobs_are_counted_and_listed_by_state(backend: &impl Backend) {
    let store = prepared(backend).await;
    let batch = id("b1");
    let of = |batch: &JobId, number: u32| Job {
        batch: Some(batch.clone()),
        ..job(&format!("{batch}-{number:05}"), at(i64::from(number)))
    };
    for number in (0..6).rev() {
        store.create(of(&batch, number)).await.expect("insert");
    }
    store.create(of(&id("b10"), 0)).await.expect("insert");
    store.create(job("b1", at(0))).await.expect("insert");
    store.create(job("b1-00001x", at(0))).await.expect("insert");
    assert_eq!(store.batch_states(&batch).await.expect("count"), [(Waiting, 6)]);
    for (number, error) in [(1, Some("why")), (4, None), (5, None)] {
        let stored = store.get(&id(&format!("b1-{number:05}"))).await.expect("get");
        let mut done = moved(&stored, JobStatus::Queued);
        let result = JobResult {
            error: error.map(str::to_owned),
            outcome: None,
            ..JobResult::not_started(done.value.uuid.clone(), "")
        };
        done.value.finish(result).expect("it is not done");
        store.replace(done).await.expect("update");
    }
    let mut states = store.batch_states(&batch).await.expect("count");
    states.sort_by_key(|(state, _)| state.as_str());
    assert_eq!(states, [(Failed, 1), (Succeeded, 2), (Waiting, 3)]);
    let list = async |state, after: Option<&str>, limit| {
        let after = after.map(id);
        let found = store.batch_jobs(&batch, state, after.as_ref(), limit).await.expect("list");
        found.iter().map(|job| job.value.uuid.as_str()[4..].to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list(None, None, 4).await, "0000 0001 0002 0003");
    assert_eq!(list(None, Some("b1-00003"), 9).await, "0004 0005");
    assert_eq!(list(Some(Succeeded), None, 9).await, "0004 0005");
    assert_eq!(list(Some(Succeeded), Some("b1-00004"), 9).await, "0005");
    assert_eq!(list(Some(Failed), None, 9).await, "0001");
    assert!(store.batch_states(&id("nothing")).await.expect("count").is_empty());
}
