//! Plays on JACK, with one client. cpal would open another one before it, only to ask for the rate, and libjack takes 20 ms for each.

use super::device::Faults;
use super::hosts;
use super::slot::Lease;
use cpal::{ErrorKind, HostId};
use jack::{
    AsyncClient, AudioOut, Client, ClientOptions, ClientStatus, Control, Frames, LatencyType, NotificationHandler,
    Port, PortFlags, ProcessHandler, ProcessScope,
};
use loophole_wire::message::engine::Device;
use std::sync::Arc;

/// What JACK's users see beside their other clients.
const CLIENT: &str = "Loophole_out";
/// The names under it; where they go is patched in JACK.
const PORTS: [&str; CHANNELS] = ["out_0", "out_1"];
const CHANNELS: usize = 2;
/// Frames played at once; JACK may ask for more, and for another number at any time.
const CHUNK_FRAMES: usize = 1_024;

/// A client that plays. Dropping it closes it, which can take seconds when the server is gone.
pub(super) struct Stream {
    _client: AsyncClient<Notices, Output>,
}

/// Opens the client and connects it to the first loudspeakers. Never starts a server. May take seconds, or hang with the server.
pub(super) fn open(lease: Lease, faults: Arc<Faults>) -> Result<(Device, Stream), String> {
    // A server has room for thousands of ports, 100 MB, and libjack would lock it all in this process too: 20 ms now, and 20 more when the
    // process is killed, before anybody hears of it. The server's lock keeps it in memory.
    #[cfg(target_os = "linux")]
    let little = super::memory_lock::LockLittle::begin();
    let (client, _status) = Client::new(CLIENT, ClientOptions::NO_START_SERVER).map_err(|error| match error {
        jack::Error::LibraryError(reason) => format!("the library of JACK cannot be loaded ({reason})"),
        // libjack says next to nothing.
        _ => hosts::nothing_there(HostId::Jack).to_owned(),
    })?;
    #[cfg(target_os = "linux")]
    drop(little);
    let said = |error: jack::Error| format!("JACK refused it: {error}");
    let [left, right] = PORTS.map(|name| client.register_port(name, AudioOut::default()));
    let ports = [left.map_err(said)?, right.map_err(said)?];
    let names = [ports[0].name().map_err(said)?, ports[1].name().map_err(said)?];
    let (sample_rate, buffer_frames) = (client.sample_rate(), client.buffer_size());
    let output = Output { ports, interleaved: Box::new([0.0; CHUNK_FRAMES * CHANNELS]), lease };
    let client = client.activate_async(Notices { sample_rate, faults }, output).map_err(said)?;

    // Only an active client has connections.
    let speakers = client.as_client().ports(None, Some("audio"), PortFlags::IS_PHYSICAL | PortFlags::IS_INPUT);
    for (port, speaker) in names.iter().zip(&speakers) {
        match client.as_client().connect_ports_by_name(port, speaker) {
            // A patch bay was faster.
            Ok(()) | Err(jack::Error::PortAlreadyConnected(..)) => {}
            Err(error) => return Err(said(error)),
        }
    }
    let description = Device {
        host: HostId::Jack.to_string(),
        name: "JACK Output".to_owned(),
        sample_rate,
        buffer_frames,
        output_channels: CHANNELS as u16,
        silent: false,
    };
    Ok((description, Stream { _client: client }))
}

/// What runs on JACK's real-time thread.
struct Output {
    ports: [Port<AudioOut>; CHANNELS],
    interleaved: Box<[f32; CHUNK_FRAMES * CHANNELS]>,
    lease: Lease,
}

impl ProcessHandler for Output {
    fn process(&mut self, _client: &Client, scope: &ProcessScope) -> Control {
        let latencies = self.ports.iter().map(|port| port.get_latency_range(LatencyType::Playback).1);
        // Unpatched there is none; then it is one block until something can be heard.
        let latency_frames = latencies.max().filter(|frames| *frames > 0).unwrap_or(scope.n_frames());
        self.lease.beat().set_latency_frames(latency_frames);
        let [left, right] = &mut self.ports;
        let left = left.as_mut_slice(scope).chunks_mut(CHUNK_FRAMES);
        for (left, right) in left.zip(right.as_mut_slice(scope).chunks_mut(CHUNK_FRAMES)) {
            let (block, _rest) = self.interleaved.split_at_mut(left.len() * CHANNELS);
            self.lease.run(block, CHANNELS);
            for ((frame, left), right) in block.chunks_exact(CHANNELS).zip(left).zip(right) {
                (*left, *right) = (frame[0], frame[1]);
            }
        }
        Control::Continue
    }
}

/// What JACK tells on a thread of its own.
struct Notices {
    /// In Hz.
    sample_rate: Frames,
    faults: Arc<Faults>,
}

impl NotificationHandler for Notices {
    // Unsafe, because JACK 1 calls it from a signal handler; JACK 2 and PipeWire from an ordinary thread.
    #[allow(unsafe_code)]
    unsafe fn shutdown(&mut self, _status: ClientStatus, reason: &str) {
        let said = format!("JACK server shut down: {reason}");
        self.faults.add(&cpal::Error::with_message(ErrorKind::DeviceNotAvailable, said));
    }

    /// Also told, with the rate that we know, when a client begins.
    fn sample_rate(&mut self, _client: &Client, sample_rate: Frames) -> Control {
        if sample_rate == self.sample_rate {
            return Control::Continue;
        }
        let said = format!("JACK server changed sample rate to {sample_rate} Hz");
        self.faults.add(&cpal::Error::with_message(ErrorKind::StreamInvalidated, said));
        Control::Quit
    }

    fn xrun(&mut self, _client: &Client) -> Control {
        self.faults.add(&ErrorKind::Xrun.into());
        Control::Continue
    }
}
