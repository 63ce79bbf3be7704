//! What is told of devices.

use crate::view::{AudioConfig, Device, Devices, OscView};
use loophole_wire::message::{diagnostics, hardware};
use schemars::JsonSchema;
use serde::Serialize;

/// What was found of hardware, and what is used of it. A list is null until it was looked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hardware<'a> {
    #[serde(flatten)]
    pub found: &'a Devices,
    pub active: Active<'a>,
    pub osc_endpoint: &'a OscView,
}

/// The audio device that is used.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Active<'a> {
    /// What was chosen.
    pub wanted: &'a AudioConfig,
    /// What runs; null while nothing does.
    pub device: Option<&'a Device>,
    /// Why `device` is not what was chosen, for a person.
    pub reason: Option<&'a str>,
}

/// A device or endpoint says an error.
pub type Fault = hardware::Error;

/// The audio thread came too late.
pub type Xrun = diagnostics::Xrun;
