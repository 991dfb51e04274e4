//! Files of what jobs are made of: of a script's version, of a schedule, of a batch while its rows arrive.
//!
//! They are stored once, under a key of their own that the record names, and each job that is made gets a copy among the
//! files that came with it. So a job keeps its files whatever becomes of its script. What no record names any more, `sweep`
//! removes.

pub(crate) mod kept;
mod sweep;

use std::collections::BTreeMap;

use job_files::TemplateKey;
use job_model::{FileName, InstanceId, Job, NewFile};
use job_store::records::RecordKind;

use crate::app::App;
use crate::input_files::{self, InputError, InputFiles};
use crate::tokens::Reach;

pub(crate) use self::kept::{KeptFiles, TemplateFiles};
pub(crate) use self::sweep::sweep;

/// Stores files under a new set of what is to have them. `before` are those that may be kept. `None` when there are none.
///
/// # Errors
/// As [`InputFiles::put_all`]; nothing is left then, as far as the store can be used.
pub(crate) async fn store(
    app: &App,
    (kind, name): (RecordKind, &str),
    new: BTreeMap<FileName, NewFile>,
    reach: &Reach,
    before: Option<&KeptFiles>,
) -> Result<Option<TemplateFiles>, InputError> {
    if new.is_empty() {
        return Ok(None);
    }
    let files = app.files.as_ref().ok_or(InputError::NoFiles)?;
    let key = TemplateKey { kind: kind.0.to_owned(), name: name.to_owned(), set: InstanceId::fresh() };
    let mut input = InputFiles::at(key, files);
    if let Err(error) = input.put_all(new, app, reach, before).await {
        input.forget().await;
        return Err(error);
    }
    let (key, files) = input.into_stored();
    Ok(Some(TemplateFiles { set: key.set, files }))
}

/// Gives a job to come its files: those of what it is made of, each in the place of one of the same name before it, and its
/// own in the place of both.
///
/// # Errors
/// As [`InputFiles::put_all`]; nothing is left then, as far as the store can be used.
pub(crate) async fn give(
    app: &App,
    job: &mut Job,
    kept: &[KeptFiles],
    own: BTreeMap<FileName, NewFile>,
    reach: &Reach,
) -> Result<(), InputError> {
    if own.is_empty() && kept.is_empty() {
        return Ok(());
    }
    let mut input = InputFiles::of(job, app.files.as_ref().ok_or(InputError::NoFiles)?);
    let mut of_kept = BTreeMap::new();
    for kept in kept {
        let places = kept.files.iter().enumerate().map(|(place, file)| (&file.name, (&kept.key, place, file)));
        of_kept.extend(places.filter(|(name, _)| !own.contains_key(*name)));
    }
    let giving = async {
        for (name, (key, place, file)) in of_kept {
            input.copy(key, place, file, name).await?;
        }
        input.put_all(own, app, reach, None).await
    };
    let given = giving.await;
    input.settle(job, given).await
}

/// Removes files whose record names them no more.
pub(crate) async fn forget(app: &App, kept: impl IntoIterator<Item = KeptFiles>) {
    let Some(files) = &app.files else { return };
    for kept in kept {
        input_files::remove(files, &kept.key).await;
    }
}
