//! Reading recordings: whole ones, and what is left of others.

use super::mcap::{self, Found};
use super::{About, MAX_ENTRIES, RECORDING_VERSION, RecordingError, lines};
use crate::trace::TraceEntry;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// A recording that was read.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    pub about: About,
    pub entries: Vec<TraceEntry>,
    /// What could not be read, for a person.
    pub warnings: Vec<String>,
}

/// How often something was wrong, and what the first time.
#[derive(Default)]
struct Trouble {
    count: u64,
    first: String,
}

impl Recording {
    /// Reads a recording, whatever its name is. One that was cut short gives what there is, and a warning.
    ///
    /// # Errors
    /// It cannot be read, is no recording, or of a newer program.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let cannot = |source| RecordingError::Read { path: path.to_owned(), source };
        let mut file = BufReader::new(File::open(path).map_err(cannot)?);
        let begin = file.fill_buf().map_err(cannot)?;
        let foreign = |reason: &str| RecordingError::Foreign { path: path.to_owned(), reason: reason.to_owned() };
        if begin.is_empty() {
            return Err(foreign("it is empty"));
        }
        let recording = if begin.starts_with(&mcap::MAGIC) {
            file.consume(mcap::MAGIC.len());
            read_mcap(&mut file).map_err(cannot)?.ok_or_else(|| foreign("an MCAP file of something else"))?
        } else {
            read_lines(&mut file)
                .map_err(cannot)?
                .ok_or_else(|| foreign("neither MCAP nor JSON lines that begin with what they are"))?
        };
        if recording.about.recording > RECORDING_VERSION {
            return Err(RecordingError::Newer { path: path.to_owned(), version: recording.about.recording });
        }
        Ok(recording)
    }

    fn take(&mut self, json: &[u8], trouble: &mut Trouble) {
        match lines::entry_of(json) {
            Ok(entry) => self.entries.push(entry),
            Err(reason) => trouble.note(reason),
        }
    }

    fn is_full(&mut self) -> bool {
        let full = self.entries.len() >= MAX_ENTRIES;
        if full {
            self.warnings.push(format!("only the first {MAX_ENTRIES} messages were read"));
        }
        full
    }
}

impl Trouble {
    fn note(&mut self, reason: String) {
        if self.count == 0 {
            self.first = reason;
        }
        self.count += 1;
    }

    fn warnings(self) -> Option<String> {
        let Self { count, first } = self;
        (count > 0).then(|| format!("{count} messages could not be read, the first because: {first}"))
    }
}

/// None: it is of something else.
fn read_mcap(file: &mut dyn Read) -> std::io::Result<Option<Recording>> {
    let (mut recording, mut trouble, mut is_ours) = (Recording::default(), Trouble::default(), false);
    while !recording.is_full() {
        match mcap::next(file)? {
            Found::About(about) => {
                recording.about = about;
                is_ours = true;
            }
            Found::Message(json) => recording.take(&json, &mut trouble),
            Found::Unreadable(reason) => trouble.note(reason),
            Found::End => break,
            Found::Cut => {
                recording.warnings.push("the recording ends in the middle: it was cut short".to_owned());
                break;
            }
        }
    }
    recording.warnings.extend(trouble.warnings());
    Ok(is_ours.then_some(recording))
}

/// None: it is of something else.
fn read_lines(file: &mut dyn BufRead) -> std::io::Result<Option<Recording>> {
    let (mut recording, mut trouble, mut line) = (Recording::default(), Trouble::default(), Vec::new());
    lines::next_line(file, &mut line)?;
    let is_about =
        serde_json::from_slice::<serde_json::Value>(&line).is_ok_and(|value| value.get("recording").is_some());
    let Some(about) = serde_json::from_slice::<About>(&line).ok().filter(|_| is_about) else { return Ok(None) };
    recording.about = about;
    while !recording.is_full() {
        match lines::next_line(file, &mut line)? {
            None => break,
            Some(false) if serde_json::from_slice::<serde::de::IgnoredAny>(&line).is_err() => {
                recording.warnings.push("the recording ends in the middle: it was cut short".to_owned());
                break;
            }
            Some(_) if line.is_empty() => {}
            Some(_) => recording.take(&line, &mut trouble),
        }
    }
    recording.warnings.extend(trouble.warnings());
    Ok(Some(recording))
}
