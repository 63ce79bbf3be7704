//! Opens a device, through cpal unless it is JACK, and notices when it is gone.

use super::convert::{self, Choice, Wish};
use super::slot::{Beat, Lease, Owner, ProcessorSlot};
use super::supervisor::Counters;
use super::{hosts, jack};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, HostId, OutputCallbackInfo, SampleFormat, SizedSample, StreamConfig};
use loophole_wire::message::engine::Device;
use loophole_wire::message::hardware::AudioConfig;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;
use std::time::Duration;

/// How long a library may take to open a stream (PulseAudio), and how long ALSA's thread waits before it looks whether the
/// device is still there.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Frames converted at once, for devices that do not take 32-bit floats.
const CONVERT_FRAMES: usize = 1_024;
/// Errors of unknown meaning without a block in between that end a stream. ALSA over a dead PulseAudio made a million in 2.5 s.
const MOST_ODD_ERRORS: u32 = 100;

/// What shall be opened.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) config: AudioConfig,
    pub(super) wish: Wish,
    pub(super) slot: Arc<ProcessorSlot>,
    pub(super) owner: Owner,
    pub(super) counters: Arc<Counters>,
    /// Woken when something happens.
    pub(super) supervisor: Thread,
}

/// A stream that runs, with silence until its owner is given the processor.
pub(super) struct OpenDevice {
    pub(super) description: Device,
    pub(super) owner: Owner,
    pub(super) beat: Arc<Beat>,
    pub(super) faults: Arc<Faults>,
    /// Dropping it can take seconds when its server is gone.
    _stream: Stream,
}

