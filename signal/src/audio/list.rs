//! What audio hosts and devices there are, without ever hanging.

use super::hosts;
use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{HostId, SupportedBufferSize, SupportedStreamConfigRange};
use loophole_wire::message::hardware::{AudioDevice, AudioHostInfo};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long hosts may take, all together. PulseAudio's library waits two seconds for a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// The rates that a person chooses from, in Hz.
const USUAL_RATES: [u32; 8] = [22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];

/// Hosts that were asked and have not answered: they are not asked again meanwhile, so that no more than one thread hangs in each.
static UNANSWERED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// All hosts this build knows, each asked on a thread of its own; at most four seconds. A device that is in use may not be askable;
/// it says so in its note.
pub fn list_audio_hosts() -> Vec<AudioHostInfo> {
    let deadline = Instant::now() + PATIENCE;
    let asked: Vec<_> = cpal::ALL_HOSTS.iter().map(|host| (host.to_string(), ask(*host))).collect();
    asked
        .into_iter()
        .map(|(name, answer)| {
            answer.and_then(|answer| wait(&answer, deadline)).unwrap_or_else(|note| absent(name, note))
        })
        .collect()
}

fn ask(host: HostId) -> Result<Receiver<AudioHostInfo>, String> {
    let name = host.to_string();
    if !UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone()) {
        return Err("it still has not answered an earlier question".to_owned());
    }
    let (answer, answered) = sync_channel(1);
    let of_thread = name.clone();
    let asked = std::thread::Builder::new().name(format!("signal-list-{name}")).spawn(move || {
        let info = std::panic::catch_unwind(|| describe(host));
        UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner).remove(&of_thread);
        // Nobody may be waiting any more.
        let _sent = answer.send(info.unwrap_or_else(|_| absent(of_thread, "its library failed".to_owned())));
    });
    if let Err(error) = asked {
        UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        return Err(format!("no thread can be started ({error})"));
    }
    Ok(answered)
}

fn wait(answer: &Receiver<AudioHostInfo>, deadline: Instant) -> Result<AudioHostInfo, String> {
    let patience = deadline.saturating_duration_since(Instant::now());
    answer.recv_timeout(patience).map_err(|_timeout| format!("it did not answer within {} s", PATIENCE.as_secs()))
}

fn absent(host: String, note: String) -> AudioHostInfo {
    AudioHostInfo { host, available: false, note: Some(note), devices: Vec::new() }
}

fn describe(id: HostId) -> AudioHostInfo {
    let _quiet = hosts::quiet_alsa();
    let name = id.to_string();
    // libjack would be asked in vain, at some cost and with some noise.
    if hosts::is_jack(id) && !hosts::jack_server_may_run() {
        return absent(name, hosts::nothing_there(id).to_owned());
    }
    let listed = cpal::host_from_id(id).and_then(|host| {
        let default = host.default_output_device().and_then(|device| device.id().ok());
        let devices = host.devices()?.filter(is_worth_asking);
        Ok(devices.map(|device| describe_device(&device, default.as_ref())).collect::<Vec<_>>())
    });
    match listed {
        Ok(devices) if !devices.iter().any(is_there) => {
            AudioHostInfo { devices, ..absent(name, hosts::nothing_there(id).to_owned()) }
        }
        Ok(devices) => AudioHostInfo { host: name, available: true, note: None, devices },
        Err(error) if error.kind() == cpal::ErrorKind::HostUnavailable => {
            absent(name, hosts::nothing_there(id).to_owned())
        }
        Err(error) => absent(name, error.to_string()),
    }
}

/// What alsa-lib lists although nobody could choose it: its null device keeps no time, and plugins are nothing without a device
/// behind them. Asking the one for JACK prints a page of errors.
fn is_worth_asking(device: &cpal::Device) -> bool {
    const NOT_DEVICES: [&str; 9] =
        ["null", "lavrate", "samplerate", "speexrate", "speex", "jack", "oss", "upmix", "vdownmix"];
    device.id().is_ok_and(|id| !NOT_DEVICES.iter().any(|name| id.to_string() == format!("alsa:{name}")))
}

/// A card that is in use cannot be asked, but is there.
fn is_there(device: &AudioDevice) -> bool {
    device.note.is_none() || device.id.contains("CARD=")
}

fn describe_device(device: &cpal::Device, default: Option<&cpal::DeviceId>) -> AudioDevice {
    let id = device.id();
    let name = device.description().map_or_else(|_| device.to_string(), |description| description.name().to_owned());
    let (outputs, output_error) =
        configs(device.supports_output(), || Ok(device.supported_output_configs()?.collect()));
    let (inputs, input_error) = configs(device.supports_input(), || Ok(device.supported_input_configs()?.collect()));
    let all = || outputs.iter().chain(&inputs);
    let rates = USUAL_RATES.into_iter().filter(|rate| all().any(|range| range.contains_rate(*rate)));
    let most_channels =
        |ranges: &[SupportedStreamConfigRange]| ranges.iter().map(|range| range.channels()).max().unwrap_or(0);
    AudioDevice {
        is_default: id.as_ref().ok().is_some_and(|id| Some(id) == default),
        id: id.map_or_else(|_| name.clone(), |id| id.id().to_owned()),
        name,
        output_channels: most_channels(&outputs),
        input_channels: most_channels(&inputs),
        sample_rates: rates.collect(),
        buffer_frames_range: all()
            .filter_map(buffer_range)
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))),
        note: output_error.or(input_error),
    }
}

/// The configurations of one direction, or why they are not known.
fn configs(
    has_direction: bool,
    ask: impl FnOnce() -> Result<Vec<SupportedStreamConfigRange>, cpal::Error>,
) -> (Vec<SupportedStreamConfigRange>, Option<String>) {
    if !has_direction {
        return (Vec::new(), None);
    }
    ask().map_or_else(|error| (Vec::new(), Some(error.to_string())), |ranges| (ranges, None))
}

fn buffer_range(range: &SupportedStreamConfigRange) -> Option<(u32, u32)> {
    match *range.buffer_size() {
        SupportedBufferSize::Range { min, max } => Some((min, max)),
        SupportedBufferSize::Unknown => None,
    }
}
