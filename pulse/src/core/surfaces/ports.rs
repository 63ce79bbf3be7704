//! Ports come and go: which devices they are, whether they were here before, and what is said to them first.

use super::device::Device;
use super::handshake::Connecting;
use super::{DEVICE_LIMIT, simulate};
use crate::core::link::Waiting;
use crate::core::{Core, codes::Code};
use crate::view::Severity;
use crate::view::surfaces::SurfaceState;
use loophole_surfaces::facts::DeviceFacts;
use loophole_surfaces::midi::sysex::IDENTITY_REQUEST;
use loophole_surfaces::profile::Transport;
use loophole_wire::message::{EngineCommand, ports};
use loophole_wire::plane::DeviceOutput;

use crate::core::Outbound;

/// A box has so long to say who it is, and its other ports so long to come.
pub(super) const PROBE_NANOS: u64 = 300_000_000;
/// After its identity is known, the other ports of a box have so long to come.
pub(super) const SETTLE_NANOS: u64 = 50_000_000;
/// After a restart of the engine, a box that is not there by then is gone.
const RETURN_NANOS: u64 = 2_000_000_000;
/// System exclusive pieces, where the profile says nothing.
const SYSEX_CHUNK_BYTES: u32 = 256;

/// For other messages to the same device, in order.
const IN_ORDER: u32 = 0;

impl Core {
    /// The engine is there: what is plugged in?
    pub(in crate::core) fn watch_ports(&mut self) {
        let now = self.now;
        for device in self.surfaces.devices.values_mut().filter(|device| device.state == SurfaceState::Suspect) {
            device.deadline = Some(now + RETURN_NANOS);
        }
        self.command(EngineCommand::HardwareWatchPorts(ports::WatchPorts {
            midi: true,
            hid: true,
            osc_discovery: true,
        }));
        let simulated: Vec<_> =
            self.surfaces.devices.values().filter(|device| device.simulated).map(simulate::simulated_port).collect();
        for port in simulated {
            self.command(EngineCommand::HardwareAddSimulatedPort(Box::new(port)));
        }
    }

    /// The engine is away, and every port with it; the boxes are where they were.
    pub(in crate::core) fn ports_lost(&mut self) {
        self.surfaces.by_port.clear();
        Self::osc_apps_lost(&mut self.surfaces.devices);
        for device in self.surfaces.devices.values_mut() {
            device.ports.clear();
            device.deadline = None;
            device.next_heartbeat = None;
            if !matches!(device.state, SurfaceState::Gone | SurfaceState::Ignored) {
                device.state = SurfaceState::Suspect;
                device.trouble = Some("the engine is away; it comes back by itself".to_owned());
            }
        }
        self.surfaces_changed();
    }

    pub(in crate::core) fn port_arrived(&mut self, port: ports::Port) {
        if self.surfaces.by_port.contains_key(&port.port) {
            return;
        }
        let group = group_of(&port.description);
        let facts = facts_of(&port.description);
        let number = match self.surfaces.device_for(&group, &facts) {
            Some(number) => number,
            None => {
                match self.new_device(group.clone(), facts.clone(), port.description.system_id.starts_with(SIMULATED)) {
                    Some(number) => number,
                    None => return,
                }
            }
        };
        self.surfaces.by_port.insert(port.port, number);
        let now = self.now;
        let device = self.surfaces.devices.get_mut(&number).expect("it was found or made above");
        let (is_first, could_answer) = (device.ports.is_empty(), device.can_answer());
        device.ports.insert(port.port, port.clone());
        let can_answer_now = !could_answer && device.can_answer();
        if is_first {
            // It may be back in another place.
            (device.group, device.facts) = (group, facts);
            device.begin_probing(now);
        }
        if device.state != SurfaceState::Ignored {
            self.open_port(number, &port);
        }
        if can_answer_now {
            self.probe(number);
        }
        self.surfaces_changed();
    }

    pub(super) fn new_device(&mut self, group: String, facts: DeviceFacts, simulated: bool) -> Option<u32> {
        if self.surfaces.devices.len() >= DEVICE_LIMIT {
            let gone = self.surfaces.devices.values().find(|device| !device.is_here()).map(|device| device.number);
            let Some(gone) = gone else {
                let message = format!("{DEVICE_LIMIT} devices are connected; '{}' is left alone", facts.name);
                self.notice(Severity::Warning, Code::SurfaceTooMany, message);
                return None;
            };
            self.forget_device(gone);
        }
        self.surfaces.next_device += 1;
        let number = self.surfaces.next_device;
        self.surfaces.devices.insert(number, Device::new(number, group, facts, simulated));
        Some(number)
    }

    fn forget_device(&mut self, number: u32) {
        self.surfaces.devices.remove(&number);
        self.release(number);
    }

