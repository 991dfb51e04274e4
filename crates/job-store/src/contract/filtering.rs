//! Lists of some jobs: by state, by time, and by both.

use job_model::JobStatus::{self, Created, Done, Queued};
use job_model::{Job, JobResult, JobState, JobSummary, Outcome, Running, TokenName};

use super::{Backend, Writing, at, ids, job, prepared};
use crate::{JobFilter, JobStore, ListPage, ListQuery, Stored};

async fn list(store: &dyn JobStore, filter: JobFilter) -> ListPage {
    store.list(ListQuery { filter, skip: 0, limit: 99 }).await.expect("list")
}

/// A job that is somewhere on its way.
fn in_state(id: &str, second: i64, status: JobStatus, state: JobState) -> Job {
    let mut job = job(id, at(second));
    job.status = status;
    match state {
        JobState::Waiting => {}
        JobState::Running => {
            job.running = Some(Running { since: at(second + 1), executor: "e".to_owned(), attempt: 1 });
        }
        ended => {
            let outcome = Outcome::ALL.into_iter().find(|outcome| JobState::from(*outcome) == ended);
            let result = JobResult { outcome, ..JobResult::not_started(job.uuid.clone(), "why") };
            job.status = Queued;
            job.finish(result).expect("the first result");
        }
    }
    job
}

/// Every member, an error that is cut included, with the revision to delete at.
pub async fn a_summary_shows_what_the_job_says(backend: &impl Backend) {
    let store = prepared(backend).await;
    let mut ended = in_state("ended", 3, Done, JobState::GivenUp);
    ended.error = format!("{}\u{1f600}{}", "é".repeat(299), "x".repeat(5000));
    (ended.timeout, ended.max_attempts, ended.attempt) = (Some(7), Some(2), Some(0));
    (ended.started_at, ended.finished_at, ended.duration) = (Some(at(4)), Some(at(5)), 1234);
    ended.rerun_of = Some(ended.uuid.clone());
    ended.owner = Some(named("alice"));
    let running = in_state("running", 2, Queued, JobState::Running);
    let mut plain = job("plain", at(1));
    plain.instance = None;
    let mut expected = Vec::new();
    for job in [ended, running, plain] {
        let revision = store.insert(&job).await.expect("insert");
        expected.push(Stored { value: JobSummary::of(&job), revision });
    }
    assert_eq!(list(&*store, JobFilter::ALL).await.jobs, expected);
    let revision = &expected[0].revision;
    store.delete(&expected[0].value.uuid, revision).await.expect("the revision is the current one");
}

/// A job is in the list of its state at once, and in no other.
pub async fn state_filter_follows_every_move(backend: &impl Backend) {
    let store = prepared(backend).await;
    store.create(in_state("other", 1, Created, JobState::Waiting)).await.expect("insert");
    let mut revision = None;
    for state in JobState::ALL {
        let status = if matches!(state, JobState::Waiting | JobState::Running) { Queued } else { Done };
        let job = in_state("j", 0, status, state);
        revision = Some(match &revision {
            None => store.insert(&job).await.expect("insert"),
            Some(revision) => store.update(&job, revision).await.expect("update"),
        });
        for listed in JobState::ALL {
            let page = list(&*store, JobFilter { state: Some(listed), ..JobFilter::ALL }).await;
            let expected = usize::from(listed == state) + usize::from(listed == JobState::Waiting);
            assert_eq!(
                (page.total, page.jobs.len()),
                (expected as u64, expected),
                "{listed} after the move to {state}"
            );
            assert_eq!(ids(&page.jobs).contains(&"j"), listed == state);
        }
    }
    // What does not say how it ended is told by its error.
    let mut old = in_state("j", 0, Done, JobState::Failed);
    old.outcome = None;
    let revision = store.update(&old, &revision.expect("written")).await.expect("update");
    let failed = JobFilter { state: Some(JobState::Failed), ..JobFilter::ALL };
    assert_eq!(ids(&list(&*store, failed.clone()).await.jobs), ["j"]);
    old.error.clear();
    store.update(&old, &revision).await.expect("update");
    let succeeded = JobFilter { state: Some(JobState::Succeeded), ..JobFilter::ALL };
    assert_eq!(ids(&list(&*store, succeeded).await.jobs), ["j"]);
    assert_eq!(list(&*store, failed).await.total, 0);
}

/// Any of status, state and times, given together.
pub async fn filters_hold_together(backend: &impl Backend) {
    let store = prepared(backend).await;
    let rows = [
        ("cw", Created, JobState::Waiting),
        ("cr", Created, JobState::Running),
        ("qw", Queued, JobState::Waiting),
        ("qr", Queued, JobState::Running),
        ("ds", Done, JobState::Succeeded),
        ("df", Done, JobState::Failed),
        ("dt", Done, JobState::TimedOut),
    ];
    for (n, (id, status, state)) in (0..).zip(rows) {
        let mut job = in_state(id, n, status, state);
        job.owner = (n % 2 == 0).then(|| named("alice"));
        store.create(job).await.expect("insert");
    }
    for status in [None, Some(Created), Some(Queued), Some(Done)] {
        for state in JobState::ALL.into_iter().map(Some).chain([None]) {
            for (from, to) in [(None, None), (Some(1), Some(4)), (None, Some(0)), (Some(5), None), (Some(3), Some(2))] {
                for owner in [None, Some(named("alice")), Some(named("bob"))] {
                    let (created_from, created_to) = (from.map(at), to.map(at));
                    let filter = JobFilter { owner: owner.clone(), status, state, created_from, created_to };
                    let mut expected: Vec<&str> = Vec::new();
                    for (n, (id, has_status, has_state)) in rows.into_iter().enumerate().rev() {
                        let n = i64::try_from(n).expect("small");
                        let holds = status.is_none_or(|wanted| wanted == has_status)
                            && state.is_none_or(|wanted| wanted == has_state)
                            && from.is_none_or(|from| n >= from)
                            && to.is_none_or(|to| n <= to)
                            && owner.as_ref().is_none_or(|owner| owner.as_str() == "alice" && n % 2 == 0);
                        expected.extend(holds.then_some(id));
                    }
                    let page = list(&*store, filter.clone()).await;
                    assert_eq!(ids(&page.jobs), expected, "{filter:?}");
                    assert_eq!(page.total, expected.len() as u64, "{filter:?}");
                }
            }
        }
    }
}

