//! The disk thread: keeps a ring of frames per lane ahead of the playhead, and makes fresh ones for every seek and edit.

use super::mix::{self, LaneRegion, Media, Scratch, Slot};
use super::source::Source;
use super::stream::{At, Frame, LaneReader, LaneWriter, RollClock, RollMap, StreamBundle, lane};
use super::{BundleSender, EventSender, MediaEvent, Where};
use loophole_wire::message::graph::Region;
use loophole_wire::message::transport::LoopRegion;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

/// Commands that may wait; whoever sends one more waits too.
const COMMANDS: usize = 256;

/// Frames in a lane's ring at rates up to 64 kHz (0.68 s at 48 kHz); twice or four times as many above.
pub const RING_FRAMES: usize = 32_768;

/// Frames that are mixed at once.
const CHUNK: usize = 4_096;

/// A fresh lane is handed over with this much in it.
const PREFILL: usize = CHUNK;

/// Frames ahead of the playhead below which a rolling lane no longer waits for the decoder but goes on without it.
const MARGIN: u64 = 2_048;

/// Frames that a lane goes on without the decoder before it looks again.
const FORCED: usize = 512;

/// How long a locate waits for media that is still being decoded.
const LOCATE_PATIENCE: Duration = Duration::from_millis(100);

/// How long a changed lane waits for it.
const LANE_PATIENCE: Duration = Duration::from_millis(30);

/// What the disk thread is told.
pub enum Command {
    Lanes(Vec<(u32, Vec<Region>)>),
    Locate {
        ticket: u64,
        position: i64,
        loop_region: LoopRegion,
        at: Where,
    },
    /// Reads what will play from here on, so that a jump to it finds it in memory.
    Prefetch {
        position: i64,
    },
    Rate(u32),
    Opening {
        media_id: u32,
        epoch: u64,
    },
    Opened {
        media_id: u32,
        epoch: u64,
        source: Option<Arc<Source>>,
    },
    Closed {
        media_id: u32,
    },
    /// Something that a lane waits for was decoded.
    Progress,
    Quit,
}

/// Sends commands to the disk thread.
#[derive(Clone)]
pub struct CommandSender(SyncSender<Command>);

impl CommandSender {
    pub fn pair() -> (Self, Receiver<Command>) {
        let (sender, receiver) = sync_channel(COMMANDS);
        (Self(sender), receiver)
    }

    /// Waits while the queue is full; a disk thread that has ended needs no commands.
    pub fn send(&self, command: Command) {
        drop(self.0.send(command));
    }

    /// Dropped when the queue is full: for commands that only wake the thread, which it then does not need.
    pub fn try_send(&self, command: Command) {
        drop(self.0.try_send(command));
    }
}

/// Everything the disk thread owns.
pub struct Disk {
    clock: Arc<RollClock>,
    commands: Receiver<Command>,
    on_bundle: BundleSender,
    on_event: EventSender,
    streams: Arc<AtomicU32>,
    rate: u32,
    media: Media,
    epochs: BTreeMap<u32, u64>,
    lanes: BTreeMap<u32, Lane>,
    map: RollMap,
    generation: u64,
    /// The map counts from zero until the audio thread has taken it and says when that was.
    is_relative: bool,
    /// The locate whose lanes are being filled.
    pending: Option<Pending>,
    scratch: Scratch,
    chunk: Vec<Frame>,
}

struct Pending {
    ticket: u64,
    at: At,
    deadline: Instant,
}

struct Lane {
    source_regions: Vec<Region>,
    regions: Vec<LaneRegion>,
    end: i64,
    writer: LaneWriter,
    first_roll: u64,
    /// The audio thread's half, until it is handed over.
    reader: Option<LaneReader>,
    deadline: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// There is nothing to write now.
    Full,
    /// It got something.
    More,
    /// The decoder is behind.
    Waiting,
}

