//! Counting how often a job was begun, without a database: in the message itself.
//!
//! The broker's `redelivered` flag says that a delivery was lost before, not how often. So a redelivered message goes
//! round once more with a number in its header, at the queue's end, where it does not block the jobs behind it; the
//! copy arrives as a first delivery of attempt number so-and-so.

use job_queue::{Delivery, Message};

/// The header that carries the number of the attempt that this copy of the message stands for.
pub const HEADER: &str = "x-puppet-master-attempt";

/// What to do with a delivery.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Run it: this is attempt number so-and-so.
    Begin {
        /// Counted from 1.
        attempt: u32,
    },
    /// Publish this copy, then ack the delivery.
    CountAgain {
        /// The copy with the next number.
        message: Message,
    },
    /// It was begun as often as it may be.
    GiveUp {
        /// How often it was begun.
        attempts: u32,
    },
}

/// Judges a delivery against the most attempts that its job may have (0 counts as 1).
pub fn judge(delivery: &Delivery, max_attempts: u32) -> Verdict {
    let attempt = delivery.message.headers.get(HEADER).and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
    if !delivery.redelivered {
        return Verdict::Begin { attempt };
    }
    if attempt >= max_attempts.max(1) {
        return Verdict::GiveUp { attempts: attempt };
    }
    let mut message = delivery.message.clone();
    message.headers.insert(HEADER.to_owned(), (attempt + 1).to_string());
    Verdict::CountAgain { message }
}

#[cfg(test)]
mod tests {
    use super::{HEADER, Verdict, judge};
    use async_trait::async_trait;
    use job_queue::{Delivery, Message, QueueError, Requeue, Settle};

    struct Nowhere;

    #[async_trait]
    impl Settle for Nowhere {
        async fn ack(self: Box<Self>) -> Result<(), QueueError> {
            Ok(())
        }
        async fn nack(self: Box<Self>, _: Requeue) -> Result<(), QueueError> {
            Ok(())
        }
    }

    fn delivery(attempt: Option<&str>, redelivered: bool) -> Delivery {
        let mut message = Message::new(b"{}".to_vec());
        message.headers.extend(attempt.map(|number| (HEADER.to_owned(), number.to_owned())));
        Delivery::new(message, redelivered, Box::new(Nowhere))
    }

    #[test]
    fn a_first_delivery_begins() {
        assert_eq!(judge(&delivery(None, false), 3), Verdict::Begin { attempt: 1 });
        assert_eq!(judge(&delivery(Some("3"), false), 3), Verdict::Begin { attempt: 3 });
    }

    #[test]
    fn a_lost_delivery_goes_round_with_the_next_number() {
        let Verdict::CountAgain { message } = judge(&delivery(Some("2"), true), 3) else { panic!("not counted") };
        assert_eq!(message.headers[HEADER], "3");
    }

    #[test]
    fn it_is_given_up_after_the_last_attempt() {
        assert_eq!(judge(&delivery(Some("3"), true), 3), Verdict::GiveUp { attempts: 3 });
        assert_eq!(judge(&delivery(None, true), 1), Verdict::GiveUp { attempts: 1 });
        assert_eq!(judge(&delivery(Some("garbage"), true), 0), Verdict::GiveUp { attempts: 1 });
    }
}
