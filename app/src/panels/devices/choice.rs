//! What a person is choosing, before it is asked for. Pure.

use loophole_pulse::intent::{Intent, hardware_io};
use loophole_pulse::view::{AudioConfig, AudioDevice, AudioHost, Devices, OscView};

/// An audio choice that was not applied yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AudioChoice {
    pub host: AudioHost,
    pub device: Option<String>,
    pub sample_rate: Option<u32>,
    pub buffer_frames: Option<u32>,
}

/// Offered where the device does not say.
const USUAL_RATES: [u32; 6] = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
/// What protocol and engine take.
const BUFFERS: [u32; 10] = [16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192];

impl AudioChoice {
    pub(crate) fn of(wanted: &AudioConfig) -> Self {
        Self {
            host: wanted.host.clone(),
            device: wanted.device.clone(),
            sample_rate: wanted.sample_rate,
            buffer_frames: wanted.buffer_frames,
        }
    }

    /// What must be asked to get from `wanted` to this; nothing that stays is asked again.
    pub(crate) fn intents(&self, wanted: &AudioConfig) -> Vec<Intent> {
        let now = Self::of(wanted);
        let mut intents = Vec::new();
        if self.host != now.host || self.device != now.device {
            intents.push(Intent::HardwareIoSetActiveDevices(hardware_io::SetActiveDevices {
                host: Some(host_name(&self.host).to_owned()),
                device: self.device.clone(),
                osc: None,
            }));
        }
        if self.sample_rate != now.sample_rate || self.buffer_frames != now.buffer_frames {
            intents.push(Intent::HardwareIoSetStreamConfiguration(hardware_io::SetStreamConfiguration {
                sample_rate: self.sample_rate,
                buffer_frames: self.buffer_frames,
            }));
        }
        intents
    }

    /// The devices of the chosen host.
    pub(crate) fn devices<'a>(&self, found: &'a Devices) -> &'a [AudioDevice] {
        let AudioHost::Named(name) = &self.host else { return &[] };
        let hosts = found.audio.as_deref().unwrap_or_default();
        hosts.iter().find(|host| host.host == *name).map(|host| host.devices.as_slice()).unwrap_or_default()
    }

    /// The chosen device, or the one that the host would choose.
    fn device_info<'a>(&self, found: &'a Devices) -> Option<&'a AudioDevice> {
        let devices = self.devices(found);
        match &self.device {
            Some(id) => devices.iter().find(|device| device.id == *id),
            None => devices.iter().find(|device| device.is_default),
        }
    }

    /// What the device says it can, or the usual rates.
    pub(crate) fn rates(&self, found: &Devices) -> Vec<u32> {
        match self.device_info(found) {
            Some(device) if !device.sample_rates.is_empty() => device.sample_rates.clone(),
            Some(_) | None => USUAL_RATES.to_vec(),
        }
    }

    pub(crate) fn buffers(&self, found: &Devices) -> Vec<u32> {
        let range = self.device_info(found).and_then(|device| device.buffer_frames_range);
        let (lowest, highest) = range.unwrap_or((16, 8_192));
        BUFFERS.into_iter().filter(|frames| (lowest..=highest).contains(frames)).collect()
    }
}

/// As the protocol names it.
pub(crate) fn host_name(host: &AudioHost) -> &str {
    match host {
        AudioHost::Auto => "auto",
        AudioHost::Silent => "silent",
        AudioHost::Named(name) => name,
    }
}

/// For a person.
pub(crate) fn host_title(host: &AudioHost) -> String {
    match host {
        AudioHost::Auto => "Automatic".to_owned(),
        AudioHost::Silent => "Silent clock".to_owned(),
        AudioHost::Named(name) => host_label(name),
    }
}

pub(crate) fn host_label(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "alsa" => "ALSA".to_owned(),
        "jack" => "JACK".to_owned(),
        "pulseaudio" => "PulseAudio".to_owned(),
        "pipewire" => "PipeWire".to_owned(),
        "silent" => "Silent clock".to_owned(),
        _ => name.to_owned(),
    }
}

