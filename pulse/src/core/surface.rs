//! The OSC endpoint: what apps move becomes intents, and what is different from what they show goes back.

use super::{Core, Request};
use crate::bus::permit::permit;
use crate::engine::rebuild::OSC_DEVICE;
use crate::intent::Origin;
use crate::mapping;
use crate::storage::settings::OscConfig;
use crate::view::{OscEndpoint, OscView};
use loophole_surfaces::control::ControlValue;
use loophole_surfaces::osc::{OscArgument, OscMessage};
use loophole_surfaces::osc_map::{self, Control};
use loophole_wire::message::{EngineCommand, hardware};
use std::collections::BTreeMap;

/// Whoever was silent for so long gets no feedback any more.
const SILENCE_NANOS: u64 = 60_000_000_000;
/// Apps that get feedback at once.
const PEER_LIMIT: usize = 256;

#[derive(Debug)]
pub(super) struct Surface {
    pub(super) wanted: OscConfig,
    pub(super) view: OscView,
    /// Who sent, and when last.
    peers: BTreeMap<String, u64>,
    /// What the apps show.
    shown: BTreeMap<Control, ControlValue>,
    /// What they show may be out of date.
    pub(super) stale: bool,
    /// Messages that meant nothing.
    pub(super) ignored: u64,
    /// Who waits for the lists of devices.
    pub(super) refreshing: Vec<Request>,
}

impl Surface {
    pub(super) fn new(wanted: OscConfig) -> Self {
        let mut surface = Self {
            wanted: OscConfig::default(),
            view: OscView::default(),
            peers: BTreeMap::new(),
            shown: BTreeMap::new(),
            stale: false,
            ignored: 0,
            refreshing: Vec::new(),
        };
        surface.want(wanted);
        surface
    }

    pub(super) fn want(&mut self, wanted: OscConfig) {
        let OscConfig { enabled, address, port } = wanted.clone();
        self.view = OscView { enabled, address, port, ..OscView::default() };
        self.wanted = wanted;
    }

    /// The endpoint is closed; whoever talks to the next one is new to it.
    pub(super) fn lost(&mut self) {
        self.view.listening = None;
        self.view.error = None;
        self.peers.clear();
        self.shown.clear();
    }

    pub(super) fn endpoints_found(&mut self, endpoints: &[OscEndpoint]) {
        let own = endpoints.iter().find(|endpoint| endpoint.device == OSC_DEVICE);
        self.view.listening = own.map(|endpoint| endpoint.address.clone());
        if own.is_some() {
            self.view.error = None;
        }
    }
}

/// The endpoint could not be opened.
pub(super) fn open_failed(view: &mut OscView, reason: &str) {
    view.listening = None;
    view.error = Some(reason.to_owned());
}

impl Core {
    /// Somebody moved controls.
    pub(super) fn control(&mut self, control: &hardware::Control) {
        if control.device != OSC_DEVICE {
            return;
        }
        let is_new = control.peer_is_new || !self.surface.peers.contains_key(&control.peer);
        if !is_new || self.surface.peers.len() < PEER_LIMIT {
            self.surface.peers.insert(control.peer.clone(), self.now);
        }
        let mut foreign = Vec::new();
        for message in control.messages.iter().map(from_wire) {
            match osc_map::parse(&message) {
                Ok((control, value)) => self.moved(control, value),
                Err(_) => foreign.push(message),
            }
        }
        if !foreign.is_empty() {
            self.osc_app_said(&control.peer, &foreign, control.at_nanos);
        }
        if is_new {
            self.show_everything_to(&control.peer);
        }
    }

    fn moved(&mut self, control: Control, value: ControlValue) {
        let Some(intent) = mapping::osc_app::intent(&self.model, control, value).filter(|_| !self.project.opening)
        else {
            self.surface.ignored += 1;
            return;
        };
        // Whatever becomes of it, the app is told: what it shows is what was sent, not what is.
        self.surface.shown.remove(&control);
        self.surface.stale = true;
        let request = Request { origin: Origin::Surface(OSC_DEVICE), ticket: None, spec: intent.spec() };
        if permit(request.origin, request.spec).is_ok() {
            self.ask(request, intent);
        }
    }

    fn show_everything_to(&mut self, peer: &str) {
        let shown = self.showing();
        let messages = shown.iter().map(|(control, value)| to_wire(osc_map::feedback(*control, *value))).collect();
        let only_to = Some(peer.to_owned());
        self.command(EngineCommand::HardwareSendFeedback(hardware::SendFeedback {
            device: OSC_DEVICE,
            messages,
            only_to,
        }));
        if self.surface.peers.len() <= 1 {
            self.surface.shown = shown;
            self.surface.stale = false;
        }
    }

    /// Sends what is different from what the apps show, to all of the last minute.
    pub(super) fn send_feedback(&mut self) {
        if !self.surface.stale || self.surface.peers.is_empty() {
            return;
        }
        self.surface.stale = false;
        let now = self.now;
        self.surface.peers.retain(|_, last| now.saturating_sub(*last) < SILENCE_NANOS);
        let showing = self.showing();
        let shown = &self.surface.shown;
        let different = showing.iter().filter(|(control, value)| shown.get(control) != Some(value));
        let messages: Vec<_> = different.map(|(control, value)| to_wire(osc_map::feedback(*control, *value))).collect();
        self.surface.shown = showing;
        if messages.is_empty() || self.surface.peers.is_empty() {
            return;
        }
        let feedback = hardware::SendFeedback { device: OSC_DEVICE, messages, only_to: None };
        self.command(EngineCommand::HardwareSendFeedback(feedback));
    }

    fn showing(&self) -> BTreeMap<Control, ControlValue> {
        let seconds = self.transport.shown_seconds(&self.model);
        mapping::osc_app::shown(&self.model, &self.gestures.view(), self.transport.is_playing(), seconds)
    }
}

pub(super) fn from_wire(message: &hardware::OscMessage) -> OscMessage {
    let argument = |argument: &hardware::OscArgument| match argument {
        hardware::OscArgument::Int(number) => OscArgument::Int(*number),
        hardware::OscArgument::Float(number) => OscArgument::Float(*number),
        hardware::OscArgument::Text(text) => OscArgument::Text(text.clone()),
        hardware::OscArgument::Bool(on) => OscArgument::Bool(*on),
    };
    OscMessage { address: message.address.clone(), arguments: message.arguments.iter().map(argument).collect() }
}

pub(super) fn to_wire(message: OscMessage) -> hardware::OscMessage {
    let argument = |argument: OscArgument| match argument {
        OscArgument::Int(number) => hardware::OscArgument::Int(number),
        OscArgument::Float(number) => hardware::OscArgument::Float(number),
        OscArgument::Text(text) => hardware::OscArgument::Text(text),
        OscArgument::Bool(on) => hardware::OscArgument::Bool(on),
    };
    hardware::OscMessage { address: message.address, arguments: message.arguments.into_iter().map(argument).collect() }
}
