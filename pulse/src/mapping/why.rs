//! Why an event did what it did, or nothing: as data, and in words.

use crate::intent::Intent;
use std::fmt;

/// What became of one event. Empty = nobody asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// No mapping is for this element and what was done with it.
    Unmapped,
    /// The device told its own movement, which it was asked to make.
    Echo,
    /// A mapping that was looked at and did nothing.
    Passed { mapping: String, reason: Reason },
    /// A mapping that did something.
    Fired { mapping: String },
    /// A step of the glue, and the value after it.
    Glue { what: &'static str, value: f64 },
    /// What was asked.
    Asked { intent: String, payload: String },
    /// What was done at the surface, or sent.
    Done { what: String },
}

/// Why a mapping did nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    Disabled,
    /// The window shows something else.
    Context {
        wanted: String,
    },
    Page {
        wanted: String,
    },
    /// A modifier is not held, or is.
    Modifier {
        name: String,
        must_be_held: bool,
    },
    /// A mapping of a later scope, or for a more special case, has the element.
    Covered {
        by: String,
    },
    /// The control has not passed the target's value yet.
    NotPickedUp {
        control: f64,
        target: f64,
        target_text: String,
    },
    OutOfRange,
    /// The formula gave no number.
    NoNumber,
    /// The filter or the kind of press: nothing happens at this moment.
    Waiting,
    /// The target is where the control put it already.
    Unchanged,
    NoTarget {
        why: String,
    },
    /// Another hand holds the parameter.
    Held {
        by: String,
    },
    /// It can only be shown.
    ShownOnly,
}

impl Step {
    pub(super) fn asked(intent: &Intent) -> Self {
        let spec = intent.spec();
        Self::Asked { intent: format!("{}.{}", spec.domain, spec.name), payload: intent.payload().get().to_owned() }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmapped => formatter.write_str("no mapping is for this control"),
            Self::Echo => formatter.write_str("its own movement, which it was asked to make"),
            Self::Passed { mapping, reason } => write!(formatter, "{mapping}: {reason}"),
            Self::Fired { mapping } => write!(formatter, "{mapping} fires"),
            Self::Glue { what, value } => write!(formatter, "{what} → {value:.4}"),
            Self::Asked { intent, payload } => write!(formatter, "{intent} {payload}"),
            Self::Done { what } => formatter.write_str(what),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => formatter.write_str("is switched off"),
            Self::Context { wanted } => write!(formatter, "only in the {wanted}"),
            Self::Page { wanted } => write!(formatter, "only on page '{wanted}'"),
            Self::Modifier { name, must_be_held: true } => write!(formatter, "only while '{name}' is held"),
            Self::Modifier { name, must_be_held: false } => write!(formatter, "only while '{name}' is not held"),
            Self::Covered { by } => write!(formatter, "covered by {by}"),
            Self::NotPickedUp { control, target, target_text } => {
                let way = if target > control { "up" } else { "down" };
                let percent = |place: f64| place * 100.0;
                write!(
                    formatter,
                    "not picked up yet: the control is at {:.0}%, the target at {:.0}% ({target_text}); move it {way}",
                    percent(*control),
                    percent(*target)
                )
            }
            Self::OutOfRange => formatter.write_str("outside of its source range"),
            Self::NoNumber => formatter.write_str("its formula gave no number"),
            Self::Waiting => formatter.write_str("nothing happens at this moment of a press"),
            Self::Unchanged => formatter.write_str("the target is there already"),
            Self::NoTarget { why } => formatter.write_str(why),
            Self::Held { by } => write!(formatter, "{by} holds the parameter"),
            Self::ShownOnly => formatter.write_str("its target can only be shown"),
        }
    }
}
