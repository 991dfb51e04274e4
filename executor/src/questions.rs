//! Asking the gateways about a job before it begins.

use std::time::Duration;

use job_model::{JobAnswer, JobQuestion};
use job_queue::JobQueue;
use service::{Backoff, Chain};
use tokio::time::{Instant, timeout_at};

use crate::orders::Orders;

/// How long a gateway may take to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// How long a question is repeated while there are gateways and none of them answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A gateway answered.
    Answer(JobAnswer),
    /// No gateway answers questions: there is none, or only a predecessor's.
    Nobody,
    /// There are gateways, and none of them answered for a long time.
    Silence,
}

/// Asks until there is an answer, or it is clear that there will be none.
pub(crate) async fn ask(queue: &dyn JobQueue, orders: &Orders, question: &JobQuestion) -> Reply {
    let body = serde_json::to_vec(question).expect("a question has string keys only");
    let deadline = Instant::now() + PATIENCE;
    let asking = async {
        let mut backoff = Backoff::for_servers();
        loop {
            let asked = Instant::now();
            match queue.ask(body.clone(), ANSWER).await {
                Ok(Some(answer)) => match serde_json::from_slice(&answer) {
                    Ok(answer) => return Reply::Answer(answer),
                    Err(error) => tracing::debug!(%error, "ignored an unknown answer"),
                },
                // Nobody there is known at once.
                Ok(None) if asked.elapsed() < ANSWER && !orders.may_come_from_somebody() => return Reply::Nobody,
                Ok(None) => tracing::debug!("no gateway answered, asking again"),
                Err(error) => tracing::debug!(error = %Chain(&error), "failed to ask a gateway, trying again"),
            }
            tokio::time::sleep(backoff.next_delay()).await;
        }
    };
    timeout_at(deadline, asking).await.unwrap_or(Reply::Silence)
}
