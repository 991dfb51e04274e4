//! Batches: many jobs of one request, their progress, and the end of all of them.
//!
//! A batch is a record; its jobs carry its id and are counted by the store's index. Rows become jobs as they arrive
//! (`accept`), under ids that batch and row give them, so the same rows sent again make no second job. `task` looks after
//! what no request does: batches whose gateway died, cancels, reruns, and the end.

mod accept;
mod rows;
mod task;

use std::collections::BTreeMap;

use job_model::{JobId, JobState, Timestamp, TokenName, Webhook};
use job_store::records::{RecordError, RecordKind};
use job_store::{StoreError, Stored};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::job_template::JobTemplate;
use crate::records::typed_records::{self, OwnedRecord, ROUNDS, TypedRecord};
use crate::template_files::{KeptFiles, TemplateFiles};
use crate::tokens::Reach;

pub(crate) use accept::{Accepting, Refused};
pub(crate) use rows::Rows;
pub(crate) use task::run;

/// The most jobs of a batch.
pub(crate) const MOST_JOBS: u32 = 10_000;
/// The longest id of a batch, in bytes: those of its jobs are longer.
pub(crate) const MAX_ID_BYTES: usize = 100;

/// A batch by its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Batch {
    pub(crate) uuid: JobId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<TokenName>,
    pub(crate) created_at: Timestamp,
    #[serde(flatten)]
    pub(crate) wish: Wish,
    pub(crate) stage: Stage,
    /// How many jobs were made of it, as far as is written.
    pub(crate) accepted: u32,
    /// Why it is incomplete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// When the client stopped sending its missing rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incomplete_at: Option<Timestamp>,
    /// The files that each of its jobs gets, while its rows arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<TemplateFiles>,
    /// The batch whose jobs it runs again that did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rerun_of: Option<JobId>,
    /// The last of that one's jobs that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cursor: Option<JobId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cancelled_at: Option<Timestamp>,
    /// When the end of its last job was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) finished_at: Option<Timestamp>,
    /// How its jobs stood then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) counts: Option<Counts>,
    /// How often it ended: once more each time that missing rows of it come later.
    #[serde(default, skip_serializing_if = "is_zero")]
    ends: u32,
    /// When a gateway must look at it next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<Timestamp>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a client says of a batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wish {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The webhook that its end is reported to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) webhook: Option<Webhook>,
    /// What all jobs say that do not say it themselves.
    #[serde(default)]
    pub(crate) job: JobTemplate,
    /// The script that they run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u32>,
}

/// How far a batch is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// Rows are still arriving.
    Accepting,
    /// All rows are jobs.
    Accepted,
    /// Some rows never arrived, or cannot be jobs.
    Incomplete,
}

impl TypedRecord for Batch {
    const KIND: RecordKind = RecordKind("batch");

    fn id(&self) -> String {
        self.uuid.to_string()
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.due
    }
}

impl OwnedRecord for Batch {
    fn owner(&self) -> Option<&TokenName> {
        self.owner.as_ref()
    }
}

/// How the jobs of a batch stand, by state.
pub(crate) type Counts = BTreeMap<String, u64>;

impl Batch {
    /// The id of a row's job. Ids sort as the rows do.
    pub(crate) fn job_id(&self, row: u32) -> JobId {
        JobId::parse(format!("{}-{row:05}", self.uuid)).expect("a batch's id leaves room for it")
    }

    /// The row that an id of [`Self::job_id`] is of.
    fn row_of(job: &JobId) -> Option<u32> {
        job.as_str().rsplit('-').next()?.parse().ok()
    }

    /// No more rows come, unless somebody sends them again.
    fn leave_off(&mut self, reason: String, now: Timestamp) {
        (self.stage, self.error, self.incomplete_at) = (Stage::Incomplete, Some(reason), Some(now));
    }

    /// Takes rows again, also when it had ended without them.
    fn take_again(&mut self) {
        (self.stage, self.error, self.incomplete_at) = (Stage::Accepting, None, None);
        (self.finished_at, self.counts) = (None, None);
    }

