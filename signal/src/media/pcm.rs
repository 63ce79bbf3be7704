//! Samples in a file, as they are read at random: the layout of plain PCM, whoever wrote it.

use super::stream::Frame;
use std::fs::File;
use std::io;

/// How one sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    Little,
    Big,
}

/// Where the samples of a file lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PcmLayout {
    pub format: SampleFormat,
    pub order: ByteOrder,
    /// From the start of the file.
    pub data_offset: u64,
    /// From one frame to the next, in bytes.
    pub stride: u32,
    /// In the file; the first two are read, one is read to both sides.
    pub channels: u16,
    pub frames: u64,
}

impl SampleFormat {
    pub fn bytes(self) -> u32 {
        match self {
            Self::U8 => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The sample in the bytes that [`bytes`](Self::bytes) counts; what is no number is silence.
    fn decode(self, order: ByteOrder, bytes: &[u8]) -> f32 {
        let mut raw = [0_u8; 8];
        for (to, from) in raw.iter_mut().zip(bytes) {
            *to = *from;
        }
        if order == ByteOrder::Big {
            raw[..bytes.len().min(8)].reverse();
        }
        let [a, b, c, d, ..] = raw;
        match self {
            Self::U8 => (f32::from(a) - 128.0) / 128.0,
            Self::I16 => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
            Self::I24 => (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 / 8_388_608.0,
            Self::I32 => (f64::from(i32::from_le_bytes([a, b, c, d])) / 2_147_483_648.0) as f32,
            Self::F32 => finite(f32::from_le_bytes([a, b, c, d])),
            Self::F64 => finite(f64::from_le_bytes(raw) as f32),
        }
    }
}

/// What is no number is silence: one NaN would silence every bus it reaches, for good.
pub fn finite(sample: f32) -> f32 {
    if sample.is_finite() { sample } else { 0.0 }
}

impl PcmLayout {
    /// Reads whole frames from the file, and answers how many; fewer than asked = the file ends.
    pub fn read(&self, file: &File, start: u64, out: &mut [Frame], scratch: &mut Vec<u8>) -> io::Result<usize> {
        let frames = usize::try_from(self.frames.saturating_sub(start)).unwrap_or(usize::MAX).min(out.len());
        let stride = self.stride as usize;
        scratch.resize(frames * stride, 0);
        let offset = start.saturating_mul(u64::from(self.stride)).saturating_add(self.data_offset);
        let bytes = read_at(file, offset, scratch)?;
        let whole = bytes / stride.max(1);
        self.decode(&scratch[..whole * stride], &mut out[..whole]);
        Ok(whole)
    }

    fn decode(&self, bytes: &[u8], out: &mut [Frame]) {
        let size = self.format.bytes() as usize;
        let frames = bytes.chunks_exact(self.stride as usize).zip(out);
        match (self.format, self.order, self.channels) {
            // What the cache and most recordings are made of, so that the compiler makes straight loops of it.
            (SampleFormat::F32, ByteOrder::Little, 2) if self.stride == 8 => frames.for_each(|(from, to)| {
                let at = |n: usize| finite(f32::from_le_bytes([from[n], from[n + 1], from[n + 2], from[n + 3]]));
                *to = [at(0), at(4)];
            }),
            (SampleFormat::I16, ByteOrder::Little, 2) if self.stride == 4 => frames.for_each(|(from, to)| {
                let at = |n: usize| f32::from(i16::from_le_bytes([from[n], from[n + 1]])) / 32_768.0;
                *to = [at(0), at(2)];
            }),
            (format, order, 1) => frames.for_each(|(from, to)| {
                *to = [format.decode(order, &from[..size]); 2];
            }),
            (format, order, _) => frames.for_each(|(from, to)| {
                *to = [format.decode(order, &from[..size]), format.decode(order, &from[size..2 * size])];
            }),
        }
    }
}

/// Reads until the buffer is full or the file ends, and answers how much was read.
fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match read_some_at(file, offset + done as u64, &mut buffer[done..]) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(unix)]
fn read_some_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_some_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_reads_the_same_half() {
        let half = |format: SampleFormat, order, bytes: &[u8]| format.decode(order, bytes);
        assert_eq!(half(SampleFormat::U8, ByteOrder::Little, &[0xc0]), 0.5);
        assert_eq!(half(SampleFormat::I16, ByteOrder::Little, &[0, 0xc0]), -0.5);
        assert_eq!(half(SampleFormat::I16, ByteOrder::Big, &[0xc0, 0]), -0.5);
        assert_eq!(half(SampleFormat::I24, ByteOrder::Little, &[0, 0, 0xc0]), -0.5);
        assert_eq!(half(SampleFormat::I24, ByteOrder::Big, &[0x40, 0, 0]), 0.5);
        assert_eq!(half(SampleFormat::I32, ByteOrder::Big, &[0x40, 0, 0, 0]), 0.5);
        assert_eq!(half(SampleFormat::F32, ByteOrder::Little, &0.5_f32.to_le_bytes()), 0.5);
        assert_eq!(half(SampleFormat::F64, ByteOrder::Big, &0.5_f64.to_be_bytes()), 0.5);
        assert_eq!(half(SampleFormat::F32, ByteOrder::Little, &f32::NAN.to_le_bytes()), 0.0);
    }
}
