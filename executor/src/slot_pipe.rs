//! A slot process's end of the pipes to the executor.

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use job_model::Outcome;
use script::Stop;
use tokio::sync::{mpsc, watch};

use crate::network::questions::NetworkAnswer;
use crate::protocol::{FromSlot, SlotSettings, ToSlot};

/// The reading thread's stack: it reads lines of JSON without any depth.
const STACK: usize = 256 << 10;

/// What the parent says. A thread of its own reads the pipe: an order to stop must be heard while the job computes.
pub(crate) struct Input {
    messages: mpsc::UnboundedReceiver<anyhow::Result<ToSlot>>,
    stoppable: Stoppable,
    /// What the parent says to questions about the network, until it is taken.
    answers: Option<std::sync::mpsc::Receiver<(u64, NetworkAnswer)>>,
    /// Whether somebody watches the job that runs.
    watched: watch::Sender<bool>,
}

/// The run that can be stopped now.
type Stoppable = Arc<Mutex<Option<Stop>>>;

/// As long as this lives, the parent's order to stop ends the run that it was made for.
pub(crate) struct Stops(Stoppable);

/// Receives the parent's first message; `None` when the parent is gone. To be called before there is an [`Input`].
///
/// # Errors
/// When it is something else.
pub(crate) fn read_settings() -> anyhow::Result<Option<SlotSettings>> {
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line).context("failed to read from the executor")? == 0 {
        return Ok(None);
    }
    match serde_json::from_str(&line).context("the executor said something unknown")? {
        ToSlot::Settings(settings) => Ok(Some(*settings)),
        other => bail!("expected settings, got {other:?}"),
    }
}

impl Input {
    pub(crate) fn new() -> io::Result<Self> {
        let (sender, messages) = mpsc::unbounded_channel();
        let stoppable = Stoppable::default();
        let stops = Arc::clone(&stoppable);
        let (answer_sender, answers) = std::sync::mpsc::channel();
        let watched = watch::Sender::new(false);
        let tell_watched = watched.clone();
        // Ends with the pipe, or with the process.
        std::thread::Builder::new().name("slot-input".to_owned()).stack_size(STACK).spawn(move || {
            for line in io::stdin().lock().lines() {
                let message = match line.context("failed to read from the executor") {
                    Ok(line) => serde_json::from_str(&line).context("the executor said something unknown"),
                    Err(error) => Err(error),
                };
                match message {
                    // Without a run: it has ended just before.
                    Ok(ToSlot::Stop(error)) => {
                        if let Some(stop) = lock(&stops).as_ref() {
                            stop.request(Outcome::Cancelled, error);
                        }
                    }
                    Ok(ToSlot::Fail(error)) => {
                        if let Some(stop) = lock(&stops).as_ref() {
                            stop.request(Outcome::Failed, error);
                        }
                    }
                    Ok(ToSlot::Watched(on)) => drop(tell_watched.send_replace(on)),
                    // Past the messages: who asks does nothing else until the answer is there.
                    Ok(ToSlot::Network { number, answer }) => {
                        let _ = answer_sender.send((number, answer));
                    }
                    message => {
                        let over = message.is_err();
                        if sender.send(message).is_err() || over {
                            return;
                        }
                    }
                }
            }
        })?;
        Ok(Self { messages, stoppable, answers: Some(answers), watched })
    }

    /// Receives the next message but orders to stop; `None` when the parent is gone. Cancel safe.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<ToSlot>> {
        self.messages.recv().await.transpose()
    }

    /// Tells whether somebody watches the job that begins now; nobody has said so yet.
    pub(crate) fn watched(&self) -> watch::Receiver<bool> {
        self.watched.send_replace(false);
        self.watched.subscribe()
    }

    /// Returns the answers to questions about the network, for who asks them; `None` the second time.
    pub(crate) fn take_answers(&mut self) -> Option<std::sync::mpsc::Receiver<(u64, NetworkAnswer)>> {
        self.answers.take()
    }

    /// Orders to stop are for this run.
    pub(crate) fn stops(&self, run: &Stop) -> Stops {
        *lock(&self.stoppable) = Some(run.clone());
        Stops(Arc::clone(&self.stoppable))
    }
}

impl Drop for Stops {
    fn drop(&mut self) {
        *lock(&self.0) = None;
    }
}

fn lock(stoppable: &Stoppable) -> std::sync::MutexGuard<'_, Option<Stop>> {
    stoppable.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the parent, at once: it always listens.
pub(crate) fn say(message: &FromSlot) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line).and_then(|()| output.flush()).context("failed to tell the executor")
}
