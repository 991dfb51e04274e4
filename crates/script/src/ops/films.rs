//! Ops of films: `page.record()` and `page.screencast()`.

use std::rc::Rc;

use ::browser::page::{Page, RecordingOptions};
use rquickjs as js;
use serde::Deserialize;
use video::gif::{self, Crop, Loop};

use super::local_files::{self, Place};
use super::registry::Registry;
use crate::error::OpError;
use crate::films::{self, Change, Container, Film, Form};
use crate::job_folder::FolderError;
use crate::resources::Resource;
use crate::scope::Scope;
use crate::value::{Bytes, Json};

/// A film, and the file that it goes to.
struct Recording {
    film: Film,
    place: Option<Place>,
}

impl Resource for Recording {
    fn class(&self) -> &'static str {
        "Recording"
    }
}

/// What Puppeteer chooses when a script says nothing.
const VIDEO_RATE: f64 = 30.0;
const GIF_RATE: f64 = 20.0;
const QUALITY: f64 = 30.0;

/// As `js/puppeteer/screen_recording.js` makes them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordArgs {
    path: Option<String>,
    overwrite: bool,
    audio: bool,
    max_width: Option<f64>,
    max_height: Option<f64>,
    frame_rate: Option<f64>,
}

/// As `js/puppeteer/screen_recording.js` makes them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScreencastArgs {
    path: Option<String>,
    overwrite: bool,
    format: String,
    crop: Option<CropArgs>,
    scale: Option<f64>,
    speed: Option<f64>,
    fps: Option<f64>,
    /// Below zero: without end.
    repeat: Option<f64>,
    delay: Option<f64>,
    quality: Option<f64>,
    colors: Option<f64>,
}

#[derive(Clone, Copy, Deserialize)]
struct CropArgs {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("page_record", |scope, (page, options): (Rc<Page>, Json<RecordArgs>)| record(scope, page, options.0))?;
    ops.future("page_screencast", |scope, (page, options): (Rc<Page>, Json<ScreencastArgs>)| {
        screencast(scope, page, options.0)
    })?;
    ops.future("recording_stop", |scope, (recording,): (Rc<Recording>,)| stop(scope, recording))?;
    ops.sync("recording_read", |scope, (recording, from, most): (Rc<Recording>, usize, usize)| match &recording.place {
        Some(Place::Job(name)) => {
            let part = local_files::folder(scope)?.read_part(name, from as u64, most as u64)?;
            Ok(Bytes(part))
        }
        _ => Ok(Bytes(recording.film.part(from, most))),
    })
}

async fn record(scope: Rc<Scope>, page: Rc<Page>, args: RecordArgs) -> Result<Rc<Recording>, OpError> {
    let place = target(&scope, "page.record", args.path.as_deref(), args.overwrite)?;
    let turn = films::turn(&scope.films)?;
    let options = RecordingOptions {
        audio: args.audio,
        max_width: args.max_width.map(whole),
        max_height: args.max_height.map(whole),
        frame_rate: args.frame_rate.map(whole),
    };
    let film = Film::record(page, options, Form::Recorded, turn, &scope.meter.memory).await?;
    Ok(Rc::new(Recording { film, place }))
}

