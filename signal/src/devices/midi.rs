//! MIDI ports, as the system lists them.

use super::ListError;
use loophole_wire::message::hardware::MidiPort;
use midir::{MidiInput, MidiOutput};

const CLIENT_NAME: &str = "Loophole";

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
