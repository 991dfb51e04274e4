//! What lapin's errors mean to a caller.

use std::time::Duration;

use lapin::ErrorKind;
use lapin::protocol::{AMQPError, AMQPErrorKind, AMQPSoftError};

use crate::QueueError;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The queue could not be reached, or was lost on the way.
pub(super) fn unavailable(action: impl Into<String>, source: impl Into<Cause>) -> QueueError {
    QueueError::Unavailable { action: action.into(), source: source.into() }
}

/// Awaits the broker's answer to one request, no longer than `limit`.
pub(super) async fn answered<T>(
    action: &str,
    limit: Duration,
    request: impl Future<Output = lapin::Result<T>>,
) -> Result<T, QueueError> {
    match tokio::time::timeout(limit, request).await {
        Ok(answer) => answer.map_err(|err| unavailable(action, err)),
        Err(_elapsed) => Err(unavailable(action, format!("no answer within {} s", limit.as_secs()))),
    }
}

/// Whether the broker refused a request because a thing exists with other properties, or a value it does not take.
pub(super) fn is_precondition_failure(error: &lapin::Error) -> bool {
    soft(error).is_some_and(|(kind, _)| matches!(kind, AMQPSoftError::PRECONDITIONFAILED))
}

/// Whether the broker does not know the queue or exchange that was named.
pub(super) fn is_not_found(error: &lapin::Error) -> bool {
    soft(error).is_some_and(|(kind, _)| matches!(kind, AMQPSoftError::NOTFOUND))
}

/// Whether trying again soon is pointless: the credentials or the virtual host are wrong.
pub(super) fn is_access_refused(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(err) if matches!(err.get_id(), 403 | 530))
}

/// The broker's limit in bytes, when the error says that a message was larger. It closes the whole channel for that:
/// "PRECONDITION_FAILED - message size 2097152 is larger than configured max size 1048576".
pub(super) fn exceeded_size_limit(error: &lapin::Error) -> Option<usize> {
    let (kind, text) = soft(error)?;
    if !matches!(kind, AMQPSoftError::PRECONDITIONFAILED) || !text.contains("message size") {
        return None;
    }
    text.rsplit(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?.parse().ok()
}

fn soft(error: &lapin::Error) -> Option<(&AMQPSoftError, &str)> {
    let ErrorKind::ProtocolError(error) = error.kind() else { return None };
    let AMQPErrorKind::Soft(kind) = AMQPError::kind(error) else { return None };
    Some((kind, error.get_message().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn precondition_failed(text: &str) -> lapin::Error {
        ErrorKind::ProtocolError(AMQPError::new(AMQPSoftError::PRECONDITIONFAILED.into(), text.into())).into()
    }

    #[test]
    fn the_size_limit_is_read_from_the_brokers_words() {
        let old = precondition_failed("PRECONDITION_FAILED - message size 134217729 larger than max size 134217728");
        let new = precondition_failed("PRECONDITION_FAILED - message size 99 is larger than configured max size 64");
        assert_eq!(exceeded_size_limit(&old), Some(134_217_728));
        assert_eq!(exceeded_size_limit(&new), Some(64));
    }

    #[test]
    fn other_refusals_name_no_size_limit() {
        let timeout = precondition_failed("PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out");
        assert_eq!(exceeded_size_limit(&timeout), None);
    }
}
