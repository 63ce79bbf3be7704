//! From a file's rate to the engine's, always from the file's first frame: the same samples however they are reached.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler};
use thiserror::Error;

/// Length of the anti-aliasing filter, at least, in frames of the slower rate.
const FILTER_FRAMES: u32 = 2_048;

#[derive(Debug, Error)]
#[error("its sample rate of {from} Hz cannot be converted to {to} Hz ({reason})")]
pub struct ResampleError {
    from: u32,
    to: u32,
    reason: String,
}

/// Takes planes of any length and hands on planes at the other rate; the filter's delay is taken out.
pub struct Resample {
    from: u32,
    to: u32,
    /// None = the rates are the same.
    engine: Option<Engine>,
    taken: u64,
    given: u64,
}

struct Engine {
    fft: Fft<f32>,
    /// What waits for a whole block.
    input: Vec<Vec<f32>>,
    output: Vec<Vec<f32>>,
    /// Frames of the filter's delay that are still to be dropped.
    to_drop: usize,
}

/// How many frames a file has at another rate.
pub fn resampled_frames(frames: u64, from: u32, to: u32) -> u64 {
    let exact = (u128::from(frames) * u128::from(to)).div_ceil(u128::from(from.max(1)));
    u64::try_from(exact).unwrap_or(u64::MAX)
}

impl Resample {
    pub fn new(from: u32, to: u32, channels: usize) -> Result<Self, ResampleError> {
        let engine = if from == to { None } else { Some(Engine::new(from, to, channels)?) };
        Ok(Self { from, to, engine, taken: 0, given: 0 })
    }

    /// Takes frames and hands on what is ready.
    pub fn push(&mut self, planes: &[Vec<f32>], sink: &mut dyn FnMut(&[&[f32]])) -> Result<(), ResampleError> {
        self.taken += planes.first().map_or(0, Vec::len) as u64;
        match &mut self.engine {
            None => {
                self.given = self.taken;
                sink(&planes.iter().map(Vec::as_slice).collect::<Vec<_>>());
                Ok(())
            }
            Some(engine) => {
                for (input, plane) in engine.input.iter_mut().zip(planes) {
                    input.extend_from_slice(plane);
                }
                engine.drain(&mut self.given, u64::MAX, sink).map_err(|reason| self.failure(reason))
            }
        }
    }

    /// Hands on the rest: with it the output is exactly as long as [`resampled_frames`] says.
    pub fn finish(&mut self, sink: &mut dyn FnMut(&[&[f32]])) -> Result<(), ResampleError> {
        let length = resampled_frames(self.taken, self.from, self.to);
        while let Some(engine) = &mut self.engine
            && self.given < length
        {
            let whole = engine.fft.input_frames_next();
            for input in &mut engine.input {
                input.resize(input.len().max(whole), 0.0);
            }
            engine.drain(&mut self.given, length, sink).map_err(|reason| self.failure(reason))?;
        }
        Ok(())
    }

    fn failure(&self, reason: rubato::ResampleError) -> ResampleError {
        ResampleError { from: self.from, to: self.to, reason: reason.to_string() }
    }
}

impl Engine {
    fn new(from: u32, to: u32, channels: usize) -> Result<Self, ResampleError> {
        let failure = |reason: String| ResampleError { from, to, reason };
        // An even number of the smallest blocks makes the delay, half a block, whole on both sides.
        let smallest = from / greatest_common_divisor(from, to).max(1);
        let wanted = u64::from(FILTER_FRAMES) * u64::from(from.max(to)) / u64::from(to.max(1));
        let block = u64::from(smallest) * wanted.div_ceil(u64::from(smallest)).next_multiple_of(2);
        let fft = Fft::new_custom(
            from as usize,
            to as usize,
            block as usize,
            1,
            channels,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|error| failure(error.to_string()))?;
        let output = vec![vec![0.0; fft.output_frames_max()]; channels];
        Ok(Self { to_drop: fft.output_delay(), fft, input: vec![Vec::new(); channels], output })
    }

