//! Peaks files.

use loophole_wire::peaks::{FINEST_FRAMES_PER_ENTRY, PeakEntry, PeaksFile, PeaksLevel, SourceStamp};

pub(super) fn run(bytes: &[u8]) {
    let (Ok(peaks), Ok(stamp)) = (PeaksFile::parse(bytes), SourceStamp::of_peaks(bytes)) else { return };
    if !peaks.levels.is_empty() {
        assert_eq!(peaks.encode(stamp), bytes, "what was read is not what stands there");
    }
    for frames_per_pixel in [0.0, 1.0, 1e3, 1e30, f64::NAN] {
        assert_eq!(peaks.level_for(frames_per_pixel).is_some(), !peaks.levels.is_empty());
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let stamp = SourceStamp { size: 1_000, modified_nanos: 5 };
    let file = |channels: usize, frames: u64| {
        let entries = frames.div_ceil(u64::from(FINEST_FRAMES_PER_ENTRY)) as usize;
        let entry = PeakEntry { min: -3, max: 4, rms: 2 };
        let finest =
            PeaksLevel { frames_per_entry: FINEST_FRAMES_PER_ENTRY, channels: vec![vec![entry; entries]; channels] };
        PeaksFile::from_finest(frames, 48_000, finest).encode(stamp)
    };
    vec![file(1, 0), file(1, 100), file(2, 200), file(1, 20_000)]
}
