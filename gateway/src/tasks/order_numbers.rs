//! Says again and again how many orders this gateway has given: an executor that missed one finds out.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;

/// Time between two times. An executor takes a gateway that is silent for three of them for gone.
const INTERVAL: Duration = Duration::from_secs(1);

/// Says the number until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        app.orders.say_number(app.queue.as_ref());
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