    /// Resamples all whole blocks, but gives no more than `length` in all.
    fn drain(
        &mut self,
        given: &mut u64,
        length: u64,
        sink: &mut dyn FnMut(&[&[f32]]),
    ) -> Result<(), rubato::ResampleError> {
        let channels = self.input.len();
        let available = self.input.first().map_or(0, Vec::len);
        let mut used = 0;
        while self.fft.input_frames_next() <= available - used {
            let frames = self.output.first().map_or(0, Vec::len);
            let too_small = |_| rubato::ResampleError::InsufficientOutputBufferSize { expected: frames, actual: 0 };
            let input = SequentialSliceOfVecs::new(&self.input, channels, available).map_err(too_small)?;
            let mut output = SequentialSliceOfVecs::new_mut(&mut self.output, channels, frames).map_err(too_small)?;
            let at = Indexing::new().input_offset(used);
            let (taken, made) = self.fft.process_into_buffer(&input, &mut output, Some(&at))?;
            used += taken;
            let first = self.to_drop.min(made);
            self.to_drop -= first;
            let kept = usize::try_from(length - *given).unwrap_or(usize::MAX).min(made - first);
            *given += kept as u64;
            sink(&self.output.iter().map(|plane| &plane[first..first + kept]).collect::<Vec<_>>());
        }
        self.input.iter_mut().for_each(|plane| drop(plane.drain(..used)));
        Ok(())
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(rate: u32, hertz: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (0.5 * (TAU * hertz * n as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn resample(input: &[f32], from: u32, to: u32, packet: usize) -> Vec<f32> {
        let mut resample = Resample::new(from, to, 1).unwrap();
        let mut output = Vec::new();
        for part in input.chunks(packet) {
            resample.push(&[part.to_vec()], &mut |planes| output.extend_from_slice(planes[0])).unwrap();
        }
        resample.finish(&mut |planes| output.extend_from_slice(planes[0])).unwrap();
        output
    }

    /// Signal to error, away from the edges, in dB.
    fn accuracy(output: &[f32], expected: &[f32]) -> f64 {
        let middle = 4_000..output.len() - 4_000;
        let power = |samples: &mut dyn Iterator<Item = f64>| samples.map(|x| x * x).sum::<f64>();
        let signal = power(&mut expected[middle.clone()].iter().map(|x| f64::from(*x)));
        let error = power(&mut middle.map(|n| f64::from(output[n]) - f64::from(expected[n])));
        10.0 * (signal / error).log10()
    }

    #[test]
    fn a_sine_stays_a_sine_in_its_place() {
        for (from, to) in [(44_100, 48_000), (48_000, 44_100), (96_000, 48_000), (22_050, 48_000), (44_100, 192_000)] {
            let output = resample(&sine(from, 1_000.0, from as usize), from, to, 1_152);
            assert_eq!(output.len(), to as usize);
            let accuracy = accuracy(&output, &sine(to, 1_000.0, to as usize));
            println!("{from} Hz to {to} Hz: {accuracy:.1} dB");
            assert!(accuracy > 100.0, "{from} Hz to {to} Hz: {accuracy} dB");
        }
    }

    #[test]
    fn how_the_input_is_cut_does_not_matter() {
        let input = sine(44_100, 440.0, 20_000);
        let whole = resample(&input, 44_100, 48_000, 20_000);
        assert_eq!(whole.len() as u64, resampled_frames(20_000, 44_100, 48_000));
        assert_eq!(resample(&input, 44_100, 48_000, 577), whole);
        assert_eq!(resample(&input[..1], 44_100, 48_000, 1).len(), 2);
        assert_eq!(resample(&[], 44_100, 48_000, 1).len(), 0);
    }

    #[test]
    fn what_the_slower_rate_cannot_hold_is_filtered_out() {
        let output = resample(&sine(96_000, 30_000.0, 96_000), 96_000, 48_000, 4_096);
        let loudest = output[4_000..44_000].iter().fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
        assert!(loudest < 1e-5, "{loudest}");
    }

    /// `cargo test --release -p loophole-signal resampling_speed -- --ignored --nocapture`
    #[test]
    #[ignore = "a measurement"]
    fn resampling_speed() {
        let input = sine(44_100, 1_000.0, 44_100 * 60);
        let started = std::time::Instant::now();
        resample(&input, 44_100, 48_000, 4_096);
        println!("60 s, one channel: {:?}", started.elapsed());
    }
}
