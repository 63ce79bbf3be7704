//! What happens between a source and a target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens between a source and a target. All ranges are 0…1 unless said otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Glue {
    /// The part of the source that is used; stretched to 0…1.
    pub source_range: [f64; 2],
    /// Where the target goes.
    pub target_range: [f64; 2],
    pub out_of_range: OutOfRange,
    pub reverse: bool,
    pub curve: Curve,
    /// An expression of `x` (the value so far), `y` (the target's value) and `t` (seconds since the last event): `x^2`, `x < 0.5 ? 0 : x`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
    pub absolute: AbsoluteMode,
    pub takeover: Takeover,
    /// Of the tolerant pickup.
    pub takeover_tolerance: f64,
    /// One step of a relative source, smallest and (when turned fast) largest, as a part of the target's range; none = the target's own step, or 1/100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_size: Option<[f64; 2]>,
    /// Steps of the source per step of the target; negative = so many source steps are needed for one.
    pub speed: i16,
    /// Past the end it goes on at the other end.
    pub wrap: bool,
    /// To whole steps of the target.
    pub round: bool,
    /// Values to go through, one per step or press.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sequence: Vec<f64>,
    pub button: ButtonFilter,
    pub fire: Fire,
    /// Around the centre of a source with a centre, and at the ends of one without: no change.
    pub dead_zone: f64,
    /// Time constant; 0 = none.
    pub smoothing_millis: u32,
}

impl Default for Glue {
    fn default() -> Self {
        Self {
            source_range: [0.0, 1.0],
            target_range: [0.0, 1.0],
            out_of_range: OutOfRange::default(),
            reverse: false,
            curve: Curve::default(),
            transform: None,
            absolute: AbsoluteMode::default(),
            takeover: Takeover::default(),
            takeover_tolerance: 0.02,
            step_size: None,
            speed: 1,
            wrap: false,
            round: false,
            sequence: Vec::new(),
            button: ButtonFilter::default(),
            fire: Fire::default(),
            dead_zone: 0.0,
            smoothing_millis: 0,
        }
    }
}

impl Glue {
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// What a source value outside of `source_range` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutOfRange {
    #[default]
    Clamp,
    /// Goes to the lower end.
    Minimum,
    Ignore,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Curve {
    #[default]
    Linear,
    /// x to this power; 0.1…10.
    Power { exponent: f64 },
    /// An S around the middle; 0 = straight, 1 = a switch.
    S { bend: f64 },
    /// Straight lines between points, from left to right.
    Points { points: Vec<[f64; 2]> },
}

/// What an absolute source (fader, knob, button) does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AbsoluteMode {
    /// The target goes where the source is; a button switches on while it is pressed, except on targets that are switches by nature (mute, solo): there a press toggles.
    #[default]
    Normal,
    /// Each press changes between the ends of the target range.
    Toggle,
    /// Each press is one step; velocity may set the size.
    Incremental,
    /// Differences of the source are added to the target.
    MakeRelative,
}

/// What a source does whose place is not the target's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Takeover {
    /// Pickup for what has no motor, jump for what has one.
    #[default]
    Auto,
    Jump,
    /// Nothing until the source crosses the target's value.
    Pickup,
    /// As pickup, and near enough is enough.
    PickupTolerant,
    /// The target moves by the same share of what is left in that direction (value scaling).
    CatchUp,
    /// The target moves by what the source moves, until an end is reached.
    Parallel,
    /// Moves a little toward the source with each event, the faster the farther it is.
    LongTimeNoSee,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ButtonFilter {
    #[default]
    Both,
    PressOnly,
    ReleaseOnly,
}

/// When a press does something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fire {
    #[default]
    AtOnce,
    /// On release, if it was not held longer than so.
    ShortPress { within_millis: u32 },
    /// After it was held so long.
    LongPress { after_millis: u32 },
    /// On the second press within this time.
    DoublePress { within_millis: u32 },
    /// Again and again while it is held.
    Turbo { after_millis: u32, every_millis: u32 },
}
