//! A sine whose phase is an integer: it does not drift, and it is the same however time is cut into blocks.

use super::{BLOCK, Smoother};

/// Where the sine is in its turn; 2⁶⁴ is a whole one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tone {
    phase: u64,
}

const TURN: f64 = 18_446_744_073_709_551_616.0;

impl Tone {
    /// Fills `out` with the next frames.
    pub fn render(&mut self, frequency_hz: &Smoother, gain: &Smoother, sample_rate: u32, out: &mut [f32]) {
        let mut frequencies = [0.0; BLOCK];
        let frequencies = &mut frequencies[..out.len()];
        frequency_hz.fill(frequencies);
        for (sample, frequency) in out.iter_mut().zip(frequencies) {
            *sample = (self.phase as f64 * (std::f64::consts::TAU / TURN)).sin() as f32;
            let turns = (f64::from(*frequency) / f64::from(sample_rate)).clamp(0.0, 0.5);
            self.phase = self.phase.wrapping_add((turns * TURN) as u64);
        }
        let mut gains = [0.0; BLOCK];
        gain.values(&mut gains, out.len()).apply(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_is_a_quarter_turn() {
        let mut out = [0.0; 5];
        Tone::default().render(&Smoother::at(12_000.0, 0), &Smoother::at(0.5, 0), 48_000, &mut out);
        for (sample, wanted) in out.iter().zip([0.0, 0.5, 0.0, -0.5, 0.0]) {
            assert!((sample - wanted).abs() < 1e-6, "{out:?}");
        }
    }
}
