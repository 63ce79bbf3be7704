//! The protocol of Loophole, as types: what two processes must agree on, and nothing else.
//!
//! Pure: no sockets, no threads, no clock. Everything that arrives over a border passes through here and is
//! hostile until parsed; nothing in this crate panics on bytes from outside.

pub mod decibels;
pub mod domain;
pub mod envelope;
pub mod error;
pub mod frame;
pub mod message;
pub mod peaks;
pub mod plane;
pub mod schema;
pub mod time;
pub mod token;

pub use envelope::{Envelope, Kind, Party, Priority};
pub use error::{ErrorBody, ProtocolError};
pub use frame::{Frame, FrameDecoder, FrameError};

/// Version of the messages. A peer with another one is refused at the handshake.
///
/// History: 1, the first.
pub const PROTOCOL_VERSION: u32 = 1;

/// Version of the envelope around each message.
///
/// History: 1, the first.
pub const ENVELOPE_VERSION: u32 = 1;
