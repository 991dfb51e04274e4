//! Empties the line of stored jobs onto the queue, and writes the marks that were held.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::sync::mpsc;

use crate::app::App;
use crate::jobs;
use crate::memory::publish_line::Waiting;

/// Jobs on their way at a time. Each waits for its confirm; confirms come in groups.
const CONCURRENCY: usize = 256;
/// Time between two looks for marks whose time has come: those of one look are written together.
const MARKS: Duration = Duration::from_millis(100);

/// Publishes the line until the last request is answered, then what is left of it and the marks that are held.
pub(crate) async fn run(app: Arc<App>, receiver: mpsc::Receiver<Waiting>) {
    tokio::select! {
        () = publish(&app, receiver) => {}
        () = write_marks(&app) => {}
    }
    jobs::write_held(&app).await;
}

async fn publish(app: &Arc<App>, receiver: mpsc::Receiver<Waiting>) {
    let jobs = stream::unfold((receiver, app.served.clone()), |(mut receiver, served)| async move {
        let waiting = tokio::select! {
            biased;
            waiting = receiver.recv() => waiting,
            () = served.cancelled() => {
                receiver.close();
                receiver.recv().await
            }
        };
        Some((waiting?, (receiver, served)))
    });
    jobs.for_each_concurrent(CONCURRENCY, |waiting| jobs::publish_waiting(app, waiting)).await;
}

/// Goes on for ever. Marks under way are tasks of their own, and outlive this one.
async fn write_marks(app: &Arc<App>) {
    loop {
        tokio::time::sleep(MARKS).await;
        // Beside the line: a slow store holds up neither it nor the marks behind.
        let app = app.clone();
        app.tasks.clone().spawn(async move { jobs::write_due(&app).await });
    }
}
