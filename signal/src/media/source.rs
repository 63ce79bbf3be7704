//! One media file at the engine's rate, read at random by the disk thread while a worker still writes it.

use super::cache;
use super::decode::Info;
use super::files::Aside;
use super::pcm::PcmLayout;
use super::stream::Frame;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use thiserror::Error;

/// Without a cache folder, decoded media is kept in memory, up to this many bytes over all files.
pub const MEMORY_LIMIT: u64 = 512 << 20;

/// Frames that become readable together when media is kept in memory.
const BLOCK: usize = 4_096;

/// Bytes that are written to the cache at once.
const WRITE_BYTES: usize = 1 << 16;

const UNKNOWN: u64 = u64::MAX;

/// What the disk thread reads.
#[derive(Debug)]
pub struct Source {
    store: Store,
    /// Frames that can be read.
    ready: AtomicU64,
    /// All frames there will be, once that is known.
    total: AtomicU64,
    is_wanted: AtomicBool,
    failure: AtomicU8,
    path: PathBuf,
}

/// Reading failed, and nobody was told yet (0: it went well so far).
const NEW_FAILURE: u8 = 1;
/// Reading failed, and that was reported.
const KNOWN_FAILURE: u8 = 2;

#[derive(Debug)]
enum Store {
    File { file: File, layout: PcmLayout },
    Memory { blocks: RwLock<Vec<Box<[Frame]>>>, budget: Budget },
}

impl Source {
    /// A file that is complete.
    pub fn complete(file: File, layout: PcmLayout, path: PathBuf) -> Self {
        let frames = layout.frames;
        Self::new(Store::File { file, layout }, frames, frames, path)
    }

    fn new(store: Store, ready: u64, total: u64, path: PathBuf) -> Self {
        let (is_wanted, failure) = Default::default();
        Self { store, ready: AtomicU64::new(ready), total: AtomicU64::new(total), is_wanted, failure, path }
    }

    /// Of the media file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads from `start` on and answers how many frames are true; the others are silence that is yet to be decoded.
    /// Behind the end everything is truly silent, and so is what cannot be read any more (see [`take_failure`](Self::take_failure)).
    pub fn read(&self, start: u64, out: &mut [Frame], scratch: &mut Vec<u8>) -> usize {
        let total = self.total.load(Ordering::Acquire);
        let ready = self.ready.load(Ordering::Acquire);
        let readable = usize::try_from(ready.saturating_sub(start)).unwrap_or(usize::MAX).min(out.len());
        let (present, absent) = out.split_at_mut(readable);
        absent.fill([0.0; 2]);
        if !present.is_empty() {
            self.store_read(start, present, scratch);
        }
        let is_end_reached = start.saturating_add(readable as u64) >= total;
        self.is_wanted.fetch_or(!is_end_reached && !absent.is_empty(), Ordering::Relaxed);
        if is_end_reached { out.len() } else { readable }
    }

    fn store_read(&self, start: u64, out: &mut [Frame], scratch: &mut Vec<u8>) {
        match &self.store {
            Store::File { file, layout } => {
                let read = layout.read(file, start, out, scratch).unwrap_or(0);
                if read < out.len() {
                    self.failure.fetch_max(NEW_FAILURE, Ordering::Relaxed);
                    out[read..].fill([0.0; 2]);
                }
            }
            Store::Memory { blocks, .. } => {
                let blocks = blocks.read().unwrap_or_else(PoisonError::into_inner);
                let mut position = start as usize;
                let mut rest = out;
                while let (false, Some(block)) = (rest.is_empty(), blocks.get(position / BLOCK)) {
                    let from = &block[(position % BLOCK).min(block.len())..];
                    let count = from.len().min(rest.len());
                    if count == 0 {
                        break;
                    }
                    rest[..count].copy_from_slice(&from[..count]);
                    position += count;
                    rest = &mut rest[count..];
                }
                rest.fill([0.0; 2]);
            }
        }
    }

    /// Somebody wanted to read what was not ready: it should be decoded first. Asking forgets it.
    pub fn take_wanted(&self) -> bool {
        self.is_wanted.swap(false, Ordering::Relaxed)
    }

    pub fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed)
    }

    /// Its file could not be read any more; true once.
    pub fn take_failure(&self) -> bool {
        let order = Ordering::Relaxed;
        self.failure.compare_exchange(NEW_FAILURE, KNOWN_FAILURE, order, order).is_ok()
    }

    /// Whether all of it can be read.
    pub fn is_complete(&self) -> bool {
        self.ready.load(Ordering::Acquire) >= self.total.load(Ordering::Acquire)
    }

    fn add_ready(&self, frames: u64) {
        self.ready.fetch_add(frames, Ordering::AcqRel);
    }

    /// No more will come.
    pub fn end(&self) {
        self.total.store(self.ready.load(Ordering::Acquire), Ordering::Release);
    }
}

/// A share of [`MEMORY_LIMIT`], given back when it is dropped.
#[derive(Debug)]
struct Budget {
    used: Arc<AtomicU64>,
    mine: AtomicU64,
}

