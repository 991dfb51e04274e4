//! Rows become jobs as they arrive: some at a time, so that they share the database's commits, and no more than there is room
//! for.
//!
//! What a gateway that dies leaves is a batch that says how many of its rows are jobs. The same rows sent again under the
//! same uuid go on with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use job_model::{FileName, Job, JobId, NewFile, Timestamp};
use job_store::records::RecordError;
use job_store::{StoreError, Stored};
use serde_json::{Map, Value};
use service::Chain;
use tokio::task::JoinSet;

use super::{Batch, MOST_JOBS, Stage, Wish};
use crate::admission::{self, NotNow};
use crate::app::App;
use crate::input_files::{self, InputError};
use crate::job_template::JobTemplate;
use crate::jobs::{self, Created};
use crate::records::typed_records::{self, TypedRecord};
use crate::scripts::{self, Version};
use crate::template_files::{self, KeptFiles};
use crate::tokens::{Grant, Scope};

/// Jobs that are stored at a time.
const AT_ONCE: usize = 64;
/// What they weigh together, in bytes, unless it is a single one.
const BYTES_AT_ONCE: usize = 16 << 20;
/// Rows after which the record says how many there are.
const NOTE_EVERY: u32 = 500;
/// A batch that was not written for so long has lost its gateway.
const LOST_AFTER: std::time::Duration = std::time::Duration::from_secs(60);
/// What a row's own batch is named by in `depends_on` and `vars_from`, with the number of an earlier row.
const ROW: char = '#';

/// A batch that is being taken in.
pub(crate) struct Accepting {
    app: Arc<App>,
    grant: Grant,
    batch: Stored<Batch>,
    script: Option<Version>,
    /// The files that each job gets: of the script, then of the batch.
    kept: Arc<[KeptFiles]>,
    /// What became of jobs, and how large each was.
    storing: JoinSet<(usize, Result<(), Refused>)>,
    /// Bytes of the jobs that are being stored.
    bytes: usize,
    /// The next row's number.
    row: u32,
}

/// Why a row cannot be a job, or no more of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The row, or what stands in front of all rows.
    Row(String),
    /// It may be one later.
    Later(String),
    /// The batch of this uuid is another one, or is whole.
    Taken(String),
}

impl Refused {
    /// As the report of a row.
    pub(crate) fn at_row(self, number: u32) -> Self {
        match self {
            Self::Row(reason) => Self::Row(format!("row {number}: {reason}")),
            Self::Later(reason) => Self::Later(format!("row {number}: {reason}")),
            Self::Taken(reason) => Self::Taken(reason),
        }
    }
}

impl From<InputError> for Refused {
    fn from(error: InputError) -> Self {
        let (reason, is_clients) = error.told();
        if is_clients { Self::Row(reason) } else { Self::Later(reason) }
    }
}

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Self {
        Self::Later(Chain(&error).to_string())
    }
}

impl Accepting {
    /// Begins a batch, or goes on with one that is incomplete. `files` are those that each job gets.
    pub(crate) async fn begin(
        app: &Arc<App>,
        grant: &Grant,
        uuid: Option<JobId>,
        wish: Wish,
        files: BTreeMap<FileName, NewFile>,
    ) -> Result<Self, Refused> {
        let records = app.records.as_ref();
        let script = match &wish.script {
            None => None,
            Some(name) => {
                let read = scripts::read(records, &grant.reach(), name, wish.version).await;
                Some(read.map_err(|error| Refused::Row(error.to_string()))?.1)
            }
        };
        let now = Timestamp::now();
        let mut batch = Batch::new(uuid.unwrap_or_else(JobId::fresh), grant.owner(), wish, now);
        batch.due = now.after(LOST_AFTER);
        // Jobs may be there whose batch is forgotten: they are somebody's.
        let states =
            app.store.batch_states(&batch.uuid).await.map_err(|error| Refused::Later(Chain(&error).to_string()))?;
        if !states.is_empty() && typed_records::read::<Batch>(records, batch.uuid.as_str()).await?.is_none() {
            return Err(Refused::Taken(format!("batch {}: its uuid is taken", batch.uuid)));
        }
        may_take(grant, &files)?;
        let owner = (Batch::KIND, batch.uuid.as_str());
        batch.files = template_files::store(app, owner, files, &grant.reach(), None).await?;
        let kept_files = batch.files.as_ref().map(|files| files.of(Batch::KIND, batch.uuid.as_str()));
        let begun = match typed_records::write(records, &batch, None).await {
            Ok(Some(revision)) => Ok(Stored { value: batch, revision }),
            Ok(None) => go_on(app, grant, batch).await,
            Err(error) => Err(error.into()),
        };
        let batch = match begun {
            Ok(batch) => batch,
            Err(refused) => {
                template_files::forget(app, kept_files).await;
                return Err(refused);
            }
        };
        let kept = script.iter().filter_map(Version::kept_files).chain(kept_files).collect();
        let (app, grant, storing) = (app.clone(), grant.clone(), JoinSet::new());
        Ok(Self { app, grant, batch, script, kept, storing, bytes: 0, row: 0 })
    }

