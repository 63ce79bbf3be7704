//! Values that move to their goal along a straight line, per sample, however the time is cut into blocks.

use super::{BLOCK, Gain};

/// A smoothed value.
///
/// On its way, the value is computed from how many frames are left and not by adding up, so that the same frame gets
/// the same bits whatever the sizes of the blocks before it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Smoother {
    target: f32,
    step: f32,
    remaining: u32,
    ramp_frames: u32,
}

impl Smoother {
    /// At rest. `ramp_frames` is how long each change takes.
    pub const fn at(value: f32, ramp_frames: u32) -> Self {
        Self { target: value, step: 0.0, remaining: 0, ramp_frames }
    }

    /// The value of the frame before the next one.
    pub fn current(&self) -> f32 {
        self.target - self.step * self.remaining as f32
    }

    pub fn target(&self) -> f32 {
        self.target
    }

    /// Frames until the goal is reached.
    pub fn remaining(&self) -> u32 {
        self.remaining
    }

    pub fn set(&mut self, target: f32) {
        self.set_within(target, self.ramp_frames);
    }

    /// Moves to the target in a time of its own. The same goal again changes nothing.
    pub fn set_within(&mut self, target: f32, frames: u32) {
        if target == self.target {
            return;
        }
        let current = self.current();
        self.target = target;
        self.remaining = frames;
        self.step = if frames == 0 { 0.0 } else { (target - current) / frames as f32 };
    }

    /// Goes on from where `old` is, to this one's goal.
    pub fn continue_from(&mut self, old: &Smoother) {
        let (target, ramp_frames) = (self.target, self.ramp_frames);
        *self = Smoother { ramp_frames, ..*old };
        self.set(target);
    }

    /// At the goal at once.
    pub fn settle(&mut self) {
        self.remaining = 0;
    }

    /// The values of the next frames, without moving on.
    pub fn values<'a>(&self, scratch: &'a mut [f32; BLOCK], frames: usize) -> Gain<'a> {
        if self.remaining == 0 {
            return Gain::Steady(self.target);
        }
        self.fill(&mut scratch[..frames]);
        Gain::Ramp(&scratch[..frames])
    }

    /// Writes the values of the next frames, without moving on.
    pub fn fill(&self, values: &mut [f32]) {
        for (index, value) in values.iter_mut().enumerate() {
            let left = self.remaining.saturating_sub(index as u32 + 1);
            *value = self.target - self.step * left as f32;
        }
    }

    pub fn advance(&mut self, frames: usize) {
        self.remaining = self.remaining.saturating_sub(frames as u32);
    }
}

/// The product of two smoothed values over the next frames.
pub fn product<'a>(a: &Smoother, b: &Smoother, scratch: &'a mut [f32; BLOCK], frames: usize) -> Gain<'a> {
    if a.remaining == 0 && b.remaining == 0 {
        return Gain::Steady(a.target * b.target);
    }
    let mut other = [0.0; BLOCK];
    a.fill(&mut scratch[..frames]);
    b.fill(&mut other[..frames]);
    scratch[..frames].iter_mut().zip(&other).for_each(|(a, b)| *a *= b);
    Gain::Ramp(&scratch[..frames])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(cuts: &[usize]) -> Vec<u32> {
        let mut smoother = Smoother::at(0.0, 100);
        smoother.set(0.7);
        let mut bits = Vec::new();
        for frames in cuts {
            let mut values = vec![0.0; *frames];
            smoother.fill(&mut values);
            smoother.advance(*frames);
            bits.extend(values.iter().map(|value| value.to_bits()));
        }
        bits
    }

    #[test]
    fn the_cut_into_blocks_changes_no_bit() {
        let whole = run(&[128]);
        assert_eq!(run(&[1; 128]), whole);
        assert_eq!(run(&[7, 60, 61]), whole);
        assert_eq!(f32::from_bits(whole[99]), 0.7);
        assert_eq!(f32::from_bits(whole[127]), 0.7);
    }

    #[test]
    fn a_new_graph_continues_where_the_old_one_was() {
        let mut old = Smoother::at(1.0, 10);
        old.set(0.0);
        old.advance(5);
        let mut new = Smoother::at(0.0, 20);
        new.continue_from(&old);
        assert_eq!((new.current(), new.remaining()), (0.5, 5));
        let mut elsewhere = Smoother::at(1.0, 20);
        elsewhere.continue_from(&old);
        assert_eq!((elsewhere.current(), elsewhere.remaining()), (0.5, 20));
    }
}
