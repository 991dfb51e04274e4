//! What Chromium records of a page, read while it is written: so much of it is left when the page goes before the film is stopped.

use std::rc::Rc;
use std::time::Duration;

use ::browser::page::{Page, Recording, RecordingOptions};
use tokio::sync::oneshot;
use tokio::time::sleep;
use video::fragmented_mp4;

use super::making::failed;
use super::{Counted, LARGEST, UnderWay, largest};
use crate::error::OpError;
use crate::memory::Memory;

/// How often it is read.
const PAUSE: Duration = Duration::from_secs(1);

/// A recording's file, which counts as the job's memory.
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    counted: Counted,
}

/// Begins to record.
pub(super) async fn begin(
    page: &Page,
    options: RecordingOptions,
    memory: &Rc<Memory>,
) -> Result<UnderWay<File>, OpError> {
    let recording = page.start_recording(options).await?;
    let file = File { bytes: Vec::new(), counted: Counted::new(0, memory)? };
    Ok(UnderWay::begin(|stopped| collect(recording, file, stopped)))
}

async fn collect(recording: Recording, mut file: File, mut stopped: oneshot::Receiver<()>) -> Result<File, OpError> {
    loop {
        let is_stopped = tokio::select! {
            biased;
            _ = &mut stopped => true,
            () = sleep(PAUSE) => false,
        };
        if is_stopped && recording.stop().await.is_err() {
            return file.left();
        }
        let limit = largest(&file.counted.memory).min(LARGEST - file.bytes.len());
        match recording.read(limit).await {
            Ok(bytes) if bytes.len() > limit => {
                return Err(OpError::error(format!("the recording is larger than {} bytes", file.bytes.len() + limit)));
            }
            Ok(bytes) => {
                file.counted.grow(bytes.len())?;
                file.bytes.extend(bytes);
            }
            Err(_) => return file.left(),
        }
        if is_stopped {
            return Ok(file);
        }
    }
}

impl File {
    /// What can be played of it: the page has gone.
    fn left(mut self) -> Result<Self, OpError> {
        let whole = fragmented_mp4::whole_part(&self.bytes).map(<[u8]>::len);
        let whole = whole.map_err(|error| OpError::error(format!("the page was closed: {}", failed(error).message)))?;
        self.bytes.truncate(whole);
        Ok(self)
    }
}
