//! One suite for every implementation of [`JobStore`]: each promise of the trait is one function here, and
//! [`job_store_contract!`](crate::job_store_contract) makes a test of each for a backend.
//!
//! For tests only. The functions panic when a promise is broken.

mod batches;
mod changes;
mod deleting;
mod fencing;
mod filtering;
mod job_batches;
mod listing;
mod reading;
mod storing;
mod waking;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use job_model::{Job, JobId, JobStatus, JobSummary, NewJob, Timestamp};

use crate::{JobStore, StoreError, Stored};

pub use batches::*;
pub use changes::*;
pub use deleting::*;
pub use fencing::*;
pub use filtering::*;
pub use job_batches::*;
pub use listing::*;
pub use reading::*;
pub use storing::*;
pub use waking::*;

/// The data of one test, empty at its start, on which stores can be opened.
pub trait Backend {
    /// A store on the data that is not prepared yet. Called again it shows what another process would see.
    fn open(&self) -> impl Future<Output = Arc<dyn JobStore>> + Send;

    /// Removes the data when nothing else does.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// Writes that answer with the job and its new revision, alone and many at once.
#[async_trait]
pub trait Writing {
    /// [`JobStore::insert`].
    async fn create(&self, job: Job) -> Result<Stored<Job>, StoreError>;

    /// [`JobStore::update`].
    async fn replace(&self, job: Stored<Job>) -> Result<Stored<Job>, StoreError>;

    /// Many inserts at the same time; the outcomes are in order.
    async fn create_many(&self, jobs: Vec<Job>) -> Vec<Result<Stored<Job>, StoreError>> {
        join_all(jobs.into_iter().map(|job| self.create(job))).await
    }

    /// Many updates at the same time; the outcomes are in order.
    async fn replace_many(&self, jobs: Vec<Stored<Job>>) -> Vec<Result<Stored<Job>, StoreError>> {
        join_all(jobs.into_iter().map(|job| self.replace(job))).await
    }
}

#[async_trait]
impl<S: JobStore + ?Sized> Writing for S {
    async fn create(&self, job: Job) -> Result<Stored<Job>, StoreError> {
        let revision = self.insert(&job).await?;
        Ok(Stored { value: job, revision })
    }

    async fn replace(&self, job: Stored<Job>) -> Result<Stored<Job>, StoreError> {
        let revision = self.update(&job.value, &job.revision).await?;
        Ok(Stored { value: job.value, revision })
    }
}

/// Makes one `#[tokio::test]` per promise. The argument is a future of `Option<impl Backend>`; with `None`, because a
/// service is not configured, the test does nothing.
#[macro_export]
macro_rules! job_store_contract {
    ($backend:expr) => {
        $crate::job_store_contract! { @tests $backend;
            a_stored_job_reads_back_unchanged
            jobs_survive_reopening
            stores_on_the_same_data_see_each_others_writes
            prepare_can_be_repeated_and_run_from_many_stores_at_once
            a_job_that_was_never_stored_is_not_found
            ids_with_any_legal_character_name_one_job_each
            jobs_up_to_the_limit_are_stored_and_larger_ones_refused
            insert_of_a_taken_id_conflicts
            identical_inserts_at_once_have_one_winner
            stale_revision_conflicts
            of_64_writers_on_one_revision_exactly_one_wins
            identical_updates_from_two_stores_have_one_winner
            a_revision_that_no_store_made_conflicts
            update_of_a_deleted_job_conflicts
            delete_needs_the_current_revision
            a_deleted_id_can_be_used_again_and_old_revisions_stay_stale
            rows_of_a_batch_come_back_in_order
            a_bad_row_never_fails_its_neighbours
            the_same_id_twice_in_a_batch_has_one_winner
            a_batch_larger_than_any_group_is_stored_whole
            a_caller_that_goes_away_leaves_the_others_writes_alone
            an_empty_store_lists_nothing
            newest_first_with_ties_by_uuid
            pages_and_totals
            status_filter_follows_every_move
            deep_pages_hold_what_they_should
            leftovers_are_the_oldest_in_their_state
            leftovers_carry_the_revision_to_write_on
            leftovers_go_on_behind_a_cursor
            a_summary_shows_what_the_job_says
            state_filter_follows_every_move
            filters_hold_together
            an_owners_list_follows_every_move_of_its_jobs
            created_from_and_created_to_are_both_included
            deep_pages_between_times_hold_what_they_should
            jobs_are_read_in_the_order_asked_for
            jobs_with_files_are_known_by_their_sets
            large_jobs_among_small_ones_are_read
            a_batchs_jobs_are_counted_and_listed_by_state
            deleted_rows_have_a_fate_of_their_own
            many_jobs_are_deleted_and_their_space_reclaimed
            every_new_job_is_told_once
            changes_come_in_pages
            jobs_are_due_when_their_time_has_come
            jobs_that_wait_are_no_leftovers
            jobs_that_wait_for_a_key_stand_in_line
        }
    };
    (@tests $backend:expr; $($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(backend) = $backend.await {
                    $crate::contract::$name(&backend).await;
                    $crate::contract::Backend::close(backend).await;
                }
            }
        )*
    };
}

/// A store that is ready.
async fn prepared(backend: &impl Backend) -> Arc<dyn JobStore> {
    let store = backend.open().await;
    store.prepare().await.expect("prepare");
    store
}

/// 2024-02-29 23:59:50 and this many seconds: a few cross into the next minute, hour, day and month at once.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis((1_709_251_190 + seconds) * 1000).expect("a year with four digits")
}

/// A new job.
fn job(id: &str, created_at: Timestamp) -> Job {
    let new = NewJob { uuid: id.to_owned(), code: "return".to_owned(), ..NewJob::default() };
    Job::create(new, created_at).expect("a legal id")
}

fn id(text: &str) -> JobId {
    JobId::parse(text).expect("a legal id")
}

/// The same stored job in another state, whether the move is legal or not.
fn moved(stored: &Stored<Job>, status: JobStatus) -> Stored<Job> {
    let mut stored = stored.clone();
    stored.value.status = status;
    stored
}

/// A job whose JSON has exactly this many bytes.
fn sized(id: &str, bytes: usize) -> Job {
    let mut job = job(id, at(0));
    let rest = bytes - serde_json::to_string(&job).expect("a job has JSON").len();
    job.code.push_str(&"x".repeat(rest));
    job
}

fn ids(jobs: &[Stored<JobSummary>]) -> Vec<&str> {
    jobs.iter().map(|job| job.value.uuid.as_str()).collect()
}

/// How many rows succeeded; the others must all have conflicted.
fn winners(outcomes: &[Result<Stored<Job>, StoreError>]) -> usize {
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(_) | Err(StoreError::Conflict { .. })), "{outcome:?}");
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

fn strings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
