//! A media file, decoded from its start: planar samples, packet by packet, whatever the format.

use super::direct::{self, Direct};
use super::pcm::{PcmLayout, finite};
use super::stream::Frame;
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

/// Frames of plain samples that are read at once.
const PLAIN_FRAMES: usize = 4_096;

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
    /// One or two, of equal length.
    planes: Vec<Vec<f32>>,
    backend: Backend,
}

enum Backend {
    /// Plain samples. Files whose headers promise too much (a recorder that crashed) are read as far as they go.
    Plain {
        file: File,
        layout: PcmLayout,
        position: u64,
        frames: Vec<Frame>,
        bytes: Vec<u8>,
    },
    Packets(Box<Packets>),
}

struct Packets {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    bad_packets: u32,
    /// The first packet was decoded when the file was opened and waits to be fetched.
    is_primed: bool,
}

impl Decoder {
    /// Opens a file and decodes its first packet, so that what cannot be decoded at all is known at once.
    pub fn open(path: &Path) -> Result<Self, DecodeError> {
        let mut file = File::open(path).map_err(DecodeError::Open)?;
        match direct::inspect(&mut file).filter(|direct| SAMPLE_RATES.contains(&direct.sample_rate)) {
            Some(direct) => Ok(Self::plain(file, &direct)),
            None => Self::packets(path),
        }
    }

    fn plain(file: File, direct: &Direct) -> Self {
        let planes = vec![Vec::new(); usize::from(direct.layout.channels.min(2))];
        let (frames, bytes) = (vec![[0.0; 2]; PLAIN_FRAMES], Vec::new());
        let backend = Backend::Plain { file, layout: direct.layout, position: 0, frames, bytes };
        Self { info: direct.info(), planes, backend }
    }

    fn packets(path: &Path) -> Result<Self, DecodeError> {
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
        let decoder =
            get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default()).map_err(DecodeError::Codec)?;
        let (frames, name, track_id) = (track.num_frames, name(format.as_ref(), parameters), track.id);
        let mut packets = Packets { format, decoder, track_id, bad_packets: 0, is_primed: false };
        let mut planes = Vec::new();
        if !packets.advance(&mut planes) {
            return Err(DecodeError::Silent);
        }
        packets.is_primed = true;
        let (sample_rate, channels) = packets.spec();
        if !SAMPLE_RATES.contains(&sample_rate) {
            return Err(DecodeError::SampleRate(sample_rate));
        }
        let info = Info { frames: frames.unwrap_or(0), sample_rate, channels: channels as u16, format: name };
        Ok(Self { info, planes, backend: Backend::Packets(Box::new(packets)) })
    }

    pub fn info(&self) -> &Info {
        &self.info
    }

    /// One or two planes (the first two of more channels) with the next frames; None at the end. What cannot be decoded
    /// in between is silence of the same length, so that the rest stays in its place.
    pub fn next_planes(&mut self) -> Option<&[Vec<f32>]> {
        let is_there = match &mut self.backend {
            Backend::Packets(packets) => std::mem::take(&mut packets.is_primed) || packets.advance(&mut self.planes),
            Backend::Plain { file, layout, position, frames, bytes } => {
                let count = layout.read(file, *position, frames, bytes).unwrap_or(0);
                *position += count as u64;
                for (side, plane) in self.planes.iter_mut().enumerate() {
                    plane.clear();
                    plane.extend(frames[..count].iter().map(|frame| frame[side]));
                }
                count > 0
            }
        };
        is_there.then_some(&self.planes)
    }
}

impl Packets {
    /// Of what was decoded last: sample rate, channels.
    fn spec(&self) -> (u32, usize) {
        let decoded = self.decoder.last_decoded();
        (decoded.spec().rate(), decoded.spec().channels().count())
    }

    /// Decodes until there are frames; false at the end, which includes whatever cannot be read on.
    fn advance(&mut self, planes: &mut Vec<Vec<f32>>) -> bool {
        let before = if planes.is_empty() { None } else { Some(self.spec()) };
        while let Ok(Some(packet)) = self.format.next_packet() {
            if packet.track_id != self.track_id {
                continue;
            }
            match self.decoder.decode(&packet) {
                Ok(buffer) if buffer.frames() == 0 => {}
                Ok(buffer) => {
                    self.bad_packets = 0;
                    let spec = (buffer.spec().rate(), buffer.spec().channels().count());
                    if before.is_some_and(|before| before != spec) {
                        return false;
                    }
                    buffer.copy_to_vecs_planar(planes);
                    planes.truncate(2);
                    planes.iter_mut().flatten().for_each(|sample| *sample = finite(*sample));
                    return !planes.is_empty();
                }
                Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => {
                    self.bad_packets += 1;
                    if self.bad_packets > MAXIMUM_BAD_PACKETS {
                        return false;
                    }
                    if !planes.is_empty() {
                        let gap = packet.dur.get().min(MAXIMUM_GAP) as usize;
                        for plane in planes.iter_mut() {
                            plane.clear();
                            plane.resize(gap, 0.0);
                        }
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
