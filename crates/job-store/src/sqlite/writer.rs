//! The one thread that writes.
//!
//! It takes what is queued, applies it in one transaction and commits once, so writers that wait at the same time
//! share an fsync. A conflict touches its own change only; a failing disk fails the group. Nobody is answered before
//! the commit. Dropping the [`Writer`] lets the thread finish what is queued and waits for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::Cause;
use super::connection::INCREMENTAL;

/// A commit of more gains nothing and keeps the first of them waiting.
const GROUP_MAX: usize = 256;

/// How many pages are given back at a time: a step takes some milliseconds.
const RECLAIM_STEP: u32 = 1000;

/// One write, fenced.
pub(crate) trait Change: Send + 'static {
    /// Makes it in the transaction of its group. Only a failing disk is an error.
    fn apply(&self, connection: &Connection) -> rusqlite::Result<Outcome>;
}

/// What became of a change that the disk took.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    Done,
    Conflict,
    NotFound,
}

/// What the thread is asked for.
enum Command<C> {
    Write(Queued<C>),
    /// Gives back up to so many free pages; answers how many are left.
    Reclaim {
        pages: u32,
        reply: oneshot::Sender<rusqlite::Result<u64>>,
    },
}

struct Queued<C> {
    change: C,
    reply: oneshot::Sender<Result<Outcome, Arc<rusqlite::Error>>>,
}

/// Hands changes to the thread.
pub(crate) struct Writer<C> {
    queue: Option<mpsc::Sender<Command<C>>>,
    thread: Option<JoinHandle<()>>,
    commits: Arc<AtomicU64>,
    /// What the file is, for the log.
    database: &'static str,
}

impl<C: Change> Writer<C> {
    pub(crate) fn start(connection: Connection, thread: &str, database: &'static str) -> std::io::Result<Self> {
        let (queue, incoming) = mpsc::channel();
        let commits = Arc::new(AtomicU64::new(0));
        let counter = commits.clone();
        let thread =
            std::thread::Builder::new().name(thread.into()).spawn(move || run(connection, &incoming, &counter))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), commits, database })
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Applies a change and returns when it is durable.
    pub(crate) async fn apply(&self, change: C) -> Result<Outcome, Cause> {
        let (reply, outcome) = oneshot::channel();
        // Both fail only when the thread has panicked.
        self.tell(Command::Write(Queued { change, reply }))?;
        Ok(outcome.await.map_err(|_| Stopped)??)
    }

    /// Gives space back in steps, between which writes take their turn.
    pub(crate) async fn reclaim(&self) -> Result<(), Cause> {
        loop {
            let (reply, left) = oneshot::channel();
            self.tell(Command::Reclaim { pages: RECLAIM_STEP, reply })?;
            if left.await.map_err(|_| Stopped)?? == 0 {
                return Ok(());
            }
        }
    }

    fn tell(&self, command: Command<C>) -> Result<(), Stopped> {
        let queue = self.queue.as_ref().expect("the queue is taken on drop only");
        queue.send(command).map_err(|_| Stopped)
    }
}

impl<C> Drop for Writer<C> {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes {} has panicked", self.database);
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
struct Stopped;

fn run<C: Change>(mut connection: Connection, incoming: &mpsc::Receiver<Command<C>>, commits: &AtomicU64) {
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

fn write<C: Change>(connection: &mut Connection, group: Vec<Queued<C>>) {
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

fn commit<C: Change>(connection: &mut Connection, group: &[Queued<C>]) -> rusqlite::Result<Vec<Outcome>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcomes =
        group.iter().map(|queued| queued.change.apply(&transaction)).collect::<rusqlite::Result<Vec<_>>>()?;
    transaction.commit()?;
    Ok(outcomes)
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
