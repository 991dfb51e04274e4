//! The slot's part: it asks for Chromiums, and is told when its job uses too much.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::messages::{Answer, End, Request, SOCKET};
use super::packet_socket::{self, Descriptors, PacketSocket};

/// How long the executor may take for what it does at once.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The slot's way to its Chromiums. Dropped with all that came from it, the executor is not listened to any more.
#[derive(Clone)]
pub(crate) struct ChromiumClient(Rc<Shared>);

struct Shared {
    socket: Rc<PacketSocket>,
    next_number: Cell<u32>,
    waiting: Rc<Waiting>,
    exceeded: watch::Receiver<Option<(u64, String)>>,
    listening: tokio::task::JoinHandle<()>,
}

/// What is waited for: one answer of a kind about each Chromium.
#[derive(Default)]
struct Waiting(RefCell<HashMap<(u32, Kind), oneshot::Sender<Received>>>);

/// An answer, with the descriptor that came along.
type Received = (Answer, Option<OwnedFd>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Start,
    Weigh,
    End,
    Connection,
}

impl Kind {
    /// What is asked, and about which Chromium.
    fn asked_by(request: &Request) -> (u32, Self) {
        match request {
            Request::Start { number } => (*number, Self::Start),
            Request::Weigh { number } => (*number, Self::Weigh),
            Request::End { number, .. } => (*number, Self::End),
        }
    }
}

/// A Chromium that the executor keeps for this slot. Dropped, it is ended.
pub(crate) struct Lease {
    number: u32,
    client: ChromiumClient,
    is_over: Cell<bool>,
}

/// A Chromium that serves.
pub(crate) struct Started {
    pub(crate) lease: Lease,
    pub(crate) process_id: i32,
    /// Our end of its debugging pipe.
    pub(crate) pipe: OwnedFd,
}

/// Takes the socket that this process has inherited.
///
/// # Errors
/// When there is none: then it was not the executor that started this process.
pub(crate) fn inherited_socket() -> io::Result<OwnedFd> {
    packet_socket::inherited(SOCKET)
}

impl ChromiumClient {
    /// Needs a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// When the socket cannot be waited for.
    pub(crate) fn new(socket: OwnedFd) -> io::Result<Self> {
        let socket = Rc::new(PacketSocket::new(socket)?);
        let waiting = Rc::new(Waiting::default());
        let (tell, exceeded) = watch::channel(None);
        let listening = tokio::task::spawn_local(listen(Rc::clone(&socket), Rc::clone(&waiting), tell));
        Ok(Self(Rc::new(Shared { socket, next_number: Cell::new(0), waiting, exceeded, listening })))
    }

    /// Has a Chromium started. Dropped before it has, the start is given up.
    ///
    /// # Errors
    /// Why it does not start, in the executor's words.
    pub(crate) async fn start(&self) -> Result<Started, String> {
        let number = self.new_number();
        // From now on it is ended whatever happens.
        let lease = Lease { number, client: self.clone(), is_over: Cell::new(false) };
        match self.ask(&Request::Start { number }).await {
            Some((Answer::Started { process_id, .. }, Some(pipe))) => Ok(Started { lease, process_id, pipe }),
            Some((Answer::NotStarted { reason, .. }, _)) => Err(reason),
            Some(_) => Err("the executor sent no connection along".to_owned()),
            None => Err("the executor is gone".to_owned()),
        }
    }

    /// Resolves when the slot's job of this number, counted from 1, uses more than it may, with its error.
    pub(crate) async fn exceeded(&self, job: u64) -> String {
        let mut exceeded = self.0.exceeded.clone();
        let is_the_jobs = |told: &Option<(u64, String)>| told.as_ref().is_some_and(|(whose, _)| *whose == job);
        let limit = match exceeded.wait_for(is_the_jobs).await {
            Ok(told) => told.as_ref().map(|(_, limit)| limit.clone()),
            Err(_) => None,
        };
        match limit {
            Some(limit) => limit,
            // The executor is gone, and says so elsewhere.
            None => std::future::pending().await,
        }
    }

    /// A connection to the guard of the network; `None` when there is none to be had. `ask` tells the executor, through the slot's
    /// pipe, which number it is to come with: the executor knows which job it is for.
    pub(crate) async fn connection(&self, ask: impl FnOnce(u32) -> anyhow::Result<()>) -> Option<OwnedFd> {
        let number = self.new_number();
        let key = (number, Kind::Connection);
        let (answer, answered) = oneshot::channel();
        self.0.waiting.0.borrow_mut().insert(key, answer);
        let _forgotten = Forgotten { waiting: &self.0.waiting, key };
        ask(number).ok()?;
        timeout(AT_ONCE, answered).await.ok()?.ok()?.1
    }

    fn new_number(&self) -> u32 {
        let number = self.0.next_number.get();
        self.0.next_number.set(number.wrapping_add(1));
        number
    }

    async fn ask(&self, request: &Request) -> Option<Received> {
        let (answer, answered) = oneshot::channel();
        self.0.waiting.0.borrow_mut().insert(Kind::asked_by(request), answer);
        self.0.socket.send(request, None).await.ok()?;
        answered.await.ok()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Takes out what is not waited for any more.
struct Forgotten<'a> {
    waiting: &'a Waiting,
    key: (u32, Kind),
}

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        self.waiting.0.borrow_mut().remove(&self.key);
    }
}

/// Hands answers to who waits for them, until the executor is gone.
async fn listen(socket: Rc<PacketSocket>, waiting: Rc<Waiting>, exceeded: watch::Sender<Option<(u64, String)>>) {
    loop {
        let (answer, descriptor) = match socket.receive(Descriptors::Take).await {
            Ok(Some(received)) => received,
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "the executor cannot be understood");
                break;
            }
        };
        let key = match &answer {
            Answer::Started { number, .. } | Answer::NotStarted { number, .. } => (*number, Kind::Start),
            Answer::Weighs { number, .. } => (*number, Kind::Weigh),
            Answer::Ended { number } => (*number, Kind::End),
            Answer::Connection { number } => (*number, Kind::Connection),
            Answer::Exceeded { job, limit } => {
                exceeded.send_replace(Some((*job, limit.clone())));
                continue;
            }
        };
        let waits = waiting.0.borrow_mut().remove(&key);
        if let Some(waits) = waits {
            // Nobody may be waiting any more: a descriptor is closed then, and its Chromium is ended with the lease.
            let _ = waits.send((answer, descriptor));
        }
    }
    waiting.0.borrow_mut().clear();
}

impl Lease {
    /// Asks how much memory it uses, in bytes; 0 when nobody knows.
    pub(crate) async fn weigh(&self) -> u64 {
        let request = Request::Weigh { number: self.number };
        match timeout(AT_ONCE, self.client.ask(&request)).await {
            Ok(Some((Answer::Weighs { bytes, .. }, _))) => bytes,
            _ => 0,
        }
    }

    /// Has it ended, and counted for what it was.
    pub(crate) async fn end(&self, why: End) {
        self.is_over.set(true);
        let request = Request::End { number: self.number, why };
        // Without an answer the executor is gone, and the Chromium with it.
        let _ = timeout(AT_ONCE, self.client.ask(&request)).await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.client.0.waiting.0.borrow_mut().retain(|(number, _), _| *number != self.number);
        if !self.is_over.get() {
            // The executor always reads. What it does not hear it ends with the slot.
            let _ = self.client.0.socket.try_send(&Request::End { number: self.number, why: End::Unneeded }, None);
        }
    }
}
