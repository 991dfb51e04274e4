//! Pages, totals and leftovers.

use job_model::JobStatus::{self, Created, Done, Queued};

use super::{Backend, Writing, at, id, ids, job, moved, prepared};
use crate::{JobFilter, JobStore, LeftoverQuery, ListPage, ListQuery, StoreError};

async fn list(store: &dyn JobStore, status: Option<JobStatus>, skip: u64, limit: u64) -> ListPage {
    store.list(ListQuery { filter: JobFilter { status, ..JobFilter::ALL }, skip, limit }).await.expect("list")
}

/// Totals and pages alike.
pub async fn an_empty_store_lists_nothing(backend: &impl Backend) {
    let store = prepared(backend).await;
    for status in [None, Some(Created), Some(Done)] {
        for skip in [0, 1, 10_000] {
            let page = list(&*store, status, skip, 10).await;
            assert_eq!((page.total, page.jobs.len()), (0, 0));
        }
    }
    let query = LeftoverQuery { status: Created, created_from: None, created_until: at(0), after: None, limit: 10 };
    assert!(store.leftovers(query).await.expect("leftovers").is_empty());
}

/// Time first; ids of one second by their bytes, not by the rules of a language.
pub async fn newest_first_with_ties_by_uuid(backend: &impl Backend) {
    let store = prepared(backend).await;
    let rows = [
        ("old", 0),
        ("a", 5),
        ("B", 5),
        ("c", 5),
        ("é", 5),
        ("Z", 5),
        ("a-b", 5),
        ("a1", 5),
        ("next-month", 10),
        ("new", 99_999),
    ];
    for row in store.create_many(rows.iter().map(|(id, second)| job(id, at(*second))).collect()).await {
        row.expect("insert");
    }
    let expected = ["new", "next-month", "é", "c", "a1", "a-b", "a", "Z", "B", "old"];
    assert_eq!(ids(&list(&*store, None, 0, 99).await.jobs), expected);
    assert_eq!(ids(&list(&*store, Some(Created), 0, 99).await.jobs), expected);
    assert_eq!(ids(&list(&*store, None, 3, 2).await.jobs), &expected[3..5]);
}

/// Pages side by side make the whole list; the total is the same on each, also behind the end.
pub async fn pages_and_totals(backend: &impl Backend) {
    let store = prepared(backend).await;
    for row in store.create_many((0..25).map(|n| job(&format!("j{n:02}"), at(n * 7))).collect()).await {
        row.expect("insert");
    }
    let all: Vec<String> = (0..25).rev().map(|n| format!("j{n:02}")).collect();
    let mut seen = Vec::new();
    for skip in [0, 10, 20, 30] {
        let page = list(&*store, None, skip, 10).await;
        assert_eq!(page.total, 25);
        seen.extend(page.jobs.into_iter().map(|job| job.value.uuid.as_str().to_owned()));
    }
    assert_eq!(seen, all);
    let nothing = list(&*store, None, 0, 0).await;
    assert_eq!((nothing.total, nothing.jobs.len()), (25, 0));
    assert_eq!(list(&*store, None, 24, u64::MAX).await.jobs.len(), 1);
    assert!(list(&*store, None, u64::MAX, 10).await.jobs.is_empty());
}

/// A job is in the list of its state at once, and in no other.
pub async fn status_filter_follows_every_move(backend: &impl Backend) {
    let store = prepared(backend).await;
    let mut stored = store.create(job("j", at(0))).await.expect("insert");
    store.create(job("other", at(1))).await.expect("insert");
    for (status, counts) in [(Created, [2, 0, 0]), (Queued, [1, 1, 0]), (Done, [1, 0, 1])] {
        if status != Created {
            stored = store.replace(moved(&stored, status)).await.expect("update");
        }
        for (listed, count) in JobStatus::ALL.into_iter().zip(counts) {
            let page = list(&*store, Some(listed), 0, 10).await;
            assert_eq!((page.total, page.jobs.len()), (count as u64, count), "{listed} after the move to {status}");
            assert_eq!(page.jobs.iter().any(|job| job.value.uuid == stored.value.uuid), listed == status);
        }
        assert_eq!(list(&*store, None, 0, 10).await.total, 2);
    }
    store.delete(&id("j"), &stored.revision).await.expect("delete");
    assert_eq!(list(&*store, Some(Done), 0, 10).await.total, 0);
    assert_eq!(ids(&list(&*store, None, 0, 10).await.jobs), ["other"]);
}

