//! What one user of sessions may do, and what it has done.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

use crate::counters::{Counters, Counts};
use crate::failure::Failure;
use crate::policy::Policy;
use crate::proxy::Shared;
use crate::record::{Observer, Teller};
use crate::session::{Guard, Limits};
use crate::target::Target;

/// A user's policy, limits and numbers. Several sessions may be let out by one: its limits hold for all of them together.
pub struct Admission {
    pub(crate) shared: Arc<Shared>,
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    pub(crate) counts: Arc<Counts>,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) teller: Arc<Teller>,
    /// Whether a plain request that fails is dropped and not answered.
    pub(crate) drops_failures: bool,
}

impl Admission {
    pub(crate) fn new(
        shared: Arc<Shared>,
        policy: Policy,
        limits: Limits,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let counts = Arc::new(Counts::within(Arc::clone(&shared.counts)));
        let permits = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
        Self { shared, policy, limits, counts, permits, teller: Arc::new(Teller::new(observer)), drops_failures: false }
    }

    /// Closes the connection under a plain request that fails, where the request would be answered with a status otherwise: the
    /// browser then sees a request that has failed, as one over SOCKS5 does.
    #[must_use]
    pub fn dropping_failures(self) -> Self {
        Self { drops_failures: true, ..self }
    }

    /// Opens a connection to a target for a user of this process itself, who needs no session: looked up, judged and dialled as for
    /// each session. How long the connection may last and carry nothing is the user's.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub async fn connect(
        &self,
        target: &Target,
    ) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>, Failure> {
        Guard::of(self, None).dial(target, None).await
    }

    /// Returns the numbers so far.
    pub fn counters(&self) -> Counters {
        self.counts.read()
    }
}
