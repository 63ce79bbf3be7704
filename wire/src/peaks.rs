//! The peaks pyramid of a media file: what Signal writes beside the project and a window draws waveforms from. Pure.
//!
//! A peaks file is little-endian and tightly packed:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | magic `LHPK` |
//! | u16 | version, 1 |
//! | u16 | channels, 1 or 2 (of a source with more, the first two) |
//! | u64 | size of the source in bytes |
//! | u64 | when the source was modified, nanoseconds since 1970 |
//! | u64 | length of the source in frames |
//! | u32 | sample rate of the source in Hz |
//! | u32 | number of levels, 1 … 16 |
//! | per level u32, u32, u64 | frames per entry; entries per channel; where its data begins, from the start of the file |
//! | the data | per level, per channel, per entry: i16 lowest, i16 highest, u16 root mean square |
//!
//! The last entry of a level may stand for fewer frames than the others. Nothing follows the last level.

use thiserror::Error;

/// The first bytes of a peaks file.
pub const MAGIC: [u8; 4] = *b"LHPK";

/// Version of the format. History: 1, the first.
pub const VERSION: u16 = 1;

/// Frames per entry of the finest level; each further level has [`LEVEL_FACTOR`] times as many.
pub const FINEST_FRAMES_PER_ENTRY: u32 = 64;

/// How many entries of a level make one of the next.
pub const LEVEL_FACTOR: usize = 4;

/// Levels are added until one has fewer entries than this.
pub const COARSEST_ENTRIES: usize = 256;

/// The value of an entry that means full scale.
pub const FULL_SCALE: f32 = 32767.0;

const HEADER_BYTES: usize = 40;
const LEVEL_HEADER_BYTES: usize = 16;
const ENTRY_BYTES: usize = 6;
const MAXIMUM_LEVELS: u32 = 16;

/// One stretch of frames: its lowest and highest sample and its root mean square, as 16-bit numbers (32767 = full scale).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeakEntry {
    pub min: i16,
    pub max: i16,
    pub rms: u16,
}

/// One level of the pyramid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeaksLevel {
    /// Of the source file, per entry.
    pub frames_per_entry: u32,
    /// One list per channel, of equal length.
    pub channels: Vec<Vec<PeakEntry>>,
}

/// A whole pyramid, finest level first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeaksFile {
    /// Length of the source in frames.
    pub frames: u64,
    /// Of the source, in Hz.
    pub sample_rate: u32,
    pub levels: Vec<PeaksLevel>,
}

/// Which state of the source file a pyramid was made from: with another one it is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceStamp {
    pub size: u64,
    /// Nanoseconds since 1970.
    pub modified_nanos: u64,
}

/// Why bytes are no peaks file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PeaksError {
    #[error("not a peaks file")]
    Foreign,
    #[error("peaks of version {0}; this program reads version {VERSION}")]
    Version(u16),
    #[error("the peaks file is cut off or has {0} bytes too many")]
    Length(u64),
    #[error("the peaks file contradicts itself: {0}")]
    Inconsistent(&'static str),
}

impl PeaksFile {
    /// Reads a peaks file. Allocates no more than the bytes given call for.
    pub fn parse(bytes: &[u8]) -> Result<Self, PeaksError> {
        let header = Header::parse(bytes)?;
        let mut next = HEADER_BYTES + header.levels * LEVEL_HEADER_BYTES;
        let mut levels = Vec::with_capacity(header.levels);
        for index in 0..header.levels {
            let mut fields = Fields(bytes.get(HEADER_BYTES + index * LEVEL_HEADER_BYTES..).unwrap_or_default());
            let (frames_per_entry, entries, offset) = (fields.u32()?, fields.u32()?, fields.u64()?);
            if frames_per_entry == 0 || u64::from(entries) != header.frames.div_ceil(u64::from(frames_per_entry)) {
                return Err(PeaksError::Inconsistent("the entries of a level do not cover the source"));
            }
            if offset != next as u64 {
                return Err(PeaksError::Inconsistent("a level begins where it should not"));
            }
            let size = (entries as usize).checked_mul(ENTRY_BYTES * header.channels).ok_or(PeaksError::Length(0))?;
            let end = next.checked_add(size).ok_or(PeaksError::Length(0))?;
            let data = bytes.get(next..end).ok_or(PeaksError::Length(0))?;
            levels
                .push(PeaksLevel { frames_per_entry, channels: channels_of(data, header.channels, entries as usize) });
            next = end;
        }
        if next != bytes.len() {
            return Err(PeaksError::Length((bytes.len() - next) as u64));
        }
        Ok(Self { frames: header.frames, sample_rate: header.sample_rate, levels })
    }

