//! The way of a job's files: out of the store before the job begins, into the store when it has ended.
//!
//! The parent alone knows the store. A store that is away is tried again for as long as the executor runs: meanwhile the
//! job's delivery is unsettled, so nothing is lost.

use std::time::Duration;

use futures::TryStreamExt;
use job_files::{FilesError, JobFiles, SetKey};
use job_model::{FileSetId, JobFile};
use script::JobFolder;
use script::job_folder::WriteMode;
use service::{Backoff, Chain};
use tokio_util::sync::CancellationToken;

use crate::job_message::JobKey;
use crate::taken_files::TakenFiles;

/// How long a file is tried to be stored after the executor was told to stop.
const LAST_TRY: Duration = Duration::from_secs(8);

/// The store, or that there is none.
#[derive(Clone, Debug)]
pub(crate) struct FileStore {
    files: Option<JobFiles>,
    /// Cancelled when the executor is to end.
    stop: CancellationToken,
}

/// What became of the files that a job left.
pub(crate) enum Kept {
    /// They are stored, if there were any.
    Stored(Option<(FileSetId, Vec<JobFile>)>),
    /// They are not, and never will be: a sentence for the job's log.
    Dropped(String),
    /// They cannot be: the job's error.
    Failed(String),
    /// The executor ends, and the store is away.
    Stopped,
}

impl FileStore {
    pub(crate) fn new(files: Option<JobFiles>, stop: CancellationToken) -> Self {
        Self { files, stop }
    }

    /// Puts the files that came with a job into its folder. The error is the job's.
    pub(crate) async fn fetch(&self, key: &JobKey, input: &[JobFile], folder: &JobFolder) -> Result<(), String> {
        if input.is_empty() {
            return Ok(());
        }
        let Some(files) = &self.files else {
            return Err("The job's files could not be fetched: the executor has no FILES_URL".to_owned());
        };
        let set = set_of(key, FileSetId::input());
        for (index, file) in input.iter().enumerate() {
            let mut backoff = Backoff::for_servers();
            loop {
                match fetch_one(files, &set, index, file, folder).await {
                    Ok(()) => break,
                    Err(Fetch::Failed(reason)) => {
                        return Err(format!("The job's files could not be fetched: {reason}"));
                    }
                    Err(Fetch::Away(error)) => {
                        tracing::warn!(error = %Chain(&error), "failed to fetch a job's file, trying again");
                        tokio::time::sleep(backoff.next_delay()).await;
                    }
                }
            }
        }
        Ok(())
    }

    /// Stores the files that a job left.
    pub(crate) async fn keep(&self, key: &JobKey, attempt: u32, taken: &TakenFiles) -> Kept {
        let Some(folder) = taken.folder() else { return Kept::Stored(None) };
        let entries = match folder.recount().and_then(|()| folder.files()) {
            Ok(entries) => entries,
            Err(error) => return Kept::Failed(error.to_string()),
        };
        if entries.is_empty() {
            return Kept::Stored(None);
        }
        let Some(files) = &self.files else {
            let count = entries.len();
            return Kept::Dropped(format!("{count} files were not kept: the executor has no FILES_URL"));
        };
        let set = set_of(key, FileSetId::of_attempt(attempt));
        let mut stored = Vec::new();
        let gave_up = async {
            self.stop.cancelled().await;
            tokio::time::sleep(LAST_TRY).await;
        };
        tokio::pin!(gave_up);
        let mut backoff = Backoff::for_servers();
        for (index, entry) in entries.iter().enumerate() {
            let file = loop {
                let source = match folder.open_read(&entry.name) {
                    Ok(source) => tokio::fs::File::from_std(source),
                    Err(error) => return Kept::Failed(error.to_string()),
                };
                let put = tokio::select! {
                    put = files.put(&set, index, &entry.name, source) => put,
                    () = &mut gave_up => return Kept::Stopped,
                };
                match put {
                    Ok(file) => break file,
                    Err(error @ FilesError::Source { .. }) => return Kept::Failed(Chain(&error).to_string()),
                    Err(error) => {
                        tracing::warn!(error = %Chain(&error), "failed to store a job's file, trying again");
                    }
                }
                tokio::select! {
                    () = tokio::time::sleep(backoff.next_delay()) => {}
                    () = &mut gave_up => return Kept::Stopped,
                }
            };
            backoff.reset();
            stored.push(file);
        }
        Kept::Stored(Some((set.set, stored)))
    }
}

enum Fetch {
    /// Trying again helps.
    Away(FilesError),
    /// It does not.
    Failed(String),
}

async fn fetch_one(
    files: &JobFiles,
    set: &SetKey,
    index: usize,
    file: &JobFile,
    folder: &JobFolder,
) -> Result<(), Fetch> {
    let failed = |error: FilesError| match error {
        error @ FilesError::Away { .. } => Fetch::Away(error),
        other => Fetch::Failed(Chain(&other).to_string()),
    };
    let mut target =
        folder.open_write(&file.name, WriteMode::Truncate).map_err(|error| Fetch::Failed(error.to_string()))?;
    let mut content = files.get(set, index, file, None).await.map_err(failed)?;
    while let Some(piece) = content.stream.try_next().await.map_err(failed)? {
        target.write_all(&piece).map_err(|error| Fetch::Failed(error.to_string()))?;
    }
    Ok(())
}

fn set_of(key: &JobKey, set: FileSetId) -> SetKey {
    SetKey { job: key.uuid.clone(), instance: key.instance.clone(), set }
}
