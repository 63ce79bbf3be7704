//! Meters, positions and load, from the audio thread's numbers to the plane.

use crate::outgoing::Outgoing;
use crate::rt::telemetry::Numbers;
use loophole_wire::plane::{Header, Load, MeterValue, Plane, Position};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The newest numbers, for whoever asks; and whether they are sent.
pub(crate) struct Telemetry {
    /// Frames per second; 0 = closed.
    rate_hz: AtomicU32,
    stream: AtomicU32,
    ends: AtomicBool,
    newest: Mutex<Counters>,
}

/// What the diagnostics say of the audio thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) load: f32,
    pub(crate) peak_load: f32,
    pub(crate) blocks: u64,
    pub(crate) late_blocks: u32,
    pub(crate) parameter_sets: u64,
    pub(crate) largest_callback_frames: u32,
}

/// How often the numbers are looked at.
const LOOK: Duration = Duration::from_millis(5);

impl Telemetry {
    /// Starts the thread `signal-telemetry`; `starved` counts frames that came too late.
    pub(crate) fn start(mut numbers: triple_buffer::Output<Numbers>, outgoing: Outgoing, starved: impl Fn() -> u64 + Send + 'static) -> std::io::Result<Arc<Self>> {
        let this = Arc::new(Self { rate_hz: AtomicU32::new(0), stream: AtomicU32::new(0), ends: AtomicBool::new(false), newest: Mutex::default() });
        let of_thread = Arc::clone(&this);
        std::thread::Builder::new().name("signal-telemetry".to_owned()).spawn(move || {
            let (mut sequence, mut seen) = (0, 0);
            while !of_thread.ends.load(Ordering::Relaxed) {
                let rate = of_thread.rate_hz.load(Ordering::Relaxed);
                std::thread::sleep(if rate == 0 { LOOK } else { Duration::from_secs(1) / rate });
                let numbers = numbers.read();
                if numbers.sequence == seen {
                    continue;
                }
                seen = numbers.sequence;
                *of_thread.newest.lock().unwrap_or_else(PoisonError::into_inner) = counters(numbers);
                if rate > 0 {
                    let stream = of_thread.stream.load(Ordering::Relaxed);
                    outgoing.planes(&planes(numbers, stream, sequence, starved()));
                    sequence = sequence.wrapping_add(1);
                }
            }
        })?;
        Ok(this)
    }

    pub(crate) fn open(&self, stream: u32, rate_hz: u32) {
        self.stream.store(stream, Ordering::Relaxed);
        self.rate_hz.store(rate_hz.clamp(1, 120), Ordering::Relaxed);
    }

    pub(crate) fn close(&self) {
        self.rate_hz.store(0, Ordering::Relaxed);
    }

    pub(crate) fn newest(&self) -> Counters {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

fn counters(numbers: &Numbers) -> Counters {
    Counters {
        load: numbers.load,
        peak_load: numbers.peak_load,
        blocks: numbers.blocks,
        late_blocks: numbers.late_blocks,
        parameter_sets: numbers.parameter_sets,
        largest_callback_frames: numbers.largest_callback_frames,
    }
}

fn planes(numbers: &Numbers, stream: u32, sequence: u32, starved: u64) -> [Plane; 3] {
    let header = Header { flags: 0, stream, sequence, time_nanos: numbers.at_nanos };
    let levels = numbers.levels.iter().take(numbers.count);
    let meters = levels.map(|level| MeterValue { channel: level.channel, peak: level.peak, rms: level.rms }).collect();
    let position = Position { frames: numbers.position, engine_frames: numbers.engine_frames, rolling: numbers.rolling };
    let load = Load {
        dsp: numbers.load,
        peak: numbers.peak_load,
        xruns: numbers.late_blocks,
        starved_frames: u32::try_from(starved).unwrap_or(u32::MAX),
        parameter_sets: numbers.parameter_sets,
        blocks: numbers.blocks,
    };
    [Plane::Position(header, position), Plane::Meter(header, meters), Plane::Load(header, load)]
}
