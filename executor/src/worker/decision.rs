//! Whether a delivery's job begins: by what is known here of orders, and by what a gateway answers where that is not enough.
//!
//! A job that was not cancelled, and whose message is new, costs no question.

use job_model::{JobAnswer, JobQuestion};
use job_queue::Message;

use super::Worker;
use crate::attempts::{self, Past, Verdict};
use crate::heartbeats;
use crate::job_message::JobMessage;
use crate::job_registry::Registered;
use crate::message_headers::MessageHeaders;
use crate::questions::{self, Reply};

/// What becomes of a delivery.
pub(super) enum Decision {
    /// Run it as this attempt.
    Begin { attempt: u32 },
    /// Publish this copy, then ack the delivery.
    CountAgain { message: Message },
    /// It was begun as often as it may be.
    GiveUp { attempts: u32, max_attempts: u32 },
    /// Nobody wants it to run here: ack it.
    Unwanted { why: &'static str },
    /// The executor is to end.
    HandBack,
}

const CANCELLED: Decision = Decision::Unwanted { why: "the job was cancelled before it came" };

impl Worker {
    /// Decides about a delivery of a job that was just noted: `past` is what the broker says of it.
    pub(super) async fn decide(
        &self,
        registered: &Registered,
        message: &Message,
        mut past: Past,
        job: &JobMessage,
    ) -> Decision {
        let max_attempts = job.max_attempts.unwrap_or(self.defaults.max_attempts);
        let headers = MessageHeaders::of(message);
        let ordered = self.orders.has_cancelled(&job.key);
        let known = headers.queued_at.is_some_and(|queued_at| self.orders.are_known_since(queued_at));
        if past.redelivered || headers.ask || registered.ended_before || ordered || !known {
            let question = JobQuestion {
                uuid: job.key.uuid.clone(),
                instance: job.key.instance.clone(),
                created_at: job.key.created_at,
                attempt: headers.attempt,
            };
            let reply = tokio::select! {
                reply = questions::ask(&*self.queue, &self.orders, &question) => reply,
                () = registered.cancelled.cancelled() => return CANCELLED,
                () = registered.handed_back.cancelled() => return Decision::HandBack,
                () = self.stop.cancelled() => return Decision::HandBack,
            };
            match reply {
                Reply::Answer(JobAnswer { wanted: false, .. }) if ordered => return CANCELLED,
                Reply::Answer(JobAnswer { wanted: false, .. }) => {
                    return Decision::Unwanted { why: "the job is done or deleted" };
                }
                Reply::Answer(answer) => past.begun = answer.begun,
                Reply::Nobody | Reply::Silence if ordered => return CANCELLED,
                Reply::Nobody => {}
                Reply::Silence => tracing::warn!("no gateway says whether the job is wanted, beginning it"),
            }
            // Its broker may have waited too long for an acknowledgement. Whoever runs it publishes its result, and a gateway
            // that answers looks after it should that one die.
            if past.redelivered
                && past.begun == Some(true)
                && heartbeats::runs_elsewhere(&*self.queue, &self.executor, &job.key).await
            {
                return Decision::Unwanted { why: "another executor runs the job" };
            }
        }
        if registered.cancelled.is_cancelled() {
            return CANCELLED;
        }
        match attempts::judge(message, past, max_attempts) {
            Verdict::Begin { attempt } => Decision::Begin { attempt },
            Verdict::CountAgain { message } => Decision::CountAgain { message },
            Verdict::GiveUp { attempts } => Decision::GiveUp { attempts, max_attempts },
        }
    }
}