    /// The number of the next row.
    pub(crate) fn next_row(&self) -> u32 {
        self.row
    }

    /// Makes a job of the next row.
    pub(crate) async fn row(&mut self, row: Map<String, Value>) -> Result<(), Refused> {
        let number = self.row;
        let at_row = |reason: String| Refused::Row(format!("row {number}: {reason}"));
        if number == MOST_JOBS {
            return Err(Refused::Row(format!("a batch has {MOST_JOBS} jobs at most")));
        }
        let (mut job, own_files, bytes) = self.job(row).map_err(at_row)?;
        may_take(&self.grant, &own_files).map_err(|refused| refused.at_row(number))?;
        let own = |id: &JobId| Batch::row_of(id).is_some_and(|row| row < number && self.batch.value.job_id(row) == *id);
        let (of_batch, of_others): (Vec<_>, Vec<_>) = job.depends_on.iter().flatten().cloned().partition(own);
        if !of_others.is_empty() {
            let all = job.depends_on.replace(of_others);
            let missing = jobs::missing_dependency(&self.app, &self.grant.reach(), &job).await;
            job.depends_on = all;
            match missing {
                Ok(None) => {}
                Ok(Some(id)) => return Err(at_row(format!("there is no job {id}"))),
                Err(error) => return Err(Refused::Later(Chain(&error).to_string())),
            }
        }
        if !of_batch.is_empty() {
            // Who waits for a job must find it.
            self.all_stored().await?;
        }
        let room = admission::room_for_one(&self.app, &self.grant).await;
        let room = room.map_err(|NotNow(reason)| Refused::Later(format!("row {number}: {reason}")))?;
        while self.storing.len() >= AT_ONCE || (self.bytes > 0 && self.bytes + bytes > BYTES_AT_ONCE) {
            self.one_stored().await?;
        }
        let (app, kept, reach) = (self.app.clone(), Arc::clone(&self.kept), self.grant.reach());
        self.bytes += bytes;
        self.storing.spawn(async move {
            let _room = room;
            let given = template_files::give(&app, &mut job, &kept, own_files, &reach).await;
            let stored = match given {
                Ok(()) => create(&app, job).await,
                Err(error) => Err(error.into()),
            };
            (bytes, stored.map_err(|refused| refused.at_row(number)))
        });
        self.row += 1;
        if self.row.is_multiple_of(NOTE_EVERY) {
            self.all_stored().await?;
            self.note().await?;
        }
        Ok(())
    }

    /// All rows have arrived, or no more are taken. The batch as it stands then.
    pub(crate) async fn end(mut self, outcome: Result<(), Refused>) -> Result<Batch, (Batch, Refused)> {
        let stored = self.all_stored().await;
        let outcome = match outcome {
            Ok(()) if self.row == 0 => Err(Refused::Row("there are no rows".to_owned())),
            outcome => outcome.and(stored),
        };
        let batch = &mut self.batch.value;
        let now = Timestamp::now();
        (batch.accepted, batch.due) = (self.row, Some(now));
        match &outcome {
            Ok(()) => batch.stage = Stage::Accepted,
            Err(Refused::Row(reason) | Refused::Later(reason) | Refused::Taken(reason)) => {
                batch.leave_off(reason.clone(), now);
            }
        }
        let files = batch.take_files();
        let written = self.write().await;
        template_files::forget(&self.app, files).await;
        self.app.batches_changed.notify_one();
        match outcome.and(written) {
            Ok(()) => Ok(self.batch.value),
            Err(refused) => Err((self.batch.value, refused)),
        }
    }

    /// The job of a row, the files that come with it, and what the row weighs in bytes.
    fn job(&self, row: Map<String, Value>) -> Result<(Job, BTreeMap<FileName, NewFile>, usize), String> {
        let batch = &self.batch.value;
        if row.contains_key("uuid") {
            let own = batch.job_id(self.row);
            return Err(format!(
                "the field \"uuid\" cannot be said of a row: its job is {own}, so that rows that are sent again make no second \
                 job"
            ));
        }
        let mut row = JobTemplate(row);
        let files = row.take_files()?;
        let of_files: usize = files
            .values()
            .map(|file| [&file.text, &file.base64].into_iter().flatten().map(String::len).sum::<usize>())
            .sum();
        name_rows(&mut row.0, batch, self.row)?;
        let mut template = batch.wish.job.clone().with(&row);
        if let Some(script) = &self.script {
            template = script.template(&template).map_err(|error| error.to_string())?;
        }
        template.0.insert("uuid".to_owned(), batch.job_id(self.row).as_str().into());
        let mut job = template.job(Timestamp::now())?;
        if let Some(script) = &self.script {
            script.mark(&mut job);
        }
        job.batch = Some(batch.uuid.clone());
        admission::give_to(&mut job, &self.grant);
        Ok((job, files, template.body().len() + of_files))
    }

