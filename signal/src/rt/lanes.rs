//! The lanes that play, and the short cross-fade when one is replaced while it plays.

use crate::media::stream::LaneReader;

/// One lane node's reader, and the one that it replaces.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) node_id: u32,
    pub(crate) reader: Option<LaneReader>,
    pub(crate) leaving: Option<LaneReader>,
    /// Frames of the cross-fade that are left.
    pub(crate) fade_left: u32,
}

impl Lane {
    /// Adds what the lane plays to both sides; answers how many frames were missing.
    pub(crate) fn read(&mut self, roll: u64, left: &mut [f32], right: &mut [f32], fade_frames: u32, scratch: (&mut [f32], &mut [f32])) -> u64 {
        let frames = left.len();
        let delivered = match &mut self.reader {
            Some(reader) => reader.read(roll, left, right),
            None => {
                left.fill(0.0);
                right.fill(0.0);
                frames
            }
        };
        if self.fade_left > 0 {
            let (old_left, old_right) = (&mut scratch.0[..frames], &mut scratch.1[..frames]);
            match &mut self.leaving {
                Some(leaving) => {
                    leaving.read(roll, old_left, old_right);
                }
                None => {
                    old_left.fill(0.0);
                    old_right.fill(0.0);
                }
            }
            for frame in 0..frames {
                let old = self.fade_left as f32 / fade_frames.max(1) as f32;
                left[frame] = left[frame] * (1.0 - old) + old_left[frame] * old;
                right[frame] = right[frame] * (1.0 - old) + old_right[frame] * old;
                self.fade_left = self.fade_left.saturating_sub(1);
            }
        }
        (frames - delivered) as u64
    }
}
