//! `loophole surface import`: maps of other programs become profiles and mapping sets, with a report of every line.

use anyhow::{Context, bail};
use clap::Args;
use loophole_pulse::surface_files::import::{self, Imported, MAX_BYTES, decode};
use loophole_pulse::surface_files::{FileKind, write_whole};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// More maps of one Ardour are not looked for.
const MAX_MAPS: usize = 1_024;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// Maps to import
    #[arg(required_unless_present = "ardour")]
    files: Vec<PathBuf>,
    /// All maps of the Ardour that is installed here, too
    #[arg(long)]
    ardour: bool,
    /// Write `profiles` and `maps` into this folder; without it, into the user's surfaces
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Where the user's surfaces live; without it, the user's data folder
    #[arg(long, env = "LOOPHOLE_DATA")]
    data_folder: Option<PathBuf>,
    /// Write over files that are there and say something else
    #[arg(long)]
    replace: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What became of one file.
struct Done {
    path: PathBuf,
    outcome: anyhow::Result<(Imported, Vec<PathBuf>)>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = match &arguments.output {
        Some(folder) => folder.clone(),
        None => crate::cli::data_folder(arguments.data_folder.clone())?.join("surfaces"),
    };
    let mut paths = arguments.files.clone();
    if arguments.ardour {
        let found = ardour_maps(&ardour_folders());
        if found.is_empty() && paths.is_empty() {
            bail!("no maps of Ardour are installed in the usual folders; name the files: they end with .map");
        }
        paths.extend(found);
    }
    let mut made = BTreeSet::new();
    let done: Vec<Done> = paths
        .into_iter()
        .map(|path| {
            let outcome = import_file(&path).and_then(|imported| {
                let written = write(&imported, &folder, arguments.replace, &mut made)?;
                Ok((imported, written))
            });
            Done { path, outcome }
        })
        .collect();
    let text = if arguments.json {
        format!("{:#}\n", Value::from_iter(done.iter().map(as_json)))
    } else {
        done.iter().map(as_text).collect()
    };
    // A reader that closes early is not a failure of ours.
    let shown = std::io::stdout().lock().write_all(text.as_bytes());
    let right = done.iter().all(|done| done.outcome.is_ok());
    Ok(if right && shown.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn import_file(path: &Path) -> anyhow::Result<Imported> {
    let mut bytes = Vec::new();
    let file = File::open(path).context("it cannot be opened")?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).context("it cannot be read")?;
    Ok(import::import(&decode(&bytes)?)?)
}

/// Writes what is not there yet; `made` are the files of this run.
fn write(
    imported: &Imported,
    folder: &Path,
    replace: bool,
    made: &mut BTreeSet<PathBuf>,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut wanted = Vec::new();
    for file in &imported.files {
        let inside = match file.kind {
            FileKind::Profile => "profiles",
            FileKind::MappingSet => "maps",
        };
        let path = folder.join(inside).join(format!("{}.toml", file.id));
        let there = fs::read(&path).ok();
        if there.as_ref().is_some_and(|there| there != file.text.as_bytes()) {
            if made.contains(&path) {
                bail!("another of these files is called the same, too, and has made {}", path.display());
            }
            if !replace {
                bail!("{} is there and says something else; --replace writes over it", path.display());
            }
        }
        wanted.push((path, &file.text, there.is_some()));
    }
    for (path, text, _) in &wanted {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        }
        write_whole(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.display()))?;
        made.insert(path.clone());
    }
    Ok(wanted.into_iter().map(|(path, ..)| path).collect())
}

fn as_text(done: &Done) -> String {
    let path = done.path.display();
    match &done.outcome {
        Ok((imported, written)) => {
            let written: String = written.iter().map(|path| format!("  wrote {}\n", path.display())).collect();
            format!("{path}: {}{written}", imported.report)
        }
        Err(error) => format!("{path}: {error:#}\n"),
    }
}

fn as_json(done: &Done) -> Value {
    let file = done.path.display().to_string();
    match &done.outcome {
        Ok((imported, written)) => {
            let written: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
            json!({ "file": file, "written": written, "report": imported.report })
        }
        Err(error) => json!({ "file": file, "error": format!("{error:#}") }),
    }
}

