//! MIDI ports where the system announces nothing: looked at every second, with one long-lived client each way.

use super::{CLIENT_NAME, RETRY};
use crate::devices::surface_io::{Found, Listener, Told};
use crate::devices::wake::Waker;
use loophole_wire::message::ports::{PortDescription, Transport};
use midir::{MidiInput, MidiOutput};
use std::collections::BTreeMap;
use std::time::Duration;

const POLL: Duration = Duration::from_secs(1);

/// The thread `signal-midi-watch`, until the waker's leash is dropped.
pub(crate) fn run(waker: &Waker, listener: &Listener) {
    let mut failure_is_told = false;
    let (input, output) = loop {
        match MidiInput::new(CLIENT_NAME).and_then(|input| Ok((input, MidiOutput::new(CLIENT_NAME)?))) {
            Ok(clients) => break clients,
            Err(error) if !std::mem::replace(&mut failure_is_told, true) => {
                listener(Told::Failed(format!("MIDI devices cannot be seen: {error}")));
            }
            Err(_) => {}
        }
        if waker.wait(&mut [], Some(RETRY)) {
            return;
        }
    };
    let mut told = None;
    loop {
        let mut all: BTreeMap<String, PortDescription> = BTreeMap::new();
        for port in input.ports() {
            let name = input.port_name(&port).unwrap_or_else(|_gone| port.id());
            all.entry(port.id()).or_insert_with(|| describe(name, port.id())).inputs = true;
        }
        for port in output.ports() {
            let name = output.port_name(&port).unwrap_or_else(|_gone| port.id());
            all.entry(port.id()).or_insert_with(|| describe(name, port.id())).outputs = true;
        }
        all.retain(|_, description| !description.name.starts_with(CLIENT_NAME));
        let all: Vec<_> = all.into_iter().map(|(place, description)| Found { place, description }).collect();
        if told.as_ref() != Some(&all) {
            listener(Told::All(all.clone()));
            told = Some(all);
        }
        if waker.wait(&mut [], Some(POLL)) {
            return;
        }
    }
}

fn describe(name: String, system_id: String) -> PortDescription {
    PortDescription { transport: Transport::Midi, name, system_id, ..PortDescription::default() }
}
