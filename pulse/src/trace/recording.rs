//! Messages in files: MCAP, which other tools open, and JSON lines, which every script reads.

mod lines;
mod mcap;
mod reader;
mod writer;

pub use reader::Recording;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
pub use writer::{Options, Recorder, Written, save_last};

/// The version of what is in a recording. 1: the first.
pub const RECORDING_VERSION: u32 = 1;
/// The longest message that is read, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;
/// No more messages are read of one recording.
const MAX_ENTRIES: usize = 4_000_000;

/// How a recording is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.mcap`: with schema and summary; what was written before a crash can be read.
    Mcap,
    /// Anything else: first a line about the recording, then one message in each line.
    Lines,
}

impl Format {
    /// By the name of the file.
    pub fn of(path: &Path) -> Self {
        let is_mcap = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mcap"));
        if is_mcap { Self::Mcap } else { Self::Lines }
    }
}

/// Where a recording is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct About {
    /// [`RECORDING_VERSION`].
    pub recording: u32,
    /// Of the program.
    pub version: String,
    pub protocol: u32,
    /// Name of the machine's processor.
    pub cpu: String,
    pub cores: u32,
    /// A hash of the project's name and place; empty if none was known.
    pub project: String,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub started_nanos: u64,
}

impl Default for About {
    fn default() -> Self {
        Self {
            recording: RECORDING_VERSION,
            version: String::new(),
            protocol: 0,
            cpu: String::new(),
            cores: 0,
            project: String::new(),
            started_nanos: 0,
        }
    }
}

impl About {
    /// This program on this machine, now. `project` names the project; only its hash is kept.
    pub fn here(project: &str) -> Self {
        Self {
            recording: RECORDING_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: loophole_wire::PROTOCOL_VERSION,
            cpu: cpu_name(),
            cores: std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1)),
            project: if project.is_empty() { String::new() } else { format!("{:016x}", fnv(project.as_bytes())) },
            started_nanos: crate::runtime::clock::unix_nanos(),
        }
    }

    fn to_map(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("recording".to_owned(), self.recording.to_string()),
            ("version".to_owned(), self.version.clone()),
            ("protocol".to_owned(), self.protocol.to_string()),
            ("cpu".to_owned(), self.cpu.clone()),
            ("cores".to_owned(), self.cores.to_string()),
            ("project".to_owned(), self.project.clone()),
            ("startedNanos".to_owned(), self.started_nanos.to_string()),
        ])
    }

    fn from_map(map: &BTreeMap<String, String>) -> Self {
        let text = |key: &str| map.get(key).cloned().unwrap_or_default();
        let number = |key: &str| map.get(key).and_then(|value| value.parse::<u64>().ok()).unwrap_or(0);
        let small = |key: &str| u32::try_from(number(key)).unwrap_or(u32::MAX);
        Self {
            recording: small("recording"),
            version: text("version"),
            protocol: small("protocol"),
            cpu: text("cpu"),
            cores: small("cores"),
            project: text("project"),
            started_nanos: number("startedNanos"),
        }
    }
}

/// FNV-1a: the same text has the same hash on every machine.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn cpu_name() -> String {
    // Where there is no such file, the name stays unknown.
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// Why a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is no recording of Loophole: {reason}")]
    Foreign { path: PathBuf, reason: String },
    #[error(
        "{path} was recorded by a newer Loophole (recording version {version}, this one reads {RECORDING_VERSION})"
    )]
    Newer { path: PathBuf, version: u32 },
}

#[cfg(test)]
mod tests;
