//! Decides what runs the processor: keeps the silent clock ready, opens the wanted device, watches it, and takes it back when it returns.

use super::capture::{self, CaptureInput, CaptureWriter};
use super::convert::Wish;
use super::device::{OpenDevice, Request};
use super::silent::{self, SilentClock};
use super::slot::{Beat, Lease, ProcessorSlot};
use super::worker::Worker;
use super::{AudioEvent, AudioEventSink, AudioStatus, DEFAULT_BUFFER_FRAMES, Process};
use loophole_wire::message::engine::Device;
use loophole_wire::message::hardware::{AudioConfig, AudioHost};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often a device is watched.
const WATCH_EVERY: Duration = Duration::from_millis(50);
/// How often the silent clock is.
const IDLE_EVERY: Duration = Duration::from_millis(500);
/// No callback for so long, or for ten periods if they take longer: the device is lost. A server's death can be silent (ALSA over
/// JACK, PipeWire without a session manager, PulseAudio moving a stream).
const WATCHDOG: Duration = Duration::from_millis(500);
const WATCHDOG_PERIODS: u32 = 10;
/// Pauses between attempts to get a device back.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// A device that was opened must ask for sound within this time.
const FIRST_BLOCK: Duration = Duration::from_secs(3);
/// Opening tries several hosts, each bounded by its library to a few seconds. What takes longer hangs.
const OPENING: Duration = Duration::from_secs(15);
/// Threads that hang in a driver and are left behind; then no more are risked.
const MOST_HANGING: usize = 4;
/// How long a callback may keep the processor when it must be prepared or taken back.
const CALLBACK: Duration = Duration::from_millis(500);
/// How long the end of everything may take.
const ENDING: Duration = Duration::from_secs(3);

const FALLBACK: &str = "the silent clock, at the same place";
const OPENING_REASON: &str = "The audio device is being opened.";

/// What is counted on any thread.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) xruns: AtomicU64,
    pub(super) skipped_blocks: AtomicU64,
    pub(super) capture_lost_samples: AtomicU64,
    pub(super) watchdog_trips: AtomicU64,
}

/// What others hold of the thread `signal-audio`.
pub(super) struct Handle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    slot: Arc<ProcessorSlot>,
    counters: Arc<Counters>,
    /// What was asked for last and not looked at yet.
    asked: Mutex<Option<Wanted>>,
    ending: AtomicBool,
    told: Mutex<Told>,
}

/// What was told last.
#[derive(Default)]
struct Told {
    device: Option<Device>,
    reason: Option<String>,
    beat: Option<Arc<Beat>>,
}

#[derive(Clone, PartialEq)]
struct Wanted {
    config: AudioConfig,
    /// In Hz.
    sample_rate: u32,
    buffer_frames: u32,
}

impl Wanted {
    fn new(config: AudioConfig, preferred_rate: u32) -> Self {
        let sample_rate = config.sample_rate.unwrap_or(preferred_rate).clamp(8_000, 384_000);
        let buffer_frames = config.buffer_frames.unwrap_or(DEFAULT_BUFFER_FRAMES).clamp(16, 8_192);
        Self { config, sample_rate, buffer_frames }
    }

    fn wants_device(&self) -> bool {
        self.config.host != AudioHost::Silent
    }

    fn capture_path(&self) -> Option<&Path> {
        self.config.capture_path.as_deref().filter(|_| !self.wants_device()).map(Path::new)
    }

    /// What a device does otherwise than it was asked to.
    fn differs(&self, device: &Device) -> Option<String> {
        let rate = self.config.sample_rate.filter(|rate| *rate != device.sample_rate);
        let buffer = self.config.buffer_frames.filter(|frames| *frames != device.buffer_frames);
        let said = [
            rate.map(|rate| format!("The device runs at {} Hz, not at {rate} Hz.", device.sample_rate)),
            buffer.map(|frames| {
                format!("The device asks for {} frames at once, not for {frames}.", device.buffer_frames)
            }),
        ];
        let said: Vec<_> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join(" "))
    }
}

