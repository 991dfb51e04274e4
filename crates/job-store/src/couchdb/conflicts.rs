//! Documents with several leaves.
//!
//! When nodes of a cluster accept different writes of one revision, or a replication brings such a write, CouchDB keeps both
//! lines and shows the one with more writes
//! ([conflicts](https://docs.couchdb.org/en/stable/replication/conflicts.html)). The other lines are hidden until the
//! shown one is deleted. Here one leaf is chosen and the others are deleted, each by its own revision. So a writer
//! that goes on with a leaf at the same moment is not lost: its leaf is not deleted, and whoever reads next chooses anew.
//! All gateways choose alike, and more writes to the chosen leaf never make the choice another one.

use bytes::Bytes;
use job_model::{Job, JobId, JobStatus};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::CouchDbJobStore;
use super::document::tombstone;
use super::group_commit::{GroupCommit, RowFailure};
use super::hidden::with_conflicts;
use super::http::{Http, segment};
use super::reading::ALL_DOCS;
use super::trouble::{Reply, Trouble};
use crate::{Revision, Stored};

/// Each lost race means that another gateway has removed a leaf or written to one, so a few rounds are plenty.
const ROUNDS: usize = 10;

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "_rev")]
    revision: String,
    #[serde(rename = "_conflicts", default)]
    hidden: Vec<String>,
}

/// A leaf in the order in which leaves are preferred; the fields behind the rank are CouchDB's own order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Leaf<R> {
    rank: R,
    generation: u64,
    revision: String,
    document: Bytes,
}

impl<R> Leaf<R> {
    fn new(rank: R, revision: String, document: Bytes) -> Self {
        let generation = revision.split_once('-').and_then(|(generation, _)| generation.parse().ok()).unwrap_or(0);
        Self { rank, generation, revision, document }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("others keep writing to its leaves")]
struct Unsettled;

/// Leaves one leaf of a document, that of the highest rank, and returns it; `None` when there is no document. A document
/// with a leaf that has no rank is somebody else's and stays as it is.
pub(crate) async fn settle<R: Ord>(
    http: &Http,
    writer: &GroupCommit,
    id: &str,
    rank: impl Fn(&[u8]) -> Option<R>,
) -> Result<Option<Bytes>, Trouble> {
    let path = segment(id);
    for _ in 0..ROUNDS {
        let Some(shown) = found(http.get(&path, &[with_conflicts()]).await?)? else {
            return Ok(None);
        };
        let head: Head = serde_json::from_slice(&shown).map_err(Trouble::unavailable)?;
        if head.hidden.is_empty() {
            return Ok(Some(shown));
        }
        let mut documents = vec![(head.revision.clone(), shown.clone())];
        for revision in head.hidden {
            // PouchDB names the shown one, too, and refused writes that it has no document of.
            if revision == head.revision {
                continue;
            }
            // What is not there was removed by somebody else just now.
            if let Some(document) = found(http.get(&path, &[("rev", revision.clone())]).await?)? {
                documents.push((revision, document));
            }
        }
        let leaves = documents
            .into_iter()
            .map(|(revision, document)| rank(&document).map(|rank| Leaf::new(rank, revision, document)));
        let Some(mut leaves) = leaves.collect::<Option<Vec<_>>>() else { return Ok(Some(shown)) };
        leaves.sort_unstable();
        let Some(chosen) = leaves.pop() else { return Ok(None) };
        if leaves.is_empty() {
            return Ok(Some(chosen.document));
        }
        // In CouchDB's order, so that no leaf comes to light that is about to go.
        leaves.sort_unstable_by(|one, other| (one.generation, &one.revision).cmp(&(other.generation, &other.revision)));
        match remove(writer, id, leaves.into_iter().map(|leaf| leaf.revision)).await {
            Ok(()) => {
                tracing::info!(document.id = %id, "a document had several leaves and has one again: {id:?}");
                return Ok(Some(chosen.document));
            }
            Err(RowFailure::Conflict | RowFailure::TooLarge) => {}
            Err(RowFailure::Forbidden(trouble)) => {
                tracing::warn!(document.id = %id, "leaves of document {id:?} may not be deleted: {trouble:?}");
                return Ok(Some(chosen.document));
            }
            Err(RowFailure::Other(trouble)) => return Err(trouble),
        }
    }
    Err(Trouble::unavailable(Unsettled))
}

/// Deletes leaves, one after the other: not every server takes several revisions of one document in one request.
async fn remove(writer: &GroupCommit, id: &str, revisions: impl IntoIterator<Item = String>) -> Result<(), RowFailure> {
    for revision in revisions {
        writer.write(id, tombstone(id, &Revision(revision))).await?;
    }
    Ok(())
}

/// The document of an answer; `None` when there is none of that id or revision.
pub(crate) fn found(reply: Reply) -> Result<Option<Bytes>, Trouble> {
    if reply.status.is_success() {
        return Ok(Some(reply.body));
    }
    let fault = reply.fault();
    let is_absent = fault.status == StatusCode::NOT_FOUND && matches!(fault.reason.as_str(), "missing" | "deleted");
    if is_absent { Ok(None) } else { Err(fault.into()) }
}

/// The leaf of a job that is done goes first: its result was told to somebody.
fn rank(job: &Job) -> bool {
    job.status == JobStatus::Done
}

#[derive(Deserialize)]
struct Row {
    // Absent for an id that the database does not know.
    #[serde(default)]
    id: String,
    #[serde(default)]
    value: RowValue,
}

#[derive(Default, Deserialize)]
struct RowValue {
    #[serde(default)]
    deleted: bool,
}

impl CouchDbJobStore {
    /// The job of the leaf that stays; `None` when there is no job.
    pub(super) async fn settle(&self, id: &JobId) -> Result<Option<Stored<Job>>, Trouble> {
        let rank = |document: &[u8]| self.reader.read(document).map(|job| rank(&job.value));
        let document = settle(&self.http, &self.writer, id.as_str(), rank).await?;
        Ok(document.and_then(|document| self.reader.read(&document)))
    }

