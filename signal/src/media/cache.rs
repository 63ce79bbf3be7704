//! Decoded media in the cache folder: `<key>.pcm`, 32-bit floats at the engine's rate behind a header.
//!
//! The header is 96 bytes, little-endian: magic `LHPC`, u16 version, u16 channels (1 or 2), then of the source u64 size,
//! u64 modified (nanoseconds since 1970), u64 hash of its path, u32 sample rate, u32 channels, u64 frames, 24 bytes name
//! of its format; then u32 engine rate, u32 zero, u64 frames that follow, and in the last 8 bytes a checksum of the
//! others. It is written last, so a file without it is not complete. A file that differs in anything from what is wanted
//! is made again.

use super::decode::Info;
use super::files::Stamp;
use super::pcm::{ByteOrder, PcmLayout, SampleFormat};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const MAGIC: [u8; 4] = *b"LHPC";
const VERSION: u16 = 1;
const HEADER_BYTES: usize = 96;
const NAME_BYTES: usize = 24;

/// What a cache file was made from, and for which rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub source: Stamp,
    pub rate: u32,
    path_hash: u64,
}

/// A cache file that can be trusted.
pub struct Cached {
    pub file: File,
    pub layout: PcmLayout,
    /// Of the source.
    pub info: Info,
}

impl Key {
    pub fn new(media: &Path, source: Stamp, rate: u32) -> Self {
        Self { source, rate, path_hash: hash(media.as_os_str().as_encoded_bytes()) }
    }

    /// The same for all states of a file, so that an old one is overwritten.
    pub fn path_in(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{:016x}-{}.pcm", self.path_hash, self.rate))
    }
}

/// Opens what is cached, if it is exactly what is wanted.
pub fn open(folder: &Path, key: &Key) -> Option<Cached> {
    let mut file = File::open(key.path_in(folder)).ok()?;
    let mut found = [0; HEADER_BYTES];
    file.read_exact(&mut found).ok()?;
    let info = Info {
        sample_rate: u32_at(&found, 32),
        channels: u16::try_from(u32_at(&found, 36)).ok()?,
        frames: u64_at(&found, 40),
        format: String::from_utf8(found[48..48 + NAME_BYTES].split(|byte| *byte == 0).next()?.to_vec()).ok()?,
    };
    let (channels, frames) = (u16::from_le_bytes([found[6], found[7]]), u64_at(&found, 80));
    let is_ours = found == header(key, &info, channels, frames) && (1..=2).contains(&channels);
    let layout = layout(channels, frames);
    let expected = frames.checked_mul(u64::from(layout.stride))?.checked_add(HEADER_BYTES as u64)?;
    (is_ours && file.metadata().ok()?.len() == expected).then_some(Cached { file, layout, info })
}

pub fn layout(channels: u16, frames: u64) -> PcmLayout {
    let (format, order) = (SampleFormat::F32, ByteOrder::Little);
    PcmLayout { format, order, data_offset: HEADER_BYTES as u64, stride: 4 * u32::from(channels), channels, frames }
}

pub fn header(key: &Key, info: &Info, channels: u16, frames: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &MAGIC);
    put(4, &VERSION.to_le_bytes());
    put(6, &channels.to_le_bytes());
    put(8, &key.source.size.to_le_bytes());
    put(16, &key.source.modified_nanos.to_le_bytes());
    put(24, &key.path_hash.to_le_bytes());
    put(32, &info.sample_rate.to_le_bytes());
    put(36, &u32::from(info.channels).to_le_bytes());
    put(40, &info.frames.to_le_bytes());
    put(48, &info.format.as_bytes()[..info.format.len().min(NAME_BYTES)]);
    put(72, &key.rate.to_le_bytes());
    put(80, &frames.to_le_bytes());
    let sum = hash(&header[..HEADER_BYTES - 8]);
    header[HEADER_BYTES - 8..].copy_from_slice(&sum.to_le_bytes());
    header
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn u32_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wholly_right_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::new(Path::new("/music/a.flac"), Stamp { size: 9, modified_nanos: 8 }, 48_000);
        let info = Info { frames: 3, sample_rate: 44_100, channels: 1, format: "FLAC".into() };
        let mut good = header(&key, &info, 1, 2).to_vec();
        good.extend([0; 8]);
        let read = |bytes: &[u8], key: &Key| {
            std::fs::write(key.path_in(folder.path()), bytes).unwrap();
            open(folder.path(), key).map(|cached| cached.info)
        };
        assert_eq!(read(&good, &key), Some(info));
        assert_eq!(read(&good[..good.len() - 1], &key), None, "cut off");
        assert_eq!(read(&[], &key), None, "empty");
        for at in 0..HEADER_BYTES {
            let mut spoiled = good.clone();
            spoiled[at] ^= 1;
            assert_eq!(read(&spoiled, &key), None, "byte {at} spoiled");
        }
        let newer = Key::new(Path::new("/music/a.flac"), Stamp { size: 9, modified_nanos: 9 }, 48_000);
        assert_eq!(read(&good, &newer), None, "made from an older state of the file");
    }
}
