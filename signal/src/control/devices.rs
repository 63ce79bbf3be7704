//! The control thread's part in devices: listings, OSC endpoints, ports.

use super::{Control, done};
use crate::devices::hub::{Devices, PortCommand};
use crate::devices::osc::{OscEndpoint, OscEvent};
use crate::link::AudioLink;
use crate::outgoing::{Asked, Outgoing};
use crate::reports::{Owed, Pending};
use crate::rt::RtCommand;
use loophole_wire::ErrorBody;
use loophole_wire::message::ports::FastPathAction;
use loophole_wire::message::{EngineEvent, hardware, ports};
use loophole_wire::plane::DeviceOutput;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Listings under way at once; each may take seconds.
const MAX_LISTINGS: usize = 4;

impl Control {
    /// Listings can take long (a sound server that does not answer): they have a thread of their own.
    pub(super) fn list(
        &self,
        asked: &Asked,
        list: impl FnOnce() -> hardware::Devices + Send + 'static,
    ) -> Result<Option<EngineEvent>, ErrorBody> {
        if self.listings.fetch_add(1, Ordering::AcqRel) >= MAX_LISTINGS {
            self.listings.fetch_sub(1, Ordering::AcqRel);
            return Err(ErrorBody::new(
                "hardware.busy",
                "other listings are still under way; ask again when they are answered",
            ));
        }
        let (asked, outgoing, listings) = (asked.clone(), self.outgoing.clone(), Arc::clone(&self.listings));
        let spawned = std::thread::Builder::new().name("signal-list".to_owned()).spawn(move || {
            let found = list();
            listings.fetch_sub(1, Ordering::AcqRel);
            outgoing.event(Some(&asked), &EngineEvent::HardwareDevices(found));
        });
        spawned.map(|_| None).map_err(|error| {
            self.listings.fetch_sub(1, Ordering::AcqRel);
            ErrorBody::new("engine.overloaded", format!("no thread can be started ({error})"))
        })
    }

    pub(super) fn open_device(&mut self, open: hardware::OpenDevice) -> Result<Option<EngineEvent>, ErrorBody> {
        let hardware::OpenDevice::Osc { device, address, port } = open;
        let ip: IpAddr = address.parse().map_err(|_reason| {
            ErrorBody::new(
                "hardware.osc",
                format!("'{address}' is not an IP address; 127.0.0.1 keeps OSC on this machine"),
            )
        })?;
        // The old one goes first: it may hold the port that is asked for.
        self.osc.remove(&device);
        let outgoing = self.outgoing.clone();
        let endpoint = OscEndpoint::open(device, ip, port, Arc::new(move |event| osc_event(device, event, &outgoing)))
            .map_err(|error| ErrorBody::new("hardware.osc", error.to_string()))?;
        self.osc.insert(device, endpoint);
        Ok(Some(self.osc_devices()))
    }

    pub(super) fn osc_devices(&self) -> EngineEvent {
        let endpoints = self.osc.iter().map(|(device, endpoint)| hardware::OscEndpoint {
            device: *device,
            address: endpoint.local_addr().to_string(),
            peers: endpoint.peers().iter().map(ToString::to_string).collect(),
        });
        EngineEvent::HardwareDevices(hardware::Devices { osc: Some(endpoints.collect()), ..Default::default() })
    }

    pub(super) fn send_feedback(&self, feedback: &hardware::SendFeedback) -> Result<Option<EngineEvent>, ErrorBody> {
        let endpoint = self.osc.get(&feedback.device).ok_or_else(|| unknown_device(feedback.device))?;
        let only_to = feedback.only_to.as_ref().and_then(|peer| peer.parse().ok());
        endpoint.send(&feedback.messages, only_to);
        Ok(Some(done()))
    }

    /// Ports are nobody's business until Pulse asks for them: then their threads start.
    pub(super) fn ports(&mut self, asked: &Asked, command: PortCommand) -> Result<Option<EngineEvent>, ErrorBody> {
        self.devices()?.ask(asked, command).map(|()| None)
    }

    pub(super) fn set_fast_path(&mut self, table: ports::SetFastPath) -> Result<Option<EngineEvent>, ErrorBody> {
        self.devices()?.set_fast_path(table.entries).map(|()| Some(done()))
    }

    pub(super) fn device_output(&mut self, records: Vec<DeviceOutput>) {
        match self.devices() {
            Ok(devices) => devices.send(records),
            Err(error) => self.outgoing.error(None, error),
        }
    }

    fn devices(&mut self) -> Result<&Devices, ErrorBody> {
        if self.devices.is_none() {
            let (link, pending) = (Arc::clone(&self.link), Arc::clone(&self.pending));
            let audio = Arc::clone(&self.audio);
            let act = Box::new(move |action| super::lock(&audio).is_some() && act(action, &link, &pending));
            let devices = Devices::start(self.outgoing.clone(), act)
                .map_err(|error| ErrorBody::new("engine.overloaded", format!("no thread can be started ({error})")))?;
            self.devices = Some(devices);
        }
        self.devices.as_ref().ok_or_else(|| ErrorBody::new("engine.overloaded", "no thread can be started"))
    }
}

/// Moves the transport at once; where a stop goes to is Pulse's business, which hears of it as fast.
fn act(action: FastPathAction, link: &AudioLink, pending: &Pending) -> bool {
    let rolls = match action {
        FastPathAction::Play => true,
        FastPathAction::Pause | FastPathAction::Stop => false,
        FastPathAction::TogglePlay => !pending.will_roll(),
    };
    let ticket = pending.owe(Owed::FastPath { rolls });
    let outcome = if rolls {
        link.push_behind_locates(RtCommand::Play { ticket })
    } else {
        link.pause(RtCommand::Pause { ticket })
    };
    if outcome.is_err() {
        pending.forget(ticket);
    }
    outcome.is_ok()
}

fn osc_event(device: u32, event: OscEvent, outgoing: &Outgoing) {
    match event {
        OscEvent::Control { peer, peer_is_new, mut messages, at_nanos } => {
            // JSON has no infinity: one such number would make the whole message unreadable, the good ones in it too.
            messages.retain(|message| message.arguments.iter().all(is_sayable));
            let control = hardware::Control { device, peer: peer.to_string(), peer_is_new, messages, at_nanos };
            outgoing.event(None, &EngineEvent::HardwareControl(control));
        }
        OscEvent::Bad { peer, reason, count } => {
            let message = format!("{count} bad packets from {peer}: {reason}");
            outgoing.event(
                None,
                &EngineEvent::HardwareError(hardware::Error {
                    device: Some(device),
                    code: "hardware.oscPacket".to_owned(),
                    message,
                }),
            );
        }
    }
}

fn is_sayable(argument: &hardware::OscArgument) -> bool {
    match argument {
        hardware::OscArgument::Float(number) => number.is_finite(),
        hardware::OscArgument::Int(_) | hardware::OscArgument::Text(_) | hardware::OscArgument::Bool(_) => true,
    }
}

pub(super) fn unknown_device(device: u32) -> ErrorBody {
    ErrorBody::new("hardware.unknownDevice", format!("device {device} is not open"))
}
