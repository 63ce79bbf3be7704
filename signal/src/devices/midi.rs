//! MIDI: what ports there are, and moving bytes through them.

#[cfg(all(target_os = "linux", not(feature = "midi-jack")))]
mod alsa_watch;
mod connect;
#[cfg(all(target_os = "linux", feature = "midi-jack"))]
mod jack_watch;
pub(crate) mod parser;
#[cfg(not(target_os = "linux"))]
mod poll_watch;
pub(crate) mod sysfs;

#[cfg(all(target_os = "linux", not(feature = "midi-jack")))]
use alsa_watch as watching;
#[cfg(all(target_os = "linux", feature = "midi-jack"))]
use jack_watch as watching;
#[cfg(not(target_os = "linux"))]
use poll_watch as watching;

use super::ListError;
use super::input::InputSink;
use super::surface_io::{Found, Listener, OpenError, PortIo, SurfaceIo};
use super::wake::{self, Leash};
use loophole_wire::message::hardware::MidiPort;
use loophole_wire::message::ports::OpenPort;
use midir::{MidiInput, MidiOutput};
use std::time::Duration;

const CLIENT_NAME: &str = "Loophole";
/// A MIDI service that is not there is looked for this often.
const RETRY: Duration = Duration::from_secs(2);

/// The system's MIDI.
#[derive(Default)]
pub(crate) struct MidiIo {
    watch: Option<Leash>,
}

impl SurfaceIo for MidiIo {
    fn watch(&mut self, listener: Listener) -> Result<(), String> {
        self.watch =
            Some(wake::watch("signal-midi-watch", "MIDI devices", move |waker| watching::run(waker, &listener))?);
        Ok(())
    }

    fn unwatch(&mut self) {
        self.watch = None;
    }

    fn open(&mut self, found: &Found, _wanted: &OpenPort, input: InputSink) -> Result<Box<dyn PortIo>, OpenError> {
        connect::open(found, input)
    }
}

/// Inputs, then outputs. Fails where there is no MIDI service (on Linux: no `/dev/snd/seq`).
pub fn list_midi() -> Result<Vec<MidiPort>, ListError> {
    let failed = |error: midir::InitError| ListError::Midi(error.to_string());
    let mut found = Vec::new();
    let input = MidiInput::new(CLIENT_NAME).map_err(failed)?;
    for port in input.ports() {
        // A port that went away while it was listed is not there.
        let Ok(name) = input.port_name(&port) else { continue };
        found.push(MidiPort { id: port.id(), name, direction: "input".to_owned() });
    }
    let output = MidiOutput::new(CLIENT_NAME).map_err(failed)?;
    for port in output.ports() {
        let Ok(name) = output.port_name(&port) else { continue };
        found.push(MidiPort { id: port.id(), name, direction: "output".to_owned() });
    }
    Ok(found)
}
