//! Panels alone, against a Pulse that stands still: what is seen and what is asked for.
#![allow(clippy::unwrap_used)]

#[path = "panels/arranger.rs"]
mod arranger;
#[path = "panels/devices.rs"]
mod devices;
#[path = "panels/engine.rs"]
mod engine;
#[path = "panels/ipc.rs"]
mod ipc;
#[path = "panels/stage.rs"]
mod stage;
#[path = "panels/surfaces.rs"]
mod surfaces;
