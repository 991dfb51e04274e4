//! The order of all writes.

use super::{Backend, Writing, at, id, job, prepared};
use crate::{Change, JobStore, Position};

async fn written(store: &dyn JobStore, since: &Position, limit: u64) -> (Vec<Change>, Position) {
    let changes = store.changes(Some(since), limit).await.expect("changes");
    (changes.rows, changes.position)
}

/// By whichever store on the same data, and none that was there before.
pub async fn every_new_job_is_told_once(backend: &impl Backend) {
    let store = prepared(backend).await;
    store.insert(&job("before", at(0))).await.expect("insert");
    let start = store.changes(None, 10).await.expect("changes");
    assert!(start.rows.is_empty());
    assert_eq!(written(&*store, &start.position, 10).await, (Vec::new(), start.position.clone()));
    let other = backend.open().await;
    other.insert(&job("a", at(1))).await.expect("insert");
    store.insert(&job("b", at(-1))).await.expect("insert");
    let (rows, position) = written(&*store, &start.position, 10).await;
    assert_eq!(rows, [Change::Written(id("a")), Change::Written(id("b"))]);
    assert!(written(&*store, &position, 10).await.0.is_empty());
    assert_eq!(written(&*other, &start.position, 10).await.0, rows, "a position holds for every store on the data");
}

/// Each page goes on behind the one before.
pub async fn changes_come_in_pages(backend: &impl Backend) {
    let store = prepared(backend).await;
    let start = store.changes(None, 10).await.expect("changes").position;
    store.create_many((0..25).map(|n| job(&format!("j{n:02}"), at(n))).collect()).await;
    let (mut position, mut told) = (start, Vec::new());
    for size in [10, 10, 5, 0] {
        let (rows, next) = written(&*store, &position, 10).await;
        assert_eq!(rows.len(), size);
        told.extend(rows);
        position = next;
    }
    told.sort_by_key(|row| format!("{row:?}"));
    let all: Vec<Change> = (0..25).map(|n| Change::Written(id(&format!("j{n:02}")))).collect();
    assert_eq!(told, all);
}
