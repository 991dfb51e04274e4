//! Writes [WebM](https://www.webmproject.org/docs/container/) files: Matroska ([RFC 9559](https://www.rfc-editor.org/rfc/rfc9559))
//! with one track of AV1 or VP9.

use crate::{Codec, Video};

/// Times are in milliseconds: a unit is so many nanoseconds.
const UNIT: u64 = 1_000_000;
/// A block's time is told from its cluster's, in 16 bits.
const LONGEST_CLUSTER: u64 = 30_000;

mod id {
    pub(super) const EBML: u32 = 0x1A45_DFA3;
    pub(super) const EBML_VERSION: u32 = 0x4286;
    pub(super) const EBML_READ_VERSION: u32 = 0x42F7;
    pub(super) const EBML_MAX_ID_LENGTH: u32 = 0x42F2;
    pub(super) const EBML_MAX_SIZE_LENGTH: u32 = 0x42F3;
    pub(super) const DOC_TYPE: u32 = 0x4282;
    pub(super) const DOC_TYPE_VERSION: u32 = 0x4287;
    pub(super) const DOC_TYPE_READ_VERSION: u32 = 0x4285;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const INFO: u32 = 0x1549_A966;
    pub(super) const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
    pub(super) const DURATION: u32 = 0x4489;
    pub(super) const MUXING_APP: u32 = 0x4D80;
    pub(super) const WRITING_APP: u32 = 0x5741;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const TRACK_ENTRY: u32 = 0xAE;
    pub(super) const TRACK_NUMBER: u32 = 0xD7;
    pub(super) const TRACK_UID: u32 = 0x73C5;
    pub(super) const TRACK_TYPE: u32 = 0x83;
    pub(super) const CODEC_ID: u32 = 0x86;
    pub(super) const CODEC_PRIVATE: u32 = 0x63A2;
    pub(super) const VIDEO: u32 = 0xE0;
    pub(super) const PIXEL_WIDTH: u32 = 0xB0;
    pub(super) const PIXEL_HEIGHT: u32 = 0xBA;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
    pub(super) const TIMESTAMP: u32 = 0xE7;
    pub(super) const SIMPLE_BLOCK: u32 = 0xA3;
    pub(super) const CUES: u32 = 0x1C53_BB6B;
    pub(super) const CUE_POINT: u32 = 0xBB;
    pub(super) const CUE_TIME: u32 = 0xB3;
    pub(super) const CUE_TRACK_POSITIONS: u32 = 0xB7;
    pub(super) const CUE_TRACK: u32 = 0xF7;
    pub(super) const CUE_CLUSTER_POSITION: u32 = 0xF1;
}

/// Writes the file of a video.
pub fn write(video: &Video) -> Vec<u8> {
    let mut segment = Vec::new();
    element(&mut segment, id::INFO, &info(video));
    element(&mut segment, id::TRACKS, &tracks(video));
    let mut cues = Vec::new();
    for (start, cluster) in clusters(video) {
        let position = segment.len() as u64;
        element(&mut segment, id::CLUSTER, &cluster);
        element(&mut cues, id::CUE_POINT, &cue(start, position));
    }
    element(&mut segment, id::CUES, &cues);
    let mut file = Vec::new();
    element(&mut file, id::EBML, &header());
    element(&mut file, id::SEGMENT, &segment);
    file
}

fn header() -> Vec<u8> {
    let mut header = Vec::new();
    number(&mut header, id::EBML_VERSION, 1);
    number(&mut header, id::EBML_READ_VERSION, 1);
    number(&mut header, id::EBML_MAX_ID_LENGTH, 4);
    number(&mut header, id::EBML_MAX_SIZE_LENGTH, 8);
    element(&mut header, id::DOC_TYPE, b"webm");
    number(&mut header, id::DOC_TYPE_VERSION, 4);
    number(&mut header, id::DOC_TYPE_READ_VERSION, 2);
    header
}

