//! Writes what the silent clock plays to a file, on a thread of its own.

use super::supervisor::Counters;
use rtrb::{Consumer, Producer, RingBuffer};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

/// Samples between clock and disk: 2.7 s of stereo at 48 kHz.
const RING_SAMPLES: usize = 1 << 18;
/// How often the disk is written to.
const WRITE_EVERY: Duration = Duration::from_millis(20);

/// What the clock holds: takes samples, never waits.
pub(super) struct CaptureInput {
    ring: Producer<f32>,
    counters: Arc<Counters>,
}

impl CaptureInput {
    /// Real time. What does not fit is lost, and counted.
    pub(super) fn push(&mut self, samples: &[f32]) {
        let (_taken, lost) = self.ring.push_partial_slice(samples);
        if !lost.is_empty() {
            self.counters.capture_lost_samples.fetch_add(lost.len() as u64, Ordering::Relaxed);
        }
    }
}

/// The writing thread. It ends by itself when the input is gone and everything is written.
pub(super) struct CaptureWriter {
    thread: JoinHandle<()>,
}

/// Raw 32-bit little-endian floats, interleaved.
pub(super) fn create(path: &Path, counters: &Arc<Counters>) -> std::io::Result<(CaptureInput, CaptureWriter)> {
    let file = BufWriter::with_capacity(1 << 16, File::create(path)?);
    let (ring, consumer) = RingBuffer::new(RING_SAMPLES);
    let of_writer = Arc::clone(counters);
    let thread = std::thread::Builder::new()
        .name("signal-capture".to_owned())
        .spawn(move || write_all(consumer, file, &of_writer))?;
    Ok((CaptureInput { ring, counters: Arc::clone(counters) }, CaptureWriter { thread }))
}

impl CaptureWriter {
    /// Waits until everything is written, but not longer than that.
    pub(super) fn finish(self, patience: Duration) {
        super::silent::join_within(self.thread, patience);
    }
}

fn write_all(mut samples: Consumer<f32>, mut file: BufWriter<File>, counters: &Counters) {
    let mut disk_is_well = true;
    loop {
        // In this order: what was pushed before the input went is seen after it.
        let is_last = samples.is_abandoned();
        let available = samples.slots();
        if let Ok(chunk) = samples.read_chunk(available) {
            let (front, back) = chunk.as_slices();
            let written = write(&mut file, front).and_then(|()| write(&mut file, back)).and_then(|()| file.flush());
            // A full disk: go on emptying the ring, say how much is missing, do not fill a file with holes.
            disk_is_well &= written.is_ok();
            if !disk_is_well {
                counters.capture_lost_samples.fetch_add(available as u64, Ordering::Relaxed);
            }
            chunk.commit_all();
        }
        if is_last {
            return;
        }
        std::thread::park_timeout(WRITE_EVERY);
    }
}

fn write(file: &mut BufWriter<File>, samples: &[f32]) -> std::io::Result<()> {
    samples.iter().try_for_each(|sample| file.write_all(&sample.to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_pushed_is_in_the_file_and_what_does_not_fit_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (path, counters) = (folder.path().join("capture.f32"), Arc::default());
        let (mut input, writer) = create(&path, &counters).unwrap();
        let samples: Vec<f32> = (0..60_000_u16).map(f32::from).collect();
        input.push(&samples);
        input.push(&vec![0.0; 2 * RING_SAMPLES]);
        drop(input);
        writer.finish(Duration::from_secs(30));
        let bytes = std::fs::read(&path).unwrap();
        let read: Vec<f32> = bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
        assert_eq!(read[..samples.len()], samples[..]);
        let lost = usize::try_from(counters.capture_lost_samples.load(Ordering::Relaxed)).unwrap();
        assert!(lost > 0);
        assert_eq!(read.len() + lost, samples.len() + 2 * RING_SAMPLES);
    }
}
