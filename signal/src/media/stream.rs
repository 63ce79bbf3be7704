//! What the disk thread and the audio thread share: the roll clock, the map from roll to timeline, one ring per lane.
//!
//! *Roll* counts the frames that rolled since the engine started; it never goes back. A [`RollMap`] says which place
//! of the timeline a roll is. A lane is one contiguous ring of frames in roll order, already mixed for that lane, so
//! the audio thread knows nothing of files, regions or loops.

use loophole_wire::message::transport::LoopRegion;
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A stereo frame.
pub type Frame = [f32; 2];

/// [`RollMap::contiguous_from`] answers this many frames when no wrap is ahead.
pub const NO_WRAP: u64 = u64::MAX;

/// Written by the audio thread, read by the disk thread (and by whoever reports).
#[derive(Debug, Default)]
pub struct RollClock {
    rolled: AtomicU64,
    generation: AtomicU64,
    start_roll: AtomicU64,
    rolling: AtomicBool,
    starved: AtomicU64,
}

impl RollClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Frames rolled since the engine started.
    pub fn rolled(&self) -> u64 {
        self.rolled.load(Ordering::Acquire)
    }

    pub fn is_rolling(&self) -> bool {
        self.rolling.load(Ordering::Acquire)
    }

    /// The generation of the newest map in force, and the roll at which that map starts.
    ///
    /// The start is exact when the generation is the newest that was sent (nothing overwrites it then).
    pub fn generation(&self) -> (u64, u64) {
        let generation = self.generation.load(Ordering::Acquire);
        (generation, self.start_roll.load(Ordering::Relaxed))
    }

    /// Frames of silence that were played because the data came too late, over all lanes.
    pub fn starved(&self) -> u64 {
        self.starved.load(Ordering::Relaxed)
    }

    /// Audio thread, at the end of each block: the roll of the next block's first frame.
    pub fn set_rolled(&self, rolled: u64) {
        self.rolled.store(rolled, Ordering::Release);
    }

    /// Audio thread, when the transport starts or stops.
    pub fn set_rolling(&self, rolling: bool) {
        self.rolling.store(rolling, Ordering::Release);
    }

    /// Audio thread, when it has taken a bundle with a map: the bundle's generation, and the map's (anchored) start.
    pub fn set_generation(&self, generation: u64, start_roll: u64) {
        self.start_roll.store(start_roll, Ordering::Relaxed);
        self.generation.store(generation, Ordering::Release);
    }

    /// Frames that a lane could not deliver.
    pub fn add_starved(&self, frames: u64) {
        self.starved.fetch_add(frames, Ordering::Relaxed);
    }
}

/// How rolled frames map to the timeline: `start_position + (roll - start_roll)`, wrapped at the end of the loop if
/// the loop is enabled and the start lies before its end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RollMap {
    pub start_roll: u64,
    pub start_position: i64,
    pub loop_region: LoopRegion,
}

impl RollMap {
    /// The place on the timeline at a roll. Before `start_roll` it is the straight line that leads to the start.
    pub fn position_at(&self, roll: u64) -> i64 {
        self.contiguous_from(roll).0
    }

    /// The place on the timeline at a roll, and how many frames lie before the next wrap ([`NO_WRAP`] if there is none).
    pub fn contiguous_from(&self, roll: u64) -> (i64, u64) {
        let position = i128::from(self.start_position) + i128::from(roll) - i128::from(self.start_roll);
        let Some((start, end)) = self.active_loop() else {
            return (saturate(position), NO_WRAP);
        };
        let wrapped = if position < end { position } else { start + (position - end) % (end - start) };
        (saturate(wrapped), u64::try_from(end - wrapped).unwrap_or(NO_WRAP))
    }

    /// Start and end of the loop, when it acts.
    fn active_loop(&self) -> Option<(i128, i128)> {
        let LoopRegion { enabled, start_frames, end_frames } = self.loop_region;
        let acts = enabled && start_frames < end_frames && self.start_position < end_frames;
        acts.then_some((i128::from(start_frames), i128::from(end_frames)))
    }

    /// Whether the position wraps at a loop's end, ever.
    pub fn wraps(&self) -> bool {
        self.active_loop().is_some()
    }
}