fn info(video: &Video) -> Vec<u8> {
    let mut info = Vec::new();
    number(&mut info, id::TIMESTAMP_SCALE, UNIT);
    #[expect(clippy::cast_precision_loss, reason = "no recording takes that many milliseconds")]
    let duration = milliseconds(video, video.duration) as f64;
    element(&mut info, id::DURATION, &duration.to_be_bytes());
    element(&mut info, id::MUXING_APP, b"puppet-master");
    element(&mut info, id::WRITING_APP, b"puppet-master");
    info
}

fn tracks(video: &Video) -> Vec<u8> {
    /// What Matroska calls video.
    const VIDEO_TRACK: u64 = 1;
    let mut size = Vec::new();
    number(&mut size, id::PIXEL_WIDTH, video.width.into());
    number(&mut size, id::PIXEL_HEIGHT, video.height.into());
    let mut track = Vec::new();
    number(&mut track, id::TRACK_NUMBER, 1);
    number(&mut track, id::TRACK_UID, 1);
    number(&mut track, id::TRACK_TYPE, VIDEO_TRACK);
    match &video.codec {
        Codec::Av1(configuration) => {
            element(&mut track, id::CODEC_ID, b"V_AV1");
            element(&mut track, id::CODEC_PRIVATE, configuration);
        }
        Codec::Vp9 => element(&mut track, id::CODEC_ID, b"V_VP9"),
    }
    element(&mut track, id::VIDEO, &size);
    let mut tracks = Vec::new();
    element(&mut tracks, id::TRACK_ENTRY, &track);
    tracks
}

/// The clusters and when they begin; each begins with a picture that needs no other, or because the one before is full.
fn clusters(video: &Video) -> Vec<(u64, Vec<u8>)> {
    const KEY: u8 = 0x80;
    const TRACK: u8 = 0x81;
    let mut clusters: Vec<(u64, Vec<u8>)> = Vec::new();
    for sample in &video.samples {
        let time = milliseconds(video, sample.time);
        let fits = clusters.last().is_some_and(|(start, _)| time.saturating_sub(*start) < LONGEST_CLUSTER);
        if !fits || sample.is_key {
            let mut cluster = Vec::new();
            number(&mut cluster, id::TIMESTAMP, time);
            clusters.push((time, cluster));
        }
        let Some((start, cluster)) = clusters.last_mut() else { continue };
        let offset = u16::try_from(time.saturating_sub(*start)).unwrap_or_default();
        let mut block = vec![TRACK];
        block.extend(offset.to_be_bytes());
        block.push(if sample.is_key { KEY } else { 0 });
        block.extend(&sample.bytes);
        element(cluster, id::SIMPLE_BLOCK, &block);
    }
    clusters
}

fn cue(time: u64, position: u64) -> Vec<u8> {
    let mut place = Vec::new();
    number(&mut place, id::CUE_TRACK, 1);
    number(&mut place, id::CUE_CLUSTER_POSITION, position);
    let mut point = Vec::new();
    number(&mut point, id::CUE_TIME, time);
    element(&mut point, id::CUE_TRACK_POSITIONS, &place);
    point
}

fn milliseconds(video: &Video, time: u64) -> u64 {
    let scale = u64::from(video.timescale);
    time.saturating_mul(1000).saturating_add(scale / 2) / scale
}

/// Appends an element; its size always takes eight bytes.
fn element(out: &mut Vec<u8>, id: u32, content: &[u8]) {
    const EIGHT_BYTES: u64 = 1 << 56;
    let bytes = id.to_be_bytes();
    out.extend(bytes.into_iter().skip_while(|byte| *byte == 0));
    out.extend((EIGHT_BYTES | content.len() as u64).to_be_bytes());
    out.extend(content);
}

fn number(out: &mut Vec<u8>, id: u32, value: u64) {
    element(out, id, &value.to_be_bytes());
}
