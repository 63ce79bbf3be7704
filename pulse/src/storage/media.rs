//! Media files of a project: copying them in, reading their peaks.

use super::files::{copy_synced, remove_quietly, sync_folder};
use crate::jobs::ImportedFile;
use loophole_wire::peaks::PeaksFile;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A peaks file is at most this long; an hour of stereo has 40 MB.
const PEAKS_LIMIT_BYTES: u64 = 1 << 30;

/// Copies each file into `folder/media`; the same content under the same name is not copied twice.
///
/// What cannot be copied comes back with the reason.
pub fn import(folder: &Path, paths: &[String]) -> (Vec<ImportedFile>, Vec<(String, String)>) {
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for asked in paths {
        match import_one(&folder.join("media"), asked) {
            Ok(file) => files.push(file),
            Err(reason) => failed.push((asked.clone(), reason)),
        }
    }
    (files, failed)
}

/// Reads a peaks file.
///
/// # Errors
/// The reason, for a person.
pub fn load_peaks(path: &Path) -> Result<PeaksFile, String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(PEAKS_LIMIT_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| format!("{}: {error}", path.display()))?;
    PeaksFile::parse(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

fn import_one(media: &Path, asked: &str) -> Result<ImportedFile, String> {
    let from = Path::new(asked);
    if !from.is_absolute() {
        return Err("the path is not absolute".to_owned());
    }
    let about = fs::metadata(from).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is not a file".to_owned());
    }
    fs::create_dir_all(media).map_err(|error| format!("the project's media folder cannot be made: {error}"))?;
    let name = place_for(media, from, about.len()).map_err(|error| error.to_string())?;
    if let Place::New(to) = &name
        && let Err(error) = copy_synced(from, to).and_then(|()| sync_folder(media))
    {
        remove_quietly(to);
        return Err(format!("it cannot be copied into the project: {error}"));
    }
    let (Place::New(to) | Place::There(to)) = name;
    let file = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = from.file_stem().unwrap_or_default().to_string_lossy();
    Ok(ImportedFile { asked: asked.to_owned(), path: format!("media/{file}"), name: readable(&stem) })
}

enum Place {
    New(PathBuf),
    There(PathBuf),
}

/// `name.wav`, else `name-2.wav`, `name-3.wav`, …: the first that is free or has the same content.
fn place_for(media: &Path, from: &Path, bytes: u64) -> io::Result<Place> {
    let stem = readable(&from.file_stem().unwrap_or_default().to_string_lossy());
    let ending = from.extension().map(|ending| readable(&ending.to_string_lossy())).filter(|ending| !ending.is_empty());
    for number in 1_u32.. {
        let mut name = if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
        if let Some(ending) = &ending {
            name = format!("{name}.{ending}");
        }
        let to = media.join(name);
        match fs::metadata(&to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::New(to)),
            Err(error) => return Err(error),
            Ok(there) if there.is_file() && there.len() == bytes && same_content(from, &to)? => {
                return Ok(Place::There(to));
            }
            Ok(_) => {}
        }
    }
    Err(io::Error::other("no name is free"))
}

/// A name that every file system takes: no separators, no control characters, at most 100 bytes.
fn readable(name: &str) -> String {
    let mut clean: String = name
        .chars()
        .map(|letter| if letter.is_control() || "/\\:*?\"<>|\u{fffd}".contains(letter) { '_' } else { letter })
        .collect();
    while clean.len() > 100 {
        clean.pop();
    }
    let clean = clean.trim_matches(['.', ' ']).to_owned();
    if clean.is_empty() { "audio".to_owned() } else { clean }
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (fs::File::open(one)?, fs::File::open(other)?);
    let (mut first, mut second) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let count = read_full(&mut one, &mut first)?;
        if count != read_full(&mut other, &mut second)? || first[..count] != second[..count] {
            return Ok(false);
        }
        if count < first.len() {
            return Ok(true);
        }
    }
}

fn read_full(file: &mut fs::File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_get_names_of_their_own_and_the_same_content_is_copied_once() {
        let folder = tempfile::tempdir().unwrap();
        let (project, outside) = (folder.path().join("P.loophole"), folder.path().join("outside"));
        for (sub, content) in [("a", "one"), ("b", "two"), ("c", "one")] {
            fs::create_dir_all(outside.join(sub)).unwrap();
            fs::write(outside.join(sub).join("kick.wav"), content).unwrap();
        }
        let asked: Vec<String> = ["a/kick.wav", "b/kick.wav", "c/kick.wav", "missing.wav", "a"]
            .iter()
            .map(|name| outside.join(name).to_string_lossy().into_owned())
            .chain(["relative.wav".to_owned()])
            .collect();
        let (files, failed) = import(&project, &asked);
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["media/kick.wav", "media/kick-2.wav", "media/kick.wav"]);
        assert_eq!(fs::read_to_string(project.join("media/kick-2.wav")).unwrap(), "two");
        assert_eq!(failed.len(), 3, "{failed:?}");
    }

    #[test]
    fn names_are_tamed() {
        assert_eq!(readable("a/b\\c\n"), "a_b_c_");
        assert_eq!(readable(".."), "audio");
        assert_eq!(readable(&"ü".repeat(200)).len(), 100);
    }
}