impl Disk {
    pub fn new(
        rate: u32,
        clock: Arc<RollClock>,
        commands: Receiver<Command>,
        (on_bundle, on_event): (BundleSender, EventSender),
        streams: Arc<AtomicU32>,
    ) -> Self {
        let (start_roll, (generation, _)) = (clock.rolled(), clock.generation());
        Self {
            clock,
            commands,
            on_bundle,
            on_event,
            streams,
            rate,
            media: Media::new(),
            epochs: BTreeMap::new(),
            lanes: BTreeMap::new(),
            map: RollMap { start_roll, ..RollMap::default() },
            generation,
            is_relative: false,
            pending: None,
            scratch: Scratch::default(),
            chunk: vec![[0.0; 2]; CHUNK],
        }
    }

    /// Until it is told to quit.
    pub fn run(mut self) {
        loop {
            let pause = self.work();
            let mut next = match self.commands.recv_timeout(pause) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            while let Some(command) = next {
                if matches!(command, Command::Quit) {
                    return;
                }
                self.obey(command);
                next = match self.commands.try_recv() {
                    Ok(command) => Some(command),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return,
                };
            }
        }
    }

    fn obey(&mut self, command: Command) {
        self.look_at_the_clock();
        match command {
            Command::Lanes(lanes) => self.set_lanes(lanes),
            Command::Locate { ticket, position, loop_region, at } => self.locate(ticket, position, loop_region, at),
            Command::Prefetch { position } => self.prefetch(position),
            Command::Rate(rate) => self.rate = rate,
            Command::Opening { media_id, epoch } => self.opening(media_id, epoch),
            Command::Opened { media_id, epoch, source } => self.opened(media_id, epoch, source),
            Command::Closed { media_id } => {
                self.epochs.remove(&media_id);
                if self.media.remove(&media_id).is_some() {
                    self.refresh_lanes_with(media_id);
                }
            }
            Command::Progress | Command::Quit => {}
        }
    }

    /// Reading is all it takes: the system keeps the pages, and a decoder that is behind hears that it is waited for.
    fn prefetch(&mut self, position: i64) {
        for lane in self.lanes.values() {
            mix::render(&lane.regions, &self.media, position, &mut self.chunk, &mut self.scratch);
        }
    }

    /// Once the audio thread has taken the newest map, rolls are counted by its clock.
    fn look_at_the_clock(&mut self) {
        let (generation, start_roll) = self.clock.generation();
        if !self.is_relative || generation != self.generation {
            return;
        }
        self.is_relative = false;
        self.map.start_roll = start_roll;
        for lane in self.lanes.values_mut() {
            lane.first_roll = lane.first_roll.saturating_add(start_roll);
            if let Some(reader) = &mut lane.reader {
                reader.first_roll = lane.first_roll;
            }
        }
    }

    fn set_lanes(&mut self, wanted: Vec<(u32, Vec<Region>)>) {
        let mut old = std::mem::take(&mut self.lanes);
        for (node_id, regions) in wanted {
            let lane = match old.remove(&node_id) {
                Some(lane) if lane.source_regions == regions => lane,
                _ => self.new_lane(node_id, regions),
            };
            self.lanes.insert(node_id, lane);
        }
        self.streams.store(self.lanes.len() as u32, Ordering::Relaxed);
    }

    fn locate(&mut self, ticket: u64, position: i64, loop_region: LoopRegion, at: Where) {
        // The one before is answered first, with what there is.
        self.deliver_locate();
        let keeps_rolling = at == Where::KeepRolling && !self.is_relative && self.clock.is_rolling();
        let position = match at {
            Where::Now => position,
            Where::KeepRolling if self.is_relative => self.map.start_position,
            Where::KeepRolling => self.map.position_at(self.clock.rolled()),
        };
        let at = if keeps_rolling {
            let roll = self.lead();
            self.map = RollMap { start_roll: roll, start_position: self.map.position_at(roll), loop_region };
            At::Roll(roll)
        } else {
            self.map = RollMap { start_roll: 0, start_position: position, loop_region };
            At::Now
        };
        self.is_relative = !keeps_rolling;
        self.generation += 1;
        self.pending = Some(Pending { ticket, at, deadline: Instant::now() + LOCATE_PATIENCE });
        self.renew(|_| true);
    }

