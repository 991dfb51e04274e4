//! Many jobs, read one after the other.

use futures::TryStreamExt;
use job_model::{FileSetId, Job, JobId, JobStatus};

use super::{Backend, Writing, at, id, job, moved, prepared, sized};
use crate::JobStore;

async fn read(store: &dyn JobStore, ids: &[&str]) -> Vec<Job> {
    let ids: Vec<JobId> = ids.iter().map(|text| id(text)).collect();
    store.read_many(ids).try_collect().await.expect("read")
}

/// Whatever that order is; those that are gone are left out.
pub async fn jobs_are_read_in_the_order_asked_for(backend: &impl Backend) {
    let store = prepared(backend).await;
    let jobs: Vec<Job> = (0..150).map(|n| job(&format!("j{n:03}"), at(n))).collect();
    let rows = store.create_many(jobs.clone()).await;
    let gone = rows[7].as_ref().expect("insert");
    store.delete(&gone.value.uuid, &gone.revision).await.expect("delete");
    let mut wanted: Vec<JobId> = jobs.iter().rev().map(|job| job.uuid.clone()).collect();
    wanted.insert(3, id("nobody"));
    let found: Vec<Job> = store.read_many(wanted).try_collect().await.expect("read");
    let expected: Vec<Job> = jobs.into_iter().rev().filter(|job| job.uuid.as_str() != "j007").collect();
    assert_eq!(found, expected);
    assert!(read(&*store, &[]).await.is_empty());
    assert!(read(&*store, &["nobody", "j007"]).await.is_empty());
}

/// Through every write, with their instance and status; others are left out.
pub async fn jobs_with_files_are_known_by_their_sets(backend: &impl Backend) {
    let store = prepared(backend).await;
    let (input, left) = (FileSetId::input(), FileSetId::of_attempt(1));
    let mut sent = job("sent \"along\"", at(0));
    sent.input_files = Some(Vec::new());
    let sent = store.create(sent).await.expect("insert");
    store.insert(&job("plain", at(1))).await.expect("insert");
    let other = store.create(job("other", at(1))).await.expect("insert");
    let asked = || ["sent \"along\"", "plain", "other", "nobody"].map(id).to_vec();
    let known = async || {
        let mut found = store.with_files(asked()).await.expect("look");
        found.sort_by(|one, next| one.uuid.cmp(&next.uuid));
        let facts = |job: job_model::JobSummary| (job.uuid, job.instance, job.status, job.file_set.expect("a set"));
        found.into_iter().map(facts).collect::<Vec<_>>()
    };
    let one = |stored: &crate::Stored<Job>, set: &FileSetId| {
        (stored.value.uuid.clone(), stored.value.instance.clone(), stored.value.status, set.clone())
    };
    assert_eq!(known().await, [one(&sent, &input)]);
    let done = |stored: &crate::Stored<Job>, set| {
        let mut done = moved(stored, JobStatus::Done);
        done.value.file_set = set;
        done
    };
    let other = store.replace(done(&other, Some(left.clone()))).await.expect("update");
    let sent = store.replace(done(&sent, None)).await.expect("update");
    assert_eq!(known().await, [one(&other, &left), one(&sent, &input)]);
    let sent = store.replace(done(&sent, Some(left.clone()))).await.expect("update");
    assert_eq!(known().await, [one(&other, &left), one(&sent, &left)]);
    store.delete(&other.value.uuid, &other.revision).await.expect("delete");
    assert_eq!(known().await, [one(&sent, &left)]);
    assert!(store.with_files(Vec::new()).await.expect("look").is_empty());
}

/// A store that reads several at once must not read several of these at once.
pub async fn large_jobs_among_small_ones_are_read(backend: &impl Backend) {
    let store = prepared(backend).await;
    let mut names = Vec::new();
    for n in 0..60 {
        let name = format!("j{n:02}");
        let job = if n % 20 == 15 { sized(&name, 3_000_000) } else { job(&name, at(n)) };
        store.insert(&job).await.expect("insert");
        names.push(name);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = read(&*store, &names).await;
    assert_eq!(found.iter().map(|job| job.uuid.as_str()).collect::<Vec<_>>(), names);
    assert!(found[15].code.len() > 2_000_000 && found[16].code.len() < 100);
}
