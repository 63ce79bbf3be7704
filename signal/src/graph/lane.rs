//! A lane stream in the audio thread: reads its ring, fades between an old and a new one, fades where data are missing.

use crate::dsp::{Block, Gain, crossfade};
use crate::media::stream::{LaneReader, RollClock};

/// Frames over which a starved lane fades out, and in again.
const STARVED_FADE: usize = 32;

/// What a lane comes from, while it fades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LaneFade {
    #[default]
    None,
    FromSilence,
    /// From the reader with this index among those that were replaced.
    From(usize),
}

/// A lane's state; it moves from graph to graph.
#[derive(Debug, Default)]
pub struct Lane {
    pub reader: Option<LaneReader>,
    pub fade: LaneFade,
    is_starved: bool,
}

/// Readers that were replaced, on their way out.
#[derive(Debug)]
pub struct LeavingReaders<'a> {
    pub readers: &'a mut [LaneReader],
    pub done: u32,
    pub total: u32,
}

/// What all lanes need to know of the transport.
#[derive(Debug)]
pub struct LaneContext<'a> {
    pub clock: &'a RollClock,
    pub roll: u64,
    pub gain: Gain<'a>,
    pub leaving: Option<LeavingReaders<'a>>,
}

impl Lane {
    /// Fills the block; false when it is silent (and then the block is not written).
    pub fn render(&mut self, context: &mut LaneContext<'_>, block: &mut Block, frames: usize) -> bool {
        let is_heard = self.reader.as_ref().is_some_and(|reader| reader.ready() > 0) || self.is_starved;
        if !is_heard && self.fade == LaneFade::None {
            self.read_nothing(context, frames);
            return false;
        }
        self.read(context, block, frames);
        self.fade_in(context, block, frames);
        let (left, right) = block.sides_mut(frames);
        context.gain.apply(left);
        context.gain.apply(right);
        true
    }

    /// An empty ring: either the lane has ended, or it starves.
    fn read_nothing(&mut self, context: &LaneContext<'_>, frames: usize) {
        let Some(reader) = &mut self.reader else { return };
        let mut nothing = Block::default();
        let (left, right) = nothing.sides_mut(frames);
        let delivered = reader.read(context.roll, left, right);
        if delivered < frames {
            context.clock.add_starved((frames - delivered) as u64);
            self.is_starved = true;
        }
    }

    fn read(&mut self, context: &LaneContext<'_>, block: &mut Block, frames: usize) {
        let (left, right) = block.sides_mut(frames);
        let Some(reader) = &mut self.reader else {
            left.fill(0.0);
            right.fill(0.0);
            return;
        };
        let delivered = reader.read(context.roll, left, right);
        if self.is_starved && delivered > 0 {
            ramp(&mut left[..delivered.min(STARVED_FADE)], true);
            ramp(&mut right[..delivered.min(STARVED_FADE)], true);
            self.is_starved = false;
        }
        if delivered < frames {
            context.clock.add_starved((frames - delivered) as u64);
            let from = delivered.saturating_sub(STARVED_FADE);
            ramp(&mut left[from..delivered], false);
            ramp(&mut right[from..delivered], false);
            self.is_starved = true;
        }
    }

    fn fade_in(&self, context: &mut LaneContext<'_>, block: &mut Block, frames: usize) {
        let Some(leaving) = &mut context.leaving else { return };
        let mut old = Block::default();
        match self.fade {
            LaneFade::None => return,
            LaneFade::FromSilence => {}
            LaneFade::From(index) => {
                let Some(reader) = leaving.readers.get_mut(index) else { return };
                let (left, right) = old.sides_mut(frames);
                reader.read(context.roll, left, right);
            }
        }
        let (left, right) = block.sides_mut(frames);
        crossfade(&old.left[..frames], left, leaving.done, leaving.total);
        crossfade(&old.right[..frames], right, leaving.done, leaving.total);
    }
}

fn ramp(samples: &mut [f32], upwards: bool) {
    let count = samples.len();
    for (index, sample) in samples.iter_mut().enumerate() {
        let place = if upwards { index + 1 } else { count - index };
        *sample *= place as f32 / (count + 1) as f32;
    }
}
