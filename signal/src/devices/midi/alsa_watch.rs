//! MIDI ports as the ALSA sequencer announces them: who came and who left is told within milliseconds.

use super::sysfs::{self, Identity};
use super::{CLIENT_NAME, RETRY};
use crate::devices::surface_io::{Found, Listener, Told};
use crate::devices::wake::Waker;
use alsa::Direction;
use alsa::poll::Descriptors;
use alsa::seq::{Addr, ClientIter, EventType, PortCap, PortInfo, PortIter, PortSubscribe, PortType, Seq};
use loophole_wire::message::ports::{PortDescription, Transport};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::Path;
use std::time::Duration;

const SEQUENCER: &str = "/dev/snd/seq";
/// Announcements come in flocks: a client, then its ports.
const SETTLE: Duration = Duration::from_millis(2);
/// A flock does not last longer.
const MOST_SETTLES: u32 = 25;

type Address = (i32, i32);

/// The thread `signal-midi-watch`, until the waker is dropped.
pub(crate) fn run(wake: &Waker, listener: &Listener) {
    let mut told_failure = None;
    // How often something left each address: the next one there is another.
    let mut epochs = BTreeMap::new();
    loop {
        // Asked for a sequencer that is not there, ALSA speaks to stderr each time.
        let outcome = if Path::new(SEQUENCER).exists() {
            watch(wake, listener, &mut epochs).map_err(|error| error.to_string())
        } else {
            Err(format!("there is no {SEQUENCER}"))
        };
        let Err(error) = outcome else { return };
        let reason = format!(
            "MIDI devices cannot be seen: the ALSA sequencer does not answer ({error}); the kernel module snd-seq provides it"
        );
        if told_failure.as_ref() != Some(&reason) {
            listener(Told::Failed(reason.clone()));
            told_failure = Some(reason);
        }
        if wake.wait(&mut [], Some(RETRY)) {
            return;
        }
    }
}

/// Ends in order when woken.
fn watch(wake: &Waker, listener: &Listener, epochs: &mut BTreeMap<Address, u64>) -> alsa::Result<()> {
    let seq = Seq::open(None, Some(Direction::Capture), true)?;
    let name = |text: &str| CString::new(text).unwrap_or_default();
    seq.set_client_name(&name(CLIENT_NAME))?;
    let port = seq.create_simple_port(&name("watch"), PortCap::WRITE | PortCap::NO_EXPORT, PortType::APPLICATION)?;
    let subscription = PortSubscribe::empty()?;
    subscription.set_sender(Addr::system_announce());
    subscription.set_dest(Addr { client: seq.client_id()?, port });
    seq.subscribe_port(&subscription)?;
    let mut fds = (&seq, Some(Direction::Capture)).get()?;
    let mut told = None;
    loop {
        let all = list(&seq, epochs);
        if told.as_ref() != Some(&all) {
            listener(Told::All(all.clone()));
            told = Some(all);
        }
        if wake.wait(&mut fds, None) {
            return Ok(());
        }
        let mut settles = 0;
        while take_announcements(&seq, epochs)? && settles < MOST_SETTLES {
            settles += 1;
            std::thread::sleep(SETTLE);
        }
    }
}

/// Reads all announcements that are there; true when there were some.
fn take_announcements(seq: &Seq, epochs: &mut BTreeMap<Address, u64>) -> alsa::Result<bool> {
    let (mut input, mut any) = (seq.input(), false);
    loop {
        let event = match input.event_input() {
            Ok(event) => event,
            Err(error) if matches!(error.errno(), libc::EAGAIN | libc::EINTR) => return Ok(any),
            // Announcements were lost; what is there is listed anyway.
            Err(error) if error.errno() == libc::ENOSPC => {
                any = true;
                continue;
            }
            Err(error) => return Err(error),
        };
        any = true;
        let Some(address) = event.get_data::<Addr>() else { continue };
        match event.get_type() {
            EventType::PortExit => *epochs.entry((address.client, address.port)).or_default() += 1,
            EventType::ClientExit => {
                let of_client = (address.client, i32::MIN)..=(address.client, i32::MAX);
                epochs.range_mut(of_client).for_each(|(_, epoch)| *epoch += 1);
            }
            _ => {}
        }
    }
}

fn list(seq: &Seq, epochs: &mut BTreeMap<Address, u64>) -> Vec<Found> {
    let mut all = Vec::new();
    for client in ClientIter::new(seq) {
        let client_name = client.get_name().unwrap_or_default().to_owned();
        let card = client.get_card().ok().filter(|card| *card >= 0);
        // Our own, and those of other Loopholes.
        if card.is_none() && client_name == CLIENT_NAME {
            continue;
        }
        let identity = card.map(|card| sysfs::of_card(Path::new("/sys"), card)).unwrap_or_default();
        for port in PortIter::new(seq, client.get_client()) {
            let epoch = *epochs.entry((port.get_client(), port.get_port())).or_default();
            all.extend(describe(&client_name, &port, &identity, epoch));
        }
    }
    all
}

fn describe(client_name: &str, port: &PortInfo, identity: &Identity, epoch: u64) -> Option<Found> {
    let capability = port.get_capability();
    let inputs = capability.contains(PortCap::READ | PortCap::SUBS_READ);
    let outputs = capability.contains(PortCap::WRITE | PortCap::SUBS_WRITE);
    let is_midi = port.get_type().intersects(PortType::MIDI_GENERIC | PortType::SYNTH | PortType::APPLICATION);
    if !is_midi || capability.contains(PortCap::NO_EXPORT) || !(inputs || outputs) {
        return None;
    }
    let port_name = port.get_name().unwrap_or_default();
    let name = if port_name.starts_with(client_name) {
        port_name.to_owned()
    } else {
        format!("{client_name} {port_name}").trim().to_owned()
    };
    let system_id = format!("{}:{}", port.get_client(), port.get_port());
    let identity = identity.clone();
    let description = PortDescription {
        transport: Transport::Midi,
        name,
        inputs,
        outputs,
        usb_path: identity.usb_path,
        vendor_id: identity.vendor_id,
        product_id: identity.product_id,
        serial: identity.serial,
        manufacturer: identity.manufacturer,
        hid: None,
        siblings: identity.siblings.or_else(|| Some(format!("client {}", port.get_client()))),
        osc: None,
        system_id: system_id.clone(),
    };
    Some(Found { place: format!("{system_id} {epoch}"), description })
}