    /// The first roll that a change can still meet.
    fn lead(&self) -> u64 {
        let lead = if self.clock.is_rolling() { u64::from(self.rate / 25) } else { 0 };
        (self.clock.rolled() + lead).max(self.map.start_roll)
    }

    fn new_lane(&self, node_id: u32, source_regions: Vec<Region>) -> Lane {
        let first_roll = match self.pending {
            _ if self.is_relative => 0,
            Some(_) => self.map.start_roll,
            None => self.lead(),
        };
        let regions = mix::lane_regions(&source_regions);
        let capacity = if regions.is_empty() { 1 } else { RING_FRAMES * (self.rate as usize / 64_000 + 1).min(4) };
        let (writer, reader) = lane(node_id, first_roll, capacity);
        Lane {
            end: mix::end_of(&regions),
            source_regions,
            regions,
            writer,
            first_roll,
            reader: Some(reader),
            deadline: Instant::now() + LANE_PATIENCE,
        }
    }

    /// New rings for the lanes that are meant.
    fn renew(&mut self, is_meant: impl Fn(&Lane) -> bool) {
        let mut lanes = std::mem::take(&mut self.lanes);
        for (node_id, lane) in &mut lanes {
            if is_meant(lane) {
                *lane = self.new_lane(*node_id, std::mem::take(&mut lane.source_regions));
            }
        }
        self.lanes = lanes;
    }

    fn refresh_lanes_with(&mut self, media_id: u32) {
        self.renew(|lane| lane.plays(media_id));
    }

    fn opening(&mut self, media_id: u32, epoch: u64) {
        self.epochs.insert(media_id, epoch);
        let replaces = match self.media.get(&media_id) {
            Some(Slot::Opening { replaces }) => *replaces,
            Some(Slot::Missing | Slot::Ready(_)) => true,
            None => self.lanes.values().any(|lane| lane.plays(media_id)),
        };
        self.media.insert(media_id, Slot::Opening { replaces });
    }

    fn opened(&mut self, media_id: u32, epoch: u64, source: Option<Arc<Source>>) {
        if self.epochs.get(&media_id) != Some(&epoch) {
            return;
        }
        let slot = source.map_or(Slot::Missing, Slot::Ready);
        // Lanes that only waited for it hold nothing that is wrong now.
        let was_awaited = matches!(self.media.insert(media_id, slot), Some(Slot::Opening { replaces: false }));
        if !was_awaited {
            self.refresh_lanes_with(media_id);
        }
    }

    /// Tops up all lanes once, hands over what is ready, and answers how long there is nothing to do.
    fn work(&mut self) -> Duration {
        self.look_at_the_clock();
        let fills = self.fill_lanes();
        self.report_failures();
        let now = Instant::now();
        if self
            .pending
            .as_ref()
            .is_some_and(|pending| pending.deadline <= now || self.lanes.values().all(Lane::is_prefilled))
        {
            self.deliver_locate();
        }
        if self.pending.is_none() {
            self.deliver_lanes(now);
        }
        if fills.contains(&Fill::More) {
            return Duration::ZERO;
        }
        let is_waiting = fills.contains(&Fill::Waiting);
        let is_handing_over = self.pending.is_some() || self.lanes.values().any(|lane| lane.reader.is_some());
        match (self.clock.is_rolling(), is_waiting, is_handing_over) {
            (_, _, true) | (true, true, _) => Duration::from_millis(3),
            (true, false, _) => Duration::from_millis(20),
            (false, _, false) => Duration::from_millis(100),
        }
    }

    /// A chunk for every lane that has room for one, the emptiest first.
    fn fill_lanes(&mut self) -> Vec<Fill> {
        let Self { clock, media, lanes, map, is_relative, scratch, chunk, .. } = self;
        let playhead = if *is_relative { None } else { Some((clock.rolled(), clock.is_rolling())) };
        let mut order: Vec<_> = lanes.values_mut().collect();
        order.sort_by_key(|lane| lane.writer.fill());
        let mut fill = |lane: &mut Lane| lane.fill(map, media, playhead, clock, chunk, scratch);
        order.into_iter().map(&mut fill).collect()
    }

