//! OSC apps whose addresses are their own: each sender is a device, heard and answered through the OSC endpoint.

use super::device::Device;
use crate::core::surface::to_wire;
use crate::core::{Core, codes::Code};
use crate::engine::rebuild::OSC_DEVICE;
use crate::view::Severity;
use crate::view::surfaces::SurfaceState;
use loophole_surfaces::facts::DeviceFacts;
use loophole_surfaces::osc::{self, OscMessage};
use loophole_surfaces::profile::Transport;
use loophole_wire::message::{EngineCommand, hardware};
use loophole_wire::plane::DeviceInput;

/// Senders that are devices at once; whoever can send a datagram can make one.
const PEER_LIMIT: usize = 32;

impl Core {
    /// Somebody sent addresses that are not those of the fixed list.
    pub(in crate::core) fn osc_app_said(&mut self, peer: &str, messages: &[OscMessage], at_nanos: u64) {
        let Some(number) = self.osc_device(peer) else { return };
        for message in messages {
            let Ok(bytes) = osc::encode(std::slice::from_ref(message)) else { continue };
            let record = DeviceInput { port: 0, at_nanos, executed: false, thinned: false, bytes };
            self.device_said(number, &record);
        }
    }

    /// The device of a sender: its address without the port, which changes with each start of an app.
    fn osc_device(&mut self, peer: &str) -> Option<u32> {
        let host = peer.rsplit_once(':').map_or(peer, |(host, _)| host);
        let group = format!("{:?} {host}", Transport::Osc);
        let known = self.surfaces.devices.values_mut().find(|device| device.group == group);
        if let Some(device) = known {
            let number = device.number;
            let came_back = device.peer.is_none() && device.state != SurfaceState::Ignored;
            device.peer = Some(peer.to_owned());
            if came_back {
                self.identify(number);
            }
            return Some(number);
        }
        let peers = self.surfaces.devices.values().filter(|device| device.peer.is_some()).count();
        if peers >= PEER_LIMIT {
            return None;
        }
        let facts = DeviceFacts {
            transport: Transport::Osc,
            name: format!("OSC app at {host}"),
            // What tells one sender from another, as a serial number would.
            serial: Some(host.to_owned()),
            ..DeviceFacts::default()
        };
        let number = self.new_device(group, facts, false)?;
        if let Some(device) = self.surfaces.devices.get_mut(&number) {
            device.peer = Some(peer.to_owned());
        }
        self.identify(number);
        let message = format!("an OSC app at {host} can be mapped now: see Surfaces");
        self.notice(Severity::Info, Code::SurfaceNew, message);
        Some(number)
    }

    /// Packets for an OSC app.
    pub(super) fn tell_osc(&mut self, peer: &str, packets: &[Vec<u8>]) {
        let messages: Vec<_> =
            packets.iter().flat_map(|packet| osc::decode(packet).unwrap_or_default()).map(to_wire).collect();
        if !messages.is_empty() {
            let only_to = Some(peer.to_owned());
            let feedback = hardware::SendFeedback { device: OSC_DEVICE, messages, only_to };
            self.command(EngineCommand::HardwareSendFeedback(feedback));
        }
    }

    /// The endpoint is closed, or the engine is away.
    pub(super) fn osc_apps_lost(devices: &mut std::collections::BTreeMap<u32, Device>) {
        for device in devices.values_mut() {
            device.peer = None;
        }
    }
}
