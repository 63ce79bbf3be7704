//! The decode workers: they open media, decode what is not at hand, and draw its peaks, the most wanted first.

use super::cache;
use super::decode::{DecodeError, Decoder, Info};
use super::direct;
use super::disk::{Command, CommandSender};
use super::files::{self, Stamp};
use super::limits;
use super::peaks::{self, PeaksBuilder};
use super::resample::{Resample, ResampleError};
use super::source::{Sink, SinkError, Source};
use super::{EventSender, MediaEvent};
use loophole_wire::message::media;
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use thiserror::Error;

/// More media than this at once is refused.
pub const MAXIMUM_MEDIA: usize = 65_536;

/// A longer file is refused: six hours.
const MAXIMUM_SECONDS: u64 = 6 * 3_600;

/// Frames of a file that are decoded before the next job is chosen.
const SLICE_FRAMES: u64 = 1 << 14;

/// What all workers share.
pub struct Workers {
    queue: Mutex<Queue>,
    work_is_there: Condvar,
    to_disk: CommandSender,
    on_event: EventSender,
    memory_used: Arc<AtomicU64>,
}

/// Opens and jobs are bounded by the media that are open: one of each.
#[derive(Default)]
struct Queue {
    settings: Settings,
    opens: VecDeque<Open>,
    jobs: Vec<Job>,
    /// What is open, under which epoch; work of another epoch is dropped.
    current: HashMap<u32, (u64, media::Open)>,
    next_epoch: u64,
    /// A cache folder that may hold what a dead engine left.
    to_sweep: Option<PathBuf>,
    /// Tasks that some worker has taken out.
    under_way: usize,
    is_over: bool,
}

#[derive(Clone, Default)]
struct Settings {
    rate: u32,
    cache_folder: Option<PathBuf>,
}

struct Open {
    epoch: u64,
    token: Option<u64>,
    request: media::Open,
}

/// Decoding under way.
struct Job {
    epoch: u64,
    request: media::Open,
    stamp: Stamp,
    info: Info,
    decoder: Decoder,
    decoded: u64,
    /// None when only peaks are wanted.
    output: Option<Output>,
    peaks: Option<(PeaksBuilder, PathBuf)>,
    peaks_ready: bool,
}

struct Output {
    resample: Resample,
    sink: Sink,
}

