//! Makes many elements and mappings of one that says `repeat`.

use super::finding::Fault;
use super::{ElementEntry, MappingEntry};
use crate::element::{Element, Repeat};
use crate::mapping::{Mapping, Selector, Target};
use crate::output::Output;
use crate::source::Source;

/// One entry gives at most so many.
pub const MAX_COPIES: u16 = 128;

/// What one copy adds.
struct Step {
    /// The copy's number, for `{n}`.
    n: Option<i64>,
    /// Which copy, from 0.
    copy: i64,
    number: i64,
    channel: i64,
    offset: i64,
    at: [f32; 2],
}

/// The elements of an entry, in order.
pub(crate) fn elements(entry: &ElementEntry) -> Result<Vec<Element>, Fault> {
    steps(entry.repeat.as_ref())?.iter().map(|step| element(&entry.element, step)).collect()
}

/// The mappings of an entry, in order.
pub(crate) fn mappings(entry: &MappingEntry) -> Result<Vec<Mapping>, Fault> {
    steps(entry.repeat.as_ref())?.iter().map(|step| mapping(&entry.mapping, step)).collect()
}

fn steps(repeat: Option<&Repeat>) -> Result<Vec<Step>, Fault> {
    let Some(repeat) = repeat else {
        return Ok(vec![Step { n: None, copy: 0, number: 0, channel: 0, offset: 0, at: [0.0, 0.0] }]);
    };
    if !(1..=MAX_COPIES).contains(&repeat.count) {
        return Err(Fault::new(format!("repeat: count {} is outside of 1…{MAX_COPIES}", repeat.count), "correct it"));
    }
    if repeat.columns == Some(0) {
        return Err(Fault::new("repeat: 0 columns", "say how many copies stand in a row, or leave columns out"));
    }
    Ok((0..repeat.count)
        .map(|copy| {
            let (column, row) = repeat.columns.map_or((copy, 0), |columns| (copy % columns, copy / columns));
            let number = match repeat.row_number {
                Some(per_row) => i64::from(row) * i64::from(per_row) + i64::from(column) * i64::from(repeat.number),
                None => i64::from(copy) * i64::from(repeat.number),
            };
            let place = |axis: usize| repeat.at[axis] * f32::from(column) + repeat.row[axis] * f32::from(row);
            Step {
                n: Some(i64::from(repeat.first) + i64::from(copy)),
                copy: i64::from(copy),
                number,
                channel: i64::from(copy) * i64::from(repeat.channel),
                offset: i64::from(copy) * i64::from(repeat.offset),
                at: [place(0), place(1)],
            }
        })
        .collect())
}

impl Step {
    fn text(&self, text: &str) -> String {
        self.n.map_or_else(|| text.to_owned(), |n| text.replace("{n}", &n.to_string()))
    }

    fn grown<T: TryFrom<i64> + Into<i64> + Copy>(&self, what: &str, value: T, by: i64) -> Result<T, Fault> {
        let grown = value.into() + by;
        T::try_from(grown).ok().ok_or_else(|| {
            let copy = self.copy + 1;
            Fault::new(format!("repeat: {what} of copy {copy} would be {grown}"), "repeat less, or begin elsewhere")
        })
    }

    fn number<T: TryFrom<i64> + Into<i64> + Copy>(&self, value: T) -> Result<T, Fault> {
        self.grown("the number", value, self.number)
    }

    fn channel(&self, value: u8) -> Result<u8, Fault> {
        self.grown("the channel", value, self.channel)
    }

    /// Bytes that `+` stands after grow; the sign goes.
    fn pattern(&self, pattern: &str) -> Result<String, Fault> {
        let bytes: Result<Vec<String>, Fault> = pattern
            .split_whitespace()
            .map(|word| {
                let byte = word.strip_suffix('+').and_then(|hex| u8::from_str_radix(hex, 16).ok());
                match byte {
                    Some(byte) => Ok(format!("{:02X}", self.grown("a byte of the pattern", byte, self.number)?)),
                    None => Ok(word.to_owned()),
                }
            })
            .collect();
        Ok(bytes?.join(" "))
    }
}

fn element(from: &Element, step: &Step) -> Result<Element, Fault> {
    let mut made = from.clone();
    made.id = step.text(&from.id);
    made.name = step.text(&from.name);
    made.at = from.at.map(|[left, top]| [left + step.at[0], top + step.at[1]]);
    for value in made.input.values_mut() {
        source(value, step)?;
    }
    for value in made.feedback.values_mut() {
        output(value, step)?;
    }
    Ok(made)
}

