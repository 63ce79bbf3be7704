//! The command line.

mod bench;
mod devices;
mod protocol;
mod serve;
mod surface;
mod trace;
mod window;

use clap::{Args, Parser, Subcommand};
use loophole_pulse::core::{CoreConfig, OpenAtStart, OscConfig};
use loophole_pulse::hardware::{AudioConfig, AudioHost, Devices};
use loophole_pulse::runtime::{PulseConfig, ServeConfig, SignalCommand, StartError};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Exit code when a port that was asked for is taken.
pub const EXIT_PORT_TAKEN: u8 = 3;

/// Signal, as the composition root hands it in: this crate does not see it.
pub struct SignalEntry {
    /// Runs the engine until its parent is gone; returns the exit code.
    pub run: fn(port: u16) -> i32,
    /// Lists what hardware there is, without an engine.
    pub list_devices: fn() -> Devices,
    /// Every error code that it sends, with its meaning.
    pub error_codes: &'static [(&'static str, &'static str)],
}

/// Loophole, a native music workstation.
#[derive(Parser)]
#[command(name = "loophole", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: WindowArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Run model and engine with no window, for clients over TCP
    Serve(ServeArguments),
    /// Run the engine alone (Loophole starts it by itself)
    #[command(hide = true)]
    Signal {
        /// TCP port on the loopback interface; 0 = any free one
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// List audio, MIDI and HID devices, and OSC endpoints
    Devices {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Measure this machine: `list` names the benchmarks, `all` runs them
    Bench {
        /// A benchmark, `list`, or `all`
        #[arg(default_value = "list")]
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Work on control surfaces: profiles and mappings
    Surface {
        #[command(subcommand)]
        what: surface::What,
    },
    /// See the messages of a running Loophole, record them, and look into recordings
    Trace(trace::TraceArguments),
    /// Print the protocol as this program speaks it
    Protocol {
        #[command(subcommand)]
        what: protocol::What,
    },
}

/// What holds with and without a window.
#[derive(Args, Clone)]
struct SessionArguments {
    /// Project folder to open; without one, the last project or the demo song
    project: Option<PathBuf>,
    /// Audio: `auto`, `silent` (no sound card needed), or HOST[:DEVICE], for example `jack` or `alsa:hw:0`
    #[arg(long, default_value = "auto", value_parser = parse_audio)]
    audio: AudioConfig,
    /// Sample rate of the audio device in Hz; without it, the project's
    #[arg(long, value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    sample_rate: Option<u32>,
    /// Buffer of the audio device in frames; without it, 128
    #[arg(long, value_parser = clap::value_parser!(u32).range(16..=8_192))]
    buffer_frames: Option<u32>,
    /// With `--audio silent`: write all that is played to this file (32-bit float, stereo, raw)
    #[arg(long)]
    capture: Option<PathBuf>,
    /// UDP port for OSC on 127.0.0.1; 0 = any free one
    #[arg(long, default_value_t = 9_000)]
    osc_port: u16,
    /// Do not listen for OSC
    #[arg(long)]
    no_osc: bool,
    /// Where settings, drafts and the demo song live; without it, the user's data folder
    #[arg(long, env = "LOOPHOLE_DATA")]
    data_folder: Option<PathBuf>,
}

#[derive(Args)]
struct ServeArguments {
    #[command(flatten)]
    session: SessionArguments,
    /// TCP port on the loopback interface; 0 = any free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Start with an empty project instead of the last one or the demo song
    #[arg(long)]
    empty: bool,
}

#[derive(Args)]
struct WindowArguments {
    #[command(flatten)]
    session: SessionArguments,
    /// What draws the window
    #[arg(long, value_enum, default_value_t = crate::Renderer::Auto)]
    renderer: crate::Renderer,
    /// Let headless clients connect on this TCP port of the loopback interface; 0 = any free one
    #[arg(long)]
    serve_port: Option<u16>,
}

/// Runs what the command line asks for.
pub fn main(signal: &SignalEntry) -> ExitCode {
    match Cli::parse().command_or_window() {
        Asked::Window(arguments) => window::run(arguments),
        Asked::Command(Command::Serve(arguments)) => serve::run(arguments),
        Asked::Command(Command::Signal { port }) => exit_code((signal.run)(port)),
        Asked::Command(Command::Devices { json }) => devices::run(&(signal.list_devices)(), json),
        Asked::Command(Command::Bench { name, json }) => bench::run(&name, json),
        Asked::Command(Command::Surface { what }) => surface::run(what),
        Asked::Command(Command::Trace(arguments)) => trace::run(arguments),
        Asked::Command(Command::Protocol { what }) => protocol::run(&what, signal.error_codes),
    }
}

enum Asked {
    Window(WindowArguments),
    Command(Command),
}

impl Cli {
    fn command_or_window(self) -> Asked {
        self.command.map_or(Asked::Window(self.window), Asked::Command)
    }
}

impl SessionArguments {
    /// What Pulse needs to start; `serve_port` is where clients may connect.
    fn pulse_config(
        self,
        serve_port: Option<u16>,
        empty: bool,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> anyhow::Result<PulseConfig> {
        let mut audio = self.audio;
        audio.sample_rate = self.sample_rate;
        audio.buffer_frames = self.buffer_frames;
        audio.capture_path = self.capture.map(|path| path.to_string_lossy().into_owned());
        let open = match (self.project, empty) {
            (Some(path), _) => OpenAtStart::Project(std::path::absolute(path)?),
            (None, true) => OpenAtStart::Nothing,
            (None, false) => OpenAtStart::LastOrDemo,
        };
        let core = CoreConfig {
            sample_rate: 48_000,
            data_folder: data_folder(self.data_folder)?,
            audio,
            osc: OscConfig { enabled: !self.no_osc, address: "127.0.0.1".to_owned(), port: self.osc_port },
            open,
            demo: crate::demo::DEMO,
        };
        Ok(PulseConfig { core, signal: own_signal()?, serve: serve_port.map(|port| ServeConfig { port }), wake })
    }
}

/// The engine is this program, too.
fn own_signal() -> std::io::Result<SignalCommand> {
    Ok(SignalCommand { program: std::env::current_exe()?, arguments: vec!["signal".to_owned()] })
}

fn data_folder(asked: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = asked {
        return Ok(std::path::absolute(folder)?);
    }
    directories::ProjectDirs::from("", "", "loophole")
        .map(|folders| folders.data_dir().to_owned())
        .ok_or_else(|| anyhow::anyhow!("no home folder is known; name a folder with --data-folder"))
}

fn parse_audio(text: &str) -> Result<AudioConfig, String> {
    let (host, device) = match text.split_once(':') {
        Some((host, device)) => (host, Some(device.to_owned())),
        None => (text, None),
    };
    let host = match host {
        "" => return Err("name a host, for example 'jack', 'alsa:default', 'silent' or 'auto'".to_owned()),
        "auto" => AudioHost::Auto,
        "silent" => AudioHost::Silent,
        named => AudioHost::Named(named.to_lowercase()),
    };
    if device.is_some() && !matches!(host, AudioHost::Named(_)) {
        return Err(format!("'{text}': only a named host has devices"));
    }
    Ok(AudioConfig { host, device, ..AudioConfig::default() })
}

fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Prints why Pulse could not start; the exit code says which kind it was.
#[expect(clippy::print_stderr, reason = "this is the command line")]
fn refuse_start(error: &StartError) -> ExitCode {
    eprintln!("loophole: {error}");
    match error {
        StartError::PortTaken { .. } => ExitCode::from(EXIT_PORT_TAKEN),
        _ => ExitCode::FAILURE,
    }
}

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn refuse(error: &anyhow::Error) -> ExitCode {
    eprintln!("loophole: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_choices() {
        let check = |text: &str| parse_audio(text).map(|config| (config.host, config.device));
        assert_eq!(check("auto"), Ok((AudioHost::Auto, None)));
        assert_eq!(check("silent"), Ok((AudioHost::Silent, None)));
        assert_eq!(check("ALSA:hw:0,1"), Ok((AudioHost::Named("alsa".to_owned()), Some("hw:0,1".to_owned()))));
        assert!(check("silent:x").is_err());
        assert!(check("").is_err());
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
