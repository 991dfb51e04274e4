//! The thread that owns the file and hands messages to consumers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU16;
use std::sync::{Arc, mpsc};

use tokio::sync::{mpsc as async_mpsc, oneshot};

use super::file::{Flush, QueueFile};
use crate::{Message, Queue, Requeue};

/// How many commands share a commit at most, so that the first need not wait for too many others.
const BATCH: usize = 1_000;

/// Who consumes. Unique while the file is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConsumerId(pub(super) u64);

/// The file failed; everyone in the same commit hears of it.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct FileError(Arc<rusqlite::Error>);

/// Where an answer goes.
pub(super) type Done<T> = oneshot::Sender<Result<T, FileError>>;

/// What the owner is asked to do.
pub(super) enum Command {
    Ping {
        done: Done<()>,
    },
    Publish {
        queue: Queue,
        message: Message,
        done: Done<()>,
    },
    Consume {
        queue: Queue,
        id: ConsumerId,
        prefetch: NonZeroU16,
        sender: async_mpsc::UnboundedSender<Handed>,
        done: Done<()>,
    },
    /// Answers with the first message, when one waits.
    Take {
        queue: Queue,
        id: ConsumerId,
        done: Done<Option<Handed>>,
    },
    /// Answers whether the message was still this consumer's to settle.
    Settle {
        consumer: ConsumerId,
        message: i64,
        requeue: Requeue,
        done: Done<bool>,
    },
    /// No more messages for this consumer.
    Cancel {
        id: ConsumerId,
        done: Done<()>,
    },
    Leave {
        id: ConsumerId,
    },
    Depth {
        queue: Queue,
        done: Done<u64>,
    },
}

/// A message on its way to a consumer.
pub(super) struct Handed {
    pub(super) id: i64,
    pub(super) message: Message,
    pub(super) redelivered: bool,
}

/// The file, and who waits for what is in it.
pub(super) struct Owner {
    file: QueueFile,
    /// In the order of [`Queue::ALL`].
    queues: [Waiting; Queue::ALL.len()],
}

/// One queue: its waiting messages by id, which is their order, and its consumers, the next to serve first.
#[derive(Default)]
struct Waiting {
    /// With whether each was delivered before.
    messages: BTreeMap<i64, bool>,
    consumers: VecDeque<Present>,
}

struct Present {
    id: ConsumerId,
    prefetch: usize,
    unsettled: BTreeSet<i64>,
    /// None once it takes no more.
    sender: Option<async_mpsc::UnboundedSender<Handed>>,
}

/// What is said once the commit is through: given the outcome, tells whoever waits.
type Answer = Box<dyn FnOnce(Result<(), FileError>)>;

impl Owner {
    pub(super) fn load(file: QueueFile) -> rusqlite::Result<Self> {
        let mut owner = Self { file, queues: Default::default() };
        owner.read_queues()?;
        Ok(owner)
    }

    /// Takes over what the file says of messages.
    fn read_queues(&mut self) -> rusqlite::Result<()> {
        for queue in Queue::ALL {
            self.waiting(queue).messages = self.file.ids(queue)?;
        }
        Ok(())
    }

    /// Serves until nobody can send commands any more.
    pub(super) fn run(mut self, inbox: &mpsc::Receiver<Command>) {
        while let Ok(first) = inbox.recv() {
            let batch: Vec<_> = std::iter::once(first).chain(inbox.try_iter().take(BATCH - 1)).collect();
            let mut answers: Vec<Answer> = Vec::with_capacity(batch.len());
            let outcome = self.commit(batch, &mut answers).map_err(|err| FileError(Arc::new(err)));
            if let Err(err) = &outcome {
                tracing::error!(error = %err, "the embedded queue's file failed; its consumers start over");
                self.start_over();
            }
            for answer in answers {
                answer(outcome.clone());
            }
        }
    }

    /// Does a batch of commands and hands out what they freed, in one transaction.
    fn commit(&mut self, batch: Vec<Command>, answers: &mut Vec<Answer>) -> rusqlite::Result<()> {
        let publishes = batch.iter().any(|command| matches!(command, Command::Publish { .. }));
        let mut failure = self.file.begin(if publishes { Flush::Now } else { Flush::Later }).err();
        // After a failure the rest is only asked for where its answers go.
        for command in batch {
            if let Err(err) = self.execute(command, failure.is_none(), answers) {
                failure = Some(err);
            }
        }
        if let Some(err) = failure {
            return Err(err);
        }
        for queue in Queue::ALL {
            self.hand_out(queue, answers)?;
        }
        self.file.commit()
    }

