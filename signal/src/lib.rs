//! Signal, the engine: audio, media, devices and DSP, in a process of its own.

pub mod audio;
mod control;
pub mod devices;
pub mod dsp;
pub mod graph;
mod link;
pub mod media;
mod outgoing;
mod parameters;
mod reports;
pub mod rt;
mod server;
pub mod session;
mod telemetry;

use loophole_wire::message::hardware::Devices;

/// How to run the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignalArguments {
    /// On the loopback interface; 0 = any free one.
    pub port: u16,
}

/// Exit code when the port is taken.
pub const EXIT_PORT_TAKEN: i32 = 3;

/// Runs the engine until its parent or its Pulse is gone. Returns the exit code.
pub fn run(arguments: SignalArguments) -> i32 {
    server::run(arguments)
}

/// Lists what hardware there is, without an engine.
pub fn list_devices() -> Devices {
    devices::list_all()
}

/// Every error code that Signal sends, with its meaning.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("engine.unauthorised", "the first message was not a handshake with the right token"),
    ("engine.busy", "another Pulse is connected"),
    ("engine.overloaded", "the audio thread did not take commands in time"),
    ("engine.fatal", "the engine cannot go on and ends"),
    ("engine.notRunning", "the audio thread does not run; start it first"),
    ("graph.duplicate", "an id stands twice"),
    ("graph.unknownNode", "a node that does not exist is named"),
    ("graph.unknownChannel", "a channel that does not exist is named"),
    ("graph.nodeInTwoChannels", "a node stands in two channels"),
    ("graph.masters", "there is not exactly one master"),
    ("graph.cycle", "channels feed each other in a circle"),
    ("graph.notANumber", "a parameter has no number"),
    ("graph.region", "a region cannot be"),
    ("graph.wrongParameter", "a node has a parameter that its kind does not have"),
    ("graph.tooMany", "over a limit"),
    ("parameter.unknown", "a parameter that does not exist is named"),
    ("transport.loop", "a loop that cannot be"),
    ("gesture.unknownStream", "a gesture stream that is not open"),
    ("metering.tooMany", "too many metering streams are open"),
    ("media.unknown", "a media file that is not open is named"),
    ("media.peaks", "the peaks of a media file cannot be made again"),
    ("media.unreadable", "a media file cannot be read"),
    ("hardware.busy", "too many listings are under way"),
    ("hardware.osc", "the OSC endpoint cannot be opened"),
    ("hardware.unknownDevice", "a device that is not open"),
    ("hardware.unknownPort", "a port that is not there or not open"),
    ("hardware.openPort", "a port cannot be opened"),
    ("hardware.permission", "this user may not open the port"),
    ("hardware.notOpened", "a port that is not opened on purpose, or is open already"),
    ("hardware.tooMany", "too many ports, or too long a text or table"),
    ("hardware.midi", "MIDI devices cannot be seen"),
    ("hardware.hid", "HID devices cannot be seen"),
    ("hardware.discovery", "OSC peers on the network cannot be seen"),
];