impl Handle {
    pub(super) fn start(
        config: AudioConfig,
        preferred_rate: u32,
        processor: Box<dyn Process>,
        events: AudioEventSink,
    ) -> Self {
        let shared = Arc::new(Shared {
            slot: ProcessorSlot::new(processor),
            counters: Arc::default(),
            asked: Mutex::default(),
            ending: AtomicBool::new(false),
            told: Mutex::default(),
        });
        let (of_thread, wanted) = (Arc::clone(&shared), Wanted::new(config, preferred_rate));
        let started = std::thread::Builder::new()
            .name("signal-audio".to_owned())
            .spawn(move || Supervisor::new(of_thread, wanted, events).run());
        if let Err(error) = &started {
            shared.told().reason = Some(format!("No thread for audio can be started: {error}."));
        }
        Self { shared, thread: started.ok() }
    }

    pub(super) fn reconfigure(&self, config: AudioConfig, preferred_rate: u32) {
        let wanted = Wanted::new(config, preferred_rate);
        *self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(wanted);
        self.wake();
    }

    pub(super) fn status(&self) -> AudioStatus {
        let (told, counters) = (self.shared.told(), &self.shared.counters);
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AudioStatus {
            device: told.device.clone(),
            reason: told.reason.clone(),
            latency_frames: told.beat.as_ref().map_or(0, |beat| beat.latency_frames()),
            watchdog_trips: count(&counters.watchdog_trips),
            xruns: count(&counters.xruns),
            skipped_blocks: count(&counters.skipped_blocks),
            capture_lost_samples: count(&counters.capture_lost_samples),
            priority: told.beat.as_ref().map_or("unknown", |beat| beat.priority().text()).to_owned(),
        }
    }

    pub(super) fn stop(mut self) -> Option<Box<dyn Process>> {
        self.end();
        self.shared.slot.take(CALLBACK).ok().flatten()
    }

    fn end(&mut self) {
        self.shared.ending.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            silent::join_within(thread, ENDING);
        }
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's state.
struct Supervisor {
    shared: Arc<Shared>,
    events: AudioEventSink,
    wanted: Wanted,
    /// What the processor was told last, in Hz.
    prepared_rate: Option<u32>,
    running: Running,
    /// Open, but has not asked for sound yet.
    arriving: Option<Arriving>,
    opening: Option<Opening>,
    retry: Retry,
    worker: Option<Worker>,
    hanging_workers: usize,
    ticket: u64,
}

enum Running {
    Nothing,
    Silent(SilentClock),
    Device(Watched),
}

/// A device that plays, and for how long it has been quiet.
struct Watched {
    device: Box<OpenDevice>,
    callbacks: u64,
    quiet: Duration,
    looked: Instant,
}

struct Arriving {
    device: Box<OpenDevice>,
    since: Instant,
}

struct Opening {
    ticket: u64,
    since: Instant,
}

struct Retry {
    at: Option<Instant>,
    pause: Duration,
}

impl Retry {
    const NONE: Self = Self { at: None, pause: FIRST_RETRY };

    fn later(&mut self) {
        self.at = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(LAST_RETRY);
    }
}

impl Supervisor {
    fn new(shared: Arc<Shared>, wanted: Wanted, events: AudioEventSink) -> Self {
        Self {
            shared,
            events,
            wanted,
            prepared_rate: None,
            running: Running::Nothing,
            arriving: None,
            opening: None,
            retry: Retry::NONE,
            worker: None,
            hanging_workers: 0,
            ticket: 0,
        }
    }

    fn run(mut self) {
        self.begin();
        while !self.shared.ending.load(Ordering::Acquire) {
            std::thread::park_timeout(self.pause());
            self.change_if_asked();
            self.take_answers();
            self.watch_arriving();
            self.watch_running();
            self.give_up_opening();
            self.try_again();
        }
        self.end();
    }

