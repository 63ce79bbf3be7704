//! What became of each line of another program's file.

use serde::Serialize;
use std::fmt;

/// Which program's file it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// Ardour's generic MIDI binding map, `.map`.
    Ardour,
    /// Mixxx's controller mapping, `.midi.xml`.
    Mixxx,
    /// QLC+'s input profile, `.qxi`.
    Qlc,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ardour => "Ardour MIDI map",
            Self::Mixxx => "Mixxx controller mapping",
            Self::Qlc => "QLC+ input profile",
        })
    }
}

/// What became of a binding, control or light.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// It does the same here.
    Converted {
        /// An element, or an element and its target.
        to: String,
    },
    /// It does nearly the same here.
    Differently { to: String, difference: String },
    /// The control is there to be mapped; what it did is not.
    ControlOnly { element: String, reason: String },
    /// Nothing of it is there.
    Left { reason: String },
    /// It is wrong in the source: it does nothing there, either.
    Defect { fault: String },
}

/// One binding, control or light of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// In the source; counts from 1.
    pub line: u32,
    /// As it stands there, short.
    pub what: String,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How many entries of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub all: usize,
    pub converted: usize,
    pub differently: usize,
    pub control_only: usize,
    pub left: usize,
    pub defects: usize,
}

impl Counts {
    /// Converted, exactly or nearly, of all that is right in the source; 1 when there is nothing.
    pub fn rate(&self) -> f64 {
        let right = self.all - self.defects;
        if right == 0 { 1.0 } else { (self.converted + self.differently) as f64 / right as f64 }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.converted += other.converted;
        self.differently += other.differently;
        self.control_only += other.control_only;
        self.left += other.left;
        self.defects += other.defects;
    }
}

/// What became of a file: every entry of the source, in its order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub format: Format,
    /// What the source calls itself.
    pub title: String,
    pub counts: Counts,
    pub entries: Vec<Entry>,
    /// What is true of the whole file.
    pub notes: Vec<String>,
}

impl Report {
    pub(crate) fn new(format: Format, title: String, mut entries: Vec<Entry>, notes: Vec<String>) -> Self {
        entries.sort_by_key(|entry| entry.line);
        let mut counts = Counts { all: entries.len(), ..Counts::default() };
        for entry in &entries {
            *match entry.outcome {
                Outcome::Converted { .. } => &mut counts.converted,
                Outcome::Differently { .. } => &mut counts.differently,
                Outcome::ControlOnly { .. } => &mut counts.control_only,
                Outcome::Left { .. } => &mut counts.left,
                Outcome::Defect { .. } => &mut counts.defects,
            } += 1;
        }
        Self { format, title, counts, entries, notes }
    }
}

/// `3 of 4 converted (1 with a difference), 1 control without its function`
impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} converted", self.converted + self.differently, self.all)?;
        if self.differently > 0 {
            write!(formatter, " ({} with a difference)", self.differently)?;
        }
        for (count, what) in [
            (self.control_only, "kept as a control without its function"),
            (self.left, "not converted"),
            (self.defects, "wrong in the source"),
        ] {
            if count > 0 {
                write!(formatter, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// The counts, then all that is not simply converted, with line and reason.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{} '{}': {}", self.format, self.title, self.counts)?;
        for note in &self.notes {
            writeln!(formatter, "  note: {note}")?;
        }
        for Entry { line, what, outcome } in &self.entries {
            match outcome {
                Outcome::Converted { .. } => {}
                Outcome::Differently { to, difference } => {
                    writeln!(formatter, "  line {line}: {what} became {to}, with a difference: {difference}")?;
                }
                Outcome::ControlOnly { element, reason } => {
                    writeln!(formatter, "  line {line}: {what} is only the control {element}: {reason}")?;
                }
                Outcome::Left { reason } => writeln!(formatter, "  line {line}: {what} is not converted: {reason}")?,
                Outcome::Defect { fault } => writeln!(formatter, "  line {line}: {what} is wrong: {fault}")?,
            }
        }
        Ok(())
    }
}
