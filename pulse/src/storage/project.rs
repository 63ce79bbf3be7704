//! Project folders: `Name.loophole/` with `project.json`, `media/`, `cache/`.
//!
//! What comes from disk is hostile until its model was checked. Opening never writes; saving never leaves half a file.

use super::files::{cannot_write, copy_synced, remove_quietly, sync_folder, write_whole};
use super::format;
use super::surfaces::{TextFile, read_folder};
use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::jobs::{OpenedProject, SavedProject};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The ending of project folders.
pub const ENDING: &str = "loophole";
const FILE: &str = "project.json";
/// Mappings of control surfaces that belong to the project.
pub(crate) const SURFACES_FOLDER: &str = "surfaces";
/// A project file is at most this long.
const FILE_LIMIT_BYTES: u64 = 256 * 1024 * 1024;

/// Reads a project. Nothing on disk is touched.
///
/// # Errors
/// Not there, unreadable (with the place), newer than this program, or not a possible project (with the entity).
pub fn open(path: &Path) -> Result<OpenedProject, Rejection> {
    let folder = if path.file_name().is_some_and(|name| name == FILE) { path.parent().unwrap_or(path) } else { path };
    let file = folder.join(FILE);
    let bytes = read_limited(&file).map_err(|error| cannot_read(&file, &error))?;
    let (id, model) = format::parse(&bytes).map_err(|error| error.into_rejection(&file))?;
    Ok(OpenedProject { id, model, folder: folder.to_owned() })
}

/// Writes a project where it is.
///
/// # Errors
/// The folder cannot be written or the disk is full; then the file that was there is as it was.
pub fn save(folder: &Path, project: &SavedProject) -> Result<(), Rejection> {
    let file = folder.join(FILE);
    let text = format::write(&project.id, &project.model);
    make_folders(folder).and_then(|()| write_whole(&file, &text)).map_err(|error| cannot_write(&file, &error))
}

/// Writes a project with its media to a new folder, which appears complete or not at all.
///
/// # Errors
/// Something is there already, or the folder cannot be written; then nothing new is left.
pub fn save_as(from: &Path, to: &Path, project: &SavedProject) -> Result<PathBuf, Rejection> {
    let to = with_ending(to);
    if to.symlink_metadata().is_ok() {
        let message = format!("{} exists already; choose another name", to.display());
        return Err(reject(Code::ProjectExists, message));
    }
    let (Some(parent), Some(name)) = (to.parent(), to.file_name()) else {
        return Err(reject(Code::ProjectBadPath, format!("{} names no folder", to.display())));
    };
    let mut part = std::ffi::OsString::from(".");
    part.push(name);
    part.push(".part");
    let part = parent.join(part);
    let written = fs::create_dir_all(parent)
        .and_then(|()| {
            remove_quietly(&part);
            make_folders(&part)
        })
        .and_then(|()| copy_media(from, &part, project))
        .and_then(|()| copy_maps(from, &part))
        .and_then(|()| write_whole(&part.join(FILE), &format::write(&project.id, &project.model)))
        .and_then(|()| fs::rename(&part, &to))
        .and_then(|()| sync_folder(parent));
    match written {
        Ok(()) => Ok(to),
        Err(error) => {
            remove_quietly(&part);
            Err(cannot_write(&to, &error))
        }
    }
}

/// The project's own mappings of control surfaces.
fn copy_maps(from: &Path, to: &Path) -> io::Result<()> {
    for TextFile { name, text } in read_folder(&from.join(SURFACES_FOLDER)) {
        // What cannot be read could not be used either, and stays where it is.
        let Ok(text) = text else { continue };
        fs::create_dir_all(to.join(SURFACES_FOLDER))?;
        write_whole(&to.join(SURFACES_FOLDER).join(format!("{name}.toml")), text.as_bytes())?;
    }
    Ok(())
}

/// `Song` → `Song.loophole`.
pub fn with_ending(path: &Path) -> PathBuf {
    if path.extension().is_some_and(|ending| ending == ENDING) {
        return path.to_owned();
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ENDING);
    path.with_file_name(name)
}

fn make_folders(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("media"))?;
    fs::create_dir_all(folder.join("cache"))
}

/// Copies the media that the project names; what is missing stays missing.
fn copy_media(from: &Path, to: &Path, project: &SavedProject) -> io::Result<()> {
    for media in project.model.media.values() {
        match copy_synced(&from.join(&media.path), &to.join(&media.path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            outcome => outcome?,
        }
    }
    sync_folder(&to.join("media"))
}

fn read_limited(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(FILE_LIMIT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_LIMIT_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is over 256 MiB"));
    }
    Ok(bytes)
}

fn cannot_read(file: &Path, error: &io::Error) -> Rejection {
    let shown = file.display();
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => reject(
            Code::ProjectNotFound,
            format!("there is no project at {shown}; choose a folder that ends in .{ENDING}"),
        ),
        _ => reject(Code::ProjectUnreadable, format!("{shown} cannot be read: {error}")),
    }
}
