//! Values of payloads, made into what the model takes. What is wrong is said with what would work.

use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::model::{Colour, MAX_GAIN_DB, MAX_TICKS, Model, Parameter, Table};
use std::fmt::Display;
use std::sync::Arc;

/// The longest name, in bytes.
pub(crate) const NAME_BYTES: usize = 200;

/// Finds an entity, or says that there is none.
pub(crate) fn find<'a, K: Ord + Display, V>(
    table: &'a Table<K, V>,
    id: K,
    what: &'static str,
) -> Result<&'a Arc<V>, Rejection> {
    table.get(&id).ok_or_else(|| unknown(id, what))
}

pub(crate) fn unknown(id: impl Display, what: &'static str) -> Rejection {
    reject(Code::ModelUnknownId, format!("there is no {what} {id}; 'project.snapshot' tells which there are"))
}

/// A name without the space around it.
pub(crate) fn name(text: &str) -> Result<String, Rejection> {
    let name = text.trim();
    if is_name(name) {
        return Ok(name.to_owned());
    }
    let shown: String = name.chars().filter(|letter| !letter.is_control()).take(40).collect();
    Err(reject(
        Code::ProjectBadName,
        format!("'{shown}' is no name: use 1 to {NAME_BYTES} bytes without control characters"),
    ))
}

/// Whether a model may hold this name.
pub(crate) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= NAME_BYTES && !name.chars().any(char::is_control)
}

/// `#rrggbb`.
pub(crate) fn colour(text: &str) -> Result<Colour, Rejection> {
    parse_colour(text).ok_or_else(|| {
        let shown: String = text.chars().filter(|letter| !letter.is_control()).take(20).collect();
        reject(Code::ModelBadColour, format!("'{shown}' is no colour; one looks like #e05a4f"))
    })
}

pub(crate) fn parse_colour(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    if digits.contains('+') {
        return None;
    }
    let part = |index: usize| u8::from_str_radix(digits.get(index..index + 2)?, 16).ok();
    Some(Colour([part(0)?, part(2)?, part(4)?]))
}

pub(crate) fn colour_text(Colour([red, green, blue]): Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A position on the timeline.
pub(crate) fn position(ticks: i64) -> Result<i64, Rejection> {
    if (0..=MAX_TICKS).contains(&ticks) {
        return Ok(ticks);
    }
    Err(reject(Code::ModelBadPosition, format!("{ticks} ticks is not on the timeline; it goes from 0 to {MAX_TICKS}")))
}

/// The gain of a clip, in dB.
pub(crate) fn clip_gain(db: f64) -> Result<f64, Rejection> {
    in_range(db, f64::NEG_INFINITY, MAX_GAIN_DB, "the gain", "dB")
}

/// A value for a parameter, in its own unit.
pub(crate) fn value(parameter: &Parameter, value: f64) -> Result<f64, Rejection> {
    if value >= parameter.min && value <= parameter.max {
        return Ok(value + 0.0);
    }
    in_range(value, parameter.min, parameter.max, &parameter.name, parameter.unit)
        .map_err(|error| error.with_details(serde_json::json!({ "parameterId": parameter.id })))
}

fn in_range(value: f64, min: f64, max: f64, what: &str, unit: &str) -> Result<f64, Rejection> {
    if value >= min && value <= max {
        // No negative zero: it would be another text for the same value.
        return Ok(value + 0.0);
    }
    let space = if unit.is_empty() { "" } else { " " };
    let low = if min == f64::NEG_INFINITY { "-inf".to_owned() } else { min.to_string() };
    Err(reject(
        Code::ModelBadValue,
        format!("{what} cannot be {value}{space}{unit}; it goes from {low} to {max}{space}{unit}"),
    ))
}

/// Whether the model still has room for so many more channels and nodes.
pub(crate) fn room(model: &Model, channels: usize, nodes: usize) -> Result<(), Rejection> {
    use crate::model::{ID_LIMIT, MAX_CHANNELS, MAX_NODES};
    let full = |what: &str, limit: usize| {
        Err(reject(Code::ProjectFull, format!("a project has at most {limit} {what}; delete some first")))
    };
    if model.channels.len() + channels > MAX_CHANNELS {
        return full("channels", MAX_CHANNELS);
    }
    if model.nodes.len() + nodes > MAX_NODES {
        return full("nodes", MAX_NODES);
    }
    if model.next_id > ID_LIMIT - 1_000_000 {
        return full("ids", ID_LIMIT as usize);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_strict() {
        assert_eq!(parse_colour("#E05a4f"), Some(Colour([0xe0, 0x5a, 0x4f])));
        assert_eq!(colour_text(Colour([0, 10, 255])), "#000aff");
        for wrong in ["", "#", "e05a4f", "#e05a4", "#e05a4f0", "#+05a4f", "#ä0000", "#gggggg"] {
            assert_eq!(parse_colour(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(name("  Bass  ").unwrap(), "Bass");
        for wrong in ["", "  ", "a\nb", &"x".repeat(201)] {
            assert_eq!(name(wrong).unwrap_err().code, "project.badName");
        }
    }
}
