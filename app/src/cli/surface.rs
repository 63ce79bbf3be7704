//! `loophole surface`: profiles and mappings of control surfaces.

mod commands;
mod import;
mod session;

use anyhow::Context;
use clap::{Args, Subcommand};
use loophole_pulse::surface_files::{FileKind, Finding, Severity, lint_file};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// More of a file is not read; the check refuses a file of this length.
const MAX_BYTES: u64 = (1 << 20) + 1;

#[derive(Subcommand)]
pub(super) enum What {
    /// List control surfaces, what they were recognised as, and the profiles there are
    List {
        #[command(flatten)]
        devices: DeviceArguments,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show every event of every surface, and why it did what it did
    Monitor {
        #[command(flatten)]
        devices: DeviceArguments,
    },
    /// Learn the next control that is moved, and map it if a target is given
    Learn(LearnArguments),
    /// Print a surface's profile and mappings as TOML
    Export {
        #[command(flatten)]
        devices: DeviceArguments,
        /// The surface's number in 'list'
        device: u32,
        /// Only one's own mappings
        #[arg(long)]
        only_own: bool,
    },
    /// Move controls of a surface that is not there, and say what became of it
    Simulate(SimulateArguments),
    /// Say what is wrong in profiles and mapping sets; fails when there is an error
    Lint {
        /// Files to check
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Make profiles and mapping sets of other programs' maps: Ardour .map, Mixxx .midi.xml, QLC+ .qxi
    Import(import::Arguments),
}

/// Where settings are, and who is listened to.
#[derive(Args)]
pub(super) struct DeviceArguments {
    /// Where settings and mappings live; without it, the user's data folder
    #[arg(long, env = "LOOPHOLE_DATA")]
    data_folder: Option<PathBuf>,
    /// Also listen for OSC apps on this UDP port of 127.0.0.1
    #[arg(long)]
    osc_port: Option<u16>,
}

#[derive(Args)]
pub(super) struct LearnArguments {
    #[command(flatten)]
    devices: DeviceArguments,
    /// What it shall control, as JSON: {"type":"gain","of":{"by":"master"}}
    #[arg(long)]
    target: Option<String>,
}

#[derive(Args)]
pub(super) struct SimulateArguments {
    #[command(flatten)]
    devices: DeviceArguments,
    /// A profile, as 'list' names it
    profile: String,
    /// Moves, in order: ELEMENT:INTERACTION=VALUE, for example fader-1:move=0.5
    moves: Vec<String>,
}

pub(super) fn run(what: What) -> ExitCode {
    match what {
        What::List { devices, json } => commands::list(devices, json),
        What::Monitor { devices } => commands::monitor(devices),
        What::Learn(arguments) => commands::learn(arguments),
        What::Export { devices, device, only_own } => commands::export(devices, device, only_own),
        What::Simulate(arguments) => commands::simulate(arguments),
        What::Lint { files, json } => match lint(&files, json) {
            Ok(code) => code,
            Err(error) => super::refuse(&error),
        },
        What::Import(arguments) => match import::run(&arguments) {
            Ok(code) => code,
            Err(error) => super::refuse(&error),
        },
    }
}

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn fail(message: &str) -> ExitCode {
    eprintln!("loophole: {message}");
    ExitCode::FAILURE
}

/// What was found in one file.
struct Checked<'p> {
    path: &'p Path,
    kind: FileKind,
    findings: Vec<Finding>,
}

fn lint(files: &[PathBuf], json: bool) -> anyhow::Result<ExitCode> {
    let mut checked = Vec::new();
    for path in files {
        let text = read(path)?;
        let (kind, findings) = lint_file(&text);
        checked.push(Checked { path, kind, findings });
    }
    let wrong = checked.iter().flat_map(|file| &file.findings).any(|finding| finding.severity == Severity::Error);
    let text = if json {
        format!("{:#}\n", Value::from_iter(checked.iter().map(as_json)))
    } else {
        checked.iter().map(as_text).collect()
    };
    // A reader that closes early is not a failure of ours.
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(if wrong || written.is_err() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).with_context(|| format!("{} cannot be read", path.display()))?;
    String::from_utf8(bytes).with_context(|| format!("{} is not text in UTF-8", path.display()))
}

/// `file:line:col: severity: message`, as compilers write it.
fn as_text(file: &Checked<'_>) -> String {
    file.findings.iter().map(|finding| format!("{}:{finding}\n", file.path.display())).collect()
}

fn as_json(file: &Checked<'_>) -> Value {
    json!({ "file": file.path.display().to_string(), "kind": file.kind, "findings": file.findings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_read_as_a_compilers() {
        let (kind, findings) = lint_file("schema = 1\nid = \"x\"\nnmae = \"X\"\n");
        let file = Checked { path: Path::new("my.toml"), kind, findings };
        let text = as_text(&file);
        assert!(text.contains("my.toml:1:1: error: this file has no `name`; is `nmae` meant to be it?"), "{text}");
        assert!(
            text.contains("my.toml:3:1: warning: the key `nmae` is not known here; did you mean `name`?"),
            "{text}"
        );
        assert_eq!(as_json(&file)["kind"], "mappingSet");
        assert_eq!(as_json(&file)["findings"][0]["line"], 1);
    }
}
