//! Of all who write on one revision, one wins.

use futures::future::join_all;
use job_model::JobStatus::Queued;

use super::{Backend, Writing, at, id, job, moved, prepared, winners};
use crate::{Revision, StoreError};

/// The second insert fails and changes nothing, whatever it holds.
pub async fn insert_of_a_taken_id_conflicts(backend: &impl Backend) {
    let store = prepared(backend).await;
    let first = store.create(job("j", at(0))).await.expect("insert");
    for second in [job("j", at(0)), job("j", at(9))] {
        let refused = store.create(second).await;
        assert!(matches!(refused, Err(StoreError::Conflict { id }) if id.as_str() == "j"));
    }
    assert_eq!(store.get(&id("j")).await.expect("get"), first);
}

/// The same bytes under the same id are still two inserts.
pub async fn identical_inserts_at_once_have_one_winner(backend: &impl Backend) {
    let stores = [prepared(backend).await, prepared(backend).await];
    for round in 0..10 {
        let inserts = (0..8).map(|n| stores[n % 2].create(job(&format!("j{round}"), at(0))));
        assert_eq!(winners(&join_all(inserts).await), 1, "round {round}");
    }
}

/// A write on a revision that is not the last one fails and changes nothing.
pub async fn stale_revision_conflicts(backend: &impl Backend) {
    let store = prepared(backend).await;
    let first = store.create(job("j", at(0))).await.expect("insert");
    let second = store.replace(moved(&first, Queued)).await.expect("update");
    assert_ne!(first.revision, second.revision);
    assert!(matches!(store.replace(first).await, Err(StoreError::Conflict { id }) if id.as_str() == "j"));
    assert_eq!(store.get(&id("j")).await.expect("get"), second);
}

/// Different writes of one process, all on the same revision.
pub async fn of_64_writers_on_one_revision_exactly_one_wins(backend: &impl Backend) {
    let store = prepared(backend).await;
    let stored = store.create(job("j", at(0))).await.expect("insert");
    let updates = (0..64).map(|writer| {
        let mut mine = stored.clone();
        mine.value.code = format!("writer {writer}");
        store.replace(mine)
    });
    let outcomes = join_all(updates).await;
    assert_eq!(winners(&outcomes), 1);
    let winner = outcomes.into_iter().find_map(Result::ok).expect("one has won");
    assert_eq!(store.get(&id("j")).await.expect("get"), winner);
}

/// Two gateways that do the very same thing: one of them must learn that it was not the one.
pub async fn identical_updates_from_two_stores_have_one_winner(backend: &impl Backend) {
    let stores = [prepared(backend).await, prepared(backend).await];
    let mut stored = stores[0].create(job("j", at(0))).await.expect("insert");
    for round in 0..10 {
        let outcomes = join_all((0..8).map(|n| stores[n % 2].replace(moved(&stored, Queued)))).await;
        assert_eq!(winners(&outcomes), 1, "round {round}");
        stored = outcomes.into_iter().find_map(Result::ok).expect("one has won");
    }
}

/// Whatever text it is.
pub async fn a_revision_that_no_store_made_conflicts(backend: &impl Backend) {
    let store = prepared(backend).await;
    let stored = store.create(job("j", at(0))).await.expect("insert");
    for text in ["", "abc", "1-967a00dff5e02add41819138abb3284d", "99-967a00dff5e02add41819138abb3284d", "1-\u{e9}&x=y"]
    {
        let revision = Revision(text.to_owned());
        let mut strange = stored.clone();
        strange.revision = revision.clone();
        assert!(matches!(store.replace(strange).await, Err(StoreError::Conflict { .. })), "update {text:?}");
        let deleted = store.delete(&id("j"), &revision).await;
        assert!(matches!(deleted, Err(StoreError::Conflict { .. })), "delete {text:?}: {deleted:?}");
    }
    assert_eq!(store.get(&id("j")).await.expect("get"), stored);
}

/// A result that comes for a deleted job must not bring it back.
pub async fn update_of_a_deleted_job_conflicts(backend: &impl Backend) {
    let store = prepared(backend).await;
    let stored = store.create(job("j", at(0))).await.expect("insert");
    store.delete(&id("j"), &stored.revision).await.expect("delete");
    assert!(matches!(store.replace(stored).await, Err(StoreError::Conflict { .. })));
    assert!(matches!(store.get(&id("j")).await, Err(StoreError::NotFound { .. })));
}

/// A stale one leaves the job; a second delete finds nothing.
pub async fn delete_needs_the_current_revision(backend: &impl Backend) {
    let store = prepared(backend).await;
    let first = store.create(job("j", at(0))).await.expect("insert");
    let second = store.replace(first.clone()).await.expect("update");
    let stale = store.delete(&id("j"), &first.revision).await;
    assert!(matches!(stale, Err(StoreError::Conflict { .. })), "{stale:?}");
    store.get(&id("j")).await.expect("still there");
    store.delete(&id("j"), &second.revision).await.expect("delete");
    let again = store.delete(&id("j"), &second.revision).await;
    assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
}

/// The new job is another one: what was read of the old must not overwrite it.
pub async fn a_deleted_id_can_be_used_again_and_old_revisions_stay_stale(backend: &impl Backend) {
    let store = prepared(backend).await;
    let old = store.create(job("j", at(0))).await.expect("insert");
    store.delete(&id("j"), &old.revision).await.expect("delete");
    let new = store.create(job("j", at(0))).await.expect("insert again");
    assert_ne!(old.revision, new.revision);
    assert!(matches!(store.replace(old.clone()).await, Err(StoreError::Conflict { .. })));
    assert!(matches!(store.delete(&id("j"), &old.revision).await, Err(StoreError::Conflict { .. })));
    assert_eq!(store.get(&id("j")).await.expect("get"), new);
}