async fn screencast(scope: Rc<Scope>, page: Rc<Page>, args: ScreencastArgs) -> Result<Rc<Recording>, OpError> {
    let crop = match args.crop {
        Some(crop) => Some(checked(crop, page.visible_size().await?)?),
        None => None,
    };
    for (name, value) in [("speed", args.speed), ("scale", args.scale)] {
        if value.is_some_and(|value| value <= 0.0) {
            return Err(OpError::error(format!("`{name}` must be greater than 0.")));
        }
    }
    let (speed, scale) = (args.speed.unwrap_or(1.0), args.scale.unwrap_or(1.0));
    let container = match args.format.as_str() {
        "webm" => Some(Container::WebM),
        "mp4" => Some(Container::Mp4),
        "gif" => None,
        other => {
            return Err(OpError::error(format!(
                "unknown format of a screencast: {other}; there are webm, mp4 and gif"
            )));
        }
    };
    let place = target(&scope, "page.screencast", args.path.as_deref(), args.overwrite)?;
    let turn = films::turn(&scope.films)?;
    let memory = &scope.meter.memory;
    let Some(container) = container else {
        let options = gif::Options {
            crop: crop.map(|(crop, _)| crop),
            scale,
            speed,
            rate: args.fps.unwrap_or(GIF_RATE).clamp(0.01, 100.0),
            colors: whole(args.colors.unwrap_or(256.0)) as usize,
            repeat: match args.repeat {
                Some(times) if times < 0.0 => Loop::Forever,
                Some(times) if times >= 1.0 => Loop::Times(u16::try_from(whole(times)).unwrap_or(u16::MAX)),
                _ => Loop::No,
            },
            // Hundredths of a second.
            final_delay: args.delay.filter(|delay| *delay >= 0.0).map(|delay| short(delay / 10.0)),
            limit: films::largest(memory),
        };
        let film = Film::gif(&page, options, turn, memory).await?;
        return Ok(Rc::new(Recording { film, place }));
    };
    let changes = crop.is_some() || args.quality.is_some() || (scale - 1.0).abs() > f64::EPSILON;
    let quality = whole(args.quality.unwrap_or(QUALITY).clamp(0.0, 63.0));
    let form = Form::Made { container, speed, change: changes.then_some(Change { crop, scale, quality }) };
    let frame_rate = Some(whole(args.fps.unwrap_or(VIDEO_RATE)).max(1));
    let options = RecordingOptions { frame_rate, ..RecordingOptions::default() };
    let film = Film::record(page, options, form, turn, memory).await?;
    Ok(Rc::new(Recording { film, place }))
}

/// Answers how many bytes the file has; nothing when the film has ended before.
async fn stop(scope: Rc<Scope>, recording: Rc<Recording>) -> Result<Option<f64>, OpError> {
    let Some(made) = recording.film.stop().await else { return Ok(None) };
    let bytes = made?;
    #[expect(clippy::cast_precision_loss, reason = "no film is that large")]
    let size = bytes.len() as f64;
    local_files::write(&scope, recording.place.clone(), &bytes).await?;
    if !matches!(recording.place, Some(Place::Job(_))) {
        recording.film.keep(bytes)?;
    }
    Ok(Some(size))
}

/// The file that a film goes to, which is there from the beginning.
fn target(scope: &Scope, call: &str, path: Option<&str>, overwrite: bool) -> Result<Option<Place>, OpError> {
    let place = local_files::place(scope, call, path)?;
    if let Some(Place::Job(name)) = &place {
        let folder = local_files::folder(scope)?;
        if !overwrite && folder.stat(Some(name)).is_ok() {
            return Err(FolderError::exists(name).into());
        }
        folder.write(name, &[])?;
    }
    Ok(place)
}

/// As Puppeteer rounds and checks it, and the page's width with it.
fn checked(crop: CropArgs, (page_width, page_height): (f64, f64)) -> Result<(Crop, f64), OpError> {
    let span = |from: f64, length: f64| {
        let (from, length) = if length < 0.0 { (from + length, -length) } else { (from, length) };
        (from.round(), (from + length).round() - from.round())
    };
    let ((x, width), (y, height)) = (span(crop.x, crop.width), span(crop.y, crop.height));
    if x < 0.0 || y < 0.0 {
        return Err(OpError::error("`crop.x` and `crop.y` must be greater than or equal to 0."));
    }
    if width <= 0.0 || height <= 0.0 {
        return Err(OpError::error("`crop.height` and `crop.width` must be greater than or equal to 0."));
    }
    if x + width > page_width {
        return Err(OpError::error(format!("`crop.width` cannot be larger than the viewport width ({page_width}).")));
    }
    if y + height > page_height {
        return Err(OpError::error(format!(
            "`crop.height` cannot be larger than the viewport height ({page_height})."
        )));
    }
    Ok((Crop { x, y, width, height }, page_width))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn whole(number: f64) -> u32 {
    number as u32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn short(number: f64) -> u16 {
    number.round() as u16
}
