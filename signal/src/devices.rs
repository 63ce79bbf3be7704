//! Hardware beside audio: what MIDI and HID devices there are, and OSC endpoints.

pub mod hid;
pub mod midi;
pub mod osc;

pub use hid::list_hid;
pub use midi::list_midi;
pub use osc::{OscEndpoint, OscEvent, OscOpenError};

use loophole_wire::message::hardware::Devices;

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
