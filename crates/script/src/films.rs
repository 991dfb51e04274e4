//! Films of the job's pages: what is recorded, and what becomes of it.
//!
//! Chromium records and encodes a page by itself. What a script wants in another container, at another speed, or in another size
//! or part is made of that when the recording stops; a GIF is made of the page's pictures while they come. Both happen on threads
//! beside the job's own, one film after the other.

mod making;
mod pictures;
mod recorded;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use ::browser::page::{Page, RecordingOptions};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_local};
use video::gif;

pub(crate) use making::{Change, Container, Form};

use crate::error::OpError;
use crate::memory::Memory;

/// How many films a job makes at the same time: each costs a part of a processor.
const AT_ONCE: usize = 4;
/// The most bytes that a film may have, whatever the job's files and memory may.
const LARGEST: usize = 256 << 20;

/// A film of a page, from its beginning to the file that is made of it.
pub(crate) struct Film {
    source: RefCell<Option<(Source, Turn)>>,
    /// The file, when it goes nowhere else.
    kept: RefCell<Option<Kept>>,
    memory: Rc<Memory>,
}

/// Where a film comes from.
enum Source {
    Chromium { page: Rc<Page>, recorded: UnderWay<recorded::File>, form: Form },
    Pictures(UnderWay<Vec<u8>>),
}

/// What a task makes of a page until it is told to stop, or the page goes. Dropped, nothing is left of it.
struct UnderWay<T> {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<T, OpError>>,
}

impl<T> Drop for UnderWay<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T: 'static> UnderWay<T> {
    fn begin<F>(work: impl FnOnce(oneshot::Receiver<()>) -> F) -> Self
    where
        F: Future<Output = Result<T, OpError>> + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        Self { stop: Some(stop), task: spawn_local(work(stopped)) }
    }

    async fn finish(mut self) -> Result<T, OpError> {
        // The task may have ended before.
        let _ = self.stop.take().map(|stop| stop.send(()));
        match (&mut self.task).await {
            Ok(made) => made,
            Err(error) => Err(OpError::error(format!("failed to make a film: {error}"))),
        }
    }
}

/// A file that counts as the job's memory.
struct Kept {
    bytes: Vec<u8>,
    _counted: Counted,
}

/// So many bytes of the job's memory.
struct Counted {
    bytes: usize,
    memory: Rc<Memory>,
}

/// One of the films that a job may make at the same time.
pub(crate) struct Turn(Rc<Cell<usize>>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.memory.give_back(self.bytes);
    }
}

impl Counted {
    fn new(bytes: usize, memory: &Rc<Memory>) -> Result<Self, OpError> {
        let mut counted = Self { bytes: 0, memory: Rc::clone(memory) };
        counted.grow(bytes)?;
        Ok(counted)
    }

    fn grow(&mut self, bytes: usize) -> Result<(), OpError> {
        let all = self.bytes + bytes;
        if !self.memory.take(bytes) {
            return Err(OpError::error(format!("the recording of {all} bytes does not fit the job's memory")));
        }
        self.bytes = all;
        Ok(())
    }
}

/// A place for one more film.
///
/// # Errors
/// When there are too many.
pub(crate) fn turn(films: &Rc<Cell<usize>>) -> Result<Turn, OpError> {
    if films.get() >= AT_ONCE {
        return Err(OpError::error(format!(
            "Limit of {AT_ONCE} recordings at the same time exceeded: stop one of them"
        )));
    }
    films.set(films.get() + 1);
    Ok(Turn(Rc::clone(films)))
}

impl Film {
    /// Begins to record with Chromium.
    pub(crate) async fn record(
        page: Rc<Page>,
        options: RecordingOptions,
        form: Form,
        turn: Turn,
        memory: &Rc<Memory>,
    ) -> Result<Self, OpError> {
        let recorded = recorded::begin(&page, options, memory).await?;
        Ok(Self::of(Source::Chromium { page, recorded, form }, turn, memory))
    }

    /// Begins to make a GIF.
    pub(crate) async fn gif(
        page: &Page,
        options: gif::Options,
        turn: Turn,
        memory: &Rc<Memory>,
    ) -> Result<Self, OpError> {
        Ok(Self::of(Source::Pictures(pictures::begin(page, options).await?), turn, memory))
    }

    fn of(source: Source, turn: Turn, memory: &Rc<Memory>) -> Self {
        Self { source: RefCell::new(Some((source, turn))), kept: RefCell::default(), memory: Rc::clone(memory) }
    }

    /// Ends the film and answers its file; `None` when it has ended before.
    pub(crate) async fn stop(&self) -> Option<Result<Vec<u8>, OpError>> {
        let (source, _turn) = self.source.borrow_mut().take()?;
        Some(match source {
            Source::Chromium { page, recorded, form } => made(&page, recorded, form).await,
            Source::Pictures(pictures) => pictures.finish().await,
        })
    }

    /// Keeps the file for whoever reads it.
    pub(crate) fn keep(&self, bytes: Vec<u8>) -> Result<(), OpError> {
        let counted = Counted::new(bytes.len(), &self.memory)?;
        *self.kept.borrow_mut() = Some(Kept { bytes, _counted: counted });
        Ok(())
    }

    /// A part of the file that is kept; empty behind its end.
    pub(crate) fn part(&self, from: usize, most: usize) -> Vec<u8> {
        let kept = self.kept.borrow();
        let rest = kept.as_ref().and_then(|kept| kept.bytes.get(from..)).unwrap_or_default();
        rest[..most.min(rest.len())].to_vec()
    }
}

async fn made(page: &Page, recorded: UnderWay<recorded::File>, form: Form) -> Result<Vec<u8>, OpError> {
    // What is recorded is there once more in what is made of it, and counts until then.
    let mut file = recorded.finish().await?;
    making::make(page, std::mem::take(&mut file.bytes), form).await
}

/// How large a film may become.
pub(crate) fn largest(memory: &Memory) -> usize {
    LARGEST.min(memory.room())
}
