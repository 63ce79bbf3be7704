//! Sample arithmetic: blocks, smoothed values, gains, pan law, tone. Real-time safe: nothing here allocates or locks.

pub(crate) mod pan;
pub mod smooth;
pub mod tone;

pub use smooth::Smoother;

/// Frames that are processed at once at most; longer callbacks are cut.
pub const BLOCK: usize = 128;

/// Louder than this is taken for a mistake, in dB.
pub const MAXIMUM_GAIN_DB: f64 = 24.0;

/// A stretch of stereo, planar, so that loops vectorise.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Block {
    pub left: [f32; BLOCK],
    pub right: [f32; BLOCK],
}

impl Default for Block {
    fn default() -> Self {
        Self { left: [0.0; BLOCK], right: [0.0; BLOCK] }
    }
}

impl Block {
    /// The first frames of both sides.
    pub fn sides(&self, frames: usize) -> (&[f32], &[f32]) {
        (&self.left[..frames], &self.right[..frames])
    }

    pub fn sides_mut(&mut self, frames: usize) -> (&mut [f32], &mut [f32]) {
        (&mut self.left[..frames], &mut self.right[..frames])
    }

    pub fn clear(&mut self, frames: usize) {
        let (left, right) = self.sides_mut(frames);
        left.fill(0.0);
        right.fill(0.0);
    }

    pub fn copy(&mut self, from: &Block, frames: usize) {
        self.left[..frames].copy_from_slice(&from.left[..frames]);
        self.right[..frames].copy_from_slice(&from.right[..frames]);
    }

    pub fn add(&mut self, from: &Block, frames: usize) {
        add(&mut self.left[..frames], &from.left[..frames]);
        add(&mut self.right[..frames], &from.right[..frames]);
    }
}

/// A factor per frame, or one for all of them.
#[derive(Clone, Copy, Debug)]
pub enum Gain<'a> {
    Steady(f32),
    Ramp(&'a [f32]),
}

impl Gain<'_> {
    pub fn apply(self, samples: &mut [f32]) {
        match self {
            // One is the neutral element: leaving the samples alone is the same, bit for bit.
            Gain::Steady(1.0) => {}
            Gain::Steady(gain) => samples.iter_mut().for_each(|sample| *sample *= gain),
            Gain::Ramp(gains) => samples.iter_mut().zip(gains).for_each(|(sample, gain)| *sample *= gain),
        }
    }

    /// `to += from × gain`.
    pub fn add_scaled(self, from: &[f32], to: &mut [f32]) {
        match self {
            Gain::Steady(gain) => to.iter_mut().zip(from).for_each(|(to, from)| *to += from * gain),
            Gain::Ramp(gains) => {
                to.iter_mut().zip(from).zip(gains).for_each(|((to, from), gain)| *to += from * gain);
            }
        }
    }
}

/// Replaces `to` by the way from `from` to `to`; equal samples stay as they are, bit for bit.
pub fn crossfade(from: &[f32], to: &mut [f32], done: u32, total: u32) {
    let step = 1.0 / total as f32;
    for (index, (to, from)) in to.iter_mut().zip(from).enumerate() {
        let weight = (done + index as u32 + 1) as f32 * step;
        *to = from + (*to - from) * weight;
    }
}

/// What is no number, or not finite, becomes silence; answers whether there was any.
pub fn guard(samples: &mut [f32]) -> bool {
    let mut was_bad = false;
    for sample in samples {
        let is_finite = sample.abs() < f32::INFINITY;
        was_bad |= !is_finite;
        *sample = if is_finite { *sample } else { 0.0 };
    }
    was_bad
}

/// Peak and sum of squares of one side.
pub fn measure(samples: &[f32]) -> (f32, f32) {
    // Eight sums side by side: one chain of additions would not vectorise.
    let (mut peaks, mut sums) = ([0.0_f32; 8], [0.0_f32; 8]);
    let (chunks, rest) = samples.as_chunks::<8>();
    for chunk in chunks {
        for lane in 0..8 {
            peaks[lane] = peaks[lane].max(chunk[lane].abs());
            sums[lane] += chunk[lane] * chunk[lane];
        }
    }
    let mut peak = peaks.iter().copied().fold(0.0, f32::max);
    let mut sum: f32 = sums.iter().sum();
    for sample in rest {
        peak = peak.max(sample.abs());
        sum += sample * sample;
    }
    (peak, sum)
}

/// Decibels to a factor; −inf is 0, and what is above [`MAXIMUM_GAIN_DB`] or no number counts as the nearest sense.
pub fn gain_of(decibels: f64) -> f32 {
    if decibels.is_nan() || decibels == f64::NEG_INFINITY {
        return 0.0;
    }
    // 0 dB is exactly 1, so that a fader at rest changes no bit.
    if decibels == 0.0 { 1.0 } else { 10_f64.powf(decibels.min(MAXIMUM_GAIN_DB) / 20.0) as f32 }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decibels_have_their_fixed_points() {
        assert_eq!((gain_of(0.0), gain_of(f64::NEG_INFINITY), gain_of(f64::NAN)), (1.0, 0.0, 0.0));
        assert!((gain_of(-6.0) - 0.501_187).abs() < 1e-6);
        assert_eq!(gain_of(1000.0), gain_of(MAXIMUM_GAIN_DB));
    }

    #[test]
    fn a_crossfade_between_equals_changes_no_bit_and_ends_at_its_goal() {
        let from: Vec<f32> = (0..240).map(|n| (n as f32 * 0.37).sin()).collect();
        let mut same = from.clone();
        crossfade(&from, &mut same, 0, 240);
        assert_eq!(same, from);
        let mut silence = vec![0.0; 240];
        crossfade(&from, &mut silence, 0, 240);
        assert!(silence[239].abs() < 1e-6 && (silence[0] - from[0]).abs() < 0.01);
    }

    #[test]
    fn what_is_no_number_becomes_silence() {
        let mut samples = [1.0, f32::NAN, f32::INFINITY, -2.0];
        assert!(guard(&mut samples));
        assert_eq!(samples, [1.0, 0.0, 0.0, -2.0]);
        assert!(!guard(&mut samples));
    }

    #[test]
    fn levels_are_those_of_the_signal() {
        let samples: Vec<f32> = (0..13).map(|n| if n == 9 { -2.0 } else { 0.5 }).collect();
        assert_eq!(measure(&samples), (2.0, 12.0 * 0.25 + 4.0));
    }
}