/// Why a file cannot be used.
#[derive(Debug, Error)]
pub enum MediaError {
    #[error("there is no such file: put it back, or choose another one in its place")]
    NotFound,
    #[error("it is not a file: choose a sound file")]
    NotAFile,
    #[error("it may not be read ({0}): change its permissions")]
    Unreadable(#[source] io::Error),
    #[error("it is empty (0 bytes): choose another file, or copy it again")]
    Empty,
    #[error("{0}: convert it to WAV or FLAC, or choose another file")]
    Decode(#[from] DecodeError),
    #[error("{0}: convert it to a common rate")]
    Rate(#[from] ResampleError),
    #[error("{0}: save the project, so that there is a cache folder with room, or close other media")]
    Sink(#[from] SinkError),
    #[error("it is longer than six hours: cut it into pieces")]
    TooLong,
    #[error("decoding it failed badly: it is damaged; convert it to WAV or FLAC, or choose another file")]
    Panicked,
    #[error("{MAXIMUM_MEDIA} files are open already: close some")]
    TooMany,
}

impl Workers {
    pub fn new(rate: u32, to_disk: CommandSender, on_event: EventSender) -> Arc<Self> {
        let queue = Queue { settings: Settings { rate, cache_folder: None }, ..Queue::default() };
        let (queue, work_is_there, memory_used) = (Mutex::new(queue), Condvar::new(), Arc::default());
        Arc::new(Self { queue, work_is_there, to_disk, on_event, memory_used })
    }

    /// One worker for two cores, four at most.
    pub fn start(self: &Arc<Self>) -> Vec<JoinHandle<()>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (1..=(cores / 2).clamp(1, 4))
            .map(|number| {
                let workers = Arc::clone(self);
                std::thread::Builder::new()
                    .name(format!("signal-decode-{number}"))
                    .spawn(move || workers.run())
                    .expect("a process that can start at all can start its threads")
            })
            .collect()
    }

    /// Opens a file, or opens it again; the disk thread is told first, so that it waits.
    pub fn open(&self, request: media::Open, token: Option<u64>) {
        let media_id = request.media_id;
        let mut queue = self.lock();
        if queue.current.len() >= MAXIMUM_MEDIA && !queue.current.contains_key(&media_id) {
            drop(queue);
            return self.missing(media_id, &request.path, token, &MediaError::TooMany);
        }
        let epoch = queue.begin(&request);
        drop(queue);
        self.to_disk.send(Command::Opening { media_id, epoch });
        self.lock().opens.push_back(Open { epoch, token, request });
        self.work_is_there.notify_one();
    }

    pub fn close(&self, media_id: u32) {
        let was_open = self.lock().forget(media_id);
        if was_open {
            self.to_disk.send(Command::Closed { media_id });
        }
    }

    pub fn set_cache_folder(&self, folder: Option<PathBuf>) {
        let mut queue = self.lock();
        queue.to_sweep.clone_from(&folder);
        queue.settings.cache_folder = folder;
        self.work_is_there.notify_one();
    }

    /// Everything is opened again, for the new rate.
    pub fn set_rate(&self, rate: u32) {
        let mut queue = self.lock();
        if queue.settings.rate == rate {
            return;
        }
        queue.settings.rate = rate;
        let mut requests: Vec<_> = queue.current.values().map(|(_, request)| request.clone()).collect();
        drop(queue);
        requests.sort_by_key(|request| request.media_id);
        for request in requests {
            self.open(request, None);
        }
    }

    /// Files open, files being opened or decoded, bytes of decoded media in memory.
    pub fn statistics(&self) -> (u32, u32, u64) {
        let queue = self.lock();
        let waiting = queue.opens.len() + queue.jobs.len() + usize::from(queue.to_sweep.is_some());
        let under_way = waiting + queue.under_way;
        (queue.current.len() as u32, under_way as u32, self.memory_used.load(Ordering::Relaxed))
    }

    pub fn stop(&self) {
        self.lock().is_over = true;
        self.work_is_there.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        limits::yield_to_audio();
        while let Some(task) = self.next_task() {
            match task {
                Task::Open(open, settings) => self.run_open(open, &settings),
                Task::Decode(job) => self.run_slice(job),
                Task::Sweep(folder) => files::sweep(&folder),
            }
            self.lock().under_way -= 1;
        }
    }

    fn next_task(&self) -> Option<Task> {
        let mut queue = self.lock();
        loop {
            if queue.is_over {
                return None;
            }
            if let Some(open) = queue.opens.pop_front() {
                if queue.is_current(open.request.media_id, open.epoch) {
                    let settings = queue.settings.clone();
                    queue.under_way += 1;
                    return Some(Task::Open(open, settings));
                }
            } else if let Some(job) = queue.take_most_wanted() {
                queue.under_way += 1;
                return Some(Task::Decode(Box::new(job)));
            } else if let Some(folder) = queue.to_sweep.take() {
                queue.under_way += 1;
                return Some(Task::Sweep(folder));
            } else {
                queue = self.work_is_there.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn run_open(&self, open: Open, settings: &Settings) {
        let Open { epoch, token, request } = open;
        let opened = catch_unwind(AssertUnwindSafe(|| self.open_file(&request, epoch, settings)));
        match opened.unwrap_or(Err(MediaError::Panicked)) {
            Ok(Opened { source, info, job, peaks_ready }) => {
                self.tell_disk(request.media_id, epoch, Some(source));
                self.state(request.media_id, token, &info, peaks_ready);
                if let Some(job) = job {
                    self.lock().jobs.push(job);
                    self.work_is_there.notify_one();
                }
            }
            Err(error) => {
                self.tell_disk(request.media_id, epoch, None);
                self.missing(request.media_id, &request.path, token, &error);
            }
        }
    }

    /// What can be read at once is read where it lies or from the cache; else decoding begins.
    fn open_file(&self, request: &media::Open, epoch: u64, settings: &Settings) -> Result<Opened, MediaError> {
        let path = PathBuf::from(&request.path);
        let (mut file, stamp) = open_for_reading(&path)?;
        let fresh = |peaks_path: &PathBuf| peaks::are_fresh(peaks_path, stamp);
        let peaks_path = request.peaks_path.as_ref().map(PathBuf::from);
        let peaks_ready = peaks_path.as_ref().is_some_and(fresh);
        let wanted_peaks = peaks_path.filter(|_| !peaks_ready);
        let new_job = |decoder: Decoder, info: Info, output: Option<Output>| {
            let channels = usize::from(info.channels.clamp(1, 2));
            let peaks = wanted_peaks.clone().map(|path| (PeaksBuilder::new(channels), path));
            let request = request.clone();
            Job { epoch, request, stamp, info, decoder, decoded: 0, output, peaks, peaks_ready }
        };

        let direct = direct::inspect(&mut file).filter(|direct| direct.sample_rate == settings.rate);
        let key = cache::Key::new(&path, stamp, settings.rate);
        let at_hand = match (direct, &settings.cache_folder) {
            (Some(direct), _) => Some((Source::complete(file, direct.layout, path.clone()), direct.info())),
            (None, Some(folder)) => {
                let complete = |file, layout| Source::complete(file, layout, path.clone());
                cache::open(folder, &key).map(|cached| (complete(cached.file, cached.layout), cached.info))
            }
            (None, None) => None,
        };
        if let Some((source, info)) = at_hand {
            // Its sound is there; if only its peaks cannot be made, it goes without.
            let decoder = wanted_peaks.as_ref().and_then(|_| Decoder::open(&path).ok());
            let job = decoder.map(|decoder| new_job(decoder, info.clone(), None));
            return Ok(Opened { source: Arc::new(source), info, job, peaks_ready });
        }

        let decoder = Decoder::open(&path)?;
        let info = decoder.info().clone();
        let channels = info.channels.clamp(1, 2);
        let resample = Resample::new(info.sample_rate, settings.rate, usize::from(channels))?;
        let into_cache = |folder: &PathBuf| Sink::into_cache(&key.path_in(folder), key, channels, path.clone()).ok();
        let sink = settings.cache_folder.as_ref().and_then(into_cache);
        let sink = sink.unwrap_or_else(|| Sink::into_memory(Arc::clone(&self.memory_used), channels, path.clone()));
        let source = Arc::clone(sink.source());
        let job = new_job(decoder, info.clone(), Some(Output { resample, sink }));
        Ok(Opened { source, info, job: Some(job), peaks_ready })
    }

    fn run_slice(&self, mut job: Box<Job>) {
        let result = catch_unwind(AssertUnwindSafe(|| job.slice())).unwrap_or(Err(MediaError::Panicked));
        let source = job.output.as_ref().map(|output| Arc::clone(output.sink.source()));
        match result {
            Ok(false) => {
                let mut queue = self.lock();
                if queue.is_current(job.request.media_id, job.epoch) {
                    queue.jobs.push(*job);
                }
            }
            Ok(true) => self.finish(*job),
            Err(error) => self.fail(*job, &error),
        }
        if let Some(source) = source
            && (source.take_wanted() || source.is_complete())
        {
            self.to_disk.try_send(Command::Progress);
        }
    }

    /// All was decoded: what was made is put in its place.
    fn finish(&self, mut job: Job) {
        let length_was_wrong = job.info.frames != job.decoded;
        job.info.frames = job.decoded;
        if let Some(Output { sink, .. }) = job.output.take() {
            let (source, is_cache) = (Arc::clone(sink.source()), sink.is_cache());
            if let Err(error) = sink.finish(&job.info) {
                source.end();
                return self.keep_otherwise(&job, is_cache, &error.into());
            }
        }
        if let Some((builder, path)) = job.peaks.take() {
            let peaks = builder.finish(job.info.sample_rate);
            // Where they cannot be kept there is no waveform; the sound is the same.
            job.peaks_ready = peaks::save(&peaks, &path, job.stamp).is_ok();
        } else if !length_was_wrong {
            return;
        }
        if self.is_current(&job) {
            self.state(job.request.media_id, None, &job.info, job.peaks_ready);
        }
    }

    /// What was decoded before the failure stays; the rest is silent.
    fn fail(&self, job: Job, error: &MediaError) {
        let Some(Output { sink, .. }) = &job.output else { return };
        sink.source().end();
        let is_cache = sink.is_cache();
        self.keep_otherwise(&job, is_cache, error);
    }

    /// A cache that cannot be written is done without, once; any other failure is reported.
    fn keep_otherwise(&self, job: &Job, is_cache: bool, error: &MediaError) {
        if !self.is_current(job) {
            return;
        }
        if is_cache && matches!(error, MediaError::Sink(SinkError::Cache(_))) {
            let settings = Settings { cache_folder: None, ..self.lock().settings.clone() };
            let again = Open { epoch: job.epoch, token: None, request: job.request.clone() };
            return self.run_open(again, &settings);
        }
        self.missing(job.request.media_id, &job.request.path, None, error);
    }

    fn is_current(&self, job: &Job) -> bool {
        self.lock().is_current(job.request.media_id, job.epoch)
    }

    fn tell_disk(&self, media_id: u32, epoch: u64, source: Option<Arc<Source>>) {
        self.to_disk.send(Command::Opened { media_id, epoch, source });
    }

    fn state(&self, media_id: u32, token: Option<u64>, info: &Info, peaks_ready: bool) {
        let state = media::State {
            media_id,
            frames: info.frames,
            sample_rate: info.sample_rate,
            channels: info.channels,
            format: info.format.clone(),
            peaks_ready,
        };
        (self.on_event)(MediaEvent::State { token, state });
    }

    fn missing(&self, media_id: u32, path: &str, token: Option<u64>, error: &MediaError) {
        (self.on_event)(MediaEvent::missing(media_id, path, token, error));
    }
}

enum Task {
    Open(Open, Settings),
    Decode(Box<Job>),
    Sweep(PathBuf),
}

/// A file that can be played from now on.
struct Opened {
    source: Arc<Source>,
    info: Info,
    job: Option<Job>,
    peaks_ready: bool,
}

impl Queue {
    fn begin(&mut self, request: &media::Open) -> u64 {
        self.forget(request.media_id);
        self.next_epoch += 1;
        self.current.insert(request.media_id, (self.next_epoch, request.clone()));
        self.next_epoch
    }

    fn forget(&mut self, media_id: u32) -> bool {
        self.opens.retain(|open| open.request.media_id != media_id);
        self.jobs.retain(|job| job.request.media_id != media_id);
        self.current.remove(&media_id).is_some()
    }

    fn is_current(&self, media_id: u32, epoch: u64) -> bool {
        self.current.get(&media_id).is_some_and(|(current, _)| *current == epoch)
    }

    /// What the playhead waits for, then sound, then peaks; among equals, the one whose turn is longest ago.
    fn take_most_wanted(&mut self) -> Option<Job> {
        let rank = |job: &Job| match &job.output {
            Some(output) if output.sink.source().is_wanted() => 0,
            Some(_) => 1,
            None => 2,
        };
        let (index, _) = self.jobs.iter().enumerate().min_by_key(|(_, job)| rank(job))?;
        Some(self.jobs.remove(index))
    }
}

impl Job {
    /// Decodes a little; true at the end.
    fn slice(&mut self) -> Result<bool, MediaError> {
        let limit = self.decoded + SLICE_FRAMES;
        while self.decoded < limit {
            let Some(planes) = self.decoder.next_planes() else {
                return self.output.as_mut().map_or(Ok(true), |output| output.finish().map(|()| true));
            };
            self.decoded += planes.first().map_or(0, Vec::len) as u64;
            if self.decoded > MAXIMUM_SECONDS * u64::from(self.info.sample_rate) {
                return Err(MediaError::TooLong);
            }
            if let Some((peaks, _)) = &mut self.peaks {
                peaks.push(planes);
            }
            if let Some(output) = &mut self.output {
                output.push(planes)?;
            }
        }
        Ok(false)
    }
}

impl Output {
    fn push(&mut self, planes: &[Vec<f32>]) -> Result<(), MediaError> {
        let mut written = Ok(());
        self.resample.push(planes, &mut |planes| {
            if written.is_ok() {
                written = self.sink.write(planes);
            }
        })?;
        Ok(written?)
    }

    fn finish(&mut self) -> Result<(), MediaError> {
        let mut written = Ok(());
        self.resample.finish(&mut |planes| {
            if written.is_ok() {
                written = self.sink.write(planes);
            }
        })?;
        Ok(written?)
    }
}

fn open_for_reading(path: &Path) -> Result<(File, Stamp), MediaError> {
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => MediaError::NotFound,
        _ => MediaError::Unreadable(error),
    };
    // Looked at before it is opened: opening a pipe would wait for somebody to write into it.
    let metadata = std::fs::metadata(path).map_err(refused)?;
    if !metadata.is_file() {
        return Err(MediaError::NotAFile);
    }
    if metadata.len() == 0 {
        return Err(MediaError::Empty);
    }
    Ok((File::open(path).map_err(refused)?, Stamp::of(&metadata)))
}
