//! Where in a list the jobs of others than some owners are.
//!
//! An owner with a long retention of its own may have nearly all old jobs. Totals come out of the store's counts, so the
//! parts of the list that are wholly such owners' are told without a look at a row.

use job_model::{Timestamp, TokenName};
use job_store::{JobFilter, JobStore, ListQuery, StoreError};

/// The parts of a list, each between two seconds, that have jobs of others than these owners. A part of which most rows are
/// these owners' has no more than `step` rows, unless it is a single second. The list must end at a time.
///
/// Jobs that are written meanwhile may be missed: the next look finds them.
///
/// # Errors
/// Those of [`JobStore::list`].
pub(super) async fn parts(
    store: &dyn JobStore,
    list: JobFilter,
    except: &[TokenName],
    step: u64,
) -> Result<Vec<JobFilter>, StoreError> {
    let mut found = Vec::new();
    let mut waiting = vec![(list, except.to_vec())];
    while let Some((part, except)) = waiting.pop() {
        let total = total(store, &part).await?;
        let (mut theirs, mut present) = (0, Vec::new());
        for owner in except {
            let count = self::total(store, &JobFilter { owner: Some(owner.clone()), ..part.clone() }).await?;
            theirs += count;
            if count > 0 {
                present.push(owner);
            }
        }
        if theirs >= total {
            continue;
        }
        let halves = if present.is_empty() || total <= step { None } else { halves(store, &part, total).await? };
        match halves {
            Some(halves) => waiting.extend(halves.map(|half| (half, present.clone()))),
            None => found.push(part),
        }
    }
    Ok(found)
}

async fn total(store: &dyn JobStore, filter: &JobFilter) -> Result<u64, StoreError> {
    Ok(store.list(ListQuery { filter: filter.clone(), skip: 0, limit: 0 }).await?.total)
}

/// The older and the newer half of the time between a list's first job and its end; `None` when that is a single second.
async fn halves(store: &dyn JobStore, list: &JobFilter, total: u64) -> Result<Option<[JobFilter; 2]>, StoreError> {
    let oldest = store.list(ListQuery { filter: list.clone(), skip: total.saturating_sub(1), limit: 1 }).await?;
    let first = oldest.jobs.last().map(|job| job.value.created_at).or(list.created_from);
    let (Some(first), Some(last)) = (first, list.created_to) else { return Ok(None) };
    let (first, last) = (seconds(first), seconds(last));
    let middle = first + (last - first).div_euclid(2);
    let time = |second: i64| Timestamp::from_unix_millis(second * 1000);
    let (Some(older_to), Some(newer_from)) = (time(middle), time(middle + 1)) else { return Ok(None) };
    let older = JobFilter { created_to: Some(older_to), ..list.clone() };
    let newer = JobFilter { created_from: Some(newer_from), ..list.clone() };
    Ok((first < last).then_some([older, newer]))
}

fn seconds(time: Timestamp) -> i64 {
    time.unix_millis().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use job_model::{Job, NewJob, Timestamp, TokenName};
    use job_store::embedded::EmbeddedJobStore;
    use job_store::{JobFilter, JobStore, ListQuery};

    use super::parts;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_unix_millis(1_700_000_000_000 + second * 1000).unwrap()
    }

    #[tokio::test]
    async fn what_is_wholly_of_owners_with_a_rule_of_their_own_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedJobStore::open(folder.path().join("jobs.sqlite")).unwrap();
        let owner = |name: &str| TokenName::parse(name).ok();
        let insert = async |name: &str, second: i64, whose: Option<TokenName>| {
            let new = NewJob { uuid: format!("{name}-{second}"), ..NewJob::default() };
            let job = Job { owner: whose, ..Job::create(new, at(second)).unwrap() };
            store.insert(&job).await.unwrap();
        };
        for second in 0..300 {
            insert("kept", second, owner(if second % 3 == 0 { "archive" } else { "books" })).await;
        }
        let (list, except) = (JobFilter { created_to: Some(at(1000)), ..JobFilter::ALL }, ["archive", "books"]);
        let except = except.map(|name| TokenName::parse(name).unwrap());
        assert_eq!(parts(&store, list.clone(), &except, 5).await.unwrap(), []);
        for (second, whose) in [(0, None), (17, owner("carol")), (299, None), (299, owner("carol")), (900, None)] {
            insert(if whose.is_none() { "plain" } else { "carol" }, second, whose).await;
        }
        let found = parts(&store, list.clone(), &except, 5).await.unwrap();
        let (mut rows, mut others) = (0, Vec::new());
        for part in found {
            let page = store.list(ListQuery { filter: part, skip: 0, limit: 1000 }).await.unwrap();
            rows += page.jobs.len();
            let wanted =
                page.jobs.into_iter().filter(|job| !job.value.owner.as_ref().is_some_and(|own| except.contains(own)));
            others.extend(wanted.map(|job| job.value.uuid.to_string()));
        }
        others.sort_unstable();
        assert_eq!(others, ["carol-17", "carol-299", "plain-0", "plain-299", "plain-900"]);
        assert!(rows <= 20, "{rows} rows for five jobs");
        // Without such owners, and where they have no jobs, it is the whole list.
        let whole = [list.clone()];
        let nobody = [TokenName::parse("nobody").unwrap()];
        assert_eq!(parts(&store, list.clone(), &[], 5).await.unwrap(), whole);
        assert_eq!(parts(&store, list, &nobody, 5).await.unwrap(), whole);
    }
}
