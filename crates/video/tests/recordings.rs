//! Reads a recording of Chromium 156, and makes files of it and of pictures. That they play is tested where there is a Chromium.

use std::io::Cursor;

use video::gif::{Crop, Film, Loop, Options};
use video::{Error, fragmented_mp4, mp4, webm};

/// A page of 800 by 600 pixels, recorded for a moment.
const RECORDING: &[u8] = include_bytes!("recording.mp4");

#[test]
fn a_recording_is_read_and_goes_into_other_files() {
    let mut video = fragmented_mp4::read(RECORDING).expect("a recording");
    assert_eq!((video.width, video.height, video.timescale), (800, 600, 30_000));
    assert!(video.codec.name().starts_with("av01.0."), "{}", video.codec.name());
    assert!(video.samples[0].is_key && video.samples.windows(2).all(|pair| pair[0].time <= pair[1].time));
    let (duration, bytes): (u64, usize) = (video.duration, video.samples.iter().map(|sample| sample.bytes.len()).sum());
    video.speed_up(0.5);
    assert_eq!(video.duration, duration * 2);
    let holds = |file: &[u8], word: &[u8]| file.windows(word.len()).any(|part| part == word);
    let file = webm::write(&video);
    assert!(file.len() > bytes && file.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) && holds(&file, b"V_AV1"));
    let file = mp4::write(&video).expect("a file");
    assert!(file.len() > bytes && &file[4..8] == b"ftyp" && holds(&file, b"av1C") && holds(&file, b"stco"));
}

#[test]
fn what_is_no_recording_is_an_error() {
    for end in 0..RECORDING.len() {
        let _ = fragmented_mp4::read(&RECORDING[..end]);
    }
    let mut broken = RECORDING.to_vec();
    for at in 0..broken.len() {
        for byte in [0, 0x7F, 0xFF] {
            let before = std::mem::replace(&mut broken[at], byte);
            if let Ok(video) = fragmented_mp4::read(&broken) {
                assert!(video.samples.iter().map(|sample| sample.bytes.len()).sum::<usize>() <= broken.len());
                webm::write(&video);
                let _ = mp4::write(&video);
            }
            broken[at] = before;
        }
    }
    assert!(matches!(fragmented_mp4::read(b""), Err(Error::Broken("it has no moov box"))));
}

#[test]
fn a_file_that_is_still_written_ends_with_its_last_whole_fragment() {
    let whole = fragmented_mp4::whole_part(RECORDING).expect("pictures");
    let all = fragmented_mp4::read(RECORDING).expect("a recording");
    assert_eq!(fragmented_mp4::read(whole).expect("a recording"), all);
    for end in 0..RECORDING.len() {
        let Ok(part) = fragmented_mp4::whole_part(&RECORDING[..end]) else { continue };
        let video = fragmented_mp4::read(part).expect("a recording");
        assert!(!video.samples.is_empty() && video.samples.len() <= all.samples.len(), "{end}");
    }
    assert!(fragmented_mp4::whole_part(&RECORDING[..100]).is_err());
}

/// A picture of one colour with another one in its middle.
fn picture(width: u32, height: u32, around: [u8; 3], middle: [u8; 3]) -> Vec<u8> {
    let is_middle = |x: u32, y: u32| x.abs_diff(width / 2) < 2 && y.abs_diff(height / 2) < 2;
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels: Vec<u8> = pixels.flat_map(|(x, y)| if is_middle(x, y) { middle } else { around }).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels)).expect("a picture");
    file
}

const OPTIONS: Options = Options {
    crop: None,
    scale: 1.0,
    speed: 1.0,
    rate: 20.0,
    colors: 256,
    repeat: Loop::No,
    final_delay: None,
    limit: 1 << 20,
};

/// Size, and of each frame: delay, left, top, width, height.
fn frames(file: &[u8]) -> ((u16, u16), Vec<[u16; 5]>) {
    let mut decoder = gif::DecodeOptions::new().read_info(Cursor::new(file)).expect("a GIF");
    let size = (decoder.width(), decoder.height());
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().expect("a frame") {
        frames.push([frame.delay, frame.left, frame.top, frame.width, frame.height]);
    }
    (size, frames)
}

#[test]
fn a_film_has_what_changes_and_its_times() {
    let (red, green, blue) = ([255, 0, 0], [0, 255, 0], [0, 0, 255]);
    let mut film = Film::new(OPTIONS);
    film.push(&picture(40, 20, red, red), 40.0, 100.0).expect("a frame");
    // Two at one place: the later one counts.
    film.push(&picture(40, 20, red, green), 40.0, 100.51).expect("a frame");
    film.push(&picture(40, 20, red, blue), 40.0, 100.54).expect("a frame");
    // Nothing new.
    film.push(&picture(40, 20, red, blue), 40.0, 101.0).expect("a frame");
    film.push(&picture(60, 10, green, green), 60.0, 101.5).expect("a frame");
    let (size, shown) = frames(&film.finish(102.0).expect("a file"));
    assert_eq!(size, (40, 20));
    assert_eq!(shown, [[50, 0, 0, 40, 20], [100, 19, 9, 3, 3], [50, 0, 0, 40, 20]]);
}

#[test]
fn a_film_is_of_a_part_of_another_size_and_speed() {
    let options = Options {
        crop: Some(Crop { x: 5.0, y: 0.0, width: 10.0, height: 10.0 }),
        scale: 0.5,
        speed: 2.0,
        final_delay: Some(7),
        repeat: Loop::Forever,
        ..OPTIONS
    };
    let mut film = Film::new(options);
    // Twice as many pixels as the page has.
    film.push(&picture(40, 20, [0; 3], [9; 3]), 20.0, 0.0).expect("a frame");
    film.push(&picture(40, 20, [0; 3], [200; 3]), 20.0, 1.0).expect("a frame");
    let file = film.finish(2.0).expect("a file");
    let (size, shown) = frames(&file);
    assert_eq!(size, (10, 10));
    assert_eq!(shown.iter().map(|frame| frame[0]).collect::<Vec<_>>(), [50, 7]);
    assert!(file.windows(11).any(|part| part == b"NETSCAPE2.0"));
}

#[test]
fn a_film_keeps_to_its_bytes_and_colours() {
    let noise = |seed: u32| {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let pixels: Vec<u8> = (0..64 * 64 * 3).map(|_| next()).collect();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 64, 64);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels)).expect("a picture");
        file
    };
    let mut film = Film::new(Options { colors: 16, ..OPTIONS });
    film.push(&noise(1), 64.0, 0.0).expect("a frame");
    let file = film.finish(1.0).expect("a file");
    let mut decoder = gif::DecodeOptions::new().read_info(Cursor::new(&file)).expect("a GIF");
    assert_eq!(
        decoder.read_next_frame().expect("a frame").and_then(|frame| frame.palette.as_ref()).map(Vec::len),
        Some(48)
    );
    let mut film = Film::new(Options { limit: 6000, ..OPTIONS });
    let ended = (0_u8..20).try_for_each(|at| film.push(&noise(at.into()), 64.0, f64::from(at)));
    assert!(matches!(ended, Err(Error::TooLarge { limit: 6000 })), "{ended:?}");
    assert!(matches!(Film::new(OPTIONS).push(b"GIF89a", 1.0, 0.0), Err(Error::Picture(_))));
    assert!(Film::new(OPTIONS).finish(1.0).is_err());
}
