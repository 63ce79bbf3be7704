//! The silent clock: runs the processor at real-time speed where there is no device.

use super::capture::{CaptureInput, CaptureWriter};
use super::slot::Lease;
use super::supervisor::Counters;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Stereo: nobody hears more.
pub(super) const CHANNELS: u16 = 2;
/// After a stall, missed blocks are run at once up to this much; what is more is left out. Virtual machines were seen to stall
/// for 10 ms; a laptop that slept for an hour must not run an hour of blocks.
const CATCH_UP: Duration = Duration::from_millis(250);
/// A pause after something was left out, so that a clock that is always late does not keep its core for itself (it may have
/// real-time priority).
const BREATH: Duration = Duration::from_millis(1);
/// How long a clock that was told to end is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// The running clock. It must be ended with `stop`.
pub(super) struct SilentClock {
    ending: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    writer: Option<CaptureWriter>,
}

impl SilentClock {
    pub(super) fn start(
        sample_rate: u32,
        buffer_frames: u32,
        lease: Lease,
        counters: Arc<Counters>,
        capture: Option<(CaptureInput, CaptureWriter)>,
    ) -> std::io::Result<Self> {
        let ending = Arc::new(AtomicBool::new(false));
        let (input, writer) = capture.unzip();
        let of_clock = Arc::clone(&ending);
        let clock = move || run(Pacer::new(sample_rate, buffer_frames), &lease, &counters, input, &of_clock);
        let thread = std::thread::Builder::new().name("signal-silent-clock".to_owned()).spawn(clock)?;
        Ok(Self { ending, thread, writer })
    }

    /// True if its thread is gone, which only a panic can do.
    pub(super) fn is_dead(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends it within a block; a block that hangs is left behind.
    pub(super) fn stop(self) {
        self.ending.store(true, Ordering::Release);
        self.thread.thread().unpark();
        join_within(self.thread, PATIENCE);
        if let Some(writer) = self.writer {
            writer.finish(PATIENCE);
        }
    }
}

/// Joins a thread if it ends in time, else leaves it behind.
pub(super) fn join_within(thread: JoinHandle<()>, patience: Duration) {
    let deadline = Instant::now() + patience;
    while !thread.is_finished() && Instant::now() < deadline {
        thread.thread().unpark();
        std::thread::sleep(Duration::from_micros(200));
    }
    if thread.is_finished() {
        // A panic was printed by its own thread.
        let _ended = thread.join();
    }
}

fn run(mut pacer: Pacer, lease: &Lease, counters: &Counters, mut capture: Option<CaptureInput>, ending: &AtomicBool) {
    let mut block = vec![0.0; pacer.frames as usize * usize::from(CHANNELS)];
    let start = Instant::now();
    while !ending.load(Ordering::Acquire) {
        match pacer.step(start.elapsed()) {
            Step::Run => {
                lease.run(&mut block, CHANNELS.into());
                if let Some(capture) = &mut capture {
                    capture.push(&block);
                }
            }
            Step::Wait(time) => std::thread::park_timeout(time),
            Step::Skip(blocks) => {
                counters.skipped_blocks.fetch_add(blocks, Ordering::Relaxed);
                std::thread::park_timeout(BREATH);
            }
        }
    }
}

/// When which block is due. Pure: time comes in.
struct Pacer {
    sample_rate: u32,
    frames: u32,
    /// The next one.
    block: u64,
}

#[derive(Debug, PartialEq)]
enum Step {
    Run,
    Wait(Duration),
    /// So many blocks are left out.
    Skip(u64),
}

impl Pacer {
    fn new(sample_rate: u32, frames: u32) -> Self {
        Self { sample_rate: sample_rate.max(1), frames: frames.max(1), block: 0 }
    }

    /// Deadlines are absolute, from whole numbers: nothing adds up.
    fn due(&self, block: u64) -> Duration {
        let frames = u128::from(block) * u128::from(self.frames);
        let nanos = frames * 1_000_000_000 / u128::from(self.sample_rate);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// What to do, `now` after the start.
    fn step(&mut self, now: Duration) -> Step {
        let due = self.due(self.block);
        match now.checked_sub(due) {
            None => Step::Wait(due - now),
            Some(late) if late > CATCH_UP => {
                let frames = now.as_nanos() * u128::from(self.sample_rate) / 1_000_000_000;
                let newest = u64::try_from(frames / u128::from(self.frames)).unwrap_or(u64::MAX);
                let skipped = newest.saturating_sub(self.block).max(1);
                self.block += skipped;
                Step::Skip(skipped)
            }
            Some(_) => {
                self.block += 1;
                Step::Run
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns the clock by hand: at each of these times (in ms), how many blocks run, and how many are left out.
    fn turn(pacer: &mut Pacer, times: &[u64]) -> Vec<(u64, u64)> {
        let at = |pacer: &mut Pacer, now: u64| {
            let (mut ran, mut skipped) = (0, 0);
            loop {
                match pacer.step(Duration::from_millis(now)) {
                    Step::Run => ran += 1,
                    Step::Skip(blocks) => skipped += blocks,
                    Step::Wait(_) => return (ran, skipped),
                }
            }
        };
        times.iter().map(|now| at(pacer, *now)).collect()
    }

    #[test]
    fn the_first_block_is_due_at_once_and_the_others_on_time() {
        let mut pacer = Pacer::new(48_000, 480);
        assert_eq!(turn(&mut pacer, &[0, 9, 10, 19, 20, 55]), [(1, 0), (0, 0), (1, 0), (0, 0), (1, 0), (3, 0)]);
        assert_eq!(pacer.step(Duration::from_millis(55)), Step::Wait(Duration::from_millis(5)));
    }

    #[test]
    fn a_short_stall_is_caught_up_and_a_long_one_is_left_out() {
        let mut pacer = Pacer::new(48_000, 480);
        assert_eq!(turn(&mut pacer, &[0, 250, 3_600_250, 3_600_260]), [(1, 0), (25, 0), (1, 359_999), (1, 0)]);
    }

    #[test]
    fn an_hour_of_odd_blocks_has_the_right_length() {
        let mut pacer = Pacer::new(44_100, 127);
        let (mut now, mut frames) = (Duration::ZERO, 0_u64);
        while now < Duration::from_secs(3_600) {
            match pacer.step(now) {
                Step::Run => frames += 127,
                Step::Wait(time) => now += time,
                Step::Skip(_) => panic!("nothing is late"),
            }
        }
        let expected = 3_600 * 44_100;
        assert!(frames.abs_diff(expected) <= 127, "{frames} frames, {expected} expected");
    }

    #[test]
    fn nonsense_does_not_divide_by_zero() {
        let mut pacer = Pacer::new(0, 0);
        assert_eq!(pacer.step(Duration::ZERO), Step::Run);
    }
}
