//! Gateway and executor in one process: neither goes on without the other.

use tokio_util::sync::CancellationToken;

/// Runs gateway and executor until both have ended. Whichever ends first takes the other along, gently.
pub(crate) async fn run_both<G, E>(
    gateway: impl Future<Output = G>,
    executor: impl Future<Output = E>,
    stop: &CancellationToken,
) -> (G, E) {
    let gateway = async {
        let outcome = gateway.await;
        stop.cancel();
        outcome
    };
    let executor = async {
        let outcome = executor.await;
        stop.cancel();
        outcome
    };
    tokio::join!(gateway, executor)
}
