//! Control surfaces: from what a hand does to an intent, and from the model to what the device shows. Pure: time comes in.
//!
//! ```text
//! event → activation (as it was before the event) → glue → takeover → Act
//! model → one owner per feedback element → inverse glue → what is different from what the device shows
//! ```

mod activation;
pub mod conflict;
mod curve;
pub mod device;
pub mod engine;
pub mod expression;
mod feedback;
mod fire;
mod glue;
pub mod osc_app;
mod press;
mod rules;
mod stepping;
mod sweep;
mod takeover;
pub mod target;
pub mod why;
pub mod words;

pub use engine::{Engine, Problem};
pub use why::Why;

use crate::intent::Intent;
use crate::model::{ChannelId, Model, ParameterId, TrackId};
use crate::telemetry::ChannelMeter;
use crate::view::GestureView;
pub use crate::view::surfaces::MappingScope;
use loophole_surfaces::mapping::{Context, Mapping};
use std::collections::BTreeMap;

/// Everything that mappings may look at, as it is now. The caller asks the acts of an event before it brings the next one.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    pub model: &'a Model,
    /// What is held, with its momentary values; these win over the model's.
    pub held: &'a BTreeMap<ParameterId, GestureView>,
    pub playing: bool,
    /// It is to play, and the engine has not said that it does.
    pub play_waits: bool,
    /// Where the playhead is.
    pub position_ticks: i64,
    pub selected_track: Option<TrackId>,
    /// The channel whose plug-in or strip has the focus; none = that of the selected track.
    pub focused_channel: Option<ChannelId>,
    /// The parameter that was touched last in the window.
    pub last_touched: Option<ParameterId>,
    pub context: Option<Context>,
    /// Sorted by channel.
    pub meters: &'a [ChannelMeter],
}

/// What an event comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Asked of Pulse with `Origin::Surface(device)`, as a click of the mouse would be.
    Ask {
        device: u32,
        intent: Box<Intent>,
        /// Which part of a gesture it is; none = it stands alone.
        gesture: Option<Phase>,
    },
    /// To this device's own output.
    SendMidi { device: u32, bytes: Vec<u8> },
    /// To whoever speaks to the OSC endpoint.
    SendOsc { address: String, value: f64 },
    /// Already done for this device, or (`Select`) for the window to do.
    Local { device: u32, change: Local },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Begin,
    Move,
    End,
}

/// What changes at the surface and not in the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// The first strip of the bank is another one now; counts from 0.
    Bank {
        first: u32,
    },
    Page {
        page: String,
    },
    Modifier {
        name: String,
        held: bool,
    },
    /// The window should select this channel, and its track if it is one's.
    Select {
        channel: ChannelId,
        track: Option<TrackId>,
    },
}

/// A mapping and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopedMapping {
    pub scope: MappingScope,
    pub mapping: Mapping,
}

#[cfg(test)]
mod tests;
