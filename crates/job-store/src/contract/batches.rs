//! Many writes at once, each with a fate of its own.

use futures::future::join_all;
use job_model::{Job, JobStatus::Queued};

use super::{Backend, Writing, at, id, job, moved, prepared, sized, winners};
use crate::{JobFilter, ListQuery, MAX_JOB_BYTES, Revision, StoreError, Stored};

/// Of inserts and of updates, the failed ones among them.
pub async fn rows_of_a_batch_come_back_in_order(backend: &impl Backend) {
    let store = prepared(backend).await;
    store.create(job("j7", at(0))).await.expect("insert");
    let inserted = store.create_many((0..20).map(|n| job(&format!("j{n}"), at(n))).collect()).await;
    for (n, row) in inserted.iter().enumerate() {
        match row {
            Ok(stored) => assert_eq!(stored.value.uuid.as_str(), format!("j{n}")),
            Err(error) => assert!(n == 7 && matches!(error, StoreError::Conflict { id } if id.as_str() == "j7")),
        }
    }
    let mut rows: Vec<Stored<Job>> = inserted.into_iter().filter_map(Result::ok).collect();
    rows[3] = moved(&rows[3], Queued);
    let current = store.replace(rows[4].clone()).await.expect("update");
    let updated = store.replace_many(rows.clone()).await;
    assert_eq!(updated.len(), 19);
    assert!(matches!(&updated[4], Err(StoreError::Conflict { id }) if *id == rows[4].value.uuid));
    assert_eq!(updated[3].as_ref().expect("row 3").value.status, Queued);
    assert_eq!(store.get(&rows[4].value.uuid).await.expect("get"), current);
    assert!(store.create_many(Vec::new()).await.is_empty());
}

/// Too large, taken, and with a revision that no store makes.
pub async fn a_bad_row_never_fails_its_neighbours(backend: &impl Backend) {
    let store = prepared(backend).await;
    store.create(job("taken", at(0))).await.expect("insert");
    let rows =
        vec![job("a", at(0)), sized("huge", MAX_JOB_BYTES + 1), job("b", at(0)), job("taken", at(0)), job("c", at(0))];
    let rows = store.create_many(rows).await;
    assert!(matches!(rows[1], Err(StoreError::TooLarge { .. })));
    assert!(matches!(rows[3], Err(StoreError::Conflict { .. })));
    let mut good: Vec<_> = rows.into_iter().filter_map(Result::ok).collect();
    assert_eq!(good.len(), 3);
    good[1].revision = Revision("no revision".to_owned());
    let rows = store.replace_many(good).await;
    assert!(rows[0].is_ok() && rows[2].is_ok());
    assert!(matches!(rows[1], Err(StoreError::Conflict { .. })));
}

/// New and old alike, with the same content.
pub async fn the_same_id_twice_in_a_batch_has_one_winner(backend: &impl Backend) {
    let store = prepared(backend).await;
    let rows = store.create_many(vec![job("j", at(0)), job("k", at(0)), job("j", at(0))]).await;
    assert_eq!(winners(&rows), 2);
    let stored = store.get(&id("j")).await.expect("get");
    let rows = store.replace_many(vec![stored.clone(), stored.clone(), stored]).await;
    assert_eq!(winners(&rows), 1);
}

/// All rows, each with a revision to go on with.
pub async fn a_batch_larger_than_any_group_is_stored_whole(backend: &impl Backend) {
    let store = prepared(backend).await;
    let rows = store.create_many((0..1500).map(|n| job(&format!("j{n:04}"), at(n))).collect()).await;
    let stored: Vec<_> = rows.into_iter().map(|row| row.expect("insert")).collect();
    let rows = store.replace_many(stored.iter().map(|stored| moved(stored, Queued)).collect()).await;
    assert_eq!(winners(&rows), 1500);
    let queued = store
        .list(ListQuery { filter: JobFilter { status: Some(Queued), ..JobFilter::ALL }, skip: 0, limit: 1 })
        .await
        .expect("list");
    assert_eq!((queued.total, queued.jobs[0].value.uuid.as_str()), (1500, "j1499"));
}

/// A client that hangs up in the middle of a write.
pub async fn a_caller_that_goes_away_leaves_the_others_writes_alone(backend: &impl Backend) {
    let store = prepared(backend).await;
    for round in 0..20 {
        let lost = (0..4).map(|n| {
            let (store, job) = (store.clone(), job(&format!("lost-{round}-{n}"), at(0)));
            tokio::spawn(async move { store.create(job).await })
        });
        let lost: Vec<_> = lost.collect();
        let kept = (0..4).map(|n| store.create(job(&format!("kept-{round}-{n}"), at(0))));
        tokio::task::yield_now().await;
        lost.iter().for_each(tokio::task::JoinHandle::abort);
        for row in join_all(kept).await {
            row.expect("insert beside one that was given up");
        }
    }
}
