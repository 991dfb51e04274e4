//! Counting how often a job was begun, without a database: in the message itself.
//!
//! The broker's `redelivered` flag says that a delivery was lost before, not how often, and not whether its job had begun.
//! A gateway that has listened knows the latter. Begun, a redelivered message goes round once more with the next number in
//! its header, at the queue's end, where it does not block the jobs behind it; the copy arrives as a first delivery of
//! attempt number so-and-so. Not begun, it is begun now as the attempt that it stands for.

use job_queue::Message;

use crate::message_headers::{self, MessageHeaders};

/// What to do with a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
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

/// What is known of a delivery besides its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    /// Whether the message was delivered before, as its broker says.
    pub(crate) redelivered: bool,
    /// Whether its attempt was begun, as far as a gateway knows. Unknown counts as begun.
    pub(crate) begun: Option<bool>,
}

/// Judges a delivery against the most attempts that its job may have (0 counts as 1).
pub(crate) fn judge(message: &Message, past: Past, max_attempts: u32) -> Verdict {
    let attempt = MessageHeaders::of(message).attempt;
    if !past.redelivered || past.begun == Some(false) {
        return Verdict::Begin { attempt };
    }
    if attempt >= max_attempts.max(1) {
        return Verdict::GiveUp { attempts: attempt };
    }
    Verdict::CountAgain { message: message_headers::copy(message, attempt + 1) }
}

#[cfg(test)]
mod tests {
    use super::{Past, Verdict, judge};
    use crate::message_headers::{ATTEMPT, MessageHeaders};
    use job_queue::Message;

    const FIRST: Past = Past { redelivered: false, begun: None };

    fn message(attempt: Option<&str>) -> Message {
        let mut message = Message::new(b"{}".to_vec());
        message.headers.extend(attempt.map(|number| (ATTEMPT.to_owned(), number.to_owned())));
        message
    }

    fn lost(begun: Option<bool>) -> Past {
        Past { redelivered: true, begun }
    }

    #[test]
    fn a_first_delivery_begins() {
        assert_eq!(judge(&message(None), FIRST, 3), Verdict::Begin { attempt: 1 });
        let begun = Past { begun: Some(true), ..FIRST };
        assert_eq!(judge(&message(Some("3")), begun, 3), Verdict::Begin { attempt: 3 });
    }

    #[test]
    fn a_lost_delivery_goes_round_with_the_next_number() {
        for begun in [None, Some(true)] {
            let verdict = judge(&message(Some("2")), lost(begun), 3);
            let Verdict::CountAgain { message } = verdict else { panic!("not counted") };
            assert_eq!(MessageHeaders::of(&message).attempt, 3);
        }
    }

    #[test]
    fn it_is_given_up_after_the_last_attempt() {
        assert_eq!(judge(&message(Some("3")), lost(Some(true)), 3), Verdict::GiveUp { attempts: 3 });
        assert_eq!(judge(&message(None), lost(None), 1), Verdict::GiveUp { attempts: 1 });
        assert_eq!(judge(&message(Some("garbage")), lost(None), 0), Verdict::GiveUp { attempts: 1 });
    }

    #[test]
    fn a_delivery_that_was_lost_before_its_job_began_costs_no_attempt() {
        assert_eq!(judge(&message(None), lost(Some(false)), 1), Verdict::Begin { attempt: 1 });
        assert_eq!(judge(&message(Some("3")), lost(Some(false)), 3), Verdict::Begin { attempt: 3 });
    }
}
