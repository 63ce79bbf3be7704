//! Physical things on a device: what a hand can do with them, and what they can show.

use crate::output::Output;
use crate::source::Source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A physical thing on a device, with what it sends and what it shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Element {
    /// Stable within its device: `fader-1`, `play`. Small letters, digits, `-`, `.`; of a learned one the text of its source.
    pub id: String,
    /// As printed on the device: "Fader 1".
    pub name: String,
    pub kind: ElementKind,
    /// Left and top on the drawing of the device, in grid units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<[f32; 2]>,
    /// Width and height on the drawing, in grid units; none = as usual for its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<[f32; 2]>,
    /// What it sends, by what the hand does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub input: BTreeMap<Interaction, Source>,
    /// What it can show, by what shows it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub feedback: BTreeMap<FeedbackKind, Output>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ElementKind {
    Fader,
    Knob,
    /// Turns without end.
    Encoder,
    Button,
    Pad,
    Key,
    /// Pitch or modulation wheel.
    Wheel,
    /// A touch strip.
    Strip,
    Jog,
    /// Of a stick or pedal.
    Axis,
    /// Eight directions and the centre.
    Hat,
    /// Shows only: a text cell, a meter.
    Display,
}

impl ElementKind {
    /// Width and height on the drawing, in grid units, of one that says nothing else.
    pub fn usual_size(self) -> [f32; 2] {
        match self {
            Self::Fader => [1.0, 4.0],
            Self::Wheel => [1.0, 3.0],
            Self::Strip => [1.0, 4.0],
            Self::Key => [1.0, 3.0],
            Self::Jog => [3.0, 3.0],
            Self::Axis | Self::Hat => [2.0, 2.0],
            Self::Display => [2.0, 1.0],
            Self::Knob | Self::Encoder | Self::Button | Self::Pad => [1.0, 1.0],
        }
    }
}

impl Element {
    /// Left, top, width and height on the drawing, in grid units, if it has a place there.
    pub fn place(&self) -> Option<[f32; 4]> {
        let [left, top] = self.at?;
        let [width, height] = self.size.unwrap_or_else(|| self.kind.usual_size());
        Some([left, top, width, height])
    }
}

/// What a hand does with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Interaction {
    /// A fader, wheel, strip or axis goes to a place.
    Move,
    /// A knob goes to a place, or an encoder turns by steps.
    Turn,
    Press,
    Touch,
    Pressure,
}

impl Interaction {
    /// As in files and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Turn => "turn",
            Self::Press => "press",
            Self::Touch => "touch",
            Self::Pressure => "pressure",
        }
    }
}

/// What shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FeedbackKind {
    Led,
    Ring,
    Motor,
    Text,
    /// A second line of text.
    Text2,
    Colour,
    Meter,
}

/// One element as many, in a file: `{n}` in id, name and OSC addresses is the copy's number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Repeat {
    /// 1…128.
    pub count: u16,
    /// The first copy's number.
    #[serde(default = "one")]
    pub first: u16,
    /// Added per copy to every `number` (and to `msb` and `lsb`, `usage`, `bit`, `strip`) of its sources and outputs,
    /// and to the bytes of system exclusive patterns that `+` stands after: `F0 … 0B+ rr gg bb F7`.
    #[serde(default)]
    pub number: i16,
    /// Added per copy to every MIDI channel.
    #[serde(default)]
    pub channel: i16,
    /// Added per copy to the text's offset.
    #[serde(default)]
    pub offset: i16,
    /// Added per copy to its place, in grid units.
    #[serde(default)]
    pub at: [f32; 2],
    /// After so many copies a new row begins: `at` starts again, and `row` is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<u16>,
    /// Added per row to its place.
    #[serde(default)]
    pub row: [f32; 2],
    /// Added per row to every `number`, instead of what `number` would have come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_number: Option<i16>,
}

fn one() -> u16 {
    1
}
