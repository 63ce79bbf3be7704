//! Measurements of the real processes, as distributions and ratios, so that a person can compare machines.

mod clients;
mod engine;
mod peer;
mod scratch;
mod seam;

pub use scratch::Scratch;

use crate::runtime::SignalCommand;
use std::time::Duration;

/// What a benchmark runs on.
#[derive(Clone, Debug)]
pub struct Bench {
    /// This executable, as a shell would start it.
    pub program: std::path::PathBuf,
}

impl Bench {
    fn signal(&self) -> SignalCommand {
        SignalCommand { program: self.program.clone(), arguments: vec!["signal".to_owned()] }
    }
}

/// One measured quantity.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    /// Sorted.
    pub samples: Vec<f64>,
    /// What it must reach: at most (or, with `more_is_better`, at least) this, and at which quantile.
    pub goal: Option<Goal>,
    pub note: String,
}

/// What a figure must reach.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub limit: f64,
    /// 0.5 = median, 0.99 = the 99th of a hundred.
    pub quantile: f64,
    pub more_is_better: bool,
}

impl Figure {
    /// Sorts the samples.
    pub fn new(name: &str, unit: &'static str, mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self { name: name.to_owned(), unit, samples, goal: None, note: String::new() }
    }

    /// With a goal that the quantile must not exceed.
    #[must_use]
    pub fn at_most(mut self, limit: f64, quantile: f64) -> Self {
        self.goal = Some(Goal { limit, quantile, more_is_better: false });
        self
    }

    fn at_least(mut self, limit: f64) -> Self {
        self.goal = Some(Goal { limit, quantile: 0.5, more_is_better: true });
        self
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The sample at a quantile (nearest rank); NaN without samples.
    pub fn quantile(&self, quantile: f64) -> f64 {
        let last = self.samples.len().saturating_sub(1);
        let rank = (quantile * self.samples.len() as f64).ceil() as usize;
        self.samples.get(rank.saturating_sub(1).min(last)).copied().unwrap_or(f64::NAN)
    }

    /// Whether the goal is reached; none without a goal.
    pub fn reached(&self) -> Option<bool> {
        self.goal.map(|goal| {
            let value = self.quantile(goal.quantile);
            if goal.more_is_better { value >= goal.limit } else { value <= goal.limit }
        })
    }
}

/// What a benchmark came to.
#[derive(Clone, Debug)]
pub enum Outcome {
    Figures(Vec<Figure>),
    /// With the reason.
    Skipped(String),
}

/// Why a benchmark could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("{0}")]
    Failed(String),
    #[error("{what}")]
    Io {
        what: &'static str,
        #[source]
        source: std::io::Error,
    },
}

type Run = fn(&Bench) -> Result<Outcome, BenchError>;

/// Every benchmark here: its name, what it measures, and how to run it.
pub const BENCHMARKS: &[(&str, &str, Run)] = &[
    ("start", "engine process spawned → handshake → first audio block, on the silent clock", engine::start_silent),
    ("start-jack", "the same on JACK, where a server runs", engine::start_jack),
    ("ping", "control message to the engine and back, beside a raw TCP ping in the same run", engine::ping),
    ("sync", "barrier through the audio thread and back", engine::sync),
    ("serve", "`loophole serve` spawned → ready for clients", clients::serve_ready),
    ("sets", "parameter sets per second from one client through Pulse to Signal, none lost", clients::parameter_sets),
    ("recover", "kill -9 of the engine while the demo song plays → playing again at the right place", clients::recover),
    ("recover-jack", "the same on JACK, where a server runs", clients::recover_jack),
    ("osc", "OSC fader in → feedback out", clients::osc_round_trip),
    ("tap", "what a closed trace tap costs per message", seam::closed_tap),
];

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