/// A folder that holds one of each Ardour, and where the maps are inside of that.
type Place = (PathBuf, &'static str);

/// Where Ardour keeps its maps, and where people keep theirs.
fn ardour_folders() -> Vec<Place> {
    let mut places: Vec<Place> = [
        ("/usr/share", "midi_maps"),
        ("/usr/local/share", "midi_maps"),
        ("/opt", "share/midi_maps"),
        ("/Applications", "Contents/Resources/midi_maps"),
    ]
    .map(|(parent, inside)| (PathBuf::from(parent), inside))
    .into();
    places.extend(std::env::var_os("ProgramFiles").map(|parent| (PathBuf::from(parent), "share/midi_maps")));
    if let Some(folders) = directories::BaseDirs::new() {
        // Linux and Windows; macOS; the Flatpak.
        places.push((folders.config_dir().to_owned(), "midi_maps"));
        places.push((folders.preference_dir().to_owned(), "midi_maps"));
        places.push((folders.home_dir().join(".var/app/org.ardour.Ardour/config"), "midi_maps"));
    }
    places
}

/// All maps in folders whose name begins with "Ardour", capitals or not; in order, each once.
fn ardour_maps(places: &[Place]) -> Vec<PathBuf> {
    let mut maps = BTreeSet::new();
    for (parent, inside) in places {
        for folder in entries(parent).filter(|path| is_ardour(path)) {
            maps.extend(entries(&folder.join(inside)).filter(|path| path.extension().is_some_and(|end| end == "map")));
        }
    }
    maps.into_iter().take(MAX_MAPS).collect()
}

fn is_ardour(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.to_lowercase().starts_with("ardour"))
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "<ArdourMIDIBindings name='Acme Desk'>\n<Binding channel='1' ctl='7' uri='/route/gain B1'/>\n\
                       <Binding channel='1' ctl='8' uri='/route/trim B1'/></ArdourMIDIBindings>";

    fn arguments(files: Vec<PathBuf>, output: &Path, replace: bool) -> Arguments {
        Arguments { files, ardour: false, output: Some(output.to_owned()), data_folder: None, replace, json: true }
    }

    #[test]
    fn maps_become_files_that_are_not_written_over_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let (map, output) = (folder.path().join("desk.map"), folder.path().join("out"));
        fs::write(&map, MAP).unwrap();
        let code = |replace| run(&arguments(vec![map.clone()], &output, replace)).unwrap();
        assert_eq!(code(false), ExitCode::SUCCESS);
        let profile = output.join("profiles/ardour-acme-desk.toml");
        let text = fs::read_to_string(&profile).unwrap();
        assert!(text.contains("id = \"cc-1-7\"") && output.join("maps/ardour-acme-desk.toml").exists(), "{text}");
        // The same once more changes nothing; a file that was edited stays.
        assert_eq!(code(false), ExitCode::SUCCESS);
        fs::write(&profile, "mine").unwrap();
        assert_eq!(code(false), ExitCode::FAILURE);
        assert_eq!(fs::read_to_string(&profile).unwrap(), "mine");
        assert_eq!(code(true), ExitCode::SUCCESS);
        assert_eq!(fs::read_to_string(&profile).unwrap(), text);
    }

    #[test]
    fn two_maps_of_one_name_do_not_write_over_one_another() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.map", "b.map"].map(|name| folder.path().join(name));
        fs::write(&paths[0], MAP).unwrap();
        fs::write(&paths[1], MAP.replace("ctl='7'", "ctl='9'")).unwrap();
        let output = folder.path().join("out");
        assert_eq!(run(&arguments(paths.to_vec(), &output, true)).unwrap(), ExitCode::FAILURE);
        assert!(fs::read_to_string(output.join("profiles/ardour-acme-desk.toml")).unwrap().contains("cc-1-7"));
    }

    #[test]
    fn a_report_says_what_became_of_each_file() {
        let folder = tempfile::tempdir().unwrap();
        let map = folder.path().join("desk.map");
        fs::write(&map, MAP).unwrap();
        let imported = import_file(&map).unwrap();
        let done = Done { path: map, outcome: Ok((imported, vec![PathBuf::from("x.toml")])) };
        let text = as_text(&done);
        assert!(
            text.contains("1 of 2 converted") && text.contains("line 3: ") && text.contains("wrote x.toml"),
            "{text}"
        );
        assert_eq!(as_json(&done)["report"]["counts"]["controlOnly"], 1);
        let missing = folder.path().join("none.map");
        let done = Done { outcome: import_file(&missing).map(|imported| (imported, Vec::new())), path: missing };
        assert!(as_text(&done).contains("it cannot be opened"));
        assert!(as_json(&done)["error"].is_string());
    }

    #[test]
    fn maps_of_every_installed_ardour_are_found_once() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("share/ardour8/midi_maps/a.map", MAP),
            ("share/ardour8/midi_maps/readme.txt", ""),
            ("share/Ardour-9/midi_maps/b.map", MAP),
            ("share/other/midi_maps/c.map", MAP),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let place = (folder.path().join("share"), "midi_maps");
        let maps = ardour_maps(&[place.clone(), place, (folder.path().join("none"), "midi_maps")]);
        let names: Vec<_> = maps.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(names, ["b.map", "a.map"]);
    }
}