    /// Everything that needs haste wakes this thread.
    fn pause(&self) -> Duration {
        let watch = match &self.running {
            Running::Device(_) => WATCH_EVERY,
            Running::Silent(_) | Running::Nothing => IDLE_EVERY,
        };
        let until_retry = self.retry.at.map(|at| at.saturating_duration_since(Instant::now()));
        until_retry.map_or(watch, |until| until.min(watch))
    }

    fn change_if_asked(&mut self) {
        let asked = self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(wanted) = asked else { return };
        let runs_as_wanted = match &self.running {
            Running::Device(_) => wanted.wants_device(),
            Running::Silent(clock) => !wanted.wants_device() && !clock.is_dead(),
            Running::Nothing => false,
        };
        if runs_as_wanted && wanted == self.wanted {
            let (device, reason) = {
                let told = self.shared.told();
                (told.device.clone(), told.reason.clone())
            };
            if let Some(device) = device {
                self.tell(device, reason);
            }
            return;
        }
        self.wanted = wanted;
        self.begin();
    }

    /// Silence first, at once; then the device, however long it takes.
    fn begin(&mut self) {
        self.opening = None;
        self.retry = Retry::NONE;
        if let Some(arriving) = self.arriving.take() {
            self.close(arriving.device);
        }
        // A clock that captures must have closed its file before the next one opens it.
        let former = match std::mem::replace(&mut self.running, Running::Nothing) {
            Running::Silent(clock) => {
                clock.stop();
                None
            }
            Running::Device(watched) => Some(watched.device),
            Running::Nothing => None,
        };
        let reason = self.wanted.wants_device().then(|| OPENING_REASON.to_owned());
        let (capture, reason) =
            match self.wanted.capture_path().map(|path| capture::create(path, &self.shared.counters)) {
                None => (None, reason),
                Some(Ok(capture)) => (Some(capture), reason),
                Some(Err(error)) => (None, Some(format!("The capture file cannot be written: {error}."))),
            };
        let told = self.run_silently(self.wanted.sample_rate, capture, reason);
        self.tell(told.0, told.1);
        if let Some(device) = former {
            self.close(device);
        }
        if self.wanted.wants_device() {
            self.open();
        }
    }

    /// Starts the silent clock and waits for its first block. Returns what to tell.
    fn run_silently(
        &mut self,
        sample_rate: u32,
        capture: Option<(CaptureInput, CaptureWriter)>,
        reason: Option<String>,
    ) -> (Device, Option<String>) {
        let slot = Arc::clone(&self.shared.slot);
        self.prepare(sample_rate);
        let (owner, beat) = (slot.new_owner(), Beat::new(std::thread::current()));
        let lease = Lease::new(&slot, owner, &beat);
        slot.give_to(owner);
        let (buffer_frames, counters) = (self.wanted.buffer_frames, Arc::clone(&self.shared.counters));
        let device = Device {
            host: "silent".to_owned(),
            name: "Silent clock".to_owned(),
            sample_rate,
            buffer_frames,
            output_channels: silent::CHANNELS,
            silent: true,
        };
        match SilentClock::start(sample_rate, buffer_frames, lease, counters, capture) {
            Ok(clock) => {
                let deadline = Instant::now() + FIRST_BLOCK;
                while !beat.is_alive() && !clock.is_dead() && Instant::now() < deadline {
                    std::thread::park_timeout(WATCH_EVERY);
                }
                self.running = Running::Silent(clock);
                self.shared.told().beat = Some(beat);
                (device, reason)
            }
            Err(error) => (device, Some(format!("Nothing plays: the silent clock cannot be started ({error})."))),
        }
    }

    fn prepare(&mut self, sample_rate: u32) {
        if self.prepared_rate == Some(sample_rate) {
            return;
        }
        // If a callback hangs, nothing can play anyway; it is tried again with the next backend.
        self.prepared_rate = self.shared.slot.prepare(sample_rate, CALLBACK).ok().map(|()| sample_rate);
    }