    /// Writes a peaks file. Channels and levels are taken as they are; more than the format allows make a file that
    /// [`parse`](Self::parse) refuses.
    pub fn encode(&self, source: SourceStamp) -> Vec<u8> {
        let channels = self.levels.first().map_or(0, |level| level.channels.len());
        let mut bytes = Vec::new();
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((channels as u16).to_le_bytes());
        bytes.extend(source.size.to_le_bytes());
        bytes.extend(source.modified_nanos.to_le_bytes());
        bytes.extend(self.frames.to_le_bytes());
        bytes.extend(self.sample_rate.to_le_bytes());
        bytes.extend((self.levels.len() as u32).to_le_bytes());
        let mut offset = HEADER_BYTES + self.levels.len() * LEVEL_HEADER_BYTES;
        for level in &self.levels {
            let entries = level.channels.first().map_or(0, Vec::len);
            bytes.extend(level.frames_per_entry.to_le_bytes());
            bytes.extend((entries as u32).to_le_bytes());
            bytes.extend((offset as u64).to_le_bytes());
            offset += entries * channels * ENTRY_BYTES;
        }
        for entry in self.levels.iter().flat_map(|level| &level.channels).flatten() {
            bytes.extend(entry.min.to_le_bytes());
            bytes.extend(entry.max.to_le_bytes());
            bytes.extend(entry.rms.to_le_bytes());
        }
        bytes
    }

    /// The level to draw with: the coarsest that still has an entry or more per pixel, else the finest.
    pub fn level_for(&self, frames_per_pixel: f64) -> Option<&PeaksLevel> {
        let fits = |level: &&PeaksLevel| f64::from(level.frames_per_entry) <= frames_per_pixel;
        self.levels.iter().rev().find(fits).or(self.levels.first())
    }

    /// The pyramid over its finest level.
    pub fn from_finest(frames: u64, sample_rate: u32, finest: PeaksLevel) -> Self {
        let mut levels = vec![finest];
        while let Some(last) = levels.last()
            && last.channels.first().map_or(0, Vec::len) >= COARSEST_ENTRIES
            && levels.len() < MAXIMUM_LEVELS as usize
        {
            let coarser = last.coarser(frames);
            levels.push(coarser);
        }
        Self { frames, sample_rate, levels }
    }
}

impl PeaksLevel {
    fn coarser(&self, frames: u64) -> Self {
        let frames_in = |entry: usize| {
            let start = entry as u64 * u64::from(self.frames_per_entry);
            frames.saturating_sub(start).min(u64::from(self.frames_per_entry))
        };
        let merge = |(index, group): (usize, &[PeakEntry])| {
            let first = index * LEVEL_FACTOR;
            let weights = (first..first + group.len()).map(frames_in);
            let squares: f64 =
                group.iter().zip(weights.clone()).map(|(e, w)| f64::from(e.rms) * f64::from(e.rms) * w as f64).sum();
            PeakEntry {
                min: group.iter().map(|entry| entry.min).min().unwrap_or_default(),
                max: group.iter().map(|entry| entry.max).max().unwrap_or_default(),
                rms: (squares / weights.sum::<u64>().max(1) as f64).sqrt().round() as u16,
            }
        };
        let channels =
            self.channels.iter().map(|entries| entries.chunks(LEVEL_FACTOR).enumerate().map(merge).collect()).collect();
        Self { frames_per_entry: self.frames_per_entry.saturating_mul(LEVEL_FACTOR as u32), channels }
    }
}

impl SourceStamp {
    /// What the header of a peaks file says it was made from. The first 40 bytes are enough.
    pub fn of_peaks(bytes: &[u8]) -> Result<Self, PeaksError> {
        Ok(Header::parse(bytes)?.source)
    }
}

struct Header {
    channels: usize,
    source: SourceStamp,
    frames: u64,
    sample_rate: u32,
    levels: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, PeaksError> {
        if bytes.get(..MAGIC.len()) != Some(&MAGIC) {
            return Err(PeaksError::Foreign);
        }
        let mut fields = Fields(&bytes[MAGIC.len()..]);
        let version = fields.u16()?;
        if version != VERSION {
            return Err(PeaksError::Version(version));
        }
        let channels = fields.u16()?;
        let source = SourceStamp { size: fields.u64()?, modified_nanos: fields.u64()? };
        let (frames, sample_rate, levels) = (fields.u64()?, fields.u32()?, fields.u32()?);
        if !(1..=2).contains(&channels) {
            return Err(PeaksError::Inconsistent("it has neither one channel nor two"));
        }
        if !(1..=MAXIMUM_LEVELS).contains(&levels) {
            return Err(PeaksError::Inconsistent("it has no levels, or more than 16"));
        }
        Ok(Self { channels: usize::from(channels), source, frames, sample_rate, levels: levels as usize })
    }
}

/// What is left to read of little-endian fields.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], PeaksError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(PeaksError::Length(0))?;
        self.0 = rest;
        Ok(*head)
    }
    fn u16(&mut self) -> Result<u16, PeaksError> {
        self.take().map(u16::from_le_bytes)
    }
    fn u32(&mut self) -> Result<u32, PeaksError> {
        self.take().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Result<u64, PeaksError> {
        self.take().map(u64::from_le_bytes)
    }
}

