//! Pulse: the model of the music and the only one who may change it.
//!
//! Everybody asks in the same way, with an [`intent::Intent`], through a [`port::EnginePort`]; the window, headless
//! clients and control surfaces are only different [`intent::Origin`]s.

pub mod bench;
mod bus;
pub mod client;
pub mod core;
mod domains;
pub mod engine;
pub mod event;
pub mod history;
pub mod intent;
pub mod jobs;
pub mod mapping;
pub mod model;
mod outgoing;
pub mod port;
pub mod protocol;
pub mod runtime;
pub mod server;
pub mod storage;
pub mod telemetry;
pub mod trace;
pub mod view;

/// What there is of hardware, as the engine says it.
pub mod hardware {
    pub use loophole_wire::message::hardware::{AudioConfig, AudioDevice, AudioHost, AudioHostInfo, Devices};
}

/// Files that describe control surfaces, what is wrong in one, and files of other programs that become one.
pub mod surface_files {
    pub use crate::storage::files::write_whole;
    pub use loophole_surfaces::import;
    pub use loophole_surfaces::profile::finding::{Finding, Severity};
    pub use loophole_surfaces::profile::lint::{FileKind, lint_file};
}

pub use loophole_surfaces::taper;