fn source(source: &mut Source, step: &Step) -> Result<(), Fault> {
    match source {
        Source::Note { channel, number }
        | Source::Cc { channel, number, .. }
        | Source::PolyPressure { channel, number } => {
            *channel = step.channel(*channel)?;
            *number = step.number(*number)?;
        }
        Source::Cc14 { channel, msb, lsb } => {
            *channel = step.channel(*channel)?;
            *msb = step.number(*msb)?;
            *lsb = step.number(*lsb)?;
        }
        Source::Nrpn { channel, number, .. } | Source::Rpn { channel, number, .. } => {
            *channel = step.channel(*channel)?;
            *number = step.number(*number)?;
        }
        Source::PitchBend { channel } | Source::ChannelPressure { channel } => *channel = step.channel(*channel)?,
        Source::Program { channel, number } => {
            *channel = step.channel(*channel)?;
            if let Some(number) = number {
                *number = step.number(*number)?;
            }
        }
        Source::Sysex { pattern } => *pattern = step.pattern(pattern)?,
        Source::Hid { usage, .. } => *usage = step.number(*usage)?,
        Source::HidBits { bit, .. } => *bit = step.number(*bit)?,
        Source::Osc { address, .. } => *address = step.text(address),
        Source::Realtime { .. } | Source::ComputerKey { .. } => {}
    }
    Ok(())
}

fn output(output: &mut Output, step: &Step) -> Result<(), Fault> {
    match output {
        Output::Note { channel, number, .. } | Output::Cc { channel, number, .. } => {
            *channel = step.channel(*channel)?;
            *number = step.number(*number)?;
        }
        Output::Cc14 { channel, msb, lsb } => {
            *channel = step.channel(*channel)?;
            *msb = step.number(*msb)?;
            *lsb = step.number(*lsb)?;
        }
        Output::Nrpn { channel, number, .. } => {
            *channel = step.channel(*channel)?;
            *number = step.number(*number)?;
        }
        Output::PitchBend { channel } | Output::ChannelPressure { channel } => *channel = step.channel(*channel)?,
        Output::McuRing { strip, .. } | Output::McuMeter { strip } => *strip = step.number(*strip)?,
        Output::Sysex { pattern } => *pattern = step.pattern(pattern)?,
        Output::SysexText { pattern, offset, .. } => {
            *pattern = step.pattern(pattern)?;
            *offset = step.grown("the offset", *offset, step.offset)?;
        }
        Output::SevenSegment { number, .. } => *number = step.number(*number)?,
        Output::HidBits { bit, .. } => *bit = step.number(*bit)?,
        Output::Osc { address, .. } => *address = step.text(address),
    }
    Ok(())
}

fn mapping(from: &Mapping, step: &Step) -> Result<Mapping, Fault> {
    let mut made = from.clone();
    made.id = step.text(&from.id);
    made.name = step.text(&from.name);
    made.element = step.text(&from.element);
    if let Some(page) = &mut made.when.page {
        *page = step.text(page);
    }
    target(&mut made.target, step)?;
    Ok(made)
}

fn target(target: &mut Target, step: &Step) -> Result<(), Fault> {
    match target {
        Target::Gain { of }
        | Target::Pan { of }
        | Target::Flag { of, .. }
        | Target::Select { of }
        | Target::Name { of }
        | Target::Meter { of } => {
            selector(of, step)?;
        }
        Target::SendLevel { of, send: index } | Target::NodeParameter { of, parameter: index, .. } => {
            if !selector(of, step)? {
                *index = step.grown("the index", *index, step.copy)?;
            }
        }
        Target::Macro { steps } => {
            for inner in steps {
                self::target(inner, step)?;
            }
        }
        Target::Page { page: text }
        | Target::Modifier { name: text }
        | Target::SendOsc { address: text }
        | Target::Parameter { parameter_id: text } => *text = step.text(text),
        Target::LastTouched
        | Target::Transport { .. }
        | Target::Bank { .. }
        | Target::PageBy { .. }
        | Target::Undo
        | Target::Redo
        | Target::Intent { .. }
        | Target::SendMidi { .. }
        | Target::Position => {}
    }
    Ok(())
}

/// Whether the selector has an index that grew.
fn selector(selector: &mut Selector, step: &Step) -> Result<bool, Fault> {
    match selector {
        Selector::Bank { index } => {
            *index = step.grown("the bank's index", *index, step.copy)?;
            return Ok(true);
        }
        Selector::Id { id: text } | Selector::Name { name: text } => *text = step.text(text),
        Selector::Selected | Selector::AfterSelected { .. } | Selector::Focused | Selector::Master => {}
    }
    Ok(false)
}
