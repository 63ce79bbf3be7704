//! Audio output: runs one processor on a device, or on the silent clock while there is none.

mod capture;
mod convert;
mod device;
mod hosts;
mod jack;
mod list;
#[cfg(target_os = "linux")]
mod memory_lock;
mod priority;
mod silent;
mod slot;
mod supervisor;
mod worker;

pub use list::list_audio_hosts;

use loophole_wire::message::engine::Device;
use loophole_wire::message::hardware::AudioConfig;
use std::sync::Arc;

/// Frames per callback that are asked for when nobody chose.
pub const DEFAULT_BUFFER_FRAMES: u32 = 128;

/// What makes the sound. There is one; it moves from device to silent clock and back, and is never rebuilt.
pub trait Process: Send {
    /// The sample rate, in Hz, from the next block on. Called before the first block and when it changes; not on the audio thread.
    fn prepare(&mut self, sample_rate: u32);

    /// Real time. Fills interleaved samples; any number of frames, also 0 and more than 8192, and any number of channels.
    /// `output` holds silence on entry.
    fn process(&mut self, output: &mut [f32], channels: usize);
}

/// What changed. Told on the thread `signal-audio`, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum AudioEvent {
    /// This runs from now on. The sample rate may differ from before.
    Started {
        device: Device,
        /// Why it is not what was asked for, for a person; none when it is.
        reason: Option<String>,
        latency_frames: u32,
    },
    /// A device that ran is gone. `Started` with what runs instead follows.
    Lost { host: String, name: String, reason: String, fallback: String },
}

/// Whom to tell. Must return soon: nothing is opened or watched meanwhile.
pub type AudioEventSink = Arc<dyn Fn(AudioEvent) + Send + Sync>;

/// What runs, and how well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioStatus {
    /// What runs; none before the first block.
    pub device: Option<Device>,
    /// Why it is not what was asked for.
    pub reason: Option<String>,
    /// From the callback to the loudspeaker, as far as the device says.
    pub latency_frames: u32,
    /// Devices given up because they called back no more.
    pub watchdog_trips: u64,
    /// Xruns that devices reported.
    pub xruns: u64,
    /// Blocks that the silent clock left out because it was too late for them.
    pub skipped_blocks: u64,
    /// Samples that the capture file misses because the disk was too slow.
    pub capture_lost_samples: u64,
    /// How the audio thread is scheduled, for a person.
    pub priority: String,
}

/// The running output. Dropping it ends it, and drops the processor.
pub struct AudioOutput {
    supervisor: supervisor::Handle,
}

impl AudioOutput {
    /// Returns at once. The silent clock runs within milliseconds; a wanted device takes over when it is open.
    /// `preferred_rate` (in Hz) counts where `config.sample_rate` says nothing.
    pub fn start(
        config: AudioConfig,
        preferred_rate: u32,
        processor: Box<dyn Process>,
        events: AudioEventSink,
    ) -> Self {
        Self { supervisor: supervisor::Handle::start(config, preferred_rate, processor, events) }
    }

    /// Asks for something else. Returns at once; the processor goes on. `Started` follows in any case, even if nothing changes.
    pub fn reconfigure(&self, config: AudioConfig, preferred_rate: u32) {
        self.supervisor.reconfigure(config, preferred_rate);
    }

    pub fn status(&self) -> AudioStatus {
        self.supervisor.status()
    }

    /// Ends it and gives the processor back; none if a callback that hangs still holds it.
    pub fn stop(self) -> Option<Box<dyn Process>> {
        self.supervisor.stop()
    }
}