    /// Takes the files out that it does not need any more.
    fn take_files(&mut self) -> Option<KeptFiles> {
        let id = self.id();
        self.files.take().map(|files| files.of(Self::KIND, &id))
    }

    /// One word for how far it is.
    pub(crate) fn state(&self, counts: &Counts) -> &'static str {
        match self.stage {
            Stage::Accepting => "accepting",
            _ if self.finished_at.is_some() || under_way(counts) == 0 => "done",
            _ => "running",
        }
    }

    /// How its jobs stand now.
    ///
    /// # Errors
    /// The store could not count them.
    pub(crate) async fn count(&self, app: &App) -> Result<Counts, StoreError> {
        if let Some(counts) = &self.counts {
            return Ok(counts.clone());
        }
        let states = app.store.batch_states(&self.uuid).await?;
        Ok(states.into_iter().map(|(state, jobs)| (state.as_str().to_owned(), jobs)).collect())
    }
}

/// Jobs that are not done.
fn under_way(counts: &Counts) -> u64 {
    [JobState::Waiting, JobState::Running].iter().filter_map(|state| counts.get(state.as_str())).sum()
}

/// Why a batch could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    /// There is none of this id within reach.
    #[error("there is no batch {0}")]
    NotFound(String),
    /// It is not in a state for that.
    #[error("{0}")]
    NotNow(&'static str),
    #[error(transparent)]
    Records(#[from] RecordError),
}

/// Reads a batch.
pub(crate) async fn read(app: &App, reach: &Reach, id: &str) -> Result<Stored<Batch>, BatchError> {
    let found = typed_records::read_within(app.records.as_ref(), reach, id).await?;
    found.ok_or_else(|| BatchError::NotFound(id.to_owned()))
}

/// Has the jobs of a batch cancelled that are not done, and takes no more of its rows.
pub(crate) async fn cancel(app: &App, reach: &Reach, id: &str) -> Result<Batch, BatchError> {
    let now = Timestamp::now();
    for _ in 0..ROUNDS {
        let mut stored = read(app, reach, id).await?;
        let batch = &mut stored.value;
        if batch.cancelled_at.is_some() || batch.finished_at.is_some() {
            return Ok(stored.value);
        }
        (batch.cancelled_at, batch.due) = (Some(now), Some(now));
        if batch.stage == Stage::Accepting {
            batch.leave_off("it was cancelled while its rows arrived".to_owned(), now);
        }
        if typed_records::overwrite(app.records.as_ref(), &mut stored).await? {
            app.batches_changed.notify_one();
            return Ok(stored.value);
        }
    }
    Err(typed_records::busy::<Batch>(id).into())
}

/// Makes a batch that runs those jobs of another one again that did not succeed. Its jobs are made by and by.
pub(crate) async fn rerun(app: &App, reach: &Reach, owner: Option<&TokenName>, id: &str) -> Result<Batch, BatchError> {
    let old = read(app, reach, id).await?.value;
    if old.stage == Stage::Accepting || old.finished_at.is_none() {
        return Err(BatchError::NotNow("its jobs are not done: wait for them, or cancel it"));
    }
    let now = Timestamp::now();
    let wish = Wish { job: JobTemplate::default(), ..old.wish };
    let rerun_of = Some(old.uuid);
    let batch = Batch { rerun_of, due: Some(now), ..Batch::new(JobId::fresh(), owner, wish, now) };
    typed_records::insert(app.records.as_ref(), &batch).await?;
    app.batches_changed.notify_one();
    Ok(batch)
}

impl Batch {
    fn new(uuid: JobId, owner: Option<&TokenName>, wish: Wish, now: Timestamp) -> Self {
        Self {
            uuid,
            owner: owner.cloned(),
            created_at: now,
            wish,
            stage: Stage::Accepting,
            accepted: 0,
            error: None,
            incomplete_at: None,
            files: None,
            rerun_of: None,
            cursor: None,
            cancelled_at: None,
            finished_at: None,
            counts: None,
            ends: 0,
            due: None,
        }
    }
}