/// What keeps a device playing until it is dropped.
enum Stream {
    Cpal(#[expect(dead_code, reason = "only held")] cpal::Stream),
    Jack(#[expect(dead_code, reason = "only held")] jack::Stream),
}

/// Opens the first that works. May take seconds; never on a thread that others wait for.
pub(super) fn open(request: &Request) -> Result<OpenDevice, String> {
    let mut reasons = Vec::new();
    let _quiet = hosts::quiet_alsa();
    for host in hosts::candidates(&request.config.host)? {
        match open_on(host, request) {
            Ok(device) => return Ok(device),
            Err(reason) => reasons.push(format!("{host}: {reason}")),
        }
    }
    Err(if reasons.is_empty() { "no audio system was found".to_owned() } else { reasons.join("; ") })
}

fn open_on(id: HostId, request: &Request) -> Result<OpenDevice, String> {
    let beat = Beat::new(request.supervisor.clone());
    let faults = Arc::new(Faults {
        fatal: AtomicBool::new(false),
        reason: Mutex::new(None),
        odd: AtomicU32::new(0),
        odd_at: AtomicU32::new(0),
        beat: Arc::clone(&beat),
        counters: Arc::clone(&request.counters),
        supervisor: request.supervisor.clone(),
    });
    let (description, stream) = if hosts::is_jack(id) {
        let (description, stream) = jack::open(Lease::new(&request.slot, request.owner, &beat), Arc::clone(&faults))?;
        (description, Stream::Jack(stream))
    } else {
        let (description, stream) = open_with_cpal(id, request, &beat, &faults)?;
        (description, Stream::Cpal(stream))
    };
    Ok(OpenDevice { description, owner: request.owner, beat, faults, _stream: stream })
}

fn open_with_cpal(
    id: HostId,
    request: &Request,
    beat: &Arc<Beat>,
    faults: &Arc<Faults>,
) -> Result<(Device, cpal::Stream), String> {
    let wanted = request.config.device.as_deref();
    let said = |error: cpal::Error| match error.kind() {
        // Without a card ALSA still names a default, and then says that it may have been disconnected.
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable if wanted.is_none() => {
            hosts::nothing_there(id).to_owned()
        }
        _ => error.to_string(),
    };
    let device = find(&cpal::host_from_id(id).map_err(said)?, wanted)?;
    let ranges = device.supported_output_configs().map_err(said)?;
    let choice = convert::choose(ranges, request.wish).ok_or("the device has no format that can be played on")?;
    let name = device.description().map_or_else(|_| device.to_string(), |description| description.name().to_owned());
    // A fixed buffer is asked for first: PulseAudio's default is two seconds.
    let fixed = BufferSize::Fixed(choice.buffer_frames);
    let stream = build(&device, choice, fixed, request, beat, faults)
        .or_else(|_refused| build(&device, choice, BufferSize::Default, request, beat, faults))
        .map_err(said)?;
    // Streams start paused.
    stream.play().map_err(said)?;
    let buffer_frames = stream.buffer_size().unwrap_or(choice.buffer_frames);
    let (sample_rate, output_channels) = (choice.sample_rate, choice.channels);
    let description = Device { host: id.to_string(), name, sample_rate, buffer_frames, output_channels, silent: false };
    Ok((description, stream))
}

/// By id, with or without its host; else by what a person sees.
fn find(host: &cpal::Host, wanted: Option<&str>) -> Result<cpal::Device, String> {
    // ALSA's default is called `alsa:default`, but cannot be found by that id.
    let Some(wanted) = wanted.filter(|wanted| !matches!(*wanted, "default" | "alsa:default" | "")) else {
        return host.default_output_device().ok_or_else(|| hosts::nothing_there(host.id()).to_owned());
    };
    // ALSA's null device takes 67 million samples a second: it keeps no time.
    if matches!(wanted, "null" | "alsa:null") {
        return Err("the null device keeps no time; use the silent clock instead".to_owned());
    }
    let devices: Vec<_> = host.output_devices().map_err(|error| error.to_string())?.collect();
    let has_id = |device: &cpal::Device| device.id().is_ok_and(|id| id.id() == wanted || id.to_string() == wanted);
    let has_name = |device: &cpal::Device| device.description().is_ok_and(|description| description.name() == wanted);
    let index = devices.iter().position(has_id).or_else(|| devices.iter().position(has_name));
    let found = index.and_then(|index| devices.into_iter().nth(index));
    found.ok_or_else(|| format!("there is no output device '{wanted}'"))
}

fn build(
    device: &cpal::Device,
    choice: Choice,
    buffer_size: BufferSize,
    request: &Request,
    beat: &Arc<Beat>,
    faults: &Arc<Faults>,
) -> Result<cpal::Stream, cpal::Error> {
    let config = StreamConfig { channels: choice.channels, sample_rate: choice.sample_rate, buffer_size };
    let lease = Lease::new(&request.slot, request.owner, beat);
    let faults = Arc::clone(faults);
    match choice.format {
        SampleFormat::F32 => build_direct(device, config, lease, faults),
        SampleFormat::F64 => build_converting::<f64>(device, config, lease, faults),
        SampleFormat::I32 => build_converting::<i32>(device, config, lease, faults),
        SampleFormat::I24 => build_converting::<cpal::I24>(device, config, lease, faults),
        SampleFormat::I16 => build_converting::<i16>(device, config, lease, faults),
        SampleFormat::I8 => build_converting::<i8>(device, config, lease, faults),
        SampleFormat::U32 => build_converting::<u32>(device, config, lease, faults),
        SampleFormat::U24 => build_converting::<cpal::U24>(device, config, lease, faults),
        SampleFormat::U16 => build_converting::<u16>(device, config, lease, faults),
        SampleFormat::U8 => build_converting::<u8>(device, config, lease, faults),
        _ => Err(ErrorKind::UnsupportedConfig.into()),
    }
}

fn build_direct(
    device: &cpal::Device,
    config: StreamConfig,
    lease: Lease,
    faults: Arc<Faults>,
) -> Result<cpal::Stream, cpal::Error> {
    let (channels, rate) = (usize::from(config.channels), config.sample_rate);
    let callback = move |output: &mut [f32], info: &OutputCallbackInfo| {
        lease.beat().set_latency_frames(latency_frames(info, rate));
        lease.run(output, channels);
    };
    device.build_output_stream(config, callback, move |error| faults.add(&error), Some(TIMEOUT))
}

fn build_converting<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    lease: Lease,
    faults: Arc<Faults>,
) -> Result<cpal::Stream, cpal::Error> {
    let (channels, rate) = (usize::from(config.channels), config.sample_rate);
    let mut floats = vec![0.0; CONVERT_FRAMES * channels];
    let callback = move |output: &mut [T], info: &OutputCallbackInfo| {
        lease.beat().set_latency_frames(latency_frames(info, rate));
        for part in output.chunks_mut(floats.len()) {
            let Some(floats) = floats.get_mut(..part.len()) else { continue };
            lease.run(floats, channels);
            convert::convert(floats, part);
        }
    };
    device.build_output_stream(config, callback, move |error| faults.add(&error), Some(TIMEOUT))
}

fn latency_frames(info: &OutputCallbackInfo, sample_rate: u32) -> u32 {
    let timestamp = info.timestamp();
    let latency = timestamp.playback.saturating_duration_since(timestamp.callback);
    // No device is seconds away; what says so does not know.
    (latency.min(Duration::from_secs(5)).as_secs_f64() * f64::from(sample_rate)) as u32
}

/// What went wrong with a stream. Errors can come by the hundred thousand and on the audio thread: they are only counted.
pub(super) struct Faults {
    fatal: AtomicBool,
    reason: Mutex<Option<String>>,
    /// Errors of unknown meaning since the block `odd_at`.
    odd: AtomicU32,
    odd_at: AtomicU32,
    beat: Arc<Beat>,
    counters: Arc<Counters>,
    supervisor: Thread,
}

impl Faults {
    pub(super) fn add(&self, error: &cpal::Error) {
        match error.kind() {
            ErrorKind::Xrun => {
                self.counters.xruns.fetch_add(1, Ordering::Relaxed);
            }
            // It goes on, elsewhere or less well.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied | ErrorKind::DeviceBusy => {}
            ErrorKind::DeviceNotAvailable
            | ErrorKind::HostUnavailable
            | ErrorKind::StreamInvalidated
            | ErrorKind::PermissionDenied
            | ErrorKind::InvalidInput
            | ErrorKind::ResourceExhausted
            | ErrorKind::UnsupportedConfig
            | ErrorKind::UnsupportedOperation => self.is_over(error),
            _ => self.add_odd(error),
        }
    }

