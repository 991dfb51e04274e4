//! A GIF that is made while the page's pictures come.

use std::time::Duration;

use ::browser::page::{Page, Picture, Screencast};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use video::gif::{Film, Options};

use super::UnderWay;
use super::making::beside;
use crate::error::OpError;

/// The largest side of a picture, in pixels: each is in memory as a whole, several times.
const LARGEST_SIDE: u32 = 2560;
/// How long a page may take to show its first picture.
const FIRST_PICTURE: Duration = Duration::from_secs(5);

/// Begins with the picture that the page shows.
pub(super) async fn begin(page: &Page, options: Options) -> Result<UnderWay<Vec<u8>>, OpError> {
    let mut screencast = page.start_screencast(LARGEST_SIDE).await?;
    let first = timeout(FIRST_PICTURE, screencast.next()).await.ok().flatten();
    let first = first.ok_or_else(|| OpError::error("the page shows no picture"))?;
    Ok(UnderWay::begin(|stopped| collect(screencast, Film::new(options), first, stopped)))
}

async fn collect(
    mut screencast: Screencast,
    mut film: Film,
    first: Picture,
    mut stopped: oneshot::Receiver<()>,
) -> Result<Vec<u8>, OpError> {
    let mut next = Some(first);
    let (mut shown_at, mut seen) = (0.0, Instant::now());
    while let Some(picture) = next {
        (shown_at, seen) = (picture.time, Instant::now());
        let added = beside(move || {
            film.push(&picture.png, picture.page_width, picture.time)?;
            Ok((film, picture))
        });
        let (rest, picture) = added.await?;
        film = rest;
        // The next one is not wanted before this one has its place.
        screencast.acknowledge(&picture);
        next = tokio::select! {
            biased;
            _ = &mut stopped => None,
            picture = screencast.next() => picture,
        };
    }
    let end = shown_at + seen.elapsed().as_secs_f64();
    beside(move || film.finish(end)).await
}
