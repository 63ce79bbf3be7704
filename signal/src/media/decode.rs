//! A media file, decoded from its start: planar samples, packet by packet, whatever the format.

use super::pcm::finite;
use std::fs::File;
use std::io;
use std::path::Path;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_FLAC, CODEC_ID_VORBIS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::default::{get_codecs, get_probe};
use thiserror::Error;

/// Rates outside of this are no audio.
pub const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// A file with this many undecodable packets in a row is given up; what came before stays.
const MAXIMUM_BAD_PACKETS: u32 = 200;

/// The longest silence that stands in for one undecodable packet, in frames.
const MAXIMUM_GAP: u64 = 65_536;

/// What is known of a file's sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// At the file's rate, as declared; only decoding it all tells for sure.
    pub frames: u64,
    pub sample_rate: u32,
    /// In the file.
    pub channels: u16,
    pub format: String,
}

/// Why a file cannot be decoded.
#[derive(Debug, Error)]
pub enum DecodeError {
    #[error("it cannot be opened: {0}")]
    Open(#[source] io::Error),
    #[error("it is not a WAV, AIFF, FLAC, MP3 or Ogg Vorbis file ({0})")]
    Format(#[source] SymphoniaError),
    #[error("its sound is coded in a way that is not supported ({0})")]
    Codec(#[source] SymphoniaError),
    #[error("there is no sound in it")]
    Silent,
    #[error("its sample rate of {0} Hz makes no sense")]
    SampleRate(u32),
}

/// Decodes from the start to the end.
pub struct Decoder {
    info: Info,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    planes: Vec<Vec<f32>>,
    bad_packets: u32,
    /// The first packet was decoded when the file was opened and waits to be fetched.
    is_primed: bool,
}

impl Decoder {
    /// Opens a file and decodes its first packet, so that what cannot be decoded at all is known at once.
    pub fn open(path: &Path) -> Result<Self, DecodeError> {
        let file = File::open(path).map_err(DecodeError::Open)?;
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
            hint.with_extension(extension);
        }
        let format = get_probe()
            .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(DecodeError::Format)?;
        let track = format.default_track(TrackType::Audio).ok_or(DecodeError::Silent)?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else { return Err(DecodeError::Silent) };
        let decoder = get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(DecodeError::Codec)?;
        let info = Info {
            frames: track.num_frames.unwrap_or(0),
            sample_rate: parameters.sample_rate.unwrap_or(0),
            channels: parameters.channels.as_ref().map_or(0, |channels| channels.count() as u16),
            format: name(format.as_ref(), parameters),
        };
        let track_id = track.id;
        let mut opened =
            Self { info, format, decoder, track_id, planes: Vec::new(), bad_packets: 0, is_primed: false };
        opened.prime()?;
        Ok(opened)
    }

    pub fn info(&self) -> &Info {
        &self.info
    }

    /// One or two planes (the first two of more channels) with the next frames; None at the end. What cannot be decoded
    /// in between is silence of the same length, so that the rest stays in its place.
    pub fn next_planes(&mut self) -> Option<&[Vec<f32>]> {
        if !std::mem::take(&mut self.is_primed) && !self.advance() {
            return None;
        }
        Some(&self.planes)
    }

    fn prime(&mut self) -> Result<(), DecodeError> {
        if !self.advance() {
            return Err(DecodeError::Silent);
        }
        let decoded = self.decoder.last_decoded();
        self.info.sample_rate = decoded.spec().rate();
        self.info.channels = decoded.spec().channels().count() as u16;
        if !SAMPLE_RATES.contains(&self.info.sample_rate) {
            return Err(DecodeError::SampleRate(self.info.sample_rate));
        }
        self.is_primed = true;
        Ok(())
    }

    /// Decodes until there are frames; false at the end, which includes whatever cannot be read on.
    fn advance(&mut self) -> bool {
        while let Ok(Some(packet)) = self.format.next_packet() {
            if packet.track_id != self.track_id {
                continue;
            }
            match self.decoder.decode(&packet) {
                Ok(buffer) => {
                    let spec = buffer.spec();
                    let changed = spec.rate() != self.info.sample_rate
                        || spec.channels().count() != usize::from(self.info.channels);
                    if changed && !self.planes.is_empty() {
                        return false;
                    }
                    self.bad_packets = 0;
                    if buffer.frames() > 0 {
                        buffer.copy_to_vecs_planar(&mut self.planes);
                        self.planes.truncate(2);
                        self.planes.iter_mut().flatten().for_each(|sample| *sample = finite(*sample));
                        return !self.planes.is_empty();
                    }
                }
                Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => {
                    self.bad_packets += 1;
                    if self.bad_packets > MAXIMUM_BAD_PACKETS {
                        return false;
                    }
                    if !self.planes.is_empty() {
                        let gap = packet.dur.get().min(MAXIMUM_GAP) as usize;
                        self.planes.iter_mut().for_each(|plane| {
                            plane.clear();
                            plane.resize(gap, 0.0);
                        });
                        return true;
                    }
                }
                Err(_) => return false,
            }
        }
        false
    }
}

fn name(format: &dyn FormatReader, parameters: &AudioCodecParameters) -> String {
    match format.format_info().short_name {
        "wave" => "WAV".into(),
        "ogg" if parameters.codec == CODEC_ID_VORBIS => "Ogg Vorbis".into(),
        "ogg" if parameters.codec == CODEC_ID_FLAC => "Ogg FLAC".into(),
        other => other.to_uppercase(),
    }
}
