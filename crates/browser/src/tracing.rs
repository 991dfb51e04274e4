//! Puppeteer's `Tracing`: a timeline of what Chromium did, for its own viewers.

use std::cell::Cell;
use std::rc::Rc;

use chromiumoxide::cdp::browser_protocol::tracing::{EndParams, EventTracingComplete};
use serde_json::json;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::protocol_stream::read_stream;
use crate::session::Session;

const DEFAULT_CATEGORIES: [&str; 12] = [
    "-*",
    "devtools.timeline",
    "v8.execute",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
    "toplevel",
    "blink.console",
    "blink.user_timing",
    "latencyInfo",
    "disabled-by-default-devtools.timeline.stack",
    "disabled-by-default-v8.cpu_profiler",
    "disabled-by-default-v8.cpu_profiler.hires",
];

/// What is recorded.
#[derive(Clone, Debug, Default)]
pub struct TracingOptions {
    /// Whether pictures of the page are in it.
    pub screenshots: bool,
    /// Categories of events instead of Puppeteer's choice.
    pub categories: Option<Vec<String>>,
    /// How much is kept, in kilobytes; Chromium's choice when not given.
    pub buffer_size: Option<f64>,
}

/// One page's way to the browser's one recorder.
#[derive(Debug)]
pub struct Tracing {
    session: Rc<Session>,
    recording: Cell<bool>,
}

impl Tracing {
    /// Makes the tracing of a page's session.
    pub fn new(session: Rc<Session>) -> Rc<Self> {
        Rc::new(Self { session, recording: Cell::new(false) })
    }

    /// Starts recording. Only one page of a browser can.
    ///
    /// # Errors
    /// [`Error::TracingRuns`], and what the protocol refuses, among it that another page records.
    pub async fn start(&self, options: TracingOptions) -> Result<(), Error> {
        if self.recording.replace(true) {
            return Err(Error::TracingRuns);
        }
        let categories = options.categories.unwrap_or_else(|| DEFAULT_CATEGORIES.map(str::to_owned).to_vec());
        let mut categories = categories.join(",");
        if options.screenshots {
            categories.push_str(",disabled-by-default-devtools.screenshot");
        }
        let mut command = json!({"transferMode": "ReturnAsStream", "categories": categories});
        if let Some(size) = options.buffer_size {
            command = json!({"transferMode": "ReturnAsStream", "traceConfig": {
                "traceBufferSizeInKb": size,
                "includedCategories": categories.split(',').filter(|name| !name.starts_with('-')).collect::<Vec<_>>(),
                "excludedCategories": categories.split(',').filter_map(|name| name.strip_prefix('-')).collect::<Vec<_>>(),
            }});
        }
        let started = self.session.send_raw("Tracing.start", command).await;
        self.recording.set(started.is_ok());
        started?;
        Ok(())
    }

    /// Stops, and returns the recording as JSON text.
    ///
    /// # Errors
    /// What the protocol refuses, among it that nothing was recorded, and [`Error::TargetClosed`].
    pub async fn stop(&self) -> Result<Vec<u8>, Error> {
        let (sender, complete) = oneshot::channel();
        let sender = Cell::new(Some(sender));
        let _subscription = self.session.on_event(move |event| {
            if event.method == "Tracing.tracingComplete"
                && let (Some(event), Some(sender)) = (event.decode::<EventTracingComplete>(), sender.take())
            {
                // The caller may have given up.
                let _ = sender.send(event.stream);
            }
        });
        self.session.send(EndParams::default()).await?;
        self.recording.set(false);
        let stream = tokio::select! {
            stream = complete => stream.ok().flatten(),
            () = self.session.closed() => None,
        };
        read_stream(&self.session, stream.ok_or(Error::TargetClosed)?).await
    }
}
