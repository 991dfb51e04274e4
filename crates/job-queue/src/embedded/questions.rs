//! Questions and answers inside one process.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::{Question, Questions, QueueError};

/// Those who answer, each reached in turn.
#[derive(Default)]
pub(super) struct Questioning {
    answerers: Arc<Mutex<Vec<mpsc::UnboundedSender<Question>>>>,
}

impl Questioning {
    /// The answer of one of those who answer; `None` when there is none, or none within `limit`.
    pub(super) async fn ask(&self, question: Vec<u8>, limit: Duration) -> Option<Vec<u8>> {
        let (reply, answer) = oneshot::channel();
        self.hand_over(Question::new(question, move |body| drop(reply.send(body))));
        // Dropped with its question when nobody took it.
        tokio::time::timeout(limit, answer).await.ok()?.ok()
    }

    fn hand_over(&self, mut question: Question) {
        let mut answerers = self.answerers.lock().unwrap_or_else(PoisonError::into_inner);
        while !answerers.is_empty() {
            answerers.rotate_left(1);
            match answerers[0].send(question) {
                Ok(()) => return,
                Err(mpsc::error::SendError(back)) => {
                    question = back;
                    answerers.swap_remove(0);
                }
            }
        }
    }

    /// One more who answers, until it is dropped.
    pub(super) fn answerer(&self) -> Answerer {
        let (sender, questions) = mpsc::unbounded_channel();
        self.answerers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        Answerer { questions, _answerers: Arc::clone(&self.answerers) }
    }
}

/// Takes questions.
pub(super) struct Answerer {
    questions: mpsc::UnboundedReceiver<Question>,
    /// Keeps the senders: the flow does not end before its holder drops it.
    _answerers: Arc<Mutex<Vec<mpsc::UnboundedSender<Question>>>>,
}

#[async_trait]
impl Questions for Answerer {
    async fn next(&mut self) -> Result<Question, QueueError> {
        self.questions.recv().await.ok_or(QueueError::Ended { queue: "the questions" })
    }
}
