//! Many jobs deleted at once.

use super::{Backend, Writing, at, id, job, prepared};
use crate::{JobFilter, ListQuery, Revision, StoreError};

/// Current, stale, gone, never there, and with a revision that no store makes.
pub async fn deleted_rows_have_a_fate_of_their_own(backend: &impl Backend) {
    let store = prepared(backend).await;
    let rows = store.create_many(["a", "b", "c", "d", "e"].map(|id| job(id, at(0))).into()).await;
    let [a, b, c, d, e] = <[_; 5]>::try_from(rows).expect("five rows").map(|row| row.expect("insert"));
    let newer = store.replace(b.clone()).await.expect("update");
    store.delete(&id("c"), &c.revision).await.expect("delete");
    let outcomes = store
        .delete_many(vec![
            (id("a"), a.revision.clone()),
            (id("b"), b.revision),
            (id("c"), c.revision),
            (id("nobody"), a.revision),
            (id("d"), Revision("no revision".to_owned())),
            (id("e"), e.revision),
        ])
        .await;
    assert_eq!(outcomes.len(), 6);
    assert!(outcomes[0].is_ok() && outcomes[5].is_ok(), "{outcomes:?}");
    assert!(matches!(&outcomes[1], Err(StoreError::Conflict { id }) if id.as_str() == "b"), "{:?}", outcomes[1]);
    assert!(matches!(&outcomes[2], Err(StoreError::NotFound { id }) if id.as_str() == "c"), "{:?}", outcomes[2]);
    assert!(matches!(&outcomes[3], Err(StoreError::NotFound { .. })), "{:?}", outcomes[3]);
    assert!(matches!(&outcomes[4], Err(StoreError::Conflict { .. })), "{:?}", outcomes[4]);
    assert_eq!(store.get(&id("b")).await.expect("get"), newer);
    store.get(&id("d")).await.expect("still there");
    for name in ["a", "c", "e"] {
        assert!(matches!(store.get(&id(name)).await, Err(StoreError::NotFound { .. })), "{name}");
    }
    // A deleted id is free again.
    let again = store.create(job("a", at(1))).await.expect("insert again");
    assert_eq!(store.get(&id("a")).await.expect("get"), again);
    assert!(matches!(store.delete(&id("d"), &again.revision).await, Err(StoreError::Conflict { .. })));
    assert!(store.delete_many(Vec::new()).await.is_empty());
    store.replace(d).await.expect("its revision still counts");
}

/// Of a list that is deleted page by page nothing is left, and what is left of others can be read.
pub async fn many_jobs_are_deleted_and_their_space_reclaimed(backend: &impl Backend) {
    let store = prepared(backend).await;
    let jobs = (0..600).map(|n| {
        let mut job = job(&format!("j{n:03}"), at(n));
        job.code = "x".repeat(3000);
        job
    });
    for row in store.create_many(jobs.collect()).await {
        row.expect("insert");
    }
    let filter = JobFilter { created_to: Some(at(549)), ..JobFilter::ALL };
    loop {
        let page = store.list(ListQuery { filter: filter.clone(), skip: 0, limit: 250 }).await.expect("list");
        if page.jobs.is_empty() {
            break;
        }
        let rows = page.jobs.into_iter().map(|stored| (stored.value.uuid, stored.revision)).collect();
        for row in store.delete_many(rows).await {
            row.expect("delete");
        }
    }
    store.reclaim().await.expect("reclaim");
    let left = store.list(ListQuery { limit: 1, ..ListQuery::default() }).await.expect("list");
    assert_eq!((left.total, left.jobs[0].value.uuid.as_str()), (50, "j599"));
    store.get(&id("j550")).await.expect("get");
    store.create(job("new", at(0))).await.expect("insert after reclaiming");
}
