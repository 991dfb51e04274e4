//! One suite for every implementation of [`RecordStore`]: each promise is one function here, and
//! [`record_store_contract!`](crate::record_store_contract) makes a test of each for a backend.
//!
//! For tests only. The functions panic when a promise is broken.

use std::sync::Arc;

use futures::future::join_all;
use job_model::Timestamp;
use serde_json::json;

use super::{Record, RecordError, RecordKind, RecordQuery, RecordStore};
use crate::{Revision, Stored};

const KIND: RecordKind = RecordKind("schedule");
const OTHER: RecordKind = RecordKind("schedule-run");

/// The data of one test, empty at its start, on which stores can be opened.
pub trait Backend {
    /// A store on the data. Called again it shows what another process would see.
    fn open(&self) -> impl Future<Output = Arc<dyn RecordStore>> + Send;

    /// Removes the data when nothing else does.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// Makes one `#[tokio::test]` per promise. The argument is a future of `Option<impl Backend>`; with `None`, because a
/// service is not configured, the test does nothing.
#[macro_export]
macro_rules! record_store_contract {
    ($backend:expr) => {
        $crate::record_store_contract! { @tests $backend;
            nothing_is_there_before_the_first_write
            a_record_reads_back_unchanged_everywhere
            of_many_writers_on_one_revision_one_wins
            deleting_needs_the_current_revision
            many_are_inserted_each_with_its_own_fate
            lists_are_ranges_of_ids
            what_is_due_comes_out_oldest_first
            what_cannot_be_a_record_is_refused
        }
    };
    (@tests $backend:expr; $($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(backend) = $backend.await {
                    $crate::records::contract::$name(&backend).await;
                    $crate::records::contract::Backend::close(backend).await;
                }
            }
        )*
    };
}

fn record(id: &str) -> Record {
    Record { kind: KIND, id: id.to_owned(), due_at: None, body: json!({"id": id, "text": "\u{e4}\u{1f600}"}) }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_709_251_190_000 + seconds * 1000 + 7).expect("a year with four digits")
}

fn ids(records: &[Stored<Record>]) -> Vec<&str> {
    records.iter().map(|record| record.value.id.as_str()).collect()
}

/// A database that nobody has made holds no records, and says so without being made.
pub async fn nothing_is_there_before_the_first_write(backend: &impl Backend) {
    let store = backend.open().await;
    assert!(matches!(store.get(KIND, "a").await, Err(RecordError::NotFound { .. })));
    assert!(store.list(RecordQuery::first(KIND, 9)).await.expect("list").is_empty());
    assert!(store.due(KIND, at(0), 9).await.expect("due").is_empty());
    let revision = Revision("1-967a00dff5e02add41819138abb3284d".to_owned());
    assert!(matches!(store.delete(KIND, "a", &revision).await, Err(RecordError::NotFound { .. })));
}

/// By every store on the same data, and under its own kind only.
pub async fn a_record_reads_back_unchanged_everywhere(backend: &impl Backend) {
    let stores = [backend.open().await, backend.open().await];
    for id in ["a", "A.b-c_9", "with space: and colon", "\u{fc}/%2f+&?"] {
        let record = Record { due_at: Some(at(5)), ..record(id) };
        let revision = stores[0].insert(&record).await.expect("insert");
        let stored = Stored { value: record, revision };
        assert_eq!(stores[1].get(KIND, id).await.expect("get"), stored);
        assert!(matches!(stores[1].get(OTHER, id).await, Err(RecordError::NotFound { .. })));
        assert!(matches!(stores[1].insert(&stored.value).await, Err(RecordError::Conflict { .. })));
    }
}

/// Also when all of them write the same, on one store and on two.
pub async fn of_many_writers_on_one_revision_one_wins(backend: &impl Backend) {
    let stores = [backend.open().await, backend.open().await];
    let inserts = join_all((0..8).map(|n| {
        let store = stores[n % 2].clone();
        async move { store.insert(&record("a")).await }
    }));
    let inserts = inserts.await;
    assert_eq!(inserts.iter().filter(|written| written.is_ok()).count(), 1, "{inserts:?}");
    let mut revision = inserts.into_iter().find_map(Result::ok).expect("one has won");
    for round in 0..5 {
        let changed = Record { due_at: Some(at(round)), ..record("a") };
        let writes = (0..8).map(|n| stores[n % 2].replace(&changed, &revision));
        let writes = join_all(writes).await;
        let refused = writes.iter().filter(|written| matches!(written, Err(RecordError::Conflict { .. }))).count();
        assert_eq!(refused, 7, "{writes:?}");
        revision = writes.into_iter().find_map(Result::ok).expect("one has won");
        let stored = stores[1].get(KIND, "a").await.expect("get");
        assert_eq!(stored, Stored { value: changed, revision: revision.clone() });
    }
    for text in ["", "abc", "99-967a00dff5e02add41819138abb3284d"] {
        let written = stores[0].replace(&record("a"), &Revision(text.to_owned())).await;
        assert!(matches!(written, Err(RecordError::Conflict { .. })), "{text:?}: {written:?}");
    }
}

