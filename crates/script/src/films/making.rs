//! Makes the file that a script wants of Chromium's recording.

use ::browser::page::Page;
use ::browser::video_encoder::{EncodedPicture, EncodingOptions, encode};
use video::gif::Crop;
use video::{Codec, Sample, Video, fragmented_mp4, mp4, webm};

use crate::error::OpError;

/// What the file is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// As Chromium has written it.
    Recorded,
    /// Another container, speed or picture.
    Made {
        container: Container,
        /// How much faster everything is.
        speed: f64,
        /// What is to be seen, when that is not what was recorded.
        change: Option<Change>,
    },
}

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    WebM,
    Mp4,
}

/// How pictures are encoded again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// The part of the page, in its own pixels, and the width of the page.
    pub(crate) crop: Option<(Crop, f64)>,
    /// How much larger it is.
    pub(crate) scale: f64,
    /// How coarse it is, 0 to 63.
    pub(crate) quality: u32,
}

/// The largest side of a picture that is encoded again, in pixels: VP9's level allows no more.
const LARGEST_SIDE: f64 = 4096.0;

pub(super) async fn make(page: &Page, file: Vec<u8>, form: Form) -> Result<Vec<u8>, OpError> {
    let Form::Made { container, speed, change } = form else { return Ok(file) };
    if container == Container::Mp4 && change.is_none() && (speed - 1.0).abs() < f64::EPSILON {
        return Ok(file);
    }
    let mut video = beside(move || fragmented_mp4::read(&file)).await?;
    if let Some(change) = change {
        video = encoded_again(page, video, change).await?;
    }
    beside(move || {
        video.speed_up(speed);
        match container {
            Container::WebM => Ok(webm::write(&video)),
            Container::Mp4 => mp4::write(&video),
        }
    })
    .await
}

/// Does long work on another thread.
pub(super) async fn beside<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, video::Error> + Send + 'static,
) -> Result<R, OpError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(failed),
        Err(error) => Err(OpError::error(format!("failed to make the recording's file: {error}"))),
    }
}

/// The error with its causes.
pub(super) fn failed(error: video::Error) -> OpError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    OpError::error(text)
}

async fn encoded_again(page: &Page, video: Video, change: Change) -> Result<Video, OpError> {
    let (width, height) = (f64::from(video.width), f64::from(video.height));
    let crop = change.crop.map_or([0.0, 0.0, width, height], |(crop, page_width)| {
        let density = width / page_width.max(1.0);
        [crop.x, crop.y, crop.width, crop.height].map(|length| (length * density).round())
    });
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within bounds")]
    let scaled = |length: f64| (length * change.scale).round().clamp(1.0, LARGEST_SIDE) as u32;
    let options = EncodingOptions {
        codec: video.codec.name(),
        width: video.width,
        height: video.height,
        crop,
        target_codec: Codec::Vp9.name(),
        target_width: scaled(crop[2]),
        target_height: scaled(crop[3]),
        quantizer: change.quality,
    };
    let timescale = u64::from(video.timescale);
    let microseconds = |time: u64| time.saturating_mul(1_000_000) / timescale;
    let pictures = video.samples.into_iter().map(|sample| EncodedPicture {
        time: microseconds(sample.time),
        is_key: sample.is_key,
        bytes: sample.bytes,
    });
    let encoded = encode(&page.browser()?, &options, pictures.collect()).await?;
    let units = |time: u64| (time.saturating_mul(timescale) + 500_000) / 1_000_000;
    let samples = encoded.into_iter().map(|picture| Sample {
        time: units(picture.time),
        is_key: picture.is_key,
        bytes: picture.bytes,
    });
    Ok(Video {
        codec: Codec::Vp9,
        width: options.target_width,
        height: options.target_height,
        samples: samples.collect(),
        ..video
    })
}
