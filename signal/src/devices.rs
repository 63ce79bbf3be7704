//! Hardware beside audio: control surfaces and instruments over MIDI, HID and OSC.

mod discovery;
mod fast_path;
pub mod hid;
pub(crate) mod hub;
mod input;
pub mod midi;
pub mod osc;
mod output;
mod pacing;
#[cfg(test)]
mod replay;
mod simulated;
mod storm;
mod surface_io;
mod trouble;
mod wake;
mod watch;

pub use hid::list_hid;
pub use midi::list_midi;
pub use osc::{OscEndpoint, OscEvent, OscOpenError};

use loophole_wire::message::hardware::Devices;
use surface_io::SurfaceIo;
use watch::Source;

/// Why a kind of device could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("the system's MIDI service does not answer: {0}")]
    Midi(String),
    #[error("HID devices cannot be listed: {0}")]
    Hid(String),
}

/// All that can be found now. What cannot be listed is none; OSC endpoints are only known to who opened them: none.
/// Takes as long as the slowest audio host, at most some seconds: not for a thread that others wait for.
pub fn list_all() -> Devices {
    Devices { audio: Some(crate::audio::list_audio_hosts()), midi: list_midi().ok(), hid: list_hid().ok(), osc: None }
}

/// The system's own way to devices of a kind.
fn system_io(source: Source) -> Option<Box<dyn SurfaceIo>> {
    match source {
        Source::Midi => Some(Box::new(midi::MidiIo::default())),
        Source::Hid => Some(Box::new(hid::HidIo::default())),
        Source::Discovery => Some(Box::new(discovery::DiscoveryIo::default())),
        Source::Simulated => None,
    }
}

#[cfg(test)]
mod tests;
