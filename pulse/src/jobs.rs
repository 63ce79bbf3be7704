//! Work that touches files: what the core asks for, and how it ended. Run one after the other on a thread of its own.

use crate::event::Rejection;
use crate::model::{MediaId, Model};
use crate::storage::settings::Settings;
use crate::storage::surfaces::TextFile;
use crate::storage::{demo, media, project, settings, surfaces};
use loophole_wire::peaks::PeaksFile;
use std::path::PathBuf;
use std::sync::Arc;

/// Which project, if any, a start shall open from disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadAtStart {
    Nothing,
    /// The newest of the settings' recent projects, if there is one.
    LastProject,
    Project(PathBuf),
}

/// A project as it goes to disk.
#[derive(Clone, Debug)]
pub struct SavedProject {
    pub id: String,
    pub model: Arc<Model>,
}

/// A project as it came from disk; its model was checked.
#[derive(Clone, Debug)]
pub struct OpenedProject {
    pub id: String,
    pub model: Model,
    pub folder: PathBuf,
}

/// A file that was asked for and now lies in the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFile {
    /// As it was asked for.
    pub asked: String,
    /// Relative to the project folder, with `/`.
    pub path: String,
    /// Without its ending.
    pub name: String,
}

/// One piece of work.
#[derive(Clone, Debug)]
pub enum Job {
    /// Reads the settings and what shall be open at the start.
    Begin {
        data_folder: PathBuf,
        read: ReadAtStart,
    },
    OpenProject {
        path: PathBuf,
    },
    SaveProject {
        folder: PathBuf,
        project: SavedProject,
    },
    /// Writes the project with its media from `from` to the new folder `to`.
    SaveProjectAs {
        from: PathBuf,
        to: PathBuf,
        project: SavedProject,
    },
    /// Puts the demo's files into `folder/media`, where they are not there yet.
    WriteDemo {
        folder: PathBuf,
        files: &'static [(&'static str, &'static [u8])],
    },
    /// Copies audio files into `folder/media`.
    ImportFiles {
        folder: PathBuf,
        paths: Vec<String>,
    },
    LoadPeaks {
        media: MediaId,
        path: PathBuf,
    },
    SaveSettings {
        data_folder: PathBuf,
        settings: Settings,
    },
    /// Reads all TOML files of a folder; there may be none.
    ReadTexts {
        folder: PathBuf,
    },
    WriteText {
        path: PathBuf,
        text: String,
    },
    /// Removes a text file; that there is none is no error.
    RemoveText {
        path: PathBuf,
    },
}

/// How a piece of work ended.
#[derive(Clone, Debug)]
pub enum JobOutcome {
    Begun {
        settings: Result<Settings, Rejection>,
        opened: Option<Result<Box<OpenedProject>, Rejection>>,
    },
    ProjectOpened(Result<Box<OpenedProject>, Rejection>),
    ProjectSaved(Result<(), Rejection>),
    /// With the folder, absolute, with its ending.
    ProjectSavedAs(Result<PathBuf, Rejection>),
    DemoWritten(Result<(), Rejection>),
    /// What lies in the project now; and what does not, with the reason.
    FilesImported {
        files: Vec<ImportedFile>,
        failed: Vec<(String, String)>,
    },
    PeaksLoaded {
        media: MediaId,
        peaks: Result<Arc<PeaksFile>, String>,
    },
    SettingsSaved(Result<(), Rejection>),
    TextsRead(Vec<TextFile>),
    TextWritten(Result<(), Rejection>),
    /// The work could not be begun at all, for example because its queue is full.
    NotRun {
        reason: String,
    },
}

/// Does one piece of work; blocks as long as the disk does.
pub fn run(job: Job) -> JobOutcome {
    match job {
        Job::Begin { data_folder, read } => begin(&data_folder, read),
        Job::OpenProject { path } => JobOutcome::ProjectOpened(project::open(&path).map(Box::new)),
        Job::SaveProject { folder, project } => JobOutcome::ProjectSaved(project::save(&folder, &project)),
        Job::SaveProjectAs { from, to, project } => JobOutcome::ProjectSavedAs(project::save_as(&from, &to, &project)),
        Job::WriteDemo { folder, files } => JobOutcome::DemoWritten(demo::write_files(&folder, files)),
        Job::ImportFiles { folder, paths } => {
            let (files, failed) = media::import(&folder, &paths);
            JobOutcome::FilesImported { files, failed }
        }
        Job::LoadPeaks { media, path } => {
            JobOutcome::PeaksLoaded { media, peaks: media::load_peaks(&path).map(Arc::new) }
        }
        Job::SaveSettings { data_folder, settings } => {
            JobOutcome::SettingsSaved(settings::save(&data_folder, &settings))
        }
        Job::ReadTexts { folder } => JobOutcome::TextsRead(surfaces::read_folder(&folder)),
        Job::WriteText { path, text } => JobOutcome::TextWritten(surfaces::write_text(&path, &text)),
        Job::RemoveText { path } => JobOutcome::TextWritten(surfaces::remove_text(&path)),
    }
}

fn begin(data_folder: &std::path::Path, read: ReadAtStart) -> JobOutcome {
    let settings = settings::load(data_folder);
    let path = match read {
        ReadAtStart::Nothing => None,
        ReadAtStart::Project(path) => Some(path),
        ReadAtStart::LastProject => {
            settings.as_ref().ok().and_then(|settings| settings.recent_projects.first()).map(PathBuf::from)
        }
    };
    JobOutcome::Begun { settings, opened: path.map(|path| project::open(&path).map(Box::new)) }
}