    /// Opens a port with what its device can bear.
    fn open_port(&mut self, number: u32, port: &ports::Port) {
        let device = &self.surfaces.devices[&number];
        let quirks = device.profile.as_ref().map(|profile| profile.quirks.clone()).unwrap_or_default();
        let open = EngineCommand::HardwareOpenPort(ports::OpenPort {
            port: port.port,
            max_messages_per_second: quirks.max_messages_per_second,
            max_burst: quirks.max_burst,
            sysex_chunk_bytes: quirks.sysex_chunk_bytes.or(Some(SYSEX_CHUNK_BYTES)),
            sysex_gap_millis: quirks.sysex_gap_millis,
        });
        self.request(Waiting::OpenPort(port.port), open);
    }

    pub(super) fn open_ports(&mut self, number: u32) {
        let ports: Vec<_> = self.surfaces.devices[&number].ports.values().cloned().collect();
        for port in &ports {
            self.open_port(number, port);
        }
    }

    pub(super) fn close_ports(&mut self, number: u32) {
        let ports: Vec<u32> = self.surfaces.devices[&number].ports.keys().copied().collect();
        for port in ports {
            self.command(EngineCommand::HardwareClosePort(ports::ClosePort { port }));
        }
    }

    /// Asks who it is.
    fn probe(&mut self, number: u32) {
        let device = &self.surfaces.devices[&number];
        if device.state == SurfaceState::Probing && !device.simulated {
            self.tell_device(number, &IDENTITY_REQUEST, false);
        }
    }

    /// Bytes for a device, in order.
    pub(super) fn tell_device(&mut self, number: u32, bytes: &[u8], feature: bool) {
        let Some(port) = self.surfaces.devices.get(&number).and_then(Device::output_port) else { return };
        let record = DeviceOutput { port, key: IN_ORDER, feature, bytes: bytes.to_vec() };
        self.out.push(Outbound::DeviceOutput { records: vec![record] });
    }

    pub(in crate::core) fn port_left(&mut self, left: &ports::PortLeft) {
        let Some(number) = self.surfaces.by_port.remove(&left.port) else { return };
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        device.ports.remove(&left.port);
        if device.is_here() {
            return self.surfaces_changed();
        }
        let simulated = device.simulated;
        device.deadline = None;
        device.next_heartbeat = None;
        device.trouble = None;
        if device.state != SurfaceState::Ignored {
            device.state = SurfaceState::Gone;
        }
        self.let_go_of(number);
        if simulated {
            self.forget_device(number);
        }
        self.surfaces_changed();
    }

    pub(in crate::core) fn port_trouble(&mut self, trouble: &ports::PortTrouble) {
        let Some(number) = self.surfaces.by_port.get(&trouble.port) else { return };
        let Some(device) = self.surfaces.devices.get_mut(number) else { return };
        device.trouble = Some(trouble.message.clone());
        self.surfaces_changed();
    }

    /// A port that cannot be opened.
    pub(in crate::core) fn port_refused(&mut self, port: u32, message: String) {
        let Some(number) = self.surfaces.by_port.get(&port) else { return };
        let Some(device) = self.surfaces.devices.get_mut(number) else { return };
        device.trouble = Some(message);
        self.surfaces_changed();
    }
}

impl Device {
    /// Whether it can be asked who it is: its ways in and out may be ports of their own that come one after the other.
    fn can_answer(&self) -> bool {
        self.facts.transport == Transport::Midi && self.input_port().is_some() && self.output_port().is_some()
    }

    fn begin_probing(&mut self, now: u64) {
        self.trouble = None;
        self.connecting = Connecting::No;
        if self.state != SurfaceState::Ignored {
            self.state = SurfaceState::Probing;
            self.deadline = Some(now + PROBE_NANOS);
        }
    }
}

/// Simulated ports are called so by whoever makes them: see [`simulate::simulated_port`].
pub(super) const SIMULATED: &str = "simulated:";

/// Equal for all ports of one box.
fn group_of(description: &ports::PortDescription) -> String {
    let transport = description.transport;
    let place = description.siblings.as_ref().unwrap_or(&description.system_id);
    match description.transport {
        // Each interface is a device of its own: what it says is told by its own descriptor.
        Transport::Hid => format!("{transport:?} {} {}", place, description.system_id),
        Transport::Midi | Transport::Osc => format!("{transport:?} {place}"),
    }
}

fn facts_of(description: &ports::PortDescription) -> DeviceFacts {
    DeviceFacts {
        transport: description.transport,
        name: description.name.clone(),
        manufacturer: description.manufacturer.clone(),
        vendor_id: description.vendor_id,
        product_id: description.product_id,
        serial: description.serial.clone(),
        usb_path: description.usb_path.clone(),
        identity: None,
        hid_usage: description.hid.as_ref().map(|hid| (hid.usage_page, hid.usage)),
        descriptor: description.hid.as_ref().map(|hid| hid.descriptor.clone()),
    }
}