fn channels_of(data: &[u8], channels: usize, entries: usize) -> Vec<Vec<PeakEntry>> {
    if entries == 0 {
        return vec![Vec::new(); channels];
    }
    let entry = |bytes: &[u8; ENTRY_BYTES]| PeakEntry {
        min: i16::from_le_bytes([bytes[0], bytes[1]]),
        max: i16::from_le_bytes([bytes[2], bytes[3]]),
        rms: u16::from_le_bytes([bytes[4], bytes[5]]),
    };
    let channel = |bytes: &[u8]| bytes.as_chunks::<ENTRY_BYTES>().0.iter().map(entry).collect();
    data.chunks_exact(entries * ENTRY_BYTES).map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STAMP: SourceStamp = SourceStamp { size: 77, modified_nanos: 1_700_000_000_000_000_001 };

    fn pyramid(entries: usize, channels: usize) -> PeaksFile {
        let entry = |n: usize| PeakEntry { min: -(n as i16 % 100), max: n as i16 % 90, rms: n as u16 % 50 };
        let finest = PeaksLevel {
            frames_per_entry: FINEST_FRAMES_PER_ENTRY,
            channels: (0..channels).map(|channel| (channel..entries + channel).map(entry).collect()).collect(),
        };
        let frames = (entries as u64 * u64::from(FINEST_FRAMES_PER_ENTRY)).saturating_sub(10);
        PeaksFile::from_finest(frames, 44_100, finest)
    }

    #[test]
    fn what_is_written_is_read() {
        for file in [pyramid(0, 1), pyramid(1, 2), pyramid(255, 2), pyramid(256, 1), pyramid(5000, 2)] {
            let bytes = file.encode(STAMP);
            assert_eq!(PeaksFile::parse(&bytes), Ok(file));
            assert_eq!(SourceStamp::of_peaks(&bytes[..HEADER_BYTES]), Ok(STAMP));
        }
    }

    #[test]
    fn levels_are_coarser_by_four_until_few_are_left() {
        let file = pyramid(5000, 2);
        let shape: Vec<_> = file.levels.iter().map(|l| (l.frames_per_entry, l.channels[0].len())).collect();
        assert_eq!(shape, [(64, 5000), (256, 1250), (1024, 313), (4096, 79)]);
        assert_eq!(file.level_for(10.0).unwrap().frames_per_entry, 64);
        assert_eq!(file.level_for(1023.9).unwrap().frames_per_entry, 256);
        assert_eq!(file.level_for(1e9).unwrap().frames_per_entry, 4096);
        assert_eq!(file.level_for(f64::NAN).unwrap().frames_per_entry, 64);
    }

    #[test]
    fn a_coarse_entry_covers_its_four() {
        let entry = |min, max, rms| PeakEntry { min, max, rms };
        let mut fine = vec![entry(0, 0, 0); 256];
        fine[..4].copy_from_slice(&[entry(-5, 1, 3), entry(-1, 9, 3), entry(0, 0, 3), entry(0, 0, 3)]);
        let finest = PeaksLevel { frames_per_entry: 64, channels: vec![fine] };
        let file = PeaksFile::from_finest(64 * 256, 48_000, finest);
        assert_eq!(file.levels[1].channels[0][0], entry(-5, 9, 3));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = pyramid(300, 2).encode(STAMP);
        let spoiled = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            PeaksFile::parse(&bytes).unwrap_err()
        };
        assert_eq!(PeaksFile::parse(b"RIFF").unwrap_err(), PeaksError::Foreign);
        assert_eq!(spoiled(4, 2), PeaksError::Version(2));
        assert_eq!(PeaksFile::parse(&good[..good.len() - 1]).unwrap_err(), PeaksError::Length(0));
        assert!(matches!(spoiled(6, 3), PeaksError::Inconsistent(_)));
        assert!(matches!(spoiled(36, 200), PeaksError::Inconsistent(_)));
        assert!(matches!(spoiled(44, 9), PeaksError::Inconsistent(_)));
        assert!(matches!(spoiled(48, 0), PeaksError::Inconsistent(_)));
    }

    proptest! {
        #[test]
        fn bytes_from_outside_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(PeaksFile::parse(&bytes).is_err());
        }

        #[test]
        fn a_spoiled_file_never_panics(at in 0usize..2000, value: u8, cut in 0usize..2000) {
            let mut bytes = pyramid(200, 2).encode(STAMP);
            let at = at % bytes.len();
            bytes[at] = value;
            bytes.truncate(bytes.len() - cut.min(bytes.len()));
            if let Ok(file) = PeaksFile::parse(&bytes) {
                file.level_for(100.0);
            }
        }
    }
}
