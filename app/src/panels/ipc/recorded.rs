//! A recording of messages, ready to be shown in place of the living ones.

use super::log::Log;
use loophole_pulse::trace::recording::Recording;
use std::path::Path;

/// What a file held.
#[derive(Debug)]
pub struct Recorded {
    /// The file's name.
    pub(super) name: String,
    /// From where it is: version, processor.
    pub(super) about: String,
    /// What could not be read.
    pub(super) warnings: Vec<String>,
    pub(super) log: Log,
}

impl Recorded {
    /// Reads a file; takes as long as the file is.
    ///
    /// # Errors
    /// What is wrong with the file, for a person.
    pub fn open(path: &Path) -> Result<Self, String> {
        let recording = Recording::open(path).map_err(|error| error.to_string())?;
        let about = &recording.about;
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        Ok(Self {
            name,
            about: format!("Loophole {}, {}, {} cores", about.version, about.cpu, about.cores),
            warnings: recording.warnings,
            log: Log::of(recording.entries),
        })
    }
}
