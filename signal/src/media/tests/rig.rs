//! Files to play, an audio thread turned by hand, and what it should have heard.

use crate::media::decode::Decoder;
use crate::media::resample::Resample;
use crate::media::stream::{LaneReader, RollClock, RollMap, StreamBundle};
use crate::media::{MediaEvent, MediaPool, Where};
use loophole_wire::message::graph::Region;
use loophole_wire::message::media;
use loophole_wire::message::transport::LoopRegion;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

pub(super) const RATE: u32 = 48_000;

/// Other builds may run beside the tests.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) const NO_LOOP: LoopRegion = LoopRegion { enabled: false, start_frames: 0, end_frames: 0 };

pub(super) fn looped(start_frames: i64, end_frames: i64) -> LoopRegion {
    LoopRegion { enabled: true, start_frames, end_frames }
}

/// Noise that is the same each time, so that each frame is where it should be or the test fails.
pub(super) fn noise(seed: u32, frames: usize) -> Vec<[i16; 2]> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 18) as i16
    };
    (0..frames).map(|_| [next(), next()]).collect()
}

pub(super) fn wav(rate: u32, frames: &[[i16; 2]]) -> Vec<u8> {
    let data: Vec<u8> = frames.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect();
    wav_of(1, 2, rate, 16, &data)
}

pub(super) fn wav_of(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let stride = channels.wrapping_mul(bits / 8);
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0");
    bytes.extend(tag.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(stride)).to_le_bytes());
    bytes.extend(stride.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

/// Runs a tool on a folder; false when it is not installed (said, so that nobody thinks it was tested).
pub(super) fn tool(folder: &Path, line: &str) -> bool {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap();
    match Command::new(program).args(words).current_dir(folder).output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => panic!("{line}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => {
            println!("skipped: `{program}` is not installed (apt install sox flac vorbis-tools)");
            false
        }
    }
}

/// The whole file at the engine's rate.
pub(super) fn reference(path: &Path, rate: u32) -> Vec<[f32; 2]> {
    let mut decoder = Decoder::open(path).unwrap();
    let channels = usize::from(decoder.info().channels.min(2));
    let mut resample = Resample::new(decoder.info().sample_rate, rate, channels).unwrap();
    let mut frames = Vec::new();
    let mut keep = |planes: &[&[f32]]| {
        frames.extend(planes[0].iter().zip(planes[planes.len() - 1]).map(|(l, r)| [*l, *r]));
    };
    while let Some(planes) = decoder.next_planes() {
        resample.push(planes, &mut keep).unwrap();
    }
    resample.finish(&mut keep).unwrap();
    frames
}

pub(super) fn region(media_id: u32, start_frames: i64, length_frames: i64, offset_frames: i64) -> Region {
    Region {
        region_id: 1,
        media_id,
        start_frames,
        length_frames,
        offset_frames,
        gain_db: 0.0.into(),
        loop_length_frames: None,
    }
}

