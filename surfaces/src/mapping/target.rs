//! What a mapping controls, and how it is addressed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a mapping controls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Target {
    /// A parameter by its id: `p12`.
    Parameter {
        parameter_id: String,
    },
    /// A channel's fader.
    Gain {
        of: Selector,
    },
    /// A channel's panorama.
    Pan {
        of: Selector,
    },
    /// The level of a channel's send; counts from 0.
    SendLevel {
        of: Selector,
        send: u16,
    },
    /// A parameter of a channel's node; both count from 0.
    NodeParameter {
        of: Selector,
        node: u16,
        parameter: u16,
    },
    /// The parameter that was touched last in the window.
    LastTouched,
    Flag {
        of: Selector,
        flag: Flag,
    },
    /// Makes a track the selected one.
    Select {
        of: Selector,
    },
    Transport {
        action: TransportAction,
    },
    /// Moves the bank of tracks by so many; a relative source moves by its steps.
    Bank {
        by: i32,
    },
    /// Goes to a page of this surface by its name.
    Page {
        page: String,
    },
    /// Goes to the next (1) or previous (−1) page.
    PageBy {
        by: i32,
    },
    /// Held as long as the element is pressed.
    Modifier {
        name: String,
    },
    Undo,
    Redo,
    /// Any intent of the registry; the text `"{value}"` in its payload becomes the value (0…1), `"{on}"` true or false.
    Intent {
        /// `track.create`
        name: String,
        #[serde(default)]
        payload: serde_json::Map<String, serde_json::Value>,
    },
    /// A MIDI message to this device, in hex; `vv` the 7-bit value.
    SendMidi {
        bytes: String,
    },
    /// An OSC message to whoever speaks to the OSC endpoint.
    SendOsc {
        address: String,
    },
    /// Several, in order, with the same value.
    Macro {
        steps: Vec<Target>,
    },
    /// What a channel is called, in a text cell; nothing to control.
    Name {
        of: Selector,
    },
    /// A channel's level, on a meter; nothing to control.
    Meter {
        of: Selector,
    },
    /// Where the playhead is, in bars and beats, in a text cell; nothing to control.
    Position,
}

/// Which channel (of a track, bus or the master).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Selector {
    /// `t3` or `ch4`. Ids are never used again, so a rename does no harm.
    Id {
        id: String,
    },
    /// The first with this name, capitals or not.
    Name {
        name: String,
    },
    /// Counted from the start of the surface's bank; from 0.
    Bank {
        index: u16,
    },
    /// The track that is selected in the window.
    Selected,
    /// The track so many after the selected one; negative: before. With none selected, the first or the last.
    AfterSelected {
        steps: i32,
    },
    /// The channel whose plug-in or strip has the focus.
    Focused,
    Master,
}

/// As a person says it: "track 3 of the bank".
impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id { id } => f.write_str(id),
            Self::Name { name } => write!(f, "'{name}'"),
            Self::Bank { index } => write!(f, "track {} of the bank", u32::from(*index) + 1),
            Self::Selected => f.write_str("the selected track"),
            Self::AfterSelected { steps: 1 } => f.write_str("the next track"),
            Self::AfterSelected { steps: -1 } => f.write_str("the previous track"),
            Self::AfterSelected { steps } if *steps < 0 => write!(f, "the track {} before", steps.unsigned_abs()),
            Self::AfterSelected { steps } => write!(f, "the track {steps} after"),
            Self::Focused => f.write_str("the channel with the focus"),
            Self::Master => f.write_str("the master"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Flag {
    Mute,
    Solo,
    Arm,
    Monitor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TransportAction {
    Play,
    Stop,
    Pause,
    TogglePlay,
    Record,
    ToggleLoop,
    ToStart,
    ToEnd,
    /// Back by a bar; a relative source moves by beats.
    Rewind,
    Forward,
    /// Moves the playhead by sixteenths, one per step.
    Jog,
}
