//! The headers of a job message: what those who put it on the queue say of it. A predecessor's message has none.

use job_model::Timestamp;
use job_queue::Message;

/// The number of the attempt that this copy of the message stands for, counted from 1.
pub(crate) const ATTEMPT: &str = "x-puppet-master-attempt";
/// When this copy was put on the queue: RFC 3339 with milliseconds.
pub(crate) const QUEUED_AT: &str = "x-puppet-master-queued-at";
/// `1` on every copy after the first one: whether the job is wanted is to be asked before it begins.
pub(crate) const ASK: &str = "x-puppet-master-ask";

/// The job's [trace](https://www.w3.org/TR/trace-context/#traceparent-header); on results, too.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// A job message's headers, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageHeaders {
    /// See [`ATTEMPT`]; 1 when absent or unreadable.
    pub(crate) attempt: u32,
    /// See [`QUEUED_AT`].
    pub(crate) queued_at: Option<Timestamp>,
    /// See [`ASK`].
    pub(crate) ask: bool,
}

impl MessageHeaders {
    /// Reads them; what cannot be read counts as absent.
    pub(crate) fn of(message: &Message) -> Self {
        let header = |name| message.headers.get(name).map(String::as_str);
        Self {
            attempt: header(ATTEMPT).and_then(|text| text.parse().ok()).unwrap_or(1).max(1),
            queued_at: header(QUEUED_AT).and_then(|text| Timestamp::parse(text).ok()),
            ask: header(ASK).is_some(),
        }
    }
}

/// A copy of a message to be sent round as this attempt, from now on.
pub(crate) fn copy(message: &Message, attempt: u32) -> Message {
    let mut copy = message.clone();
    copy.headers.insert(ATTEMPT.to_owned(), attempt.to_string());
    copy.headers.insert(QUEUED_AT.to_owned(), Timestamp::now().to_string());
    copy.headers.insert(ASK.to_owned(), "1".to_owned());
    copy
}

#[cfg(test)]
mod tests {
    use super::{ATTEMPT, MessageHeaders, QUEUED_AT, copy};
    use job_queue::Message;

    #[test]
    fn absent_and_unreadable_headers_are_a_first_message() {
        let mut message = Message::new(b"{}".to_vec());
        let first = MessageHeaders { attempt: 1, queued_at: None, ask: false };
        assert_eq!(MessageHeaders::of(&message), first);
        for (attempt, queued_at) in [("garbage", "yesterday"), ("0", ""), ("-1", "12")] {
            message.headers.insert(ATTEMPT.to_owned(), attempt.to_owned());
            message.headers.insert(QUEUED_AT.to_owned(), queued_at.to_owned());
            assert_eq!(MessageHeaders::of(&message), first);
        }
    }

    #[test]
    fn a_copy_says_which_attempt_it_is_and_that_it_is_a_copy() {
        let copy = copy(&Message::new(b"{}".to_vec()), 3);
        let headers = MessageHeaders::of(&copy);
        assert!((headers.attempt, headers.ask) == (3, true) && headers.queued_at.is_some());
        assert_eq!(copy.body, b"{}");
    }
}
