//! WAV and AIFF files whose samples can be read where they lie: finds them, and leaves everything unusual to the decoder.

use super::decode::Info;
use super::pcm::{ByteOrder, PcmLayout, SampleFormat};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// A file that needs no decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direct {
    /// `WAV` or `AIFF`.
    pub format: &'static str,
    pub sample_rate: u32,
    pub layout: PcmLayout,
}

impl Direct {
    pub fn info(&self) -> Info {
        Info {
            frames: self.layout.frames,
            sample_rate: self.sample_rate,
            channels: self.layout.channels,
            format: self.format.into(),
        }
    }
}

/// More chunks than this before the samples is nonsense.
const MAXIMUM_CHUNKS: usize = 1_000;

/// Looks at the headers. None = let the decoder look.
pub fn inspect(file: &mut File) -> Option<Direct> {
    let size = file.metadata().ok()?.len();
    let mut head = [0; 12];
    file.read_exact(&mut head).ok()?;
    match (&head[..4], &head[8..]) {
        (b"RIFF", b"WAVE") => wav(file, size),
        (b"FORM", b"AIFF") => aiff(file, size),
        _ => None,
    }
}

struct Format {
    sample: SampleFormat,
    channels: u16,
    stride: u32,
    sample_rate: u32,
}

fn wav(file: &mut File, size: u64) -> Option<Direct> {
    let mut format = None;
    for _ in 0..MAXIMUM_CHUNKS {
        let (id, length) = chunk(file, u32::from_le_bytes)?;
        match &id {
            b"fmt " => format = Some(wav_format(&bytes(file, length, 40)?)?),
            b"data" => return finish("WAV", ByteOrder::Little, format?, file.stream_position().ok()?, length, size),
            _ => skip(file, length)?,
        }
    }
    None
}

/// The `fmt ` chunk (RFC 2361, and Microsoft's WAVE_FORMAT_EXTENSIBLE).
fn wav_format(bytes: &[u8]) -> Option<Format> {
    let u16_at = |at: usize| Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let (channels, stride, bits) = (u16_at(2)?, u16_at(12)?, u16_at(14)?);
    let sample_rate = u32::from(u16_at(4)?) | u32::from(u16_at(6)?) << 16;
    let tag = match u16_at(0)? {
        0xfffe => u16_at(24)?,
        tag => tag,
    };
    let sample = match (tag, bits) {
        (1, 8) => SampleFormat::U8,
        (1, 16) => SampleFormat::I16,
        (1, 24) => SampleFormat::I24,
        (1, 32) => SampleFormat::I32,
        (3, 32) => SampleFormat::F32,
        (3, 64) => SampleFormat::F64,
        _ => return None,
    };
    Some(Format { sample, channels, stride: u32::from(stride), sample_rate })
}

fn aiff(file: &mut File, size: u64) -> Option<Direct> {
    let mut format = None;
    for _ in 0..MAXIMUM_CHUNKS {
        let (id, length) = chunk(file, u32::from_be_bytes)?;
        match &id {
            b"COMM" => format = Some(aiff_format(&bytes(file, length, 18)?)?),
            b"SSND" => {
                let offset = u32::from_be_bytes(bytes(file, 8, 8)?.get(..4)?.try_into().ok()?);
                let data = file.stream_position().ok()?.checked_add(u64::from(offset))?;
                let length = length.checked_sub(8)?.checked_sub(offset)?;
                return finish("AIFF", ByteOrder::Big, format?, data, length, size);
            }
            _ => skip(file, length)?,
        }
    }
    None
}

/// The `COMM` chunk (Apple, Audio Interchange File Format 1.3).
fn aiff_format(bytes: &[u8]) -> Option<Format> {
    let u16_at = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let (channels, bits) = (u16_at(0)?, u16_at(6)?);
    let sample = match bits {
        16 => SampleFormat::I16,
        24 => SampleFormat::I24,
        32 => SampleFormat::I32,
        _ => return None,
    };
    // The rate is an 80-bit float; whole rates have their bits above the point.
    let exponent = u32::from(u16_at(8)?).checked_sub(16_383)?;
    let mantissa = u32::from(u16_at(10)?) << 16 | u32::from(u16_at(12)?);
    let fraction_free = exponent < 32 && u16_at(14)? == 0 && u16_at(16)? == 0;
    let sample_rate = fraction_free.then(|| mantissa >> (31 - exponent))?;
    Some(Format { sample, channels, stride: u32::from(channels) * sample.bytes(), sample_rate })
}

/// The declared length counts only as far as the file reaches.
fn finish(
    name: &'static str,
    order: ByteOrder,
    format: Format,
    data_offset: u64,
    declared: u32,
    size: u64,
) -> Option<Direct> {
    let Format { sample, channels, stride, sample_rate } = format;
    let fits = channels > 0 && stride == u32::from(channels) * sample.bytes();
    let length = size.checked_sub(data_offset)?.min(u64::from(declared));
    let frames = length.checked_div(u64::from(stride))?;
    let layout = PcmLayout { format: sample, order, data_offset, stride, channels, frames };
    (fits && frames > 0).then_some(Direct { format: name, sample_rate, layout })
}

fn chunk(file: &mut File, number: fn([u8; 4]) -> u32) -> Option<([u8; 4], u32)> {
    let (mut id, mut length) = ([0; 4], [0; 4]);
    file.read_exact(&mut id).ok()?;
    file.read_exact(&mut length).ok()?;
    Some((id, number(length)))
}

/// Up to `wanted` bytes of a chunk; the rest of it is skipped.
fn bytes(file: &mut File, length: u32, wanted: u32) -> Option<Vec<u8>> {
    let taken = length.min(wanted);
    let mut bytes = vec![0; taken as usize];
    file.read_exact(&mut bytes).ok()?;
    skip_from(file, length, taken)?;
    Some(bytes)
}

fn skip(file: &mut File, length: u32) -> Option<()> {
    skip_from(file, length, 0)
}

/// To the end of a chunk of which some was read; chunks are padded to even lengths.
fn skip_from(file: &mut File, length: u32, read: u32) -> Option<()> {
    let padded = i64::from(length) + i64::from(length % 2);
    let seeked: io::Result<u64> = file.seek(SeekFrom::Current(padded - i64::from(read)));
    seeked.ok().map(|_| ())
}
