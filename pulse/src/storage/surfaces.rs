//! Files about control surfaces: the person's profiles and mappings, and which boxes were here before.

use super::files::{cannot_write, write_whole};
use crate::event::Rejection;
use loophole_surfaces::fingerprint::InstanceKey;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Files that are read from one folder, and bytes of each.
const FILE_LIMIT: usize = 1_000;
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;

/// A box that was here before. Local to this machine: it may hold a serial number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownBox {
    /// Counts up; what files of this box are named after.
    pub number: u32,
    pub key: InstanceKey,
    /// What its mappings are kept under.
    pub model: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The profile that the person chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
    /// Where it was plugged in, for people.
    #[serde(default)]
    pub place: String,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    #[serde(default)]
    pub seen_nanos: u64,
}

/// A text file, or why it could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    /// Without folder and ending.
    pub name: String,
    pub text: Result<String, String>,
}

/// All TOML files of a folder, by name; none when there is no such folder.
pub fn read_folder(folder: &Path) -> Vec<TextFile> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")))
        .take(FILE_LIMIT)
        .collect();
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            Some(TextFile { name, text: read_text(&path).map_err(|error| format!("{}: {error}", path.display())) })
        })
        .collect()
}

fn read_text(path: &Path) -> io::Result<String> {
    let length = std::fs::metadata(path)?.len();
    if length > FILE_LIMIT_BYTES {
        return Err(io::Error::other(format!("{length} bytes are too many; at most {FILE_LIMIT_BYTES} are read")));
    }
    std::fs::read_to_string(path)
}

/// Writes a text file whole; makes its folder.
///
/// # Errors
/// The folder cannot be written.
pub fn write_text(path: &Path, text: &str) -> Result<(), Rejection> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| write_whole(path, text.as_bytes())).map_err(|error| cannot_write(path, &error))
}

/// Removes a text file; that there is none is no error.
///
/// # Errors
/// The folder cannot be written.
pub fn remove_text(path: &Path) -> Result<(), Rejection> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot_write(path, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_in_order_and_what_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_folder(&folder.path().join("none")), []);
        write_text(&folder.path().join("maps/b.toml"), "two = 2").unwrap();
        write_text(&folder.path().join("maps/a.toml"), "one = 1").unwrap();
        std::fs::write(folder.path().join("maps/c.toml"), [0xff, 0xfe]).unwrap();
        std::fs::write(folder.path().join("maps/d.txt"), "no").unwrap();
        std::fs::write(folder.path().join("maps/e.toml"), vec![b'#'; 1024 * 1024 + 1]).unwrap();
        let files = read_folder(&folder.path().join("maps"));
        let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "e"]);
        assert_eq!(files[1].text.as_deref(), Ok("two = 2"));
        assert!(files[2].text.is_err());
        assert!(files[3].text.as_ref().unwrap_err().contains("too many"));
    }
}
