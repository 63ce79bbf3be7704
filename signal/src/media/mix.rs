//! What a lane plays at a place of the timeline: its regions, with gain and repetition, added up.

use super::source::Source;
use super::stream::Frame;
use loophole_wire::message::graph;
use std::collections::HashMap;
use std::sync::Arc;

/// Louder than this is taken for a mistake, in dB.
const MAXIMUM_GAIN_DB: f64 = 24.0;

/// What is known of a media id.
#[derive(Debug)]
pub enum Slot {
    /// It is being opened: what it plays is not known yet.
    Opening {
        replaces: bool,
    },
    /// It plays silence.
    Missing,
    Ready(Arc<Source>),
}

/// All media by id.
pub type Media = HashMap<u32, Slot>;

/// A region, checked and in the mixer's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneRegion {
    start: i64,
    end: i64,
    pub media_id: u32,
    offset: i64,
    gain: f32,
    repeat: Option<u64>,
}

/// Buffers that are used again and again.
#[derive(Default)]
pub struct Scratch {
    frames: Vec<Frame>,
    bytes: Vec<u8>,
}

impl LaneRegion {
    /// None when it cannot be heard.
    fn from_wire(region: &graph::Region) -> Option<Self> {
        let decibels = region.gain_db.0;
        let gain = if decibels.is_nan() { 0.0 } else { 10_f64.powf(decibels.min(MAXIMUM_GAIN_DB) / 20.0) as f32 };
        let end = region.start_frames.saturating_add(region.length_frames);
        let repeat =
            region.loop_length_frames.and_then(|frames| u64::try_from(frames).ok()).filter(|frames| *frames > 0);
        (gain > 0.0 && end > region.start_frames).then_some(Self {
            start: region.start_frames,
            end,
            media_id: region.media_id,
            offset: region.offset_frames,
            gain,
            repeat,
        })
    }
}

/// Regions in the order in which they are added: the same sum whatever order they came in.
pub fn lane_regions(regions: &[graph::Region]) -> Vec<LaneRegion> {
    let mut sorted: Vec<_> = regions.iter().collect();
    sorted.sort_by_key(|region| (region.start_frames, region.region_id));
    sorted.into_iter().filter_map(LaneRegion::from_wire).collect()
}

/// The first place after which nothing is heard.
pub fn end_of(regions: &[LaneRegion]) -> i64 {
    regions.iter().map(|region| region.end).max().unwrap_or(i64::MIN)
}

/// Fills `out` with what is heard from `position` on, and answers how many frames are true: behind them, media is still
/// being decoded and is silent.
pub fn render(regions: &[LaneRegion], media: &Media, position: i64, out: &mut [Frame], scratch: &mut Scratch) -> usize {
    out.fill([0.0; 2]);
    let end = position.saturating_add(out.len() as i64);
    let mut ready = out.len();
    for region in regions.iter().take_while(|region| region.start < end).filter(|region| region.end > position) {
        let from = region.start.max(position);
        let first = (from - position) as usize;
        let last = (region.end.min(end) - position) as usize;
        let into = (i128::from(from) - i128::from(region.start)) as u64;
        let true_frames = match media.get(&region.media_id) {
            None | Some(Slot::Missing) => last - first,
            Some(Slot::Opening { .. }) => 0,
            Some(Slot::Ready(source)) => add(region, source, into, &mut out[first..last], scratch),
        };
        if true_frames < last - first {
            ready = ready.min(first + true_frames);
        }
    }
    ready
}

/// Adds a stretch of a region that begins `into` frames behind its start.
fn add(region: &LaneRegion, source: &Source, into: u64, out: &mut [Frame], scratch: &mut Scratch) -> usize {
    let Some(repeat) = region.repeat else {
        return add_once(region, source, i128::from(region.offset) + i128::from(into), out, scratch);
    };
    let mut ready = out.len();
    let mut done = 0;
    while done < out.len() {
        let within = (into + done as u64) % repeat;
        let count = usize::try_from(repeat - within).unwrap_or(usize::MAX).min(out.len() - done);
        let start = i128::from(region.offset) + i128::from(within);
        let true_frames = add_once(region, source, start, &mut out[done..done + count], scratch);
        if true_frames < count {
            ready = ready.min(done + true_frames);
        }
        done += count;
        // A cycle shorter than what is left was heard once from its start: the rest repeats it.
        if within == 0 && count as u64 == repeat && done < out.len() && true_frames == count {
            repeat_cycle(region.gain, &scratch.frames[..count], &mut out[done..]);
            return ready;
        }
    }
    ready
}

fn add_once(region: &LaneRegion, source: &Source, start: i128, out: &mut [Frame], scratch: &mut Scratch) -> usize {
    // Before the media's first frame there is silence.
    let before = usize::try_from(-start).unwrap_or(if start < 0 { usize::MAX } else { 0 }).min(out.len());
    let start = u64::try_from(start + before as i128).unwrap_or(u64::MAX);
    scratch.frames.clear();
    scratch.frames.resize(out.len(), [0.0; 2]);
    let true_frames = before + source.read(start, &mut scratch.frames[before..], &mut scratch.bytes);
    for (to, from) in out.iter_mut().zip(&scratch.frames) {
        to[0] += region.gain * from[0];
        to[1] += region.gain * from[1];
    }
    true_frames
}

fn repeat_cycle(gain: f32, cycle: &[Frame], out: &mut [Frame]) {
    for (to, from) in out.iter_mut().zip(cycle.iter().cycle()) {
        to[0] += gain * from[0];
        to[1] += gain * from[1];
    }
}
