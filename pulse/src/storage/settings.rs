//! What is kept between runs and belongs to no project: recent projects, audio choice, OSC.

use super::files::{cannot_write, write_whole};
use super::surfaces::KnownBox;
use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::view::AudioConfig;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// How many recent projects are remembered.
pub const RECENT_LIMIT: usize = 10;
const FILE: &str = "settings.json";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Folders, newest first.
    pub recent_projects: Vec<String>,
    pub audio: AudioConfig,
    /// None = never chosen.
    pub osc: Option<OscConfig>,
    /// Control surfaces that were here.
    pub surfaces: Vec<KnownBox>,
}

/// The OSC endpoint that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OscConfig {
    pub enabled: bool,
    /// An IP address; 127.0.0.1 keeps it off the network.
    pub address: String,
    /// 0 = any free one.
    pub port: u16,
}

impl Default for OscConfig {
    fn default() -> Self {
        Self { enabled: true, address: "127.0.0.1".to_owned(), port: 9_000 }
    }
}

impl Settings {
    /// Puts a project at the top of the recent ones.
    pub fn remember(&mut self, folder: &Path) {
        let folder = folder.to_string_lossy().into_owned();
        self.recent_projects.retain(|known| *known != folder);
        self.recent_projects.insert(0, folder);
        self.recent_projects.truncate(RECENT_LIMIT);
    }
}

/// The settings from their text; what it leaves out is the default.
///
/// # Errors
/// Where and how the text is not that.
pub fn parse(text: &[u8]) -> Result<Settings, serde_json::Error> {
    serde_json::from_slice(text)
}

/// The settings as text.
pub fn write(settings: &Settings) -> Vec<u8> {
    serde_json::to_vec_pretty(settings).expect("settings have string keys")
}

/// Reads the settings; none yet is not an error.
///
/// # Errors
/// The file is there and cannot be read or understood.
pub fn load(data_folder: &Path) -> Result<Settings, Rejection> {
    let path = data_folder.join(FILE);
    let unusable = |reason: String| {
        let path = path.display();
        reject(Code::SessionSettings, format!("the settings in {path} cannot be read: {reason}; defaults are used"))
    };
    match std::fs::read(&path) {
        Ok(text) => parse(&text).map_err(|error| unusable(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// Writes the settings.
///
/// # Errors
/// The folder cannot be written.
pub fn save(data_folder: &Path, settings: &Settings) -> Result<(), Rejection> {
    let path = data_folder.join(FILE);
    std::fs::create_dir_all(data_folder)
        .and_then(|()| write_whole(&path, &write(settings)))
        .map_err(|error| reject(Code::SessionSettings, cannot_write(&path, &error).message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_restart_and_broken_ones_are_said() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()), Ok(Settings::default()));
        let mut settings = Settings::default();
        for number in 0..12 {
            settings.remember(Path::new(&format!("/music/{number}.loophole")));
        }
        settings.remember(Path::new("/music/5.loophole"));
        assert_eq!(settings.recent_projects.len(), RECENT_LIMIT);
        assert_eq!(settings.recent_projects[..2], ["/music/5.loophole", "/music/11.loophole"]);
        save(folder.path(), &settings).unwrap();
        assert_eq!(load(folder.path()), Ok(settings));
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(load(folder.path()).unwrap_err().code, "session.settings");
    }
}