/// Of two owners and a job without one, each list holds its own jobs in every state that they pass, and loses what is
/// deleted. An owner's name that begins like another's is another.
pub async fn an_owners_list_follows_every_move_of_its_jobs(backend: &impl Backend) {
    let store = prepared(backend).await;
    let owners = [("a", Some("alice")), ("b", Some("bob")), ("c", Some("alice.2")), ("n", None)];
    let mut revisions = std::collections::HashMap::new();
    for state in JobState::ALL {
        let status = if matches!(state, JobState::Waiting | JobState::Running) { Queued } else { Done };
        for (id, owner) in owners {
            let mut job = in_state(id, 0, status, state);
            job.owner = owner.map(named);
            let revision = match revisions.get(id) {
                None => store.insert(&job).await.expect("insert"),
                Some(revision) => store.update(&job, revision).await.expect("update"),
            };
            revisions.insert(id, revision);
        }
        for (id, owner) in owners.into_iter().filter_map(|(id, owner)| Some((id, owner?))) {
            for (listed, has_status) in [(None, None), (Some(state), None), (None, Some(status))] {
                let filter =
                    JobFilter { owner: Some(named(owner)), state: listed, status: has_status, ..JobFilter::ALL };
                let page = list(&*store, filter).await;
                assert_eq!((page.total, ids(&page.jobs)), (1, vec![id]), "{owner} {listed:?} {has_status:?}");
                assert_eq!(page.jobs[0].value.owner, Some(named(owner)));
            }
            let other = if state == JobState::Failed { JobState::Succeeded } else { JobState::Failed };
            let filter = JobFilter { owner: Some(named(owner)), state: Some(other), ..JobFilter::ALL };
            assert_eq!(list(&*store, filter).await, ListPage::default());
        }
    }
    let a = super::id("a");
    store.delete(&a, &revisions["a"]).await.expect("delete");
    for (owner, total) in [("alice", 0), ("bob", 1), ("alice.2", 1), ("nobody", 0)] {
        assert_eq!(list(&*store, JobFilter { owner: Some(named(owner)), ..JobFilter::ALL }).await.total, total);
    }
    assert_eq!(list(&*store, JobFilter::ALL).await.total, 3);
}

fn named(owner: &str) -> TokenName {
    TokenName::parse(owner).expect("a legal name")
}

/// A bound between two seconds takes in what lies inside.
pub async fn created_from_and_created_to_are_both_included(backend: &impl Backend) {
    let store = prepared(backend).await;
    for row in store.create_many((0..20).map(|n| job(&format!("j{n:02}"), at(n))).collect()).await {
        row.expect("insert");
    }
    let between = |from: i64, to: i64| {
        let time = |millis| job_model::Timestamp::from_unix_millis(at(0).unix_millis() + millis);
        JobFilter { created_from: time(from), created_to: time(to), ..JobFilter::ALL }
    };
    for (from, to, expected) in [
        (3000, 5000, 3..6),
        (3000, 5999, 3..6),
        (2001, 5000, 3..6),
        (-1, 0, 0..1),
        (19_000, 99_000, 19..20),
        (1, 999, 0..0),
    ] {
        let page = list(&*store, between(from, to)).await;
        let expected: Vec<String> = expected.rev().map(|n| format!("j{n:02}")).collect();
        assert_eq!(ids(&page.jobs), expected, "{from} to {to}");
        assert_eq!(page.total, expected.len() as u64);
    }
}

/// Far down a list that begins and ends in the middle of an hour, a minute and a day.
pub async fn deep_pages_between_times_hold_what_they_should(backend: &impl Backend) {
    const COUNT: i64 = 2400;
    let second = |n: i64| n * 97;
    let store = prepared(backend).await;
    let owned = |n| Job { owner: Some(named("alice")), ..job(&format!("j{n:04}"), at(second(n))) };
    for row in store.create_many((0..COUNT).map(owned).collect()).await {
        row.expect("insert");
    }
    for (owner, status) in [(None, None), (None, Some(Created)), (Some("alice"), None)] {
        for (from, to) in [(100, 2300), (0, 1000), (1399, 2399), (700, 701)] {
            let (created_from, created_to) = (Some(at(second(from) - 5)), Some(at(second(to) + 5)));
            let owner = owner.map(named);
            let filter = JobFilter { owner, status, created_from, created_to, state: None };
            for skip in [0, 499, 501, 777, 999, 1001, 2195, 2201] {
                let page = store.list(ListQuery { filter: filter.clone(), skip, limit: 5 }).await.expect("list");
                let skipped = usize::try_from(skip).expect("small");
                let expected: Vec<String> =
                    (from..=to).rev().skip(skipped).take(5).map(|n| format!("j{n:04}")).collect();
                assert_eq!(page.total, (to - from + 1).unsigned_abs(), "{from} to {to}");
                assert_eq!(ids(&page.jobs), expected, "{from} to {to}, skip {skip}");
            }
        }
    }
}
