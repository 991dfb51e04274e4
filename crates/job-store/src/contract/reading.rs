//! Many jobs, read one after the other.

use futures::TryStreamExt;
use job_model::{Job, JobId};

use super::{Backend, Writing, at, id, job, prepared, sized};
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
