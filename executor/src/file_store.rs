//! The way of a job's files: out of the store before the job begins, into the store when it has ended.
//!
//! The parent alone knows the store. A store that is away is tried again for as long as the executor runs: meanwhile the
//! job's delivery is unsettled, so nothing is lost.

use std::time::Duration;

use futures::TryStreamExt;
use futures::future::join_all;
use job_files::{FilesError, JobFiles, SetKey};
use job_model::{FileName, FileSetId, InstanceId, JobFile};
use script::job_folder::{Entry, WriteMode};
use script::{FolderLimits, JobFolder};
use service::retry::until_ok;
use service::{Backoff, Chain};
use tokio_util::sync::CancellationToken;

use crate::job_message::JobKey;
use crate::recorder::evidence::Room;
use crate::recorder::{Evidence, RingContents, Subject};
use crate::taken_files::TakenFiles;

/// How long a file is tried to be stored after the executor was told to stop.
const LAST_TRY: Duration = Duration::from_secs(8);
/// How long a recording may take to be stored: a result is worth more, and does not wait for longer.
const RECORDING: Duration = Duration::from_secs(20);
/// Files of a recording that are stored at the same time.
const AT_ONCE: usize = 8;

/// The store of files, if there is one.
#[derive(Clone, Debug)]
pub(crate) struct FileStore {
    files: Option<JobFiles>,
    /// What a job may keep.
    limits: FolderLimits,
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
    pub(crate) fn new(files: Option<JobFiles>, limits: FolderLimits, stop: CancellationToken) -> Self {
        Self { files, limits, stop }
    }

    /// Tells whether there is a store.
    pub(crate) fn is_there(&self) -> bool {
        self.files.is_some()
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
            let fetched = until_it_works("fetch a job's file", || async {
                match fetch_one(files, &set, index, file, folder).await {
                    Ok(()) => Ok(Ok(())),
                    Err(Fetch::Failed(reason)) => Ok(Err(reason)),
                    Err(Fetch::Away(error)) => Err(error),
                }
            });
            fetched.await.map_err(|reason| format!("The job's files could not be fetched: {reason}"))?;
        }
        Ok(())
    }

    /// Stores the files that a job left, and behind them its recording. What came with the job and is unchanged is stored
    /// already. With what became of the files comes a line for the job's log when the recording is lost.
    pub(crate) async fn keep(
        &self,
        key: &JobKey,
        attempt: u32,
        input: &[JobFile],
        taken: &TakenFiles,
        recording: Option<(RingContents, Subject)>,
    ) -> (Kept, Option<String>) {
        let entries = match taken.folder().map(|folder| (folder, folder.recount().and_then(|()| folder.files()))) {
            Some((folder, Ok(entries))) => without_input(folder, entries, input).await,
            Some((_, Err(error))) => return (Kept::Failed(error.to_string()), None),
            None => Vec::new(),
        };
        if entries.is_empty() && recording.is_none() {
            return (Kept::Stored(None), None);
        }
        let Some(files) = &self.files else {
            let count = entries.len();
            return (Kept::Dropped(format!("{count} files were not kept: the executor has no FILES_URL")), None);
        };
        let set = set_of(key, FileSetId::of_attempt(attempt));
        let gave_up = async {
            self.stop.cancelled().await;
            tokio::time::sleep(LAST_TRY).await;
        };
        let mut gave_up = std::pin::pin!(gave_up);
        let mut stored = match taken.folder().filter(|_| !entries.is_empty()) {
            Some(folder) => tokio::select! {
                stored = store_all(files, &set, folder, &entries) => match stored {
                    Ok(stored) => stored,
                    Err(reason) => return (Kept::Failed(reason), None),
                },
                () = &mut gave_up => return (Kept::Stopped, None),
            },
            None => Vec::new(),
        };
        let mut lost = None;
        if let Some((contents, subject)) = recording {
            match Evidence::make(contents, subject, self.room_beside(&entries), |folder| has_folder(&entries, folder)) {
                None => {
                    lost = Some("The recording was not kept: JOB_FILES_BYTES or JOB_FILES leaves no room".to_owned())
                }
                Some(evidence) => tokio::select! {
                    recorded = store_evidence(files, &set, entries.len(), &evidence) => stored.extend(recorded),
                    () = tokio::time::sleep(RECORDING) => {
                        lost = Some(format!("The recording was not kept: it could not be stored within {RECORDING:?}"));
                    }
                    () = &mut gave_up => lost = Some("The recording was not kept: the executor ends".to_owned()),
                },
            }
        }
        (Kept::Stored((!stored.is_empty()).then_some((set.set, stored))), lost)
    }

    /// What the job's own files leave of its quota.
    fn room_beside(&self, entries: &[Entry]) -> Room {
        let used: u64 = entries.iter().map(|entry| entry.facts.bytes).sum();
        let files = u64::from(self.limits.files).saturating_sub(entries.len() as u64);
        Room { bytes: self.limits.bytes.saturating_sub(used), files }
    }
}