/// What was deleted is not written again, and its id is free.
pub async fn deleting_needs_the_current_revision(backend: &impl Backend) {
    let store = backend.open().await;
    let first = store.insert(&record("a")).await.expect("insert");
    let second = store.replace(&record("a"), &first).await.expect("replace");
    assert!(matches!(store.delete(KIND, "a", &first).await, Err(RecordError::Conflict { .. })));
    store.delete(KIND, "a", &second).await.expect("delete");
    assert!(matches!(store.delete(KIND, "a", &second).await, Err(RecordError::NotFound { .. })));
    assert!(matches!(store.replace(&record("a"), &second).await, Err(RecordError::Conflict { .. })));
    let new = store.insert(&record("a")).await.expect("insert again");
    assert!(matches!(store.replace(&record("a"), &second).await, Err(RecordError::Conflict { .. })));
    store.delete(KIND, "a", &new).await.expect("delete again");
}

/// Those that are there conflict, the others are stored.
pub async fn many_are_inserted_each_with_its_own_fate(backend: &impl Backend) {
    let store = backend.open().await;
    let taken = [3, 4, 400].map(|n| format!("r{n:03}"));
    for id in &taken {
        store.insert(&record(id)).await.expect("insert");
    }
    let all: Vec<_> = (0..500).map(|n| record(&format!("r{n:03}"))).collect();
    let written = store.insert_many(all.clone()).await;
    assert_eq!(written.len(), 500);
    for (record, written) in all.iter().zip(&written) {
        assert_eq!(matches!(written, Err(RecordError::Conflict { .. })), taken.contains(&record.id), "{written:?}");
    }
    assert_eq!(store.list(RecordQuery::first(KIND, 1000)).await.expect("list").len(), 500);
}

/// Neither another kind nor another prefix is in it, and pages lack nothing.
pub async fn lists_are_ranges_of_ids(backend: &impl Backend) {
    let store = backend.open().await;
    for id in ["a", "a:1", "a:2", "a:20", "b", "b:1"] {
        store.insert(&record(id)).await.expect("insert");
    }
    store.insert(&Record { kind: OTHER, ..record("a:3") }).await.expect("insert");
    let list = async |prefix: &str, after: Option<&str>, limit, descending| {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        let found = store.list(RecordQuery { kind: KIND, prefix, after, limit, descending }).await.expect("list");
        ids(&found).join(" ")
    };
    assert_eq!(list("", None, 9, false).await, "a a:1 a:2 a:20 b b:1");
    assert_eq!(list("", None, 2, true).await, "b:1 b");
    assert_eq!(list("", Some("b"), 2, true).await, "a:20 a:2");
    assert_eq!(list("", Some("a:20"), 9, false).await, "b b:1");
    assert_eq!(list("a", None, 9, false).await, "a a:1 a:2 a:20");
    assert_eq!(list("a:", None, 9, true).await, "a:20 a:2 a:1");
    assert_eq!(list("a:", Some("a:2"), 9, false).await, "a:20");
    // The id need not be there any more.
    assert_eq!(list("a:", Some("a:15"), 1, false).await, "a:2");
    assert_eq!(list("c", None, 9, false).await, "");
}

/// By the time itself, whatever changed before.
pub async fn what_is_due_comes_out_oldest_first(backend: &impl Backend) {
    let store = backend.open().await;
    for (id, due) in [("a", Some(30)), ("b", Some(10)), ("c", Some(20)), ("d", None), ("e", Some(40))] {
        store.insert(&Record { due_at: due.map(at), ..record(id) }).await.expect("insert");
    }
    store.insert(&Record { kind: OTHER, due_at: Some(at(0)), ..record("a") }).await.expect("insert");
    assert_eq!(ids(&store.due(KIND, at(30), 9).await.expect("due")), ["b", "c", "a"]);
    assert_eq!(ids(&store.due(KIND, at(30), 2).await.expect("due")), ["b", "c"]);
    assert!(store.due(KIND, at(9), 9).await.expect("due").is_empty());
    let first = store.get(KIND, "b").await.expect("get");
    store.replace(&Record { due_at: Some(at(25)), ..first.value }, &first.revision).await.expect("replace");
    let second = store.get(KIND, "c").await.expect("get");
    store.replace(&Record { due_at: None, ..second.value }, &second.revision).await.expect("replace");
    assert_eq!(ids(&store.due(KIND, at(30), 9).await.expect("due")), ["b", "a"]);
}

/// With a reason, and nothing is stored.
pub async fn what_cannot_be_a_record_is_refused(backend: &impl Backend) {
    let store = backend.open().await;
    for id in ["", "a\nb", &"x".repeat(Record::MAX_ID_BYTES + 1)] {
        let written = store.insert(&record(id)).await;
        assert!(matches!(written, Err(RecordError::Refused { .. })), "{id:?}: {written:?}");
    }
    let large = Record { body: json!("x".repeat(9_000_000)), ..record("large") };
    assert!(matches!(store.insert(&large).await, Err(RecordError::TooLarge { .. })));
    store.insert(&record(&"y".repeat(Record::MAX_ID_BYTES))).await.expect("the longest id");
    assert_eq!(store.list(RecordQuery::first(KIND, 9)).await.expect("list").len(), 1);
}