/// Enough jobs, close and far apart in time, that a store may look for the page in another way.
pub async fn deep_pages_hold_what_they_should(backend: &impl Backend) {
    const COUNT: u64 = 1700;
    let second = |n: i64| {
        if n < 600 {
            n
        } else if n < 1000 {
            n * 3600
        } else {
            40_000_000 + n / 100
        }
    };
    let store = prepared(backend).await;
    let inserts = (0..COUNT.cast_signed()).map(|n| job(&format!("j{n:04}"), at(second(n)))).collect();
    for row in store.create_many(inserts).await {
        row.expect("insert");
    }
    for status in [None, Some(Created)] {
        for skip in [499, 500, 501, 650, 702, 999, 1095, 1102, 1390, 1695, 1699, 1700, 5000] {
            let expected: Vec<String> = (0..COUNT)
                .rev()
                .skip(usize::try_from(skip).expect("small"))
                .take(7)
                .map(|n| format!("j{n:04}"))
                .collect();
            let page = list(&*store, status, skip, 7).await;
            assert_eq!(page.total, COUNT);
            assert_eq!(ids(&page.jobs), expected, "skip {skip}");
        }
    }
}

/// By state, up to a second that counts as a whole, at most as many as asked for.
pub async fn leftovers_are_the_oldest_in_their_state(backend: &impl Backend) {
    let store = prepared(backend).await;
    for (name, second) in [("c", 20), ("b", 10), ("a", 10), ("young", 31), ("last", 30), ("first", -90_000)] {
        store.create(job(name, at(second))).await.expect("insert");
    }
    let queued = store.create(job("queued", at(5))).await.expect("insert");
    store.replace(moved(&queued, Queued)).await.expect("update");
    let leftovers = async |status, second, limit| {
        let query = LeftoverQuery { status, created_from: None, created_until: at(second), after: None, limit };
        let found = store.leftovers(query).await.expect("leftovers");
        found.into_iter().map(|stored| stored.value.uuid.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(leftovers(Created, 30, 99).await, ["first", "a", "b", "c", "last"]);
    assert_eq!(leftovers(Created, 30, 2).await, ["first", "a"]);
    assert_eq!(leftovers(Created, 30, 0).await, [""; 0]);
    assert_eq!(leftovers(Created, 10, 99).await, ["first", "a", "b"]);
    assert_eq!(leftovers(Created, -90_001, 99).await, [""; 0]);
    assert_eq!(leftovers(Queued, 30, 99).await, ["queued"]);
    assert_eq!(leftovers(Done, 30, 99).await, [""; 0]);
}

/// Two sweeps that find the same job: the second one's write fails.
pub async fn leftovers_carry_the_revision_to_write_on(backend: &impl Backend) {
    let store = prepared(backend).await;
    store.create_many((0..250).map(|n| job(&format!("j{n:03}"), at(n))).collect()).await;
    let query = LeftoverQuery { status: Created, created_from: None, created_until: at(1000), after: None, limit: 250 };
    let found = store.leftovers(query.clone()).await.expect("leftovers");
    assert_eq!(found.len(), 250);
    for row in store.replace_many(found.iter().map(|stored| moved(stored, Queued)).collect()).await {
        row.expect("the revision is current");
    }
    for row in store.replace_many(found).await {
        assert!(matches!(row, Err(StoreError::Conflict { .. })));
    }
    assert!(store.leftovers(query).await.expect("leftovers").is_empty());
}

/// Page by page through jobs of which several share a second, the job at the cursor deleted meanwhile or not.
pub async fn leftovers_go_on_behind_a_cursor(backend: &impl Backend) {
    let store = prepared(backend).await;
    let jobs = (0..300).map(|n| job(&format!("j{n:03}"), at(n / 70)));
    let mut revisions = Vec::new();
    for row in store.create_many(jobs.collect()).await {
        revisions.push(row.expect("insert").revision);
    }
    for created_from in [None, Some(at(1)), Some(at(-5))] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let query = LeftoverQuery { status: Created, created_from, created_until: at(3), after, limit: 40 };
            let found = store.leftovers(query).await.expect("leftovers");
            let Some(last) = found.last() else { break };
            after = Some((last.value.created_at, last.value.uuid.clone()));
            seen.extend(found.into_iter().map(|stored| stored.value.uuid.as_str().to_owned()));
        }
        let first = if created_from == Some(at(1)) { 70 } else { 0 };
        let expected: Vec<String> = (first..280).map(|n| format!("j{n:03}")).collect();
        assert_eq!(seen, expected, "from {created_from:?}");
    }
    store.delete(&id("j100"), &revisions[100]).await.expect("delete");
    let behind = async |second, name| {
        let after = Some((at(second), id(name)));
        let query = LeftoverQuery { status: Created, created_from: None, created_until: at(99), after, limit: 1 };
        store.leftovers(query).await.expect("leftovers").pop().map(|stored| stored.value.uuid.to_string())
    };
    assert_eq!(behind(1, "j100").await.as_deref(), Some("j101"));
    assert_eq!(behind(1, "zzz").await.as_deref(), Some("j140"));
    assert_eq!(behind(-9, "a").await.as_deref(), Some("j000"));
    assert_eq!(behind(4, "j299").await, None);
    assert_eq!(behind(500, "a").await, None);
}
