//! Everything that an engine must be told that knows nothing yet. Pure.

use super::to_wire::{Heard, rescale};
use crate::model::{MediaId, Model};
use crate::storage::settings::OscConfig;
use loophole_wire::message::transport::{Anchor, Play, Seek};
use loophole_wire::message::{EngineCommand, engine, gesture, hardware, media, metering};
use std::path::Path;

/// The telemetry stream.
pub const METERING_STREAM: u32 = 1;
const METERING_RATE_HZ: u32 = 60;
/// The OSC endpoint's device number.
pub const OSC_DEVICE: u32 = 0;

/// Where the music is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// On the timeline, in frames at the project's rate.
    pub position_frames: i64,
    /// When: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    pub rolling: bool,
}

/// Everything that the engine holds, as Pulse knows it.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    pub heard: Heard<'a>,
    /// The project's folder, absolute.
    pub folder: &'a Path,
    pub audio: &'a hardware::AudioConfig,
    pub osc: &'a OscConfig,
    /// Media that are being imported: number and path in the project.
    pub importing: &'a [(MediaId, String)],
    /// Gesture streams that are open, with what they may move.
    pub streams: &'a [(u32, Vec<u32>)],
    pub place: Place,
    pub graph_version: u64,
}

impl Session<'_> {
    /// Sample rate, cache, audio device and OSC endpoint: what belongs to the process.
    pub fn process(&self) -> Vec<EngineCommand> {
        let mut commands =
            vec![self.configure(), EngineCommand::EngineStart(engine::Start { audio: self.audio.clone() })];
        if self.osc.enabled {
            commands.push(open_osc(self.osc));
        }
        commands
    }

    pub fn configure(&self) -> EngineCommand {
        EngineCommand::EngineConfigure(engine::Configure {
            preferred_sample_rate: self.heard.model.sample_rate,
            cache_folder: Some(self.folder.join("cache").to_string_lossy().into_owned()),
        })
    }

    /// Every media file of the project, and those that are being imported.
    pub fn media(&self) -> Vec<EngineCommand> {
        let known = self.heard.model.media.values().map(|media| (media.id, media.path.as_str()));
        let importing = self.importing.iter().map(|(id, path)| (*id, path.as_str()));
        known.chain(importing).map(|(id, path)| open_media(self.folder, id, path)).collect()
    }

    /// The graph, the loop, the streams of hands, and where the music is: what belongs to positions at a rate.
    pub fn music(&self) -> Vec<EngineCommand> {
        let mut commands = vec![
            EngineCommand::GraphApplySnapshot(self.heard.snapshot(self.graph_version)),
            EngineCommand::TransportSetLoopRegion(self.heard.loop_region()),
        ];
        let streams = self.streams.iter().cloned();
        commands.extend(streams.map(|(stream, targets)| EngineCommand::GestureOpen(gesture::Open { stream, targets })));
        commands
    }

    /// The command that brings the transport to where the music is; to be asked with a ticket.
    pub fn transport(&self) -> EngineCommand {
        let Place { position_frames, at_nanos, rolling } = self.place;
        let position_frames = engine_frames(self.heard.model, position_frames, self.heard.engine_rate);
        if rolling {
            EngineCommand::TransportPlay(Play { anchor: Some(Anchor { position_frames, at_nanos }) })
        } else {
            EngineCommand::TransportSeek(Seek { position_frames })
        }
    }

    pub fn metering() -> EngineCommand {
        EngineCommand::MeteringOpen(metering::Open { stream: METERING_STREAM, rate_hz: METERING_RATE_HZ })
    }
}

/// All that a new engine must be told, in order.
pub fn rebuild(session: &Session<'_>) -> Vec<EngineCommand> {
    let mut commands = session.process();
    commands.extend(session.media());
    commands.extend(session.music());
    commands.push(session.transport());
    commands.push(Session::metering());
    commands
}

/// Project frames as engine frames.
pub fn engine_frames(model: &Model, frames: i64, engine_rate: u32) -> i64 {
    rescale(frames, model.sample_rate, engine_rate)
}

pub fn open_media(folder: &Path, id: MediaId, path: &str) -> EngineCommand {
    EngineCommand::MediaOpen(media::Open {
        media_id: id.0,
        path: folder.join(path).to_string_lossy().into_owned(),
        peaks_path: Some(peaks_path(folder, path).to_string_lossy().into_owned()),
    })
}

/// Where the peaks of a media file are kept.
pub fn peaks_path(folder: &Path, media_path: &str) -> std::path::PathBuf {
    let file = media_path.rsplit('/').next().unwrap_or(media_path);
    folder.join("cache").join(format!("{file}.peaks"))
}

pub fn open_osc(osc: &OscConfig) -> EngineCommand {
    EngineCommand::HardwareOpenDevice(hardware::OpenDevice::Osc {
        device: OSC_DEVICE,
        address: osc.address.clone(),
        port: osc.port,
    })
}
