//! The system's file dialogs, behind a trait: tests have none, and some systems have none either.

use std::path::PathBuf;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    OpenProject,
    /// `name` is the folder's suggested name.
    SaveProject {
        name: String,
    },
    ImportAudio,
    /// A map of another program, a profile, or a mapping set.
    ImportSurface,
    /// `name` is the file's suggested name.
    ExportSurface {
        name: String,
    },
    /// `name` is the file's suggested name.
    SaveRecording {
        name: String,
    },
    OpenRecording,
}

/// Asks a person for files; called on a thread of its own, may take as long as it likes.
pub trait FilePicker: Send + Sync {
    /// What was chosen; nothing when it was cancelled, or when there is no such dialog.
    fn pick(&self, ask: &Ask) -> Vec<PathBuf>;
}

/// The desktop's own dialogs.
#[derive(Debug, Default)]
pub struct SystemPicker;

/// File endings that can be imported.
pub(super) const AUDIO_ENDINGS: [&str; 8] = ["wav", "aiff", "aif", "flac", "mp3", "ogg", "oga", "wave"];

/// File endings of profiles and mapping sets, and of the maps of Ardour, Mixxx and QLC+.
const SURFACE_ENDINGS: [&str; 4] = ["toml", "map", "xml", "qxi"];

/// File endings of recordings of messages.
const RECORDING_ENDINGS: [&str; 2] = ["mcap", "jsonl"];

impl FilePicker for SystemPicker {
    fn pick(&self, ask: &Ask) -> Vec<PathBuf> {
        let dialog = rfd::FileDialog::new();
        match ask {
            Ask::OpenProject => dialog.set_title("Open a project folder").pick_folder().into_iter().collect(),
            Ask::SaveProject { name } => {
                dialog.set_title("Save project as").set_file_name(name).save_file().into_iter().collect()
            }
            Ask::ImportAudio => {
                let dialog = dialog.set_title("Import audio").add_filter("Audio", &AUDIO_ENDINGS);
                dialog.pick_files().unwrap_or_default()
            }
            Ask::ImportSurface => {
                let dialog = dialog.set_title("Import for control surfaces");
                let dialog = dialog.add_filter("Maps and profiles", &SURFACE_ENDINGS);
                dialog.pick_file().into_iter().collect()
            }
            Ask::ExportSurface { name } => {
                dialog.set_title("Export mappings").set_file_name(name).save_file().into_iter().collect()
            }
            Ask::SaveRecording { name } => {
                dialog.set_title("Save messages").set_file_name(name).save_file().into_iter().collect()
            }
            Ask::OpenRecording => {
                let dialog = dialog.set_title("Open a recording of messages");
                dialog.add_filter("Recordings", &RECORDING_ENDINGS).pick_file().into_iter().collect()
            }
        }
    }
}
