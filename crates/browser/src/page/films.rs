//! Films of a page: the recording that Chromium makes and encodes, and the page's pictures one by one. Each has a session of its
//! own, so that there can be several at once.

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Page;
use super::own_session::OwnSession;
use crate::error::Error;
use crate::protocol_stream::{decode_base64, read_written};
use crate::session::Subscription;

/// What Chromium records: its defaults where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordingOptions {
    /// Whether the page's sound is in it.
    pub audio: bool,
    /// The largest width, in pixels.
    pub max_width: Option<u32>,
    /// The largest height, in pixels.
    pub max_height: Option<u32>,
    /// How many pictures a second it has at most.
    pub frame_rate: Option<u32>,
}

/// A recording under way. Dropped, it ends and leaves nothing.
#[derive(Debug)]
pub struct Recording {
    session: OwnSession,
    stream: String,
}

/// One picture of a page.
#[derive(Debug)]
pub struct Picture {
    /// A PNG file.
    pub png: Vec<u8>,
    /// How wide the page is in its own pixels.
    pub page_width: f64,
    /// When it was shown, in seconds since 1970.
    pub time: f64,
    number: Value,
}

/// A page's pictures as they change. Dropped, it ends.
#[derive(Debug)]
pub struct Screencast {
    session: OwnSession,
    frames: mpsc::UnboundedReceiver<Value>,
    _subscription: Subscription,
}

impl Page {
    /// Begins a recording, a fragmented MP4 file, by
    /// [`Page.startScreenRecording`](https://chromedevtools.github.io/devtools-protocol/tot/Page/#method-startScreenRecording).
    ///
    /// # Errors
    /// [`Error::Protocol`], among it that this Chromium cannot record.
    pub async fn start_recording(&self, options: RecordingOptions) -> Result<Recording, Error> {
        let session = OwnSession::attach(&*self.browser()?, self.target.id()).await?;
        let mut arguments = json!({"audio": options.audio});
        let sizes =
            [("maxWidth", options.max_width), ("maxHeight", options.max_height), ("frameRate", options.frame_rate)];
        for (name, value) in sizes {
            if let Some(value) = value {
                arguments[name] = value.into();
            }
        }
        let answer = session.send_raw("Page.startScreenRecording", arguments).await?;
        let stream = answer["stream"].as_str().unwrap_or_default().to_owned();
        Ok(Recording { session, stream })
    }

    /// Begins a screencast; its pictures are no larger than `largest` pixels on any side. The next one comes once the one before is
    /// [acknowledged](Screencast::acknowledge).
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn start_screencast(&self, largest: u32) -> Result<Screencast, Error> {
        let session = OwnSession::attach(&*self.browser()?, self.target.id()).await?;
        let (frames, subscription) = session.screencast_frames();
        let arguments = json!({"format": "png", "maxWidth": largest, "maxHeight": largest});
        session.send_raw("Page.startScreencast", arguments).await?;
        Ok(Screencast { session, frames, _subscription: subscription })
    }

    /// Width and height of what is to be seen of the page, in its own pixels.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn visible_size(&self) -> Result<(f64, f64), Error> {
        let metrics = self.session.send_raw("Page.getLayoutMetrics", json!({})).await?;
        let viewport = &metrics["cssVisualViewport"];
        let length = |name: &str| viewport[name].as_f64().unwrap_or_default();
        Ok((length("clientWidth"), length("clientHeight")))
    }
}

impl Recording {
    /// Reads the next bytes of the file, as far as they are written: Chromium writes some seconds at once. It stops behind
    /// `limit` bytes, when there are more.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the page has gone.
    pub async fn read(&self, limit: usize) -> Result<Vec<u8>, Error> {
        read_written(&self.session, self.stream.clone().into(), limit).await
    }

    /// Ends the recording: what can be read now is the file's end.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the page has gone.
    pub async fn stop(&self) -> Result<(), Error> {
        self.session.send_raw("Page.stopScreenRecording", json!({})).await?;
        Ok(())
    }
}

impl Screencast {
    /// Waits for the next picture; `None` when the page has gone.
    pub async fn next(&mut self) -> Option<Picture> {
        loop {
            let session = self.session.clone();
            let frame = tokio::select! {
                biased;
                frame = self.frames.recv() => frame?,
                () = session.closed() => return None,
            };
            let metadata = &frame["metadata"];
            let (page_width, time) = (metadata["deviceWidth"].as_f64(), metadata["timestamp"].as_f64());
            let png = frame["data"].as_str().and_then(|data| decode_base64(data).ok());
            // Chromium may leave the time out, and says nothing then.
            if let (Some(page_width), Some(time), Some(png)) = (page_width, time, png) {
                return Some(Picture { png, page_width, time, number: frame["sessionId"].clone() });
            }
            self.session.post("Page.screencastFrameAck", json!({"sessionId": frame["sessionId"]}));
        }
    }

    /// Asks for the picture after this one.
    pub fn acknowledge(&self, picture: &Picture) {
        self.session.post("Page.screencastFrameAck", json!({"sessionId": picture.number}));
    }
}
