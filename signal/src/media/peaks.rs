//! The peaks of a file, gathered while it is decoded, and kept in a file beside the project.

use super::files::{self, Stamp};
use loophole_wire::peaks::{FINEST_FRAMES_PER_ENTRY, FULL_SCALE, PeakEntry, PeaksFile, PeaksLevel, SourceStamp};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Gathers the finest level.
pub struct PeaksBuilder {
    frames: u64,
    channels: Vec<Channel>,
}

#[derive(Default)]
struct Channel {
    entries: Vec<PeakEntry>,
    min: f32,
    max: f32,
    squares: f64,
    count: u32,
}

impl PeaksBuilder {
    /// One or two channels.
    pub fn new(channels: usize) -> Self {
        let channels = (0..channels.clamp(1, 2)).map(|_| Channel::default()).collect();
        Self { frames: 0, channels }
    }

    pub fn push(&mut self, planes: &[Vec<f32>]) {
        self.frames += planes.first().map_or(0, Vec::len) as u64;
        for (channel, plane) in self.channels.iter_mut().zip(planes) {
            channel.push(plane);
        }
    }

    pub fn finish(mut self, sample_rate: u32) -> PeaksFile {
        let close = |channel: &mut Channel| {
            if channel.count > 0 {
                channel.close();
            }
            std::mem::take(&mut channel.entries)
        };
        let channels = self.channels.iter_mut().map(close).collect();
        let finest = PeaksLevel { frames_per_entry: FINEST_FRAMES_PER_ENTRY, channels };
        PeaksFile::from_finest(self.frames, sample_rate, finest)
    }
}

impl Channel {
    fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let room = (FINEST_FRAMES_PER_ENTRY - self.count) as usize;
            let (part, rest) = samples.split_at(room.min(samples.len()));
            if self.count == 0 {
                (self.min, self.max) = (f32::INFINITY, f32::NEG_INFINITY);
            }
            for sample in part {
                self.min = self.min.min(*sample);
                self.max = self.max.max(*sample);
                self.squares += f64::from(*sample) * f64::from(*sample);
            }
            self.count += part.len() as u32;
            if self.count == FINEST_FRAMES_PER_ENTRY {
                self.close();
            }
            samples = rest;
        }
    }

    fn close(&mut self) {
        let rms = (self.squares / f64::from(self.count)).sqrt() as f32;
        // `as` saturates: what is over full scale is drawn at full scale.
        let scaled = |value: f32| (value * FULL_SCALE).round();
        self.entries.push(PeakEntry {
            min: scaled(self.min) as i16,
            max: scaled(self.max) as i16,
            rms: scaled(rms) as u16,
        });
        (self.squares, self.count) = (0.0, 0);
    }
}

/// Whether a complete pyramid of this state of the source is there.
pub fn are_fresh(peaks_path: &Path, source: Stamp) -> bool {
    let mut header = [0; 40];
    let read = File::open(peaks_path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && SourceStamp::of_peaks(&header) == Ok(source_stamp(source))
}

/// Writes the pyramid beside its place and renames it.
pub fn save(peaks: &PeaksFile, peaks_path: &Path, source: Stamp) -> io::Result<()> {
    files::write_whole(peaks_path, &peaks.encode(source_stamp(source)))
}

fn source_stamp(stamp: Stamp) -> SourceStamp {
    SourceStamp { size: stamp.size, modified_nanos: stamp.modified_nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_of_a_step_and_a_square() {
        let mut builder = PeaksBuilder::new(2);
        let left: Vec<f32> = (0..100).map(|n| if n < 64 { 0.5 } else { -1.5 }).collect();
        let right: Vec<f32> = (0..100).map(|n| if n % 2 == 0 { 1.0 } else { -1.0 }).collect();
        for cut in [0..1, 1..70, 70..100] {
            builder.push(&[left[cut.clone()].to_vec(), right[cut].to_vec()]);
        }
        let peaks = builder.finish(44_100);
        let entry = |min, max, rms| PeakEntry { min, max, rms };
        assert_eq!((peaks.frames, peaks.sample_rate, peaks.levels.len()), (100, 44_100, 1));
        assert_eq!(peaks.levels[0].channels[0], [entry(16_384, 16_384, 16_384), entry(-32_768, -32_768, 49_151)]);
        assert_eq!(peaks.levels[0].channels[1], [entry(-32_767, 32_767, 32_767); 2]);
    }
}
