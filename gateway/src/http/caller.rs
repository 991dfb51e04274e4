//! Who sent a request, and which request it is.

use std::net::SocketAddr;
use std::sync::Arc;

use job_model::InstanceId;

use crate::tokens::{Grant, Reach};

/// The client of a request whose token is valid.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) grant: Grant,
    pub(crate) request_id: RequestId,
    /// The other end of the connection: a proxy's, where there is one in between.
    pub(crate) peer: Option<SocketAddr>,
}

impl Caller {
    /// Whose jobs the request may touch.
    pub(crate) fn reach(&self) -> Reach {
        self.grant.reach()
    }
}

/// The name of the token that a request was answered for, for the log.
#[derive(Clone, Debug)]
pub(crate) struct TokenUsed(pub(crate) String);

/// Names a request in the log and to its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// The longest that a client may give.
    const MAX_BYTES: usize = 128;

    /// The client's own, when it is well formed: 1 to 128 letters, digits and `-_.:+/=@`. A new one otherwise.
    pub(crate) fn of(given: Option<&[u8]>) -> Self {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=@".contains(byte);
        let fits = |text: &&[u8]| (1..=Self::MAX_BYTES).contains(&text.len()) && text.iter().all(plain);
        let given = given.filter(fits).and_then(|text| std::str::from_utf8(text).ok());
        Self(given.map_or_else(|| InstanceId::fresh().as_str().into(), Into::into))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;

    #[test]
    fn a_clients_own_id_is_kept_when_it_can_stand_in_a_log() {
        for id in ["a", "req-1:2/3+4=_.@", &"x".repeat(128)] {
            assert_eq!(RequestId::of(Some(id.as_bytes())).as_str(), id);
        }
        for id in ["", "a b", "a\"b", "a\nb", "\u{e9}", &"x".repeat(129)] {
            let made = RequestId::of(Some(id.as_bytes()));
            assert_eq!(made.as_str().len(), 32, "{id:?}");
        }
        assert_ne!(RequestId::of(None), RequestId::of(None));
    }
}