    /// Files that went away while they played: said once each, and silent from there.
    fn report_failures(&self) {
        let sources = self.epochs.keys().filter_map(|id| Some((*id, self.media.get(id)?)));
        for (media_id, slot) in sources {
            if let Slot::Ready(source) = slot
                && source.take_failure()
            {
                let why = "its file, or what was made of it, can no longer be read; put it back and open it again";
                (self.on_event)(MediaEvent::missing(media_id, &source.path().to_string_lossy(), None, &why));
            }
        }
    }

    /// All lanes in one bundle.
    fn deliver_locate(&mut self) {
        let Some(Pending { ticket, at, .. }) = self.pending.take() else { return };
        let lanes = self.lanes.values_mut().filter_map(|lane| lane.reader.take()).collect();
        let map = Some(self.map);
        (self.on_bundle)(Box::new(StreamBundle { ticket, generation: self.generation, map, at, lanes }));
    }

    /// The lanes that are ready, one bundle for each roll at which some begin.
    fn deliver_lanes(&mut self, now: Instant) {
        let mut bundles: BTreeMap<u64, Vec<LaneReader>> = BTreeMap::new();
        let is_due = |lane: &&mut Lane| lane.reader.is_some() && (lane.is_prefilled() || lane.deadline <= now);
        for lane in self.lanes.values_mut().filter(is_due) {
            bundles.entry(lane.first_roll).or_default().extend(lane.reader.take());
        }
        for (first_roll, lanes) in bundles {
            let at = if self.is_relative { At::Now } else { At::Roll(first_roll) };
            (self.on_bundle)(Box::new(StreamBundle { ticket: 0, generation: self.generation, map: None, at, lanes }));
        }
    }
}

impl Lane {
    fn plays(&self, media_id: u32) -> bool {
        self.regions.iter().any(|region| region.media_id == media_id)
    }

    fn is_prefilled(&self) -> bool {
        self.writer.is_finished() || self.writer.fill() >= PREFILL || self.writer.room() == 0
    }

    fn fill(
        &mut self,
        map: &RollMap,
        media: &Media,
        playhead: Option<(u64, bool)>,
        clock: &RollClock,
        chunk: &mut [Frame],
        scratch: &mut Scratch,
    ) -> Fill {
        if self.writer.is_finished() {
            return Fill::Full;
        }
        let roll = self.first_roll.saturating_add(self.writer.written());
        let room = self.writer.room().min(chunk.len());
        let (rolled, is_rolling) = playhead.unwrap_or((roll, false));
        let late = usize::try_from(rolled.saturating_sub(roll)).unwrap_or(usize::MAX).min(room);
        if late > 0 {
            // Nobody will hear these: they only keep the ring in step.
            chunk[..late].fill([0.0; 2]);
            self.writer.write(&chunk[..late]);
            return Fill::More;
        }
        if self.regions.is_empty() || (!map.wraps() && map.position_at(roll) >= self.end) {
            self.writer.finish();
            return Fill::More;
        }
        if room < chunk.len() {
            return Fill::Full;
        }
        let ready = self.render(map, media, roll, chunk, scratch);
        if ready > 0 {
            self.writer.write(&chunk[..ready]);
            return if ready < chunk.len() { Fill::Waiting } else { Fill::More };
        }
        if is_rolling && self.reader.is_none() && roll < rolled + MARGIN {
            self.writer.write(&chunk[..FORCED]);
            clock.add_starved(FORCED as u64);
            return Fill::More;
        }
        Fill::Waiting
    }

    /// Mixes a chunk across wraps, and answers how many frames of it are true.
    fn render(&self, map: &RollMap, media: &Media, roll: u64, chunk: &mut [Frame], scratch: &mut Scratch) -> usize {
        let mut ready = chunk.len();
        let mut done = 0;
        while done < chunk.len() {
            let (position, until_wrap) = map.contiguous_from(roll + done as u64);
            let count = usize::try_from(until_wrap).unwrap_or(usize::MAX).min(chunk.len() - done);
            let true_frames = mix::render(&self.regions, media, position, &mut chunk[done..done + count], scratch);
            if true_frames < count {
                ready = ready.min(done + true_frames);
            }
            done += count;
        }
        ready
    }
}
