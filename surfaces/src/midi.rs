//! MIDI: bytes to messages, what takes several messages to say, and the dialects of control surfaces.

pub mod cc14;
pub mod mcu;
pub mod message;
pub mod nrpn;
pub mod relative;
pub mod sysex;