fn saturate(position: i128) -> i64 {
    position.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// The audio thread's half of a lane. Drop it on another thread: dropping frees memory.
#[derive(Debug)]
pub struct LaneReader {
    pub node_id: u32,
    /// The roll of the first frame in the ring; before it the lane is silent. See [`StreamBundle::anchor`].
    pub first_roll: u64,
    /// Frames taken from the ring (or skipped in it) so far.
    taken: u64,
    ring: Consumer<Frame>,
    finished_after: Arc<AtomicU64>,
}

impl LaneReader {
    /// Fills both sides with what the lane plays from `roll` on, silence where it is missing, and returns how many
    /// frames were delivered: less than asked means starvation. Late data is skipped, so the lane stays in sync.
    ///
    /// Real-time safe. `left` and `right` have the same length; `roll` never goes back.
    pub fn read(&mut self, roll: u64, left: &mut [f32], right: &mut [f32]) -> usize {
        let wanted = left.len().min(right.len());
        let (left, right) = (&mut left[..wanted], &mut right[..wanted]);
        let finished_after = self.finished_after.load(Ordering::Acquire);
        let next_roll = self.first_roll.saturating_add(self.taken);
        let ahead = usize::try_from(next_roll.saturating_sub(roll)).unwrap_or(usize::MAX).min(wanted);
        left[..ahead].fill(0.0);
        right[..ahead].fill(0.0);
        self.skip(roll.saturating_sub(next_roll));
        let is_late = self.first_roll.saturating_add(self.taken) < roll;
        let taken = if is_late { 0 } else { self.take(&mut left[ahead..], &mut right[ahead..]) };
        let done = ahead + taken;
        left[done..].fill(0.0);
        right[done..].fill(0.0);
        let reached = roll.saturating_add(done as u64).saturating_sub(self.first_roll);
        if reached >= finished_after { wanted } else { done }
    }

    /// Whether so many frames from `roll` on can be read without starving.
    pub fn has(&self, roll: u64, frames: usize) -> bool {
        let end = roll.saturating_add(frames as u64);
        let finished_after = self.finished_after.load(Ordering::Acquire);
        let filled_to = self.first_roll.saturating_add(self.taken).saturating_add(self.ring.slots() as u64);
        end <= filled_to || filled_to.saturating_sub(self.first_roll) >= finished_after
    }

    /// Frames that lie ready.
    pub fn ready(&self) -> usize {
        self.ring.slots()
    }

    fn skip(&mut self, late: u64) {
        let frames = usize::try_from(late).unwrap_or(usize::MAX).min(self.ring.slots());
        if frames > 0
            && let Ok(chunk) = self.ring.read_chunk(frames)
        {
            chunk.commit_all();
            self.taken += frames as u64;
        }
    }

    fn take(&mut self, left: &mut [f32], right: &mut [f32]) -> usize {
        let frames = left.len().min(self.ring.slots());
        let Ok(chunk) = self.ring.read_chunk(frames) else { return 0 };
        let (first, second) = chunk.as_slices();
        for (frame, (l, r)) in first.iter().chain(second).zip(left.iter_mut().zip(right.iter_mut())) {
            *l = frame[0];
            *r = frame[1];
        }
        chunk.commit_all();
        self.taken += frames as u64;
        frames
    }
}

/// The disk thread's half of a lane.
#[derive(Debug)]
pub struct LaneWriter {
    ring: Producer<Frame>,
    written: u64,
    finished_after: Arc<AtomicU64>,
}

impl LaneWriter {
    /// How many frames were written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// How many frames can be written now.
    pub fn room(&self) -> usize {
        self.ring.slots()
    }

    /// How many frames lie in the ring, unread.
    pub fn fill(&self) -> usize {
        self.ring.buffer().capacity() - self.ring.slots()
    }

    /// Writes what has room and returns how much that was.
    pub fn write(&mut self, frames: &[Frame]) -> usize {
        let (written, _) = self.ring.push_partial_slice(frames);
        self.written += written.len() as u64;
        written.len()
    }

    /// Nothing but silence comes after what was written: the reader needs no more data.
    pub fn finish(&self) {
        self.finished_after.store(self.written, Ordering::Release);
    }

    pub fn is_finished(&self) -> bool {
        self.finished_after.load(Ordering::Relaxed) != u64::MAX
    }

    /// True when the reader is gone.
    pub fn is_abandoned(&self) -> bool {
        self.ring.is_abandoned()
    }
}

/// Both halves of a new lane.
pub fn lane(node_id: u32, first_roll: u64, capacity: usize) -> (LaneWriter, LaneReader) {
    let (producer, consumer) = RingBuffer::new(capacity);
    let finished_after = Arc::new(AtomicU64::new(u64::MAX));
    let writer = LaneWriter { ring: producer, written: 0, finished_after: Arc::clone(&finished_after) };
    (writer, LaneReader { node_id, first_roll, taken: 0, ring: consumer, finished_after })
}

/// When the audio thread takes a bundle into use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At the top of the next block.
    Now,
    /// When the clock has reached this roll (at the frame itself, or at the first block boundary after it: lanes and
    /// maps stay in sync either way).
    Roll(u64),
}