    async fn one_stored(&mut self) -> Result<(), Refused> {
        match self.storing.join_next().await {
            None => Ok(()),
            Some(Ok((bytes, stored))) => {
                self.bytes -= bytes;
                stored
            }
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn all_stored(&mut self) -> Result<(), Refused> {
        let mut outcome = Ok(());
        while !self.storing.is_empty() {
            outcome = outcome.and(self.one_stored().await);
        }
        outcome
    }

    /// Writes how many rows are jobs, and that somebody is at it.
    async fn note(&mut self) -> Result<(), Refused> {
        self.batch.value.accepted = self.row;
        self.batch.value.due = Timestamp::now().after(LOST_AFTER);
        self.write().await
    }

    async fn write(&mut self) -> Result<(), Refused> {
        if typed_records::overwrite(self.app.records.as_ref(), &mut self.batch).await? {
            return Ok(());
        }
        Err(Refused::Row("the batch was cancelled, or counts as lost".to_owned()))
    }
}

/// Stores the job of a row, or finds that it is there.
async fn create(app: &App, job: Job) -> Result<(), Refused> {
    let (id, batch, owner) = (job.uuid.clone(), job.batch.clone(), job.owner.clone());
    let files = input_files::set_of(&job);
    let created = jobs::create(app, job).await;
    if jobs::is_not_there(&created) {
        input_files::forget(app, files).await;
    }
    match created {
        Ok(Created::Stored) => Ok(()),
        Err(StoreError::Conflict { .. }) => match app.store.get(&id).await {
            // The row was sent before.
            Ok(there) if (&there.value.batch, &there.value.owner) == (&batch, &owner) => Ok(()),
            Ok(_) | Err(StoreError::NotFound { .. }) => Err(Refused::Row(format!("the uuid {id} is taken"))),
            Err(error) => Err(Refused::Later(Chain(&error).to_string())),
        },
        Ok(Created::Skipped { by }) => Err(Refused::Row(format!("job {by} of the same key is under way"))),
        Err(error @ StoreError::TooLarge { .. }) => Err(Refused::Row(error.to_string())),
        Err(error) => Err(Refused::Later(Chain(&error).to_string())),
    }
}

/// Refuses files of other jobs where the token may not read jobs.
fn may_take(grant: &Grant, files: &BTreeMap<FileName, NewFile>) -> Result<(), Refused> {
    match input_files::of_another_job(files) {
        Some(job) if !grant.holds(Scope::JobsRead) => {
            Err(Refused::Row(format!("a file is of job {job}, and the token lacks the scope {}", Scope::JobsRead)))
        }
        _ => Ok(()),
    }
}

/// The batch of this uuid that is incomplete, as one that is taken in again.
async fn go_on(app: &App, grant: &Grant, new: Batch) -> Result<Stored<Batch>, Refused> {
    let records = app.records.as_ref();
    let taken = |reason: &str| Refused::Taken(format!("batch {}: {reason}", new.uuid));
    let stored = typed_records::read_within::<Batch>(records, &grant.reach(), new.uuid.as_str()).await?;
    let Some(mut stored) = stored else { return Err(taken("its uuid is taken")) };
    let batch = &mut stored.value;
    if batch.stage != Stage::Incomplete || batch.cancelled_at.is_some() {
        return Err(taken("there is one already, and it is not incomplete"));
    }
    batch.take_again();
    (batch.wish, batch.files, batch.due) = (new.wish, new.files, new.due);
    if typed_records::overwrite(records, &mut stored).await? {
        return Ok(stored);
    }
    Err(taken("somebody else goes on with it"))
}

/// Puts ids in the place of numbers of earlier rows, as `"#3"`.
fn name_rows(row: &mut Map<String, Value>, batch: &Batch, own: u32) -> Result<(), String> {
    let named = |value: &mut Value| -> Result<(), String> {
        let Some(number) = value.as_str().and_then(|text| text.strip_prefix(ROW)) else { return Ok(()) };
        let earlier = number.parse::<u32>().ok().filter(|number| *number < own);
        let earlier = earlier.ok_or_else(|| format!("\"{ROW}{number}\" is not an earlier row, counted from 0"))?;
        *value = batch.job_id(earlier).as_str().into();
        Ok(())
    };
    if let Some(Value::Array(ids)) = row.get_mut("depends_on") {
        ids.iter_mut().try_for_each(named)?;
    }
    if let Some(Value::Object(vars)) = row.get_mut("vars_from") {
        vars.values_mut().filter_map(|var| var.get_mut("job")).try_for_each(named)?;
    }
    Ok(())
}
