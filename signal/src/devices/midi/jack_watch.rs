//! MIDI ports as JACK announces them.

use super::{CLIENT_NAME, RETRY};
use crate::devices::surface_io::{Found, Listener, Told};
use crate::devices::wake::{Bell, Waker, bell};
use jack::{Client, ClientOptions, ClientStatus, NotificationHandler, PortFlags, PortId};
use loophole_wire::message::ports::{PortDescription, Transport};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const MIDI_TYPE: &str = "8 bit raw midi";
/// Names of ports are kept apart up to this many; then all begin anew.
const MOST_NAMES: usize = 4_096;
/// Ports come in flocks.
const SETTLE: Duration = Duration::from_millis(5);

/// How often a port of each name was registered: the next one is another.
type Epochs = Arc<Mutex<BTreeMap<String, u64>>>;

/// The thread `signal-midi-watch`, until the waker's leash is dropped.
pub(crate) fn run(waker: &Waker, listener: &Listener) {
    let (epochs, mut failure_is_told) = (Epochs::default(), false);
    loop {
        let reason = match watch(waker, listener, &epochs) {
            Ok(()) => return,
            Err(reason) => reason,
        };
        if !std::mem::replace(&mut failure_is_told, true) {
            listener(Told::Failed(reason));
        } else {
            listener(Told::All(Vec::new()));
        }
        if waker.wait(&mut [], Some(RETRY)) {
            return;
        }
    }
}

/// Ends in order when the leash is dropped.
fn watch(waker: &Waker, listener: &Listener, epochs: &Epochs) -> Result<(), String> {
    let failed = |error: jack::Error| format!("MIDI devices cannot be seen: JACK does not answer ({error})");
    let name = format!("{CLIENT_NAME}_watch");
    let (client, _status) = Client::new(&name, ClientOptions::NO_START_SERVER).map_err(failed)?;
    let (mut changed, ring) = bell().map_err(|error| format!("MIDI devices cannot be watched ({error})"))?;
    let died = Arc::new(AtomicBool::new(false));
    let notices = Notices { ring, died: Arc::clone(&died), epochs: Arc::clone(epochs) };
    let client = client.activate_async(notices, ()).map_err(failed)?;
    let mut told = None;
    loop {
        if died.load(Ordering::Acquire) {
            // Closing a client of a dead server may hang: it is only let go of.
            std::mem::forget(client);
            return Err("the JACK server has ended".to_owned());
        }
        let all = list(client.as_client(), epochs);
        if told.as_ref() != Some(&all) {
            listener(Told::All(all.clone()));
            told = Some(all);
        }
        if waker.wait(&mut [changed.fd()], None) {
            return Ok(());
        }
        std::thread::sleep(SETTLE);
        changed.hush();
    }
}

fn list(client: &Client, epochs: &Epochs) -> Vec<Found> {
    let epochs = epochs.lock().unwrap_or_else(PoisonError::into_inner);
    let ways = [(PortFlags::IS_OUTPUT, true), (PortFlags::IS_INPUT, false)];
    let of_way = |(flag, inputs): (PortFlags, bool)| {
        let ports = client.ports(None, Some(MIDI_TYPE), flag).into_iter();
        let others = ports.filter(|name| !is_own(name)).collect::<Vec<_>>().into_iter();
        others.map(|name| describe(&name, inputs, epochs.get(&name).copied().unwrap_or(0))).collect::<Vec<_>>()
    };
    ways.into_iter().flat_map(of_way).collect()
}

/// Ours, and those of other Loopholes: JACK puts numbers behind equal names.
fn is_own(port: &str) -> bool {
    let client = port.split(':').next().unwrap_or_default();
    let behind = client.strip_prefix(CLIENT_NAME);
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(['-', '_']))
}

fn describe(name: &str, inputs: bool, epoch: u64) -> Found {
    let description = PortDescription {
        transport: Transport::Midi,
        name: name.to_owned(),
        inputs,
        outputs: !inputs,
        system_id: name.to_owned(),
        siblings: Some(format!("client {}", name.split(':').next().unwrap_or_default())),
        ..PortDescription::default()
    };
    Found { place: format!("{name} {epoch}"), description }
}

struct Notices {
    ring: Bell,
    died: Arc<AtomicBool>,
    epochs: Epochs,
}

impl NotificationHandler for Notices {
    fn port_registration(&mut self, client: &Client, port: PortId, is_registered: bool) {
        if is_registered && let Some(name) = client.port_by_id(port).and_then(|port| port.name().ok()) {
            let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
            if epochs.len() >= MOST_NAMES {
                epochs.clear();
            }
            *epochs.entry(name).or_default() += 1;
        }
        self.ring.ring();
    }

    #[allow(unsafe_code)]
    // SAFETY: stores a flag and writes to a pipe, which a signal handler may do.
    unsafe fn shutdown(&mut self, _status: ClientStatus, _reason: &str) {
        self.died.store(true, Ordering::Release);
        self.ring.ring();
    }
}
