//! Files beside the project: written aside and renamed, recognised by the state of their source.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// A file that is being written aside; it is removed unless it is put in its place.
#[derive(Debug)]
pub struct Aside {
    aside: PathBuf,
    place: PathBuf,
    is_in_place: bool,
}

const ENDING: &str = "part";

impl Aside {
    /// Beside its place, under a name that no other engine uses.
    pub fn create(place: &Path) -> io::Result<(File, Self)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut name = place.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}-{}.{ENDING}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let aside = place.with_file_name(name);
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&aside)?;
        Ok((file, Self { aside, place: place.into(), is_in_place: false }))
    }

    /// Renames it to its place.
    pub fn put_in_place(mut self) -> io::Result<()> {
        fs::rename(&self.aside, &self.place)?;
        self.is_in_place = true;
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.is_in_place {
            // What cannot be removed now is swept away by the next engine.
            drop(fs::remove_file(&self.aside));
        }
    }
}

/// Removes what dead engines left half written.
pub fn sweep(folder: &Path) {
    let ours = format!(".{}-", process::id());
    let is_left = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == ENDING) && !path.to_string_lossy().contains(&ours)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()).filter(is_left) {
        drop(fs::remove_file(path));
    }
}

/// Writes a file so that it is there whole or not at all.
pub fn write_whole(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let (mut file, aside) = Aside::create(place)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    aside.put_in_place()
}