/// Whether the job has something in a folder of that name, or a file.
fn has_folder(entries: &[Entry], folder: &str) -> bool {
    entries.iter().any(|entry| entry.name.components().next() == Some(folder))
}

/// Stores a recording behind the set's other files.
async fn store_evidence(files: &JobFiles, set: &SetKey, first: usize, evidence: &Evidence) -> Vec<JobFile> {
    let mut stored = Vec::new();
    let mut first = first;
    for some in evidence.files.chunks(AT_ONCE) {
        let puts: Vec<_> =
            (first..).zip(some).map(|(index, (name, bytes))| store_recorded(files, set, index, name, bytes)).collect();
        stored.extend(join_all(puts).await);
        first += some.len();
    }
    stored
}

/// Stores a file of a recording as often as it takes.
async fn store_recorded(files: &JobFiles, set: &SetKey, index: usize, name: &FileName, bytes: &[u8]) -> JobFile {
    until_it_works("store a job's recording", || files.put(set, index, name, bytes)).await
}

/// The files that are not among the input, or not as they came.
async fn without_input(folder: &JobFolder, entries: Vec<Entry>, input: &[JobFile]) -> Vec<Entry> {
    let mut left = Vec::new();
    for entry in entries {
        let came = input.iter().find(|file| file.name == entry.name && file.bytes == entry.facts.bytes);
        let unchanged = match came {
            Some(came) => holds(folder, &entry, &came.sha256).await,
            None => false,
        };
        if !unchanged {
            left.push(entry);
        }
    }
    left
}

/// Whether a file has this sum. A file that cannot be read now is reported when it is stored.
async fn holds(folder: &JobFolder, entry: &Entry, sum: &str) -> bool {
    let Ok(file) = folder.open_read(&entry.name) else { return false };
    job_files::sha256(tokio::fs::File::from_std(file)).await.is_ok_and(|found| found == sum)
}

/// Stores a job's files, each as often as it takes. The error is one that trying again does not mend.
async fn store_all(
    files: &JobFiles,
    set: &SetKey,
    folder: &JobFolder,
    entries: &[Entry],
) -> Result<Vec<JobFile>, String> {
    let mut stored = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let put = until_it_works("store a job's file", || async {
            let source = match folder.open_read(&entry.name) {
                Ok(source) => tokio::fs::File::from_std(source),
                Err(error) => return Ok(Err(error.to_string())),
            };
            match files.put(set, index, &entry.name, source).await {
                Ok(file) => Ok(Ok(file)),
                Err(error @ FilesError::Source { .. }) => Ok(Err(Chain(&error).to_string())),
                Err(error) => Err(error),
            }
        });
        stored.push(put.await?);
    }
    Ok(stored)
}

/// Tries as often as it takes; the caller gives up by dropping the future.
async fn until_it_works<T, Try>(action: &str, attempt: impl FnMut() -> Try) -> T
where
    Try: Future<Output = Result<T, FilesError>>,
{
    let never = CancellationToken::new();
    until_ok(action, Backoff::for_servers(), &never, attempt).await.expect("nobody cancels it")
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
    SetKey { job: key.uuid.clone(), instance: key.instance.as_ref().map(InstanceId::creation), set }
}
