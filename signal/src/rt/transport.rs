//! Rolling, where, and how loud the lanes are meanwhile: every jump is a fade out, the jump, a fade in.

use crate::dsp::Smoother;
use crate::media::stream::{RollClock, RollMap};
use std::sync::Arc;

/// The state of the transport in the audio thread.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) clock: Arc<RollClock>,
    pub(super) map: RollMap,
    pub(super) generation: u64,
    /// Frames rolled since the engine started.
    pub(super) roll: u64,
    /// How loud the lanes are.
    pub(super) gain: Smoother,
    is_rolling: bool,
    is_stopping: bool,
    /// Frames until rolling begins.
    delay: Option<u32>,
    fade_frames: u32,
    start_frames: u32,
    fade_in_frames: u32,
}

impl Transport {
    pub(super) fn new(clock: Arc<RollClock>, sample_rate: u32) -> Self {
        let mut transport = Self {
            map: RollMap { start_roll: clock.rolled(), ..RollMap::default() },
            generation: clock.generation().0,
            roll: clock.rolled(),
            clock,
            gain: Smoother::at(0.0, 0),
            is_rolling: false,
            is_stopping: false,
            delay: None,
            fade_frames: 0,
            start_frames: 0,
            fade_in_frames: 0,
        };
        transport.prepare(sample_rate);
        transport
    }

    pub(super) fn prepare(&mut self, sample_rate: u32) {
        self.fade_frames = fade_frames(sample_rate);
        // Shorter than the attack of a drum: what begins with the music keeps its beginning.
        self.start_frames = (sample_rate / 1_000).max(1);
        self.fade_in_frames = self.fade_in_frames.clamp(1, self.fade_frames);
    }

    /// Whether frames are counted.
    pub(super) fn is_rolling(&self) -> bool {
        self.is_rolling
    }

    /// What the world is told: it rolls and goes on to.
    pub(super) fn will_roll(&self) -> bool {
        (self.is_rolling && !self.is_stopping) || self.delay.is_some()
    }

    pub(super) fn is_silent(&self) -> bool {
        self.gain.remaining() == 0 && self.gain.target() == 0.0
    }

    /// Where it is; while it stops, where it will have stopped.
    pub(super) fn position(&self) -> i64 {
        let ahead = if self.is_stopping { u64::from(self.gain.remaining()) } else { 0 };
        self.map.position_at(self.roll + ahead)
    }

    pub(super) fn play(&mut self) {
        self.delay = None;
        self.is_stopping = false;
        if !self.is_rolling {
            self.roll_on();
        }
    }

    pub(super) fn pause(&mut self) {
        self.delay = None;
        if self.is_rolling {
            self.is_stopping = true;
            self.gain.set_within(0.0, self.fade_frames);
        }
    }

    /// At once, with no fade.
    pub(super) fn halt(&mut self) {
        self.delay = None;
        self.gain = Smoother::at(0.0, 0);
        self.stand();
    }

    /// Begins so that the music is at the map's start at that time: later by a delay, or now and further on.
    pub(super) fn play_at(&mut self, at_nanos: u64, now_nanos: u64, sample_rate: u32) {
        let frames = |nanos: u64| u128::from(nanos) * u128::from(sample_rate) / 1_000_000_000;
        let late = frames(now_nanos.saturating_sub(at_nanos));
        let early = frames(at_nanos.saturating_sub(now_nanos));
        self.is_stopping = false;
        if early > 0 {
            self.stand();
            self.delay = Some(u32::try_from(early).unwrap_or(u32::MAX));
            return;
        }
        self.roll = self.roll.saturating_add(u64::try_from(late).unwrap_or(u64::MAX / 2));
        self.clock.set_rolled(self.roll);
        self.play();
    }

    /// Fades out for a jump; true when it is silent and the jump may be made.
    pub(super) fn is_ready_to_jump(&mut self) -> bool {
        if self.is_rolling && !self.is_silent() {
            self.gain.set_within(0.0, self.fade_frames);
            self.fade_in_frames = self.fade_frames;
            return false;
        }
        true
    }

    /// What ends here: a fade out, a delay.
    pub(super) fn turn(&mut self) {
        if self.is_stopping && self.is_silent() {
            self.stand();
        }
        if self.delay == Some(0) {
            self.play();
        }
    }

    /// Nothing more is to be done silently.
    pub(super) fn fade_in(&mut self) {
        if self.is_rolling && !self.is_stopping {
            self.gain.set_within(1.0, self.fade_in_frames);
        }
    }

    /// The next frames at which nothing in here changes its course.
    pub(super) fn limit(&self, frames: usize) -> usize {
        let fade = match self.gain.remaining() {
            0 => usize::MAX,
            left => left as usize,
        };
        let delay = self.delay.map_or(usize::MAX, |delay| delay as usize);
        frames.min(fade).min(delay)
    }

    pub(super) fn advance(&mut self, frames: usize) {
        if let Some(delay) = &mut self.delay {
            *delay = delay.saturating_sub(frames as u32);
        }
        self.gain.advance(frames);
        if self.is_rolling {
            self.roll += frames as u64;
            self.clock.set_rolled(self.roll);
        }
    }

    fn roll_on(&mut self) {
        self.is_rolling = true;
        self.fade_in_frames = self.start_frames;
        self.clock.set_rolling(true);
    }

    fn stand(&mut self) {
        self.is_rolling = false;
        self.is_stopping = false;
        self.clock.set_rolling(false);
    }
}

/// 5 ms.
pub(super) fn fade_frames(sample_rate: u32) -> u32 {
    (sample_rate / 200).max(1)
}
