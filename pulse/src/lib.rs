//! Pulse: the model of the music and the only one who may change it.
//!
//! Everybody asks in the same way, with an [`intent::Intent`], through a [`port::EnginePort`]; the window, headless
//! clients and control surfaces are only different [`intent::Origin`]s.

pub mod event;
pub mod intent;
pub mod model;
pub mod port;
pub mod telemetry;
pub mod trace;
pub mod view;
