//! Media: files decoded, cached and streamed into lanes ahead of the playhead.
//!
//! Workers (`signal-decode-N`) open files, decode them and resample them to the engine's rate, from the first frame to
//! the last, so that every frame of a file is the same however it is reached. What they make is kept in the cache folder
//! (see [`cache`]) and read back at random by the disk thread (`signal-disk`), which mixes each lane's regions into a
//! ring that the audio thread reads (see [`stream`]). A file that is plain samples at the engine's rate is read where it lies.
//!
//! Memory is bounded: a ring per lane ([`disk::RING_FRAMES`] frames of 8 bytes), some 100 KB per file under way, and
//! without a cache folder up to [`source::MEMORY_LIMIT`] of decoded media.

pub mod cache;
pub mod decode;
pub mod direct;
pub mod disk;
pub mod files;
mod limits;
pub mod mix;
pub mod pcm;
pub mod peaks;
pub mod resample;
pub mod source;
pub mod stream;
pub mod worker;

use disk::{Command, CommandSender, Disk};
use loophole_wire::message::transport::LoopRegion;
use loophole_wire::message::{graph, media};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use stream::{RollClock, StreamBundle};
use worker::Workers;

/// Takes what the disk thread made for the audio thread; called on the disk thread.
pub type BundleSender = Box<dyn FnMut(Box<StreamBundle>) + Send>;

/// Takes news about media; called on worker threads.
pub type EventSender = Arc<dyn Fn(MediaEvent) + Send + Sync>;

/// News about media.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaEvent {
    /// The answer to an open (with its token), or more is known now (without).
    State { token: Option<u64>, state: media::State },
    /// It cannot be played, or not to its end.
    Missing { token: Option<u64>, missing: media::Missing },
}

impl MediaEvent {
    fn missing(media_id: u32, path: &str, token: Option<u64>, why: &dyn std::fmt::Display) -> Self {
        let reason = format!("“{path}” cannot be played: {why}.");
        Self::Missing { token, missing: media::Missing { media_id, path: path.into(), reason } }
    }
}

/// Where a locate goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// To its position, as soon as the lanes are filled.
    Now,
    /// Nowhere: the position goes on as it would, only the loop is new. (While a locate is still under way: to that
    /// locate's position, with the new loop.)
    KeepRolling,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaStatistics {
    /// Lanes that are kept filled.
    pub streams: u32,
    /// Files open.
    pub files: u32,
    /// Work that is left: files being opened or decoded, or waiting for it.
    pub decoding: u32,
    /// Bytes of decoded media in memory.
    pub media_bytes: u64,
}

/// The handle for the control thread. Commands go to the disk thread by a bounded queue: when it is full, the caller waits.
/// Dropping it ends all its threads.
pub struct MediaPool {
    to_disk: CommandSender,
    workers: Arc<Workers>,
    streams: Arc<AtomicU32>,
    threads: Vec<JoinHandle<()>>,
}

impl MediaPool {
    pub fn start(
        rate: u32,
        clock: Arc<RollClock>,
        on_bundle: BundleSender,
        on_event: Box<dyn Fn(MediaEvent) + Send + Sync>,
    ) -> Self {
        limits::allow_many_files();
        let (to_disk, commands) = CommandSender::pair();
        let streams = Arc::new(AtomicU32::new(0));
        let on_event: EventSender = Arc::from(on_event);
        let disk = Disk::new(rate, clock, commands, (on_bundle, Arc::clone(&on_event)), Arc::clone(&streams));
        let disk_thread = std::thread::Builder::new()
            .name("signal-disk".into())
            .spawn(move || disk.run())
            .expect("a process that can start at all can start its threads");
        let workers = Workers::new(rate, to_disk.clone(), on_event);
        let mut threads = workers.start();
        threads.push(disk_thread);
        Self { to_disk, workers, streams, threads }
    }

    /// Opens a file; the answer is an event with this token. Open an id again to replace its file.
    pub fn open(&self, request: media::Open, reply_token: u64) {
        self.workers.open(request, Some(reply_token));
    }

    /// From now on it is silent.
    pub fn close(&self, media_id: u32) {
        self.workers.close(media_id);
    }

    /// Where decoded media is kept, for files opened from now on. None = in memory.
    pub fn set_cache_folder(&self, folder: Option<PathBuf>) {
        self.workers.set_cache_folder(folder);
    }

    /// The engine's rate: all files are opened again. Regions and positions are meant at the new rate from here on:
    /// set the lanes and locate afterwards.
    pub fn set_rate(&self, rate: u32) {
        self.to_disk.send(Command::Rate(rate));
        self.workers.set_rate(rate);
    }

    /// All lane streams with their regions. What changed gets a new ring, in a bundle without a map; what is the same keeps its own.
    pub fn set_lanes(&self, lanes: Vec<(u32, Vec<graph::Region>)>) {
        self.to_disk.send(Command::Lanes(lanes));
    }

    /// Answered by one bundle with this ticket and all lanes, filled as far as media is decoded within 100 ms.
    pub fn locate(&self, ticket: u64, position: i64, loop_region: LoopRegion, at: Where) {
        self.to_disk.send(Command::Locate { ticket, position, loop_region, at });
    }

    /// Brings what plays from a position on into memory.
    pub fn prefetch(&self, position: i64) {
        self.to_disk.send(Command::Prefetch { position });
    }

    pub fn statistics(&self) -> MediaStatistics {
        let (files, decoding, media_bytes) = self.workers.statistics();
        MediaStatistics { streams: self.streams.load(Ordering::Relaxed), files, decoding, media_bytes }
    }
}

impl Drop for MediaPool {
    fn drop(&mut self) {
        self.workers.stop();
        self.to_disk.send(Command::Quit);
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; there is nothing to add.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests;
