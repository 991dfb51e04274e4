//! The one thread that writes.
//!
//! It takes what is queued, applies it in one transaction and commits once, so writers that wait at the same time
//! share an fsync. A conflict touches its own change only; a failing disk fails the group. Nobody is answered before
//! the commit. Dropping the [`Writer`] lets the thread finish what is queued and waits for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use job_model::JobId;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::schema::{INCREMENTAL, Row};
use super::unavailable;
use crate::{Revision, StoreError};

/// A commit of more gains nothing and keeps the first of them waiting.
const GROUP_MAX: usize = 256;

/// How many pages are given back at a time: a step takes some milliseconds.
const RECLAIM_STEP: u32 = 1000;

/// One write, fenced.
pub(super) enum Change {
    /// A row that must not be there yet.
    Insert(Row),
    /// A row that must be there at this revision.
    Update { row: Row, replaces: Revision },
    /// Removes the row at this revision.
    Delete { id: JobId, revision: Revision },
}

/// What the thread is asked for.
enum Command {
    Write(Queued),
    /// Gives back up to so many free pages; answers how many are left.
    Reclaim {
        pages: u32,
        reply: oneshot::Sender<rusqlite::Result<u64>>,
    },
}

/// What became of a change that the disk took.
#[derive(Clone, Copy)]
enum Outcome {
    Done,
    Conflict,
    NotFound,
}

struct Queued {
    change: Change,
    reply: oneshot::Sender<Result<Outcome, Arc<rusqlite::Error>>>,
}

/// Hands changes to the thread.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (queue, incoming) = mpsc::channel();
        let commits = Arc::new(AtomicU64::new(0));
        let counter = commits.clone();
        let thread = std::thread::Builder::new()
            .name("job-store-writer".into())
            .spawn(move || run(connection, &incoming, &counter))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), commits })
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Applies a change and returns when it is durable.
    pub(super) async fn apply(&self, id: &JobId, change: Change) -> Result<(), StoreError> {
        let action = || format!("write job {id} to the job database");
        let (reply, outcome) = oneshot::channel();
        // Both fail only when the thread has panicked.
        self.tell(Command::Write(Queued { change, reply })).map_err(|stopped| unavailable(action(), stopped))?;
        let outcome = outcome.await.map_err(|_| unavailable(action(), Stopped))?;
        match outcome.map_err(|error| unavailable(action(), error))? {
            Outcome::Done => Ok(()),
            Outcome::Conflict => Err(StoreError::Conflict { id: id.clone() }),
            Outcome::NotFound => Err(StoreError::NotFound { id: id.clone() }),
        }
    }

    /// Gives space back in steps, between which writes take their turn.
    pub(super) async fn reclaim(&self) -> Result<(), StoreError> {
        let action = || "give back free space of the job database".to_owned();
        loop {
            let (reply, left) = oneshot::channel();
            self.tell(Command::Reclaim { pages: RECLAIM_STEP, reply }).map_err(|error| unavailable(action(), error))?;
            let left = left.await.map_err(|_| unavailable(action(), Stopped))?;
            if left.map_err(|error| unavailable(action(), error))? == 0 {
                return Ok(());
            }
        }
    }

    fn tell(&self, command: Command) -> Result<(), Stopped> {
        let queue = self.queue.as_ref().expect("the queue is taken on drop only");
        queue.send(command).map_err(|_| Stopped)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the job database has panicked");
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
struct Stopped;

fn run(mut connection: Connection, incoming: &mpsc::Receiver<Command>, commits: &AtomicU64) {
    let mut reclaims = VecDeque::new();
    while let Ok(first) = incoming.recv() {
        let mut group = Vec::new();
        for command in std::iter::once(first).chain(incoming.try_iter().take(GROUP_MAX - 1)) {
            match command {
                Command::Write(queued) => group.push(queued),
                Command::Reclaim { pages, reply } => reclaims.push_back((pages, reply)),
            }
        }
        if !group.is_empty() {
            write(&mut connection, group);
            commits.fetch_add(1, Ordering::Relaxed);
        }
        for (pages, reply) in reclaims.drain(..) {
            let _ = reply.send(reclaim(&connection, pages));
        }
    }
}

fn write(connection: &mut Connection, group: Vec<Queued>) {
    match commit(connection, &group) {
        Ok(outcomes) => {
            for (queued, outcome) in group.into_iter().zip(outcomes) {
                let _ = queued.reply.send(Ok(outcome));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for queued in group {
                let _ = queued.reply.send(Err(error.clone()));
            }
        }
    }
}

/// Cuts free pages off the file's end; how many are left to cut off.
fn reclaim(connection: &Connection, pages: u32) -> rusqlite::Result<u64> {
    let count = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if count("auto_vacuum")? != INCREMENTAL {
        // A file of an older version that could not be rewritten then. Worth it when much of it is free.
        if count("freelist_count")? * 4 > count("page_count")? {
            connection.execute_batch("VACUUM")?;
        }
        return Ok(0);
    }
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut steps = statement.query([])?;
    while steps.next()?.is_some() {}
    let left = count("freelist_count")?.unsigned_abs();
    if left == 0 {
        // The file itself becomes shorter when the log is written back; readers are not waited for.
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
    Ok(left)
}

fn commit(connection: &mut Connection, group: &[Queued]) -> rusqlite::Result<Vec<Outcome>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcomes =
        group.iter().map(|queued| apply(&transaction, &queued.change)).collect::<rusqlite::Result<Vec<_>>>()?;
    transaction.commit()?;
    Ok(outcomes)
}

fn apply(connection: &Connection, change: &Change) -> rusqlite::Result<Outcome> {
    let changed = match change {
        Change::Insert(row) => connection
            .prepare_cached("INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (uuid) DO NOTHING")?
            .execute(params![
                row.uuid,
                row.status,
                row.state,
                row.created_at,
                row.revision.0,
                row.summary,
                row.document,
                row.owner
            ])?,
        Change::Update { row, replaces } => connection
            .prepare_cached(
                "UPDATE jobs
                 SET status = ?2, state = ?3, created_at = ?4, revision = ?5, summary = ?6, document = ?7, owner = ?8
                 WHERE uuid = ?1 AND revision = ?9",
            )?
            .execute(params![
                row.uuid,
                row.status,
                row.state,
                row.created_at,
                row.revision.0,
                row.summary,
                row.document,
                row.owner,
                replaces.0
            ])?,
        Change::Delete { id, revision } => {
            let deleted = connection
                .prepare_cached("DELETE FROM jobs WHERE uuid = ?1 AND revision = ?2")?
                .execute(params![id.as_str(), revision.0])?;
            if deleted == 0 && !exists(connection, id)? {
                return Ok(Outcome::NotFound);
            }
            deleted
        }
    };
    Ok(if changed == 0 { Outcome::Conflict } else { Outcome::Done })
}

fn exists(connection: &Connection, id: &JobId) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM jobs WHERE uuid = ?1")?;
    Ok(statement.query_row([id.as_str()], |_| Ok(())).optional()?.is_some())
}
