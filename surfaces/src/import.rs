//! Files of other programs become profiles and mapping sets, with a report of what became of every line. Text in, text out.

pub mod ardour;
mod draft;
pub mod mixxx;
pub mod qlc;
pub mod report;
mod xml;

pub use crate::profile::lint::FileKind;
pub use report::{Counts, Entry, Format, Outcome, Report};

use crate::mapping::load::load_mapping_set_with;
use crate::profile::finding::{Finding, quoted};
use crate::profile::load_profile;
use serde::Serialize;
use std::borrow::Cow;

/// Larger files are refused.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What a file of another program became.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    /// A profile, and a mapping set for it if anything is mapped; none when the source has no control.
    pub files: Vec<ImportedFile>,
    pub report: Report,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedFile {
    pub kind: FileKind,
    /// Small letters, digits and `-`.
    pub id: String,
    /// TOML, as the loaders read it.
    pub text: String,
}

/// Why there is nothing to import.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("it is larger than {} MiB: is it the right file?", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    #[error("it is not text in UTF-8 or Latin-1: save it as UTF-8")]
    Encoding,
    #[error("line {line}: it is not right XML: {message}")]
    Xml { line: u32, message: String },
    #[error(
        "it is no map that is known here (its root is '{root}'): Ardour .map, Mixxx .midi.xml and QLC+ .qxi can be imported"
    )]
    Unknown { root: String },
    #[error("what it says does not fit into a profile: {0}")]
    Unfit(Finding),
}

/// The text of a file: UTF-8 with or without a mark at its beginning, else Latin-1.
///
/// # Errors
/// It is too large, or no text.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if bytes.contains(&0) => Err(ImportError::Encoding),
        Err(_) => Ok(Cow::Owned(bytes.iter().copied().map(char::from).collect())),
    }
}

/// Reads a file of any program that is known, told apart by its root element. Never panics, whatever the text is.
///
/// # Errors
/// It is too large, not XML, or of another program.
pub fn import(text: &str) -> Result<Imported, ImportError> {
    if text.len() > MAX_BYTES {
        return Err(ImportError::TooLarge);
    }
    let root = xml::parse(text)?;
    let imported = match root.name.as_str() {
        "ArdourMIDIBindings" => ardour::read(&root),
        "MixxxControllerPreset" | "MixxxMIDIPreset" => mixxx::read(&root),
        "InputProfile" => qlc::read(&root),
        other => return Err(ImportError::Unknown { root: quoted(other).trim_matches('`').to_owned() }),
    };
    check(&imported)?;
    Ok(imported)
}

/// What was written must be what the loaders read.
fn check(imported: &Imported) -> Result<(), ImportError> {
    let mut profiles = Vec::new();
    for file in &imported.files {
        let findings = match file.kind {
            FileKind::Profile => load_profile(&file.text).into_result().map(|profile| profiles.push(profile)),
            FileKind::MappingSet => load_mapping_set_with(&file.text, &profiles).into_result().map(drop),
        };
        if let Some(finding) = findings.err().and_then(|findings| findings.into_iter().next()) {
            return Err(ImportError::Unfit(finding));
        }
    }
    Ok(())
}
