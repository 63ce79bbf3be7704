//! Devices: what was found, and which are wanted.

use super::link::Waiting;
use super::{Core, Request};
use crate::core::codes::{Code, reject};
use crate::event::{Happening, Payload, Rejection};
use crate::intent::hardware_io::{SetActiveDevices, SetStreamConfiguration};
use crate::storage::settings::OscConfig;
use crate::view::Devices;
use crate::view::shapes::hardware::{Active, Hardware};
use loophole_wire::message::EngineCommand;
use loophole_wire::message::hardware::{self, AudioHost};
use std::net::IpAddr;
use std::sync::Arc;

impl Core {
    /// Asks the engine for every list of devices.
    pub(super) fn list_devices(&mut self) {
        for command in [
            EngineCommand::HardwareListAudioDevices(hardware::ListAudioDevices {}),
            EngineCommand::HardwareListMidiDevices(hardware::ListMidiDevices {}),
            EngineCommand::HardwareListHidDevices(hardware::ListHidDevices {}),
            EngineCommand::HardwareListOscEndpoints(hardware::ListOscEndpoints {}),
        ] {
            self.request(Waiting::Devices, command);
        }
    }

    pub(super) fn refresh_devices(&mut self, request: Request) {
        if !self.link.is_connected() {
            let message = "the engine is not there; it looks for devices when it is back";
            return self.answer(request, Err(reject(Code::SessionNoEngine, message)));
        }
        self.surface.refreshing.push(request);
        self.list_devices();
    }

    /// The last list has come.
    pub(super) fn end_refresh_if_done(&mut self) {
        if !self.waits_for(|waiting| matches!(waiting, Waiting::Devices)) {
            self.end_refresh();
        }
    }

    pub(super) fn end_refresh(&mut self) {
        for request in std::mem::take(&mut self.surface.refreshing) {
            let payload = Payload::of(&self.hardware());
            self.answer(request, Ok(payload));
        }
    }

    /// Keeps what was found; lists that were not asked for stay as they were.
    pub(super) fn devices_found(&mut self, found: Devices) {
        if let Some(endpoints) = &found.osc {
            self.surface.endpoints_found(endpoints);
        }
        let devices = Arc::make_mut(&mut self.devices);
        devices.audio = found.audio.or(devices.audio.take());
        devices.midi = found.midi.or(devices.midi.take());
        devices.hid = found.hid.or(devices.hid.take());
        devices.osc = found.osc.or(devices.osc.take());
        self.view_changed = true;
        self.happened((&Happening::HardwareIoDevices(self.hardware())).into());
    }

    pub(super) fn hardware(&self) -> Hardware<'_> {
        let view = &self.link.view;
        let active =
            Active { wanted: &view.wanted, device: view.device.as_ref(), reason: view.device_reason.as_deref() };
        Hardware { found: &self.devices, active, osc_endpoint: &self.surface.view }
    }

    pub(super) fn set_active_devices(&mut self, request: Request, ask: SetActiveDevices) {
        let osc = match ask.osc.map(checked).transpose() {
            Ok(osc) => osc,
            Err(rejection) => return self.answer(request, Err(rejection)),
        };
        let mut wanted = self.link.view.wanted.clone();
        match (ask.host.as_deref(), ask.device) {
            (None, None) => {}
            (None, device) if matches!(wanted.host, AudioHost::Named(_)) => wanted.device = device,
            (Some(host), device) if is_host(host) => {
                wanted.host = match host {
                    "auto" => AudioHost::Auto,
                    "silent" => AudioHost::Silent,
                    named => AudioHost::Named(named.to_lowercase()),
                };
                wanted.device = device.filter(|_| matches!(wanted.host, AudioHost::Named(_)));
            }
            (_, _) => {
                let message = "name a host ('auto', 'silent', 'alsa', 'jack', …), and a device only with such a host";
                return self.answer(request, Err(reject(Code::HardwareBadChoice, message)));
            }
        }
        if let Some(osc) = osc {
            self.settings.osc = Some(osc.clone());
            self.surface.want(osc);
            self.reopen_osc();
        }
        self.want_audio(request, wanted);
    }

    pub(super) fn set_stream_configuration(&mut self, request: Request, ask: &SetStreamConfiguration) {
        let good = ask.sample_rate.is_none_or(|rate| (8_000..=384_000).contains(&rate))
            && ask.buffer_frames.is_none_or(|frames| (16..=8_192).contains(&frames));
        if !good {
            let message = "a rate is 8000 to 384000 Hz, a buffer 16 to 8192 frames";
            return self.answer(request, Err(reject(Code::HardwareBadChoice, message)));
        }
        let mut wanted = self.link.view.wanted.clone();
        (wanted.sample_rate, wanted.buffer_frames) = (ask.sample_rate, ask.buffer_frames);
        self.want_audio(request, wanted);
    }

    fn want_audio(&mut self, request: Request, wanted: hardware::AudioConfig) {
        let same = wanted == self.link.view.wanted;
        self.link.view.wanted = wanted.clone();
        // A capture file belongs to one run.
        self.settings.audio = hardware::AudioConfig { capture_path: None, ..wanted };
        self.save_settings();
        if same || !self.apply_audio(Some(request)) {
            let status = Payload::of(&self.status());
            self.answer(request, Ok(status));
        }
        self.session_changed();
    }

    /// Tells the engine which device is wanted; false when it is not there.
    pub(super) fn apply_audio(&mut self, request: Option<Request>) -> bool {
        let wanted = self.link.view.wanted.clone();
        self.request(Waiting::Audio(request), EngineCommand::HardwareSetAudioConfig(wanted)).is_some()
    }
}

fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 40
        && host.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_ ".contains(letter))
}

fn checked(osc: crate::intent::hardware_io::OscEndpoint) -> Result<OscConfig, Rejection> {
    let crate::intent::hardware_io::OscEndpoint { enabled, address, port } = osc;
    if address.parse::<IpAddr>().is_err() {
        let shown: String = address.chars().filter(|letter| !letter.is_control()).take(60).collect();
        let message = format!("'{shown}' is no IP address; 127.0.0.1 keeps OSC off the network, 0.0.0.0 opens it");
        return Err(reject(Code::HardwareBadChoice, message));
    }
    Ok(OscConfig { enabled, address, port })
}