/// `44.1 kHz`.
pub(crate) fn kilohertz(rate: u32) -> String {
    let digits = format!("{:.3}", f64::from(rate) / 1e3);
    format!("{} kHz", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// An OSC endpoint that was not applied yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OscChoice {
    pub enabled: bool,
    pub address: String,
    pub port: u16,
}

impl OscChoice {
    pub(crate) fn of(osc: &OscView) -> Self {
        Self { enabled: osc.enabled, address: osc.address.clone(), port: osc.port }
    }

    /// Why it cannot be asked for.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let address = self.address.trim().parse::<std::net::IpAddr>();
        address.is_err().then_some("This is no IP address; 127.0.0.1 is this computer, 0.0.0.0 the whole network.")
    }

    /// Others than this computer could send.
    pub(crate) fn is_open_to_network(&self) -> bool {
        self.enabled && self.address.trim().parse::<std::net::IpAddr>().is_ok_and(|address| !address.is_loopback())
    }

    pub(crate) fn intent(&self) -> Intent {
        let osc = hardware_io::OscEndpoint {
            enabled: self.enabled,
            address: self.address.trim().to_owned(),
            port: self.port,
        };
        Intent::HardwareIoSetActiveDevices(hardware_io::SetActiveDevices { host: None, device: None, osc: Some(osc) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_pulse::view::AudioHostInfo;

    fn found() -> Devices {
        let device = |id: &str, is_default, sample_rates: &[u32], range| AudioDevice {
            id: id.into(),
            name: id.to_uppercase(),
            is_default,
            output_channels: 2,
            input_channels: 0,
            sample_rates: sample_rates.to_vec(),
            buffer_frames_range: range,
            note: None,
        };
        let devices = vec![device("hw:0", true, &[48_000], Some((64, 512))), device("hw:1", false, &[], None)];
        let host = AudioHostInfo { host: "alsa".into(), available: true, note: None, devices };
        Devices { audio: Some(vec![host]), ..Devices::default() }
    }

    #[test]
    fn only_what_changes_is_asked() {
        let wanted = AudioConfig::default();
        let mut choice = AudioChoice::of(&wanted);
        assert!(choice.intents(&wanted).is_empty());
        choice.buffer_frames = Some(256);
        let names: Vec<_> = choice.intents(&wanted).iter().map(|intent| intent.spec().name).collect();
        assert_eq!(names, ["setStreamConfiguration"]);
        choice.host = AudioHost::Named("alsa".into());
        let names: Vec<_> = choice.intents(&wanted).iter().map(|intent| intent.spec().name).collect();
        assert_eq!(names, ["setActiveDevices", "setStreamConfiguration"]);
    }

    #[test]
    fn a_device_limits_what_is_offered() {
        let mut choice = AudioChoice::of(&AudioConfig::default());
        assert_eq!((choice.rates(&found()).len(), choice.buffers(&found()).len()), (6, 10));
        choice.host = AudioHost::Named("alsa".into());
        assert_eq!((choice.rates(&found()), choice.buffers(&found())), (vec![48_000], vec![64, 128, 256, 512]));
        choice.device = Some("hw:1".into());
        assert_eq!((choice.rates(&found()).len(), choice.buffers(&found()).len()), (6, 10));
        choice.device = Some("gone".into());
        assert_eq!(choice.rates(&found()).len(), 6);
    }

    #[test]
    fn rates_are_short() {
        assert_eq!([kilohertz(44_100), kilohertz(48_000), kilohertz(11_025)], ["44.1 kHz", "48 kHz", "11.025 kHz"]);
    }

    #[test]
    fn an_open_endpoint_is_noticed_and_a_wrong_address_refused() {
        let osc = |address: &str| OscChoice { enabled: true, address: address.into(), port: 9000 };
        assert!(!osc("127.0.0.1").is_open_to_network() && osc("127.0.0.1").fault().is_none());
        assert!(osc(" 0.0.0.0 ").is_open_to_network() && osc("::").is_open_to_network());
        assert!(osc("localhost").fault().is_some() && osc("").fault().is_some());
    }
}
