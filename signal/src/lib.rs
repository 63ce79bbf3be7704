//! Signal, the engine: audio, media, devices and DSP, in a process of its own.

pub mod audio;
mod control;
pub mod devices;
pub mod dsp;
mod gesture;
pub mod graph;
pub mod media;
pub mod rt;
mod server;
pub mod session;
mod telemetry;

use loophole_wire::message::hardware::Devices;

pub use control::ERROR_CODES;

/// How the engine's process is started.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignalArguments {
    /// On 127.0.0.1; 0 = any free one.
    pub port: u16,
}

/// Exit code when the wanted port is taken.
pub const EXIT_PORT_TAKEN: i32 = 3;

/// The engine's process: serves exactly one Pulse, and returns the exit code when that one has gone.
pub fn run(arguments: SignalArguments) -> i32 {
    server::run(arguments)
}

/// What is found of audio, MIDI and HID hardware.
pub fn list_devices() -> Devices {
    devices::list_all()
}
