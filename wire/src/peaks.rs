//! The peaks pyramid of a media file: what Signal writes beside the project and a window draws waveforms from. Pure.

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