/// Fresh, prefilled lanes for the audio thread.
///
/// What the audio thread does with it, in order of arrival:
/// 1. a bundle whose generation is older than the one in force is stale: give it back unused (a newer locate answers its ticket too);
/// 2. when [`due`](Self::due): call [`anchor`](Self::anchor), which answers the map in force from here on;
/// 3. with `map: Some` *all* lanes are replaced (a node that is not in it is silent), the ticket is confirmed and
///    [`RollClock::set_generation`] called; with `None` only the named nodes' lanes are replaced;
/// 4. give the old lanes and the emptied bundle back, to be freed on another thread.
///
/// A bundle that waits for a roll waits on while the transport stands; whoever stops it asks for a new locate.
#[derive(Debug)]
pub struct StreamBundle {
    /// Of the locate that asked for it; 0 for bundles without a map.
    pub ticket: u64,
    pub generation: u64,
    /// Some = a locate or a new loop: all lanes are in it. None = only these lanes changed.
    pub map: Option<RollMap>,
    pub at: At,
    pub lanes: Vec<LaneReader>,
}

impl StreamBundle {
    pub fn due(&self, rolled: u64) -> bool {
        match self.at {
            At::Now => true,
            At::Roll(roll) => rolled >= roll,
        }
    }

    /// Ties an [`At::Now`] bundle to the clock (its rolls were counted from zero) and answers the map in force with it:
    /// its own from here on, or the current one. Real-time safe; calling it twice changes nothing.
    pub fn anchor(&mut self, rolled: u64, current: RollMap) -> RollMap {
        if self.at == At::Now {
            let base = match &mut self.map {
                Some(map) => {
                    map.start_roll = rolled;
                    rolled
                }
                // Its lanes belong to a locate that had not been taken when they were made: they start with it.
                None => current.start_roll,
            };
            for lane in &mut self.lanes {
                lane.first_roll = lane.first_roll.saturating_add(base);
            }
            self.at = At::Roll(base);
        }
        self.map.unwrap_or(current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn looped(start_roll: u64, start_position: i64, start_frames: i64, end_frames: i64) -> RollMap {
        RollMap { start_roll, start_position, loop_region: LoopRegion { enabled: true, start_frames, end_frames } }
    }

    fn ramp(from: usize, frames: usize) -> Vec<Frame> {
        (from..from + frames).map(|n| [n as f32, -(n as f32)]).collect()
    }

    fn read(reader: &mut LaneReader, roll: u64, frames: usize) -> (usize, Vec<f32>) {
        let (mut left, mut right) = (vec![9.0; frames], vec![9.0; frames]);
        let delivered = reader.read(roll, &mut left, &mut right);
        assert!(left.iter().zip(&right).all(|(l, r)| *l == -*r), "sides belong together");
        (delivered, left)
    }

    #[test]
    fn positions_wrap_at_the_loop_only_from_before_its_end() {
        let map = looped(1000, 90, 50, 100);
        assert_eq!(map.contiguous_from(1000), (90, 10));
        assert_eq!(map.contiguous_from(1010), (50, 50));
        assert_eq!(map.contiguous_from(1060), (50, 50));
        let after = looped(1000, 100, 50, 100);
        assert_eq!(after.contiguous_from(1060), (160, NO_WRAP));
        let nonsense = looped(0, 0, 100, 50);
        assert_eq!(nonsense.contiguous_from(200), (200, NO_WRAP));
    }

    #[test]
    fn a_lane_is_silent_before_its_first_roll_and_after_its_end() {
        let (mut writer, mut reader) = lane(7, 4, 64);
        assert_eq!(writer.write(&ramp(1, 3)), 3);
        writer.finish();
        assert_eq!(read(&mut reader, 0, 6), (6, vec![0.0, 0.0, 0.0, 0.0, 1.0, 2.0]));
        assert_eq!(read(&mut reader, 6, 4), (4, vec![3.0, 0.0, 0.0, 0.0]));
        assert_eq!(read(&mut reader, 10, 2), (2, vec![0.0, 0.0]));
    }

    #[test]
    fn late_data_is_skipped_and_the_lane_is_in_sync_again() {
        let (mut writer, mut reader) = lane(7, 0, 64);
        writer.write(&ramp(0, 2));
        assert_eq!(read(&mut reader, 0, 4), (2, vec![0.0, 1.0, 0.0, 0.0]));
        writer.write(&ramp(2, 1));
        assert_eq!(read(&mut reader, 4, 4), (0, vec![0.0; 4]));
        writer.write(&ramp(3, 10));
        assert_eq!(read(&mut reader, 8, 4), (4, vec![8.0, 9.0, 10.0, 11.0]));
    }

    #[test]
    fn a_bundle_for_now_is_tied_to_the_clock_when_it_is_taken() {
        let (_, reader) = lane(7, 0, 64);
        let map = looped(0, 10, 0, 100);
        let mut bundle = StreamBundle { ticket: 1, generation: 1, map: Some(map), at: At::Now, lanes: vec![reader] };
        let in_force = bundle.anchor(500, RollMap::default());
        assert_eq!(in_force, RollMap { start_roll: 500, ..map });
        assert_eq!(bundle.anchor(600, RollMap::default()), in_force);
        assert_eq!(bundle.lanes[0].first_roll, 500);
        let (_, late) = lane(8, 3, 64);
        let mut lanes = StreamBundle { ticket: 0, generation: 1, map: None, at: At::Now, lanes: vec![late] };
        assert_eq!(lanes.anchor(700, in_force), in_force);
        assert_eq!(lanes.lanes[0].first_roll, 503);
    }

    proptest! {
        #[test]
        fn stretches_without_a_wrap_are_straight(
            start_roll in 0u64..1_000_000, start_position in -1_000_000i64..1_000_000,
            loop_start in -1_000_000i64..1_000_000, length in 1i64..100_000, ahead in 0u64..3_000_000,
        ) {
            let map = looped(start_roll, start_position, loop_start, loop_start + length);
            let roll = start_roll + ahead;
            let (position, frames) = map.contiguous_from(roll);
            prop_assert_eq!(position, map.position_at(roll));
            prop_assert!(frames > 0);
            if frames == NO_WRAP {
                prop_assert_eq!(position, start_position + ahead as i64);
            } else {
                prop_assert!(position < loop_start + length);
                prop_assert_eq!(map.position_at(roll + frames - 1), position + frames as i64 - 1);
                prop_assert_eq!(map.position_at(roll + frames), loop_start);
            }
        }

        #[test]
        fn continuing_by_a_new_map_changes_nothing(
            start_position in -10_000i64..10_000, loop_start in -10_000i64..10_000, length in 1i64..5_000,
            cut in 0u64..50_000, ahead in 0u64..50_000,
        ) {
            let map = looped(77, start_position, loop_start, loop_start + length);
            let next = RollMap { start_roll: 77 + cut, start_position: map.position_at(77 + cut), ..map };
            prop_assert_eq!(next.position_at(77 + cut + ahead), map.position_at(77 + cut + ahead));
        }

        #[test]
        fn no_number_overflows(
            start_roll: u64, start_position: i64, start_frames: i64, end_frames: i64, enabled: bool, roll: u64,
        ) {
            let loop_region = LoopRegion { enabled, start_frames, end_frames };
            RollMap { start_roll, start_position, loop_region }.contiguous_from(roll);
        }
    }
}
