//! A few connections that read, opened when needed and kept.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::Cause;
use super::connection::open_for_reading;

const CONNECTIONS_MAX: usize = 4;

/// The connections of a file.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(crate) fn new(path: &Path) -> Arc<Self> {
        let permits = Semaphore::new(CONNECTIONS_MAX);
        Arc::new(Self { path: path.to_owned(), idle: Mutex::default(), permits })
    }

    /// Runs a query on a thread that may block.
    pub(crate) async fn read<T, F>(self: &Arc<Self>, query: F) -> Result<T, Cause>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let _permit = self.permits.acquire().await;
        let readers = self.clone();
        Ok(tokio::task::spawn_blocking(move || readers.run(query)).await??)
    }

    fn run<T>(&self, query: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => open_for_reading(&self.path)?,
        };
        let found = query(&mut connection)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(found)
    }
}
