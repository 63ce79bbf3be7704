//! Files beside the project: written aside and renamed, recognised by the state of their source.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Which state of a media file something was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub size: u64,
    /// Nanoseconds since 1970; 0 where the system does not tell.
    pub modified_nanos: u64,
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Self {
        let since_epoch = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified_nanos = since_epoch.and_then(|duration| u64::try_from(duration.as_nanos()).ok()).unwrap_or(0);
        Self { size: metadata.len(), modified_nanos }
    }
}

/// Where a file is written before it is renamed to its place.
pub fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    path.with_file_name(name)
}

/// A new file to write aside; what an engine that died left there is removed (and one that lives still writes into its own).
pub fn create_aside(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let aside = aside(path);
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::options().read(true).write(true).create_new(true).open(aside)
}

/// Renames what was written aside to its place.
pub fn put_in_place(path: &Path) -> io::Result<()> {
    fs::rename(aside(path), path)
}

/// Writes a file so that it is there whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create_aside(path)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    put_in_place(path)
}