    fn tell(&self, device: Device, reason: Option<String>) {
        let latency_frames = {
            let mut told = self.shared.told();
            told.device = Some(device.clone());
            told.reason.clone_from(&reason);
            told.beat.as_ref().map_or(0, |beat| beat.latency_frames())
        };
        (self.events)(AudioEvent::Started { device, reason, latency_frames });
    }

    fn open(&mut self) {
        self.retry.at = None;
        if self.worker.is_none() && self.hanging_workers < MOST_HANGING {
            self.worker = Worker::start(std::thread::current()).ok();
        }
        let Some(worker) = &self.worker else {
            let reason =
                if self.hanging_workers < MOST_HANGING { "no thread can be started" } else { "the audio drivers hang" };
            return self.failed(reason.to_owned());
        };
        self.ticket += 1;
        let request = Request {
            config: self.wanted.config.clone(),
            wish: Wish { sample_rate: self.wanted.sample_rate, buffer_frames: self.wanted.buffer_frames },
            slot: Arc::clone(&self.shared.slot),
            owner: self.shared.slot.new_owner(),
            counters: Arc::clone(&self.shared.counters),
            supervisor: std::thread::current(),
        };
        if worker.open(self.ticket, request) {
            self.opening = Some(Opening { ticket: self.ticket, since: Instant::now() });
        } else {
            self.abandon_worker();
            self.failed("the audio driver does not answer".to_owned());
        }
    }

    fn take_answers(&mut self) {
        while let Some(answer) = self.worker.as_ref().and_then(Worker::next_answer) {
            let is_awaited = self.opening.as_ref().is_some_and(|opening| opening.ticket == answer.ticket);
            match answer.result {
                Ok(device) if !is_awaited => self.close(device),
                Err(_) if !is_awaited => {}
                Ok(device) => {
                    self.opening = None;
                    self.arriving = Some(Arriving { device, since: Instant::now() });
                }
                Err(reason) => {
                    self.opening = None;
                    self.failed(reason);
                }
            }
        }
    }

    fn watch_arriving(&mut self) {
        let Some(arriving) = self.arriving.take() else { return };
        if let Some(reason) = arriving.device.faults.fatal() {
            self.close(arriving.device);
            self.failed(reason);
        } else if arriving.device.beat.is_alive() {
            self.cross_over(arriving.device);
        } else if arriving.since.elapsed() > FIRST_BLOCK {
            self.close(arriving.device);
            self.failed("the device was opened, but asks for no sound".to_owned());
        } else {
            self.arriving = Some(arriving);
        }
    }

    /// The device calls back already, with silence; from its next block on it has the processor.
    fn cross_over(&mut self, device: Box<OpenDevice>) {
        self.prepare(device.description.sample_rate);
        self.shared.slot.give_to(device.owner);
        self.retry = Retry::NONE;
        let (description, beat) = (device.description.clone(), Arc::clone(&device.beat));
        let watched = Watched { callbacks: beat.callbacks(), quiet: Duration::ZERO, looked: Instant::now(), device };
        if let Running::Silent(clock) = std::mem::replace(&mut self.running, Running::Device(watched)) {
            clock.stop();
        }
        self.shared.told().beat = Some(beat);
        let reason = self.wanted.differs(&description);
        self.tell(description, reason);
    }

    fn watch_running(&mut self) {
        let reason = match &mut self.running {
            Running::Device(watched) => watched.device.faults.fatal().or_else(|| {
                let is_quiet = watched.is_quiet();
                if is_quiet {
                    self.shared.counters.watchdog_trips.fetch_add(1, Ordering::Relaxed);
                }
                is_quiet.then(|| "the device asks for no sound any more".to_owned())
            }),
            Running::Silent(clock) => {
                if clock.is_dead() {
                    self.revive();
                }
                None
            }
            Running::Nothing => None,
        };
        if let Some(reason) = reason {
            self.lost(reason);
        }
    }