    /// Settles what reads have met. What fails is met again.
    pub(super) async fn settle_noted(&self) {
        for id in self.reader.noted.take() {
            if let Err(trouble) = self.settle(&id).await {
                tracing::warn!(job.id = %id, "failed to settle the leaves of job {id}: {trouble:?}");
            }
        }
    }

    /// Removes the hidden leaves of jobs whose shown revision was just deleted; all of them are asked for with one request.
    pub(super) async fn remove_hidden(&self, deleted: &[(&JobId, &Revision)]) -> Result<(), Trouble> {
        let keys: Vec<&JobId> = deleted.iter().map(|(id, _)| *id).collect();
        let reply = self.http.post(ALL_DOCS, Bytes::from(json!({ "keys": keys }).to_string())).await?;
        for row in reply.rows::<Row>()? {
            let is_there = !row.id.is_empty() && !row.value.deleted;
            if let Some((id, revision)) = deleted.iter().find(|(id, _)| is_there && id.as_str() == row.id) {
                self.remove_leaves_of(id, revision).await?;
            }
        }
        Ok(())
    }

    /// Removes what came to light when a revision was deleted, and leaves alone what was created under the id since then.
    async fn remove_leaves_of(&self, id: &JobId, deleted: &Revision) -> Result<(), Trouble> {
        let path = segment(id.as_str());
        let read = async |query: (&str, String)| {
            let document = found(self.http.get(&path, &[query]).await?)?;
            Ok::<_, Trouble>(document.and_then(|document| self.reader.read(&document)))
        };
        let Some(was) = read(("rev", deleted.0.clone())).await? else { return Ok(()) };
        for _ in 0..ROUNDS {
            let Some(job) = read(with_conflicts()).await? else { return Ok(()) };
            if job.value.created_at != was.value.created_at {
                return Ok(());
            }
            match remove(&self.writer, id.as_str(), [job.revision.0]).await {
                Ok(()) | Err(RowFailure::Conflict | RowFailure::TooLarge) => {}
                Err(RowFailure::Forbidden(trouble) | RowFailure::Other(trouble)) => return Err(trouble),
            }
        }
        Err(Trouble::unavailable(Unsettled))
    }
}
