//! What devices show: differences, encoded, on their way; and the messages that begin and end a device's use.

use crate::core::{Core, Outbound};
use crate::view::surfaces::SurfaceState;
use loophole_surfaces::encode::Encoded;
use loophole_surfaces::hex;
use loophole_wire::plane::DeviceOutput;

/// Between two rounds of feedback; a light follows within it, and a flood of changes costs one round.
const FEEDBACK_NANOS: u64 = 4_000_000;
const NANOS_PER_MILLI: u64 = 1_000_000;
/// A startup message whose reply does not come is not waited for longer than this.
const REPLY_NANOS: u64 = 1_000_000_000;

impl Core {
    /// Sends to every device what is different from what it shows.
    pub(in crate::core) fn send_surface_feedback(&mut self) {
        if !self.surfaces.stale || self.now < self.surfaces.next_feedback {
            return;
        }
        self.surfaces.stale = false;
        self.surfaces.next_feedback = self.now + FEEDBACK_NANOS;
        let used =
            self.surfaces.devices.values().filter(|device| device.is_used() && device.state != SurfaceState::Starting);
        let used: Vec<u32> = used.map(|device| device.number).collect();
        for number in used {
            self.show_on(number);
        }
    }

    fn show_on(&mut self, number: u32) {
        let now = self.now;
        let mut changes = Vec::new();
        self.with_world(|engine, world| engine.changes(number, world, now, &mut changes));
        if changes.is_empty() {
            return;
        }
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        let port = device.output_port();
        let mut records = Vec::with_capacity(changes.len());
        let mut packets = Vec::new();
        for (element, kind, shown) in changes {
            let encoded = device.encoder.as_mut().map(|encoder| encoder.encode(element, kind, &shown));
            match (encoded, port) {
                (Some(Ok(Encoded { key, bytes, feature })), Some(port)) => {
                    records.push(DeviceOutput { port, key, feature, bytes });
                }
                (Some(Ok(Encoded { bytes, .. })), None) => packets.push(bytes),
                _ => {}
            }
            if let Some(live) = device.live.get_mut(usize::from(element)) {
                live.shown.insert(kind, shown);
            }
        }
        device.live_changed = true;
        if let Some(peer) = device.peer.clone() {
            return self.tell_osc(&peer, &packets);
        }
        if !records.is_empty() {
            self.out.push(Outbound::DeviceOutput { records });
        }
    }

    /// Begins to use a device: it is made to listen, then its startup messages, then everything that it shows.
    pub(super) fn start_device(&mut self, number: u32) {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        device.startup_at = 0;
        device.state = SurfaceState::Starting;
        if !self.begin_handshake(number) {
            self.continue_startup(number);
        }
    }

    /// The next startup message, or the end of them.
    pub(super) fn continue_startup(&mut self, number: u32) {
        loop {
            let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
            let Some(message) = device.startup_message().cloned() else { break };
            let bytes = hex::bytes(&message.bytes).unwrap_or_default();
            let wait = u64::from(message.wait_millis) * NANOS_PER_MILLI;
            let is_last_word = message.reply.is_none() && wait == 0;
            if is_last_word {
                device.startup_at += 1;
            } else {
                let patience = if message.reply.is_some() { wait.max(REPLY_NANOS) } else { wait };
                device.deadline = Some(self.now + patience);
            }
            self.tell_device(number, &bytes, false);
            if !is_last_word {
                return;
            }
        }
        let now = self.now;
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        let heartbeat = device.profile.as_ref().and_then(|profile| profile.heartbeat.as_ref());
        device.next_heartbeat = heartbeat.map(|heartbeat| now + u64::from(heartbeat.every_millis) * NANOS_PER_MILLI);
        device.deadline = None;
        device.state = if device.profile.is_some() { SurfaceState::Live } else { SurfaceState::Unknown };
        for live in &mut device.live {
            live.shown.clear();
        }
        self.surfaces.engine.reset(number);
        self.surfaces.stale = true;
        self.surfaces_changed();
    }

    pub(super) fn beat(&mut self, number: u32) {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        let heartbeat = device.profile.as_ref().and_then(|profile| profile.heartbeat.clone());
        let Some(heartbeat) = heartbeat else { return };
        device.next_heartbeat = Some(self.now + u64::from(heartbeat.every_millis).max(50) * NANOS_PER_MILLI);
        if let Some(bytes) = hex::bytes(&heartbeat.bytes) {
            self.tell_device(number, &bytes, false);
        }
    }

    /// A device is no longer used: what a hand holds there is let go, and it shows what it showed before.
    pub(super) fn let_go_of(&mut self, number: u32) {
        self.end_gestures_of(crate::intent::Origin::Surface(number));
        let messages = self.surfaces.devices.get(&number).and_then(|device| {
            device.profile.as_ref().map(|profile| profile.shutdown.clone()).filter(|_| device.is_here())
        });
        for message in messages.unwrap_or_default() {
            if let Some(bytes) = hex::bytes(&message.bytes) {
                self.tell_device(number, &bytes, false);
            }
        }
        self.release(number);
    }

    /// Its mappings do nothing any more; what they held is let go.
    pub(super) fn release(&mut self, number: u32) {
        let mut acts = Vec::new();
        self.surfaces.engine.remove_device(number, &mut acts);
        for act in acts {
            self.act(act, &mut Vec::new());
        }
    }
}