pub(super) struct Rig {
    pub(super) pool: MediaPool,
    pub(super) clock: Arc<RollClock>,
    pub(super) folder: tempfile::TempDir,
    pub(super) events: Receiver<MediaEvent>,
    bundles: Receiver<Box<StreamBundle>>,
    waiting: VecDeque<Box<StreamBundle>>,
    lanes: BTreeMap<u32, LaneReader>,
    pub(super) map: RollMap,
    generation: u64,
    pub(super) rolled: u64,
    next_token: u64,
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), true)
    }

    pub(super) fn in_folder(folder: tempfile::TempDir, with_cache: bool) -> Self {
        let (send_bundle, bundles) = sync_channel(1_024);
        let (send_event, events) = sync_channel(4_096);
        let clock = RollClock::new();
        let on_bundle = Box::new(move |bundle| drop(send_bundle.send(bundle)));
        let on_event = Box::new(move |event| drop(send_event.send(event)));
        let pool = MediaPool::start(RATE, Arc::clone(&clock), on_bundle, on_event);
        pool.set_cache_folder(with_cache.then(|| folder.path().join("cache")));
        let (waiting, lanes, map) = Default::default();
        Self { pool, clock, folder, events, bundles, waiting, lanes, map, generation: 0, rolled: 0, next_token: 1 }
    }

    /// Ends this engine; the next one finds its files.
    pub(super) fn restart(self) -> Self {
        let Self { pool, folder, .. } = self;
        drop(pool);
        Self::in_folder(folder, true)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Opens a file without peaks and waits for the answer.
    pub(super) fn open(&mut self, media_id: u32, path: &Path) -> MediaEvent {
        self.open_with_peaks(media_id, path, None)
    }

    pub(super) fn open_with_peaks(&mut self, media_id: u32, path: &Path, peaks: Option<&Path>) -> MediaEvent {
        let wanted = self.ask(media_id, path, peaks);
        self.event(|event| match event {
            MediaEvent::State { token, .. } | MediaEvent::Missing { token, .. } => *token == Some(wanted),
        })
    }

    pub(super) fn ask(&mut self, media_id: u32, path: &Path, peaks: Option<&Path>) -> u64 {
        self.next_token += 1;
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let request = media::Open { media_id, path: text(path), peaks_path: peaks.map(text) };
        self.pool.open(request, self.next_token);
        self.next_token
    }

    pub(super) fn event(&self, is_wanted: impl Fn(&MediaEvent) -> bool) -> MediaEvent {
        loop {
            let event = self.events.recv_timeout(PATIENCE).expect("an event in time");
            if is_wanted(&event) {
                return event;
            }
        }
    }

    /// Until no file is being decoded any more.
    pub(super) fn wait_until_decoded(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.pool.statistics().decoding > 0 {
            assert!(Instant::now() < deadline, "decoding takes too long");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Takes the next bundle into use as the audio thread would, now or at its roll.
    pub(super) fn take_bundle(&mut self) -> u64 {
        let ticket = self.receive_bundle();
        self.apply();
        ticket
    }

    /// Receives the next bundle, to be taken at the top of the next block.
    pub(super) fn receive_bundle(&mut self) -> u64 {
        let bundle = self.bundles.recv_timeout(PATIENCE).expect("a bundle in time");
        let ticket = bundle.ticket;
        self.waiting.push_back(bundle);
        ticket
    }

    /// The same, if there is one already.
    pub(super) fn try_take_bundle(&mut self) -> bool {
        let bundle = self.bundles.try_recv();
        let is_there = bundle.is_ok();
        self.waiting.extend(bundle);
        self.apply();
        is_there
    }

    pub(super) fn locate(&mut self, position: i64, loop_region: LoopRegion) {
        self.next_token += 1;
        let ticket = self.next_token;
        self.pool.locate(ticket, position, loop_region, Where::Now);
        while self.take_bundle() != ticket {}
    }

    pub(super) fn roll(&self, rolling: bool) {
        self.clock.set_rolling(rolling);
    }

    pub(super) fn apply(&mut self) {
        while let Some(mut bundle) = self.waiting.pop_front_if(|bundle| bundle.due(self.rolled)) {
            if bundle.generation < self.generation {
                continue;
            }
            let map = bundle.anchor(self.rolled, self.map);
            if bundle.map.is_some() {
                self.lanes.clear();
                self.generation = bundle.generation;
                self.clock.set_generation(bundle.generation, map.start_roll);
            }
            self.map = map;
            self.lanes.extend(bundle.lanes.drain(..).map(|lane| (lane.node_id, lane)));
        }
    }

    /// True while some bundle waits for its roll.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Rolls one block, waiting for the disk thread where it is behind, and answers what each lane played.
    pub(super) fn turn(&mut self, frames: usize) -> BTreeMap<u32, Vec<[f32; 2]>> {
        self.apply();
        let mut played = BTreeMap::new();
        for (node_id, lane) in &mut self.lanes {
            let (mut left, mut right) = (vec![9.0; frames], vec![9.0; frames]);
            let deadline = Instant::now() + PATIENCE;
            while !lane.has(self.rolled, frames) {
                assert!(Instant::now() < deadline, "lane {node_id} starves");
                std::thread::sleep(Duration::from_micros(200));
            }
            assert_eq!(lane.read(self.rolled, &mut left, &mut right), frames);
            played.insert(*node_id, left.into_iter().zip(right).map(|(l, r)| [l, r]).collect());
        }
        self.advance(frames);
        played
    }

    pub(super) fn advance(&mut self, frames: usize) {
        self.rolled += frames as u64;
        self.clock.set_rolled(self.rolled);
    }

    /// Rolls and reads without waiting; answers what was delivered of one lane.
    pub(super) fn turn_without_waiting(&mut self, node_id: u32, frames: usize) -> (usize, Vec<[f32; 2]>) {
        self.apply();
        let (mut left, mut right) = (vec![9.0; frames], vec![9.0; frames]);
        let delivered =
            self.lanes.get_mut(&node_id).map_or(frames, |lane| lane.read(self.rolled, &mut left, &mut right));
        self.advance(frames);
        (delivered, left.into_iter().zip(right).map(|(l, r)| [l, r]).collect())
    }

    /// Rolls in blocks of odd lengths and answers what one lane played.
    pub(super) fn play(&mut self, node_id: u32, frames: usize) -> Vec<[f32; 2]> {
        let mut played = Vec::new();
        for block in [64, 1, 511, 1_024, 77].into_iter().cycle() {
            let block = block.min(frames - played.len());
            if block == 0 {
                break;
            }
            played.extend(self.turn(block).remove(&node_id).unwrap());
        }
        played
    }
}

/// What a lane should have played: one frame after the other, each from its place.
pub(super) fn expected(
    regions: &[(Region, &[[f32; 2]])],
    mut position: i64,
    loop_region: LoopRegion,
    frames: usize,
) -> Vec<[f32; 2]> {
    let wraps = loop_region.enabled && position < loop_region.end_frames;
    let mut heard = Vec::with_capacity(frames);
    for _ in 0..frames {
        let mut sum = [0.0; 2];
        for (region, media) in regions {
            let into = position - region.start_frames;
            if (0..region.length_frames).contains(&into) {
                let into = region.loop_length_frames.map_or(into, |length| into % length);
                let gain = 10_f64.powf(region.gain_db.0 / 20.0) as f32;
                let at = usize::try_from(region.offset_frames + into).ok();
                let frame = at.and_then(|at| media.get(at)).copied().unwrap_or_default();
                sum = [sum[0] + gain * frame[0], sum[1] + gain * frame[1]];
            }
        }
        heard.push(sum);
        position += 1;
        if wraps && position == loop_region.end_frames {
            position = loop_region.start_frames;
        }
    }
    heard
}

/// Compares, and says where it differs.
#[track_caller]
pub(super) fn assert_same(heard: &[[f32; 2]], expected: &[[f32; 2]]) {
    assert_eq!(heard.len(), expected.len());
    if let Some(at) = heard.iter().zip(expected).position(|(a, b)| a != b) {
        panic!("frame {at}: heard {:?}, expected {:?}", heard[at], expected[at]);
    }
}
