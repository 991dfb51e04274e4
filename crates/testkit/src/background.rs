//! A thread with a runtime of its own, stopped and joined by its owner's drop.

use std::future::Future;
use std::thread::JoinHandle;

use tokio_util::sync::CancellationToken;

/// Owns the thread. What it runs ends at its next await when this is dropped.
#[derive(Debug)]
pub(crate) struct Background {
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    pub(crate) fn spawn<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            // Tasks that the work spawned end with the runtime.
            runtime.block_on(stopped.run_until_cancelled(async move { work().await }));
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed where it happened.
            let _ = thread.join();
        }
    }
}