    /// Silence takes over in the same place, at the same rate: nothing else has to change.
    fn lost(&mut self, reason: String) {
        let Running::Device(watched) = std::mem::replace(&mut self.running, Running::Nothing) else { return };
        let Device { host, name, sample_rate, .. } = watched.device.description.clone();
        let why = waiting_reason(&format!("{name} ({host}) was lost: {reason}"));
        let (device, why) = self.run_silently(sample_rate, None, Some(why));
        (self.events)(AudioEvent::Lost { host, name, reason, fallback: FALLBACK.to_owned() });
        self.tell(device, why);
        self.close(watched.device);
        self.retry.later();
    }

    /// A panic ended the clock's thread. The processor lies in its slot; it gets another chance.
    fn revive(&mut self) {
        let rate = self.prepared_rate.unwrap_or(self.wanted.sample_rate);
        let reason = "The audio thread failed and was started again.".to_owned();
        let (device, reason) = self.run_silently(rate, None, Some(reason));
        self.tell(device, reason);
    }

    /// Told once per reason, tried again in any case.
    fn failed(&mut self, reason: String) {
        let reason = waiting_reason(&reason);
        let (device, before) = {
            let told = self.shared.told();
            (told.device.clone(), told.reason.clone())
        };
        if let Some(device) = device
            && before.as_ref() != Some(&reason)
        {
            self.tell(device, Some(reason));
        }
        self.retry.later();
    }

    fn give_up_opening(&mut self) {
        if self.opening.as_ref().is_some_and(|opening| opening.since.elapsed() > OPENING) {
            self.opening = None;
            self.abandon_worker();
            self.failed(format!("the audio driver did not answer within {} s", OPENING.as_secs()));
        }
    }

    fn try_again(&mut self) {
        if self.retry.at.is_some_and(|at| Instant::now() >= at) && self.opening.is_none() && self.arriving.is_none() {
            self.open();
        }
    }

    fn close(&mut self, device: Box<OpenDevice>) {
        let closes = match &self.worker {
            Some(worker) => worker.close(device),
            None => {
                // Only while every worker hangs: this one would, too.
                std::mem::forget(device);
                true
            }
        };
        if !closes {
            self.abandon_worker();
        }
    }

    fn abandon_worker(&mut self) {
        self.worker = None;
        self.hanging_workers += 1;
    }

    fn end(&mut self) {
        // So that the processor can be taken; who waits for it has more patience than this.
        let devices = [self.arriving.take().map(|arriving| arriving.device), self.stop_running()];
        for device in devices.into_iter().flatten() {
            self.close(device);
        }
        if let Some(worker) = &self.worker {
            worker.finish(ENDING / 3);
        }
        *self.shared.told() = Told::default();
    }

    fn stop_running(&mut self) -> Option<Box<OpenDevice>> {
        match std::mem::replace(&mut self.running, Running::Nothing) {
            Running::Nothing => None,
            Running::Silent(clock) => {
                clock.stop();
                None
            }
            Running::Device(watched) => Some(watched.device),
        }
    }
}

impl Watched {
    /// Time counts only as far as this thread was awake to see it: when a whole machine stalls, or the process is stopped, no
    /// device is to blame.
    fn is_quiet(&mut self) -> bool {
        let seen = self.looked.elapsed().min(2 * WATCH_EVERY);
        self.looked = Instant::now();
        let callbacks = self.device.beat.callbacks();
        if callbacks != self.callbacks {
            (self.callbacks, self.quiet) = (callbacks, Duration::ZERO);
        } else {
            self.quiet += seen;
        }
        let frames = self.device.beat.frames().max(self.device.description.buffer_frames);
        let period = Duration::from_secs_f64(f64::from(frames) / f64::from(self.device.description.sample_rate.max(1)));
        self.quiet > WATCHDOG.max(period * WATCHDOG_PERIODS)
    }
}

fn waiting_reason(reason: &str) -> String {
    format!(
        "{}. Nobody hears the silent clock; the device is used as soon as it is there.",
        reason.trim_end_matches('.')
    )
}