    fn add_odd(&self, error: &cpal::Error) {
        let block = self.beat.callbacks() as u32;
        if self.odd_at.swap(block, Ordering::Relaxed) != block {
            self.odd.store(0, Ordering::Relaxed);
        }
        if self.odd.fetch_add(1, Ordering::Relaxed) >= MOST_ODD_ERRORS {
            self.is_over(error);
        }
    }

    /// The first time only: nothing is allocated in a storm.
    fn is_over(&self, error: &cpal::Error) {
        if self.fatal.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(mut reason) = self.reason.try_lock() {
            reason.get_or_insert_with(|| error.to_string());
        }
        self.fatal.store(true, Ordering::Release);
        self.supervisor.unpark();
    }

    /// Why the stream is over, if it is.
    pub(super) fn fatal(&self) -> Option<String> {
        self.fatal.load(Ordering::Acquire).then(|| {
            let reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
            reason.clone().unwrap_or_else(|| "the device is gone".to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults() -> Faults {
        Faults {
            fatal: AtomicBool::new(false),
            reason: Mutex::new(None),
            odd: AtomicU32::new(0),
            odd_at: AtomicU32::new(0),
            beat: Beat::new(std::thread::current()),
            counters: Arc::default(),
            supervisor: std::thread::current(),
        }
    }

    #[test]
    fn xruns_are_counted_and_end_nothing() {
        let faults = faults();
        (0..100_000).for_each(|_| faults.add(&ErrorKind::Xrun.into()));
        assert_eq!(faults.fatal(), None);
        assert_eq!(faults.counters.xruns.load(Ordering::Relaxed), 100_000);
    }

    #[test]
    fn the_first_terminal_error_is_the_reason() {
        let faults = faults();
        faults.add(&cpal::Error::with_message(ErrorKind::DeviceNotAvailable, "JACK server shut down"));
        faults.add(&cpal::Error::with_message(ErrorKind::StreamInvalidated, "another"));
        assert_eq!(faults.fatal().as_deref(), Some("JACK server shut down"));
    }

    #[test]
    fn a_storm_of_odd_errors_ends_the_stream_but_a_few_do_not() {
        let faults = faults();
        (0..MOST_ODD_ERRORS).for_each(|_| faults.add(&ErrorKind::BackendError.into()));
        assert_eq!(faults.fatal(), None);
        faults.add(&ErrorKind::BackendError.into());
        assert!(faults.fatal().is_some());
    }
}
