//! What is wrong in a file: where, what, and what to do about it.

use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;
use std::ops::Range;

/// More findings than this are counted, not listed.
pub const MAX_FINDINGS: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// It can be used; something in it does nothing, or not what is meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Counts from 1.
    pub line: u32,
    /// In characters; counts from 1.
    pub column: u32,
    pub severity: Severity,
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}: {}", self.line, self.column, self.severity, self.message)?;
        if self.advice.is_empty() { Ok(()) } else { write!(formatter, "; {}", self.advice) }
    }
}

/// What became of a file: the value unless there are errors, and all that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked<T> {
    /// None exactly when a finding is an error.
    pub value: Option<T>,
    /// In the order of the file.
    pub findings: Vec<Finding>,
}

impl<T> Checked<T> {
    /// The value, or what is wrong; warnings are dropped when there is a value.
    pub fn into_result(self) -> Result<T, Vec<Finding>> {
        self.value.ok_or(self.findings)
    }
}

/// What is wrong and what to do about it, before it has a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) advice: String,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { message: message.into(), advice: advice.into() }
    }
}

/// Bytes of the text that a finding is about.
pub(crate) type Span = Range<usize>;

/// Collects findings and knows where lines begin.
pub(crate) struct Notes<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    findings: Vec<Finding>,
    errors: usize,
    unlisted: usize,
}

impl<'t> Notes<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(newlines).collect();
        Self { text, line_starts, findings: Vec::new(), errors: 0, unlisted: 0 }
    }

    pub(crate) fn error(&mut self, span: &Span, fault: Fault) {
        self.errors += 1;
        self.add(span, Severity::Error, fault);
    }

    pub(crate) fn warning(&mut self, span: &Span, fault: Fault) {
        self.add(span, Severity::Warning, fault);
    }

    fn add(&mut self, span: &Span, severity: Severity, fault: Fault) {
        if self.findings.len() >= MAX_FINDINGS {
            self.unlisted += 1;
            return;
        }
        let (line, column) = self.place(span.start);
        self.findings.push(Finding { line, column, severity, message: fault.message, advice: fault.advice });
    }

    /// Line and column of a byte.
    pub(crate) fn place(&self, byte: usize) -> (u32, u32) {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.line_starts.partition_point(|start| *start <= byte).max(1);
        let column = self.text[self.line_starts[line - 1]..byte].chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Checked<T> {
        self.findings.sort_by_key(|finding| (finding.line, finding.column, finding.severity));
        if self.unlisted > 0 {
            let (line, column) = self.place(self.text.len());
            let severity = if self.errors > 0 { Severity::Error } else { Severity::Warning };
            let message = format!("{} more findings are not listed", self.unlisted);
            self.findings.push(Finding {
                line,
                column,
                severity,
                message,
                advice: "correct the first ones".to_owned(),
            });
        }
        Checked { value: value.filter(|_| self.errors == 0), findings: self.findings }
    }
}

/// The candidate that is nearest to a word, if one is near enough to be meant.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate, limit), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap of neighbours) from one word to another, capitals or not; above `limit` any number above it.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let a: Vec<char> = a.chars().take(64).flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().take(64).flat_map(char::to_lowercase).collect();
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// "did you mean `x`?", or nothing.
pub(crate) fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    nearest(word, candidates).map_or_else(String::new, |near| format!("did you mean `{near}`?"))
}

/// Text of a file in a message: short, on one line.
pub(crate) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().count() > 40 { format!("`{short}…`") } else { format!("`{short}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_the_one_that_is_meant() {
        assert_eq!(nearest("chanel", ["number", "channel"]), Some("channel"));
        assert_eq!(nearest("tpye", ["type", "page"]), Some("type"));
        assert_eq!(nearest("Fader", ["fader"]), Some("fader"));
        assert_eq!(nearest("qqqqqq", ["type", "page"]), None);
        assert_eq!(nearest("", ["type"]), None);
    }

    #[test]
    fn places_count_from_one_in_characters() {
        let notes = Notes::new("ä = 1\nöü = 2\n");
        assert_eq!(notes.place(0), (1, 1));
        assert_eq!(notes.place("ä = 1\nöü".len()), (2, 3));
        assert_eq!(notes.place(9_999), (3, 1));
    }
}