impl Budget {
    fn take(&self, bytes: u64) -> bool {
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= MEMORY_LIMIT);
        let taken = self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok();
        self.mine.fetch_add(if taken { bytes } else { 0 }, Ordering::AcqRel);
        taken
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.used.fetch_sub(self.mine.load(Ordering::Acquire), Ordering::AcqRel);
    }
}

/// Why decoded media cannot be kept.
#[derive(Debug, Error)]
pub enum SinkError {
    #[error("the cache cannot be written: {0}")]
    Cache(#[from] io::Error),
    #[error("decoded media fills the {} MiB that may be kept in memory", MEMORY_LIMIT >> 20)]
    Memory,
}

/// Where a worker puts what it decodes.
pub struct Sink {
    source: Arc<Source>,
    channels: u16,
    frames: u64,
    target: Target,
}

enum Target {
    Cache { file: File, aside: Aside, key: cache::Key, written: u64, pending: Vec<u8> },
    Memory { pending: Vec<Frame> },
}

impl Sink {
    /// Into a new cache file.
    pub fn into_cache(path: &Path, key: cache::Key, channels: u16, media: PathBuf) -> io::Result<Self> {
        let (file, aside) = Aside::create(path)?;
        let layout = cache::layout(channels, u64::MAX);
        let store = Store::File { file: file.try_clone()?, layout };
        let written = layout.data_offset;
        let target = Target::Cache { file, aside, key, written, pending: Vec::new() };
        Ok(Self { source: Arc::new(Source::new(store, 0, UNKNOWN, media)), channels, frames: 0, target })
    }

    /// Into memory; `used` counts what all of them hold.
    pub fn into_memory(used: Arc<AtomicU64>, channels: u16, media: PathBuf) -> Self {
        let store = Store::Memory { blocks: RwLock::default(), budget: Budget { used, mine: AtomicU64::new(0) } };
        let target = Target::Memory { pending: Vec::new() };
        Self { source: Arc::new(Source::new(store, 0, UNKNOWN, media)), channels, frames: 0, target }
    }

    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    pub fn is_cache(&self) -> bool {
        matches!(self.target, Target::Cache { .. })
    }

    /// Frames at the engine's rate so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    pub fn write(&mut self, planes: &[&[f32]]) -> Result<(), SinkError> {
        let [left, .., right] = planes else {
            return self.write_mono(planes.first().copied().unwrap_or_default());
        };
        self.frames += left.len() as u64;
        let frames = left.iter().zip(*right);
        match &mut self.target {
            Target::Cache { pending, .. } => pending.extend(frames.flat_map(|(l, r)| stereo_bytes(*l, *r))),
            Target::Memory { pending } => pending.extend(frames.map(|(l, r)| [*l, *r])),
        }
        self.flush(false)
    }

    fn write_mono(&mut self, plane: &[f32]) -> Result<(), SinkError> {
        self.frames += plane.len() as u64;
        match &mut self.target {
            Target::Cache { pending, .. } => pending.extend(plane.iter().flat_map(|sample| sample.to_le_bytes())),
            Target::Memory { pending } => pending.extend(plane.iter().map(|sample| [*sample; 2])),
        }
        self.flush(false)
    }

    fn flush(&mut self, is_last: bool) -> Result<(), SinkError> {
        match &mut self.target {
            Target::Cache { file, written, pending, .. } if is_last || pending.len() >= WRITE_BYTES => {
                write_all_at(file, pending, *written)?;
                *written += pending.len() as u64;
                self.source.add_ready(pending.len() as u64 / u64::from(4 * self.channels.max(1)));
                pending.clear();
            }
            Target::Memory { pending } => {
                let Store::Memory { blocks, budget } = &self.source.store else { return Ok(()) };
                let whole = if is_last { pending.len() } else { pending.len() / BLOCK * BLOCK };
                for block in pending[..whole].chunks(BLOCK) {
                    if !budget.take(size_of_val(block) as u64) {
                        return Err(SinkError::Memory);
                    }
                    blocks.write().unwrap_or_else(PoisonError::into_inner).push(block.into());
                    self.source.add_ready(block.len() as u64);
                }
                pending.drain(..whole);
            }
            Target::Cache { .. } => {}
        }
        Ok(())
    }

    /// Everything was written: the source ends here, and a cache file is put in its place.
    pub fn finish(mut self, info: &Info) -> Result<(), SinkError> {
        self.flush(true)?;
        self.source.end();
        if let Target::Cache { file, aside, key, .. } = self.target {
            write_all_at(&file, &cache::header(&key, info, self.channels, self.frames), 0)?;
            file.sync_data()?;
            aside.put_in_place()?;
        }
        Ok(())
    }
}

fn stereo_bytes(left: f32, right: f32) -> [u8; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (left.to_le_bytes(), right.to_le_bytes());
    [a, b, c, d, e, f, g, h]
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        (bytes, offset) = (&bytes[written..], offset + written as u64);
    }
    Ok(())
}
