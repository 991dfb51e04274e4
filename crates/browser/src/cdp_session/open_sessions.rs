//! The sessions that a job has opened, and the streams that it was handed through them: bounded, and ended with the job.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::json;

use crate::error::Error;
use crate::session::Session;

/// How many sessions may be open at the same time.
const SESSIONS: usize = 256;
/// How many streams may be open at the same time: each keeps a file until it is closed.
const STREAMS: usize = 8;

/// What one browser's job has open.
#[derive(Debug, Default)]
pub(crate) struct OpenSessions {
    sessions: RefCell<Vec<Rc<Session>>>,
    /// Target and handle: the sessions of one target share their streams.
    streams: RefCell<BTreeSet<(String, String)>>,
    /// Streams that commands under way may still open.
    coming: Rc<Cell<usize>>,
    /// Sessions that are being attached.
    attaching: Rc<Cell<usize>>,
}

/// A place for what is about to be opened, until it is opened or has failed.
#[derive(Debug)]
pub(crate) struct Place(Rc<Cell<usize>>);

impl Place {
    fn take(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Self(count.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl OpenSessions {
    /// A place for one more session.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn place_for_session(&self) -> Result<Place, Error> {
        let mut sessions = self.sessions.borrow_mut();
        sessions.retain(|session| !session.is_detached());
        if sessions.len() + self.attaching.get() < SESSIONS {
            return Ok(Place::take(&self.attaching));
        }
        Err(Error::message(format!("Limit of {SESSIONS} open CDP sessions exceeded: detach those that are not needed")))
    }

    /// A place for one more stream; the error is the sentence for the script.
    pub(super) fn place_for_stream(&self) -> Result<Place, String> {
        if self.streams.borrow().len() + self.coming.get() < STREAMS {
            return Ok(Place::take(&self.coming));
        }
        Err(format!("Limit of {STREAMS} open streams exceeded: close those that are read with IO.close"))
    }

    /// Remembers a session that was attached.
    pub(super) fn add(&self, session: &Rc<Session>) {
        self.sessions.borrow_mut().push(session.clone());
    }

    /// The job was handed a stream.
    pub(super) fn add_stream(&self, session: &Session, handle: String) {
        self.streams.borrow_mut().insert((session.target_id().to_owned(), handle));
    }

    /// The job has closed a stream.
    pub(super) fn remove_stream(&self, session: &Session, handle: &str) {
        self.streams.borrow_mut().remove(&(session.target_id().to_owned(), handle.to_owned()));
    }

    /// Tells whether the job was handed that stream.
    pub(super) fn has_stream(&self, session: &Session, handle: &str) -> bool {
        self.streams.borrow().contains(&(session.target_id().to_owned(), handle.to_owned()))
    }

    /// Closes the streams, stops what the sessions do, and detaches them.
    pub(crate) async fn end(&self, root: &Session) {
        let streams = self.streams.take();
        let sessions: Vec<_> = self.sessions.take().into_iter().filter(|session| !session.is_detached()).collect();
        let mut answers = Vec::new();
        for (target, handle) in &streams {
            let through = sessions.iter().find(|session| session.target_id() == target);
            answers.extend(through.map(|session| session.send_raw("IO.close", json!({"handle": handle}))));
        }
        // In the order of the wire: a session's streams are closed before it goes.
        for session in &sessions {
            let arguments = json!({"sessionId": session.id()});
            answers.push(root.send_raw("Target.detachFromTarget", arguments));
        }
        // What fails has gone already.
        futures::future::join_all(answers).await;
    }
}