    /// Does one command (when `working`) and leaves its answer for after the commit.
    fn execute(&mut self, command: Command, working: bool, answers: &mut Vec<Answer>) -> rusqlite::Result<()> {
        match command {
            Command::Ping { done } => {
                answers.push(answer(done, ()));
                if working { self.file.ping() } else { Ok(()) }
            }
            Command::Publish { queue, message, done } => {
                answers.push(answer(done, ()));
                if working {
                    let id = self.file.insert(queue, &message)?;
                    self.waiting(queue).messages.insert(id, false);
                }
                Ok(())
            }
            Command::Consume { queue, id, prefetch, sender, done } => {
                answers.push(answer(done, ()));
                let (prefetch, sender) = (prefetch.get().into(), Some(sender));
                let present = Present { id, prefetch, unsettled: BTreeSet::new(), sender };
                self.waiting(queue).consumers.push_back(present);
                Ok(())
            }
            Command::Take { queue, id, done } => {
                let taken = if working { self.waiting(queue).take_first(id) } else { None };
                let handed = match taken {
                    None => None,
                    Some((id, redelivered)) => Some(Handed { id, message: self.file.deliver(id)?, redelivered }),
                };
                answers.push(answer(done, handed));
                Ok(())
            }
            Command::Settle { consumer, message, requeue, done } => {
                let settled = self.settle(consumer, message, requeue);
                answers.push(answer(done, settled));
                if working && settled && requeue == Requeue::No { self.file.remove(message) } else { Ok(()) }
            }
            Command::Cancel { id, done } => {
                answers.push(answer(done, ()));
                let consumers = self.queues.iter_mut().flat_map(|waiting| &mut waiting.consumers);
                consumers.filter(|present| present.id == id).for_each(|present| present.sender = None);
                Ok(())
            }
            Command::Leave { id } => {
                self.queues.iter_mut().for_each(|waiting| waiting.leave(id));
                Ok(())
            }
            Command::Depth { queue, done } => {
                let depth = u64::try_from(self.waiting(queue).messages.len()).unwrap_or(u64::MAX);
                answers.push(answer(done, depth));
                Ok(())
            }
        }
    }

    fn settle(&mut self, consumer: ConsumerId, message: i64, requeue: Requeue) -> bool {
        for waiting in &mut self.queues {
            let present = waiting.consumers.iter_mut().find(|present| present.id == consumer);
            let Some(present) = present else { continue };
            let settled = present.unsettled.remove(&message);
            if settled && requeue == Requeue::Yes {
                waiting.messages.insert(message, true);
            }
            return settled;
        }
        false
    }

    /// Gives waiting messages to consumers with room, oldest first, one to each in turn.
    fn hand_out(&mut self, queue: Queue, answers: &mut Vec<Answer>) -> rusqlite::Result<()> {
        while let Some((id, redelivered, sender)) = self.waiting(queue).next_pair() {
            let handed = Handed { id, message: self.file.deliver(id)?, redelivered };
            answers.push(Box::new(move |outcome| {
                if outcome.is_ok() {
                    // A consumer that is gone has sent its leave, which gives the message back.
                    let _ = sender.send(handed);
                }
            }));
        }
        Ok(())
    }

    /// Back to what the file says. The consumers end: which of their deliveries count is not known any more.
    fn start_over(&mut self) {
        for waiting in &mut self.queues {
            waiting.consumers.clear();
            waiting.messages.clear();
        }
        if let Err(err) = self.file.roll_back().and_then(|()| self.read_queues()) {
            self.queues.iter_mut().for_each(|waiting| waiting.messages.clear());
            tracing::error!(error = %err, "the embedded queue's file cannot be read; open it again");
        }
    }

    fn waiting(&mut self, queue: Queue) -> &mut Waiting {
        let place = Queue::ALL.iter().position(|known| *known == queue).expect("all queues are among them");
        &mut self.queues[place]
    }
}

impl Waiting {
    /// Pairs the oldest message with the next consumer that has room for it.
    fn next_pair(&mut self) -> Option<(i64, bool, async_mpsc::UnboundedSender<Handed>)> {
        let has_room = |present: &Present| present.sender.is_some() && present.unsettled.len() < present.prefetch;
        let turn = self.consumers.iter().position(has_room)?;
        let (id, redelivered) = self.messages.pop_first()?;
        let mut present = self.consumers.remove(turn)?;
        present.unsettled.insert(id);
        let sender = present.sender.clone()?;
        self.consumers.push_back(present);
        Some((id, redelivered, sender))
    }

    /// Hands the oldest message to a consumer of its own, that gets no other.
    fn take_first(&mut self, consumer: ConsumerId) -> Option<(i64, bool)> {
        let (id, redelivered) = self.messages.pop_first()?;
        let unsettled = BTreeSet::from([id]);
        self.consumers.push_back(Present { id: consumer, prefetch: 1, unsettled, sender: None });
        Some((id, redelivered))
    }

    /// Forgets a consumer; its unsettled messages go back to their old places.
    fn leave(&mut self, id: ConsumerId) {
        if let Some(position) = self.consumers.iter().position(|present| present.id == id)
            && let Some(present) = self.consumers.remove(position)
        {
            self.messages.extend(present.unsettled.into_iter().map(|id| (id, true)));
        }
    }
}

fn answer<T: 'static>(done: Done<T>, value: T) -> Answer {
    // Nobody waits any more when the asking task was dropped.
    Box::new(move |outcome| drop(done.send(outcome.map(|()| value))))
}
