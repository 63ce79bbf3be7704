//! Writing so that a file is either the old one or the new one, never half of it.

use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes beside, flushes to the disk, renames, flushes the folder.
///
/// # Errors
/// As the file system says; then the old file is as it was and nothing new is left.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let written = write_synced(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if let Err(error) = written {
        remove_quietly(&beside);
        return Err(error);
    }
    path.parent().map_or(Ok(()), sync_folder)
}

/// Copies a file and flushes it to the disk.
pub(crate) fn copy_synced(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.sync_all()
}

pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes names in a folder last. Not every file system can do it; what it could not, it says on writing.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        outcome => outcome,
    }
}

/// Removes what an attempt left; that it cannot be removed is not worth a second error.
pub(crate) fn remove_quietly(path: &Path) {
    let _removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

/// What a failed write means to a person.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Rejection {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => reject(
            Code::ProjectDiskFull,
            format!(
                "the disk is full, {path} was not written; what was saved before is untouched. Make room and save again"
            ),
        ),
        _ => reject(
            Code::ProjectCannotWrite,
            format!("{path} cannot be written: {error}. Choose another folder, or make this one writable"),
        ),
    }
}

fn beside(path: &Path) -> std::path::PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}
