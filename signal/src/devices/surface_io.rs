//! What a way to devices can do: find ports, open them, move bytes. The system's MIDI, its HID and the network are such
//! ways, simulated devices and recordings are others.

use super::input::InputSink;
use loophole_wire::message::ports::{OpenPort, PortDescription};
use std::sync::Arc;

/// What a way to devices found. `place` is its own name for the port and is never used for another device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) place: String,
    pub(crate) description: PortDescription,
}

/// What a way to devices tells by itself.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// All ports that are there now.
    All(Vec<Found>),
    /// It cannot be watched; told once for each reason.
    Failed(String),
}

/// Where a way to devices tells what it found. May wait; never call it from a driver's callback.
pub(crate) type Listener = Arc<dyn Fn(Told) + Send + Sync>;

/// Why a port cannot be opened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// This user may not. Right after a plug, the system may still be about to give the permission.
    Permission(String),
    /// It is there, but is not opened on purpose.
    Refused(String),
    Gone(String),
    Failed(String),
}

/// Why something did not get to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WriteError {
    /// This message; others may get there.
    Failed(String),
    /// The device is gone.
    Gone(String),
}

/// An open port. Dropping it closes it.
pub(crate) trait PortIo: Send {
    /// Hands one piece over; may wait as long as the system does. `feature`: a HID feature report.
    ///
    /// # Errors
    /// What the system says.
    fn write(&mut self, bytes: &[u8], feature: bool) -> Result<(), WriteError>;

    /// A SysEx goes in pieces of this many bytes, where the system cannot take more; none = whole.
    fn sysex_chunk_bytes(&self, wanted: Option<usize>) -> Option<usize> {
        wanted
    }
}

/// A way to devices.
pub(crate) trait SurfaceIo: Send {
    /// Begins to tell `listener` all ports, soon and whenever they change, until [`Self::unwatch`]; from other threads where
    /// the system is asked.
    ///
    /// # Errors
    /// Why it cannot even begin.
    fn watch(&mut self, listener: Listener) -> Result<(), String>;

    /// Ends watching; returns soon.
    fn unwatch(&mut self);

    /// Opens a port that was found: what the device says goes to `input`, until the port is dropped.
    ///
    /// # Errors
    /// Why not, and what to do.
    fn open(&mut self, found: &Found, wanted: &OpenPort, input: InputSink) -> Result<Box<dyn PortIo>, OpenError>;
}
