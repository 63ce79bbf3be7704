//! Meters, positions and load, from the audio thread's pictures to the plane; counters at a rate.

use crate::outgoing::Outgoing;
use crate::rt::Telemetry as Picture;
use loophole_wire::message::EngineEvent;
use loophole_wire::message::diagnostics::Performance;
use loophole_wire::plane::{Header, Load, Plane, Position};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Plane streams that may be open at once.
const MAX_STREAMS: usize = 16;

/// Adds to a picture's counters what others count.
pub(crate) type Counting = Box<dyn Fn(&mut Performance) + Send>;

/// The thread `signal-telemetry`, and whoever asks for counters once.
pub(crate) struct Telemetry {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    pictures: triple_buffer::Output<Picture>,
    counting: Counting,
    streams: BTreeMap<u32, Stream>,
    counters: Option<Timer>,
    is_over: bool,
}

struct Stream {
    timer: Timer,
    sequence: u32,
}

/// Due again and again.
struct Timer {
    pause: Duration,
    due: Instant,
}

impl Timer {
    fn new(rate_hz: u32) -> Self {
        Self { pause: Duration::from_secs(1) / rate_hz.max(1), due: Instant::now() }
    }

    /// Times that were missed are left out.
    fn take(&mut self, now: Instant) -> bool {
        let is_due = self.due <= now;
        if is_due {
            self.due = (self.due + self.pause).max(now);
        }
        is_due
    }
}

impl Telemetry {
    pub(crate) fn start(
        pictures: triple_buffer::Output<Picture>,
        outgoing: Outgoing,
        counting: Counting,
    ) -> std::io::Result<Arc<Self>> {
        let state = State { pictures, counting, streams: BTreeMap::new(), counters: None, is_over: false };
        let this = Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() });
        let of_thread = Arc::clone(&this);
        std::thread::Builder::new().name("signal-telemetry".to_owned()).spawn(move || of_thread.run(&outgoing))?;
        Ok(this)
    }

    /// Opens a stream, or changes its rate (1 … 120 Hz); false when too many are open.
    pub(crate) fn open(&self, stream: u32, rate_hz: u32) -> bool {
        let mut state = self.lock();
        if state.streams.len() >= MAX_STREAMS && !state.streams.contains_key(&stream) {
            return false;
        }
        let sequence = state.streams.get(&stream).map_or(0, |stream| stream.sequence);
        state.streams.insert(stream, Stream { timer: Timer::new(rate_hz.clamp(1, 120)), sequence });
        self.changed.notify_all();
        true
    }

    pub(crate) fn close(&self, stream: u32) {
        self.lock().streams.remove(&stream);
    }

    /// Events with counters, 0 … 10 per second.
    pub(crate) fn subscribe(&self, rate_hz: u32) {
        self.lock().counters = (rate_hz > 0).then(|| Timer::new(rate_hz.min(10)));
        self.changed.notify_all();
    }

    /// All counters as they are now.
    pub(crate) fn performance(&self) -> Performance {
        self.lock().performance()
    }

    pub(crate) fn end(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    fn run(&self, outgoing: &Outgoing) {
        let mut state = self.lock();
        while !state.is_over {
            let now = Instant::now();
            let planes = state.planes(now);
            let performance = state.counters.as_mut().is_some_and(|timer| timer.take(now)).then(|| state.performance());
            let due = state.next_due();
            if planes.is_empty() && performance.is_none() {
                state = match due {
                    Some(due) => self.wait(state, due.saturating_duration_since(Instant::now())),
                    None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                };
                continue;
            }
            // Whoever asks for counters does not wait for a slow reader.
            drop(state);
            if !planes.is_empty() {
                outgoing.planes(&planes);
            }
            if let Some(performance) = performance {
                outgoing.event(None, &EngineEvent::DiagnosticsPerformance(performance));
            }
            state = self.lock();
        }
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, pause: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, pause).map_or_else(|error| error.into_inner().0, |(state, _)| state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_due(&self) -> Option<Instant> {
        self.streams.values().map(|stream| stream.timer.due).chain(self.counters.iter().map(|timer| timer.due)).min()
    }

    fn performance(&mut self) -> Performance {
        // Looked at, not taken: the levels in it stay for those who show them.
        let newest = if self.streams.is_empty() { self.pictures.read() } else { self.pictures.output_buffer() };
        let mut performance = counters(newest);
        (self.counting)(&mut performance);
        performance
    }

    fn planes(&mut self, now: Instant) -> Vec<Plane> {
        let due: Vec<u32> =
            self.streams.iter_mut().filter_map(|(id, stream)| stream.timer.take(now).then_some(*id)).collect();
        if due.is_empty() {
            return Vec::new();
        }
        let mut performance = Performance::default();
        (self.counting)(&mut performance);
        let picture = self.pictures.read();
        let mut planes = Vec::with_capacity(due.len() * 3);
        for id in due {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let header = Header { flags: 0, stream: id, sequence: stream.sequence, time_nanos: picture.at_nanos };
            stream.sequence = stream.sequence.wrapping_add(1);
            planes.extend(frames(picture, header, &performance));
        }
        planes
    }
}

fn counters(picture: &Picture) -> Performance {
    Performance {
        dsp_load: picture.load,
        peak_load: picture.peak_load,
        blocks: picture.blocks,
        xruns: picture.xruns,
        parameter_sets: picture.parameter_sets,
        largest_callback_frames: picture.largest_callback_frames,
        ..Performance::default()
    }
}

fn frames(picture: &Picture, header: Header, others: &Performance) -> [Plane; 3] {
    let position =
        Position { frames: picture.position, engine_frames: picture.engine_frames, rolling: picture.rolling };
    let load = Load {
        dsp: picture.load,
        peak: picture.peak_load,
        xruns: picture.xruns.saturating_add(others.xruns),
        starved_frames: u32::try_from(others.starved_frames).unwrap_or(u32::MAX),
        parameter_sets: picture.parameter_sets,
        blocks: picture.blocks,
    };
    [Plane::Position(header, position), Plane::Meter(header, picture.meters().to_vec()), Plane::Load(header, load)]
}
