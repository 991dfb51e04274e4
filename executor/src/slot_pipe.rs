//! A slot process's end of the pipes to the executor.

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use job_model::Outcome;
use script::Stop;
use tokio::sync::mpsc;

use crate::protocol::{FromSlot, ToSlot};

/// The reading thread's stack: it reads lines of JSON without any depth.
const STACK: usize = 256 << 10;

/// What the parent says. A thread of its own reads the pipe: an order to stop must be heard while the job computes.
pub(crate) struct Input {
    messages: mpsc::UnboundedReceiver<anyhow::Result<ToSlot>>,
    stoppable: Stoppable,
}

/// The run that can be stopped now.
type Stoppable = Arc<Mutex<Option<Stop>>>;

/// As long as this lives, the parent's order to stop ends the run that it was made for.
pub(crate) struct Stops(Stoppable);

impl Input {
    pub(crate) fn new() -> io::Result<Self> {
        let (sender, messages) = mpsc::unbounded_channel();
        let stoppable = Stoppable::default();
        let stops = Arc::clone(&stoppable);
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
                    message => {
                        let over = message.is_err();
                        if sender.send(message).is_err() || over {
                            return;
                        }
                    }
                }
            }
        })?;
        Ok(Self { messages, stoppable })
    }

    /// The next message but orders to stop; `None` when the parent is gone. Cancel safe.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<ToSlot>> {
        self.messages.recv().await.transpose()
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
