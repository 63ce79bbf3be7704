//! One open MIDI port: its input, its output or both.

use super::CLIENT_NAME;
use crate::devices::input::InputSink;
use crate::devices::surface_io::{Found, OpenError, PortIo, WriteError};
use loophole_surfaces::midi::message::split;
use midir::{MidiInput, MidiInputConnection, MidiOutput, MidiOutputConnection};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The sequencer's pool takes no event of more than about 12,000 bytes.
#[cfg(not(feature = "midi-jack"))]
const MOST_PIECE_BYTES: usize = 1_024;
/// JACK takes whole messages only. midir's ring to it holds 16,384 bytes and does not say when it is full, so this much goes
/// within a [`WINDOW`]: longer than any period of a server.
#[cfg(feature = "midi-jack")]
const MOST_WHOLE_BYTES: usize = 7_900;
#[cfg(feature = "midi-jack")]
const WINDOW: std::time::Duration = std::time::Duration::from_millis(100);
/// Longer than some periods of most servers.
#[cfg(feature = "midi-jack")]
const CONNECTING: std::time::Duration = std::time::Duration::from_millis(50);

struct MidiIoPort {
    /// Held: dropping it ends the driver's calls.
    _input: Option<MidiInputConnection<InputSink>>,
    output: Option<MidiOutputConnection>,
    /// Since when bytes are counted, and how many went.
    #[cfg(feature = "midi-jack")]
    window: (std::time::Instant, usize),
}

pub(super) fn open(found: &Found, input: InputSink) -> Result<Box<dyn PortIo>, OpenError> {
    let description = &found.description;
    // Where the service has nothing left to give, midir panics instead of saying so.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let id = &description.system_id;
        let input = description.inputs.then(|| connect_input(id, input)).transpose()?;
        let output = description.outputs.then(|| connect_output(id)).transpose()?;
        Ok(MidiIoPort {
            _input: input,
            output,
            #[cfg(feature = "midi-jack")]
            window: (std::time::Instant::now(), 0),
        })
    }));
    let unwound = |_panic| Err(OpenError::Failed("the MIDI service has no connection left".to_owned()));
    outcome.unwrap_or_else(unwound).map(|port| Box::new(port) as Box<dyn PortIo>)
}

fn connect_input(id: &str, input: InputSink) -> Result<MidiInputConnection<InputSink>, OpenError> {
    let client = MidiInput::new(CLIENT_NAME).map_err(|error| OpenError::Failed(no_service(&error)))?;
    let port = client.find_port_by_id(id).ok_or_else(|| gone(id))?;
    // Stamped here, on the driver's thread.
    let said = |_micros, bytes: &[u8], input: &mut InputSink| input.push(bytes);
    client.connect(&port, "in", said, input).map_err(|error| OpenError::Failed(format!("MIDI port {id}: {error}")))
}

fn connect_output(id: &str) -> Result<MidiOutputConnection, OpenError> {
    let client = MidiOutput::new(CLIENT_NAME).map_err(|error| OpenError::Failed(no_service(&error)))?;
    let port = client.find_port_by_id(id).ok_or_else(|| gone(id))?;
    let output = client.connect(&port, "out");
    // JACK takes a connection into its graph within some periods; what is said before is lost.
    #[cfg(feature = "midi-jack")]
    std::thread::sleep(CONNECTING);
    output.map_err(|error| OpenError::Failed(format!("MIDI port {id}: {error}")))
}

fn no_service(error: &midir::InitError) -> String {
    format!("the system's MIDI service does not answer: {error}")
}

fn gone(id: &str) -> OpenError {
    OpenError::Gone(format!("MIDI port {id} is no longer there"))
}

impl MidiIoPort {
    fn send(&mut self, message: &[u8]) -> Result<(), WriteError> {
        let Some(output) = &mut self.output else {
            return Err(WriteError::Failed("the port takes nothing: it is an input".to_owned()));
        };
        #[cfg(feature = "midi-jack")]
        {
            // Each message costs its length in a ring of its own.
            let cost = message.len().max(size_of::<usize>());
            if cost > MOST_WHOLE_BYTES {
                return Err(WriteError::Failed(format!("JACK takes messages of at most {MOST_WHOLE_BYTES} bytes")));
            }
            let (since, gone) = self.window;
            if gone + cost > MOST_WHOLE_BYTES {
                std::thread::sleep(WINDOW.saturating_sub(since.elapsed()));
            }
            let is_over = since.elapsed() >= WINDOW;
            self.window = if is_over { (std::time::Instant::now(), cost) } else { (since, gone + cost) };
        }
        output.send(message).map_err(|error| WriteError::Failed(format!("the MIDI service did not take it: {error}")))
    }
}

impl PortIo for MidiIoPort {
    fn write(&mut self, bytes: &[u8], _feature: bool) -> Result<(), WriteError> {
        // The services take one message at a time, of several the first. What is left is a piece of system exclusive.
        let mut rest = bytes;
        for message in split(bytes) {
            self.send(message)?;
            rest = rest.get(message.len()..).unwrap_or_default();
        }
        if rest.is_empty() { Ok(()) } else { self.send(rest) }
    }

    #[cfg(not(feature = "midi-jack"))]
    fn sysex_chunk_bytes(&self, wanted: Option<usize>) -> Option<usize> {
        Some(wanted.map_or(MOST_PIECE_BYTES, |wanted| wanted.min(MOST_PIECE_BYTES)))
    }

    #[cfg(feature = "midi-jack")]
    fn sysex_chunk_bytes(&self, _wanted: Option<usize>) -> Option<usize> {
        None
    }
}
