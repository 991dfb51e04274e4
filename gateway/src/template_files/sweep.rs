//! Removes files that no script, schedule or batch names: of those that were deleted or written anew, and of requests that
//! were cut off.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use job_files::{FilesError, JobFiles, TemplateKey};
use job_model::InstanceId;
use job_store::records::{RecordError, RecordStore};
use service::Chain;

use crate::app::App;
use crate::batches::Batch;
use crate::records::typed_records::{self, TypedRecord};
use crate::schedules::Schedule;
use crate::scripts::{self, Script};

/// The sets that the records of one name use; `None` when that is not known.
type Used = Option<HashSet<InstanceId>>;

/// One look at all sets; how many were removed. What is younger than `write` stays: its record may be about to be written.
///
/// # Errors
/// The store of files could not do its part.
pub(crate) async fn sweep(app: &App, files: &JobFiles, write: Duration) -> Result<u64, FilesError> {
    let mut removed = 0;
    let mut known: HashMap<(String, String), Used> = HashMap::new();
    let mut batches = files.template_sets();
    while let Some(batch) = batches.try_next().await? {
        for found in batch {
            let is_old = SystemTime::now().duration_since(found.changed).is_ok_and(|age| age > write);
            if app.stop.is_cancelled() || !is_old {
                continue;
            }
            let owner = (found.key.kind.clone(), found.key.name.clone());
            if !known.contains_key(&owner) {
                known.insert(owner.clone(), used(app, &found.key).await);
            }
            if known[&owner].as_ref().is_some_and(|used| !used.contains(&found.key.set)) {
                files.remove(&found.key).await?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// In doubt nothing is removed.
async fn used(app: &App, key: &TemplateKey) -> Used {
    match named(app.records.as_ref(), key).await {
        Ok(used) => used,
        Err(error) => {
            app.metrics.store_errors.inc();
            let (kind, name) = (&key.kind, &key.name);
            tracing::warn!(kind, name, error = %Chain(&error), "failed to look whose a set of files is");
            None
        }
    }
}

/// What a newer version keeps files of is not known here.
async fn named(records: &dyn RecordStore, TemplateKey { kind, name, .. }: &TemplateKey) -> Result<Used, RecordError> {
    let files = if kind == Script::KIND.0 {
        return scripts::file_sets(records, name).await.map(Some);
    } else if kind == Schedule::KIND.0 {
        typed_records::read::<Schedule>(records, name).await?.and_then(|schedule| schedule.value.files)
    } else if kind == Batch::KIND.0 {
        typed_records::read::<Batch>(records, name).await?.and_then(|batch| batch.value.files)
    } else {
        return Ok(None);
    };
    Ok(Some(files.map(|files| files.set).into_iter().collect()))
}
