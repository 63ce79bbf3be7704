//! The thread `signal-devices`: knows all ports, opens and closes them, and tells Pulse.

use super::fast_path::{FastPath, MOST_ENTRIES};
use super::input::{InputQueue, InputSink, Inputs, Outlets};
use super::output::{OutputQueue, Outputs};
use super::pacing::Limits;
use super::simulated::SimulatedIo;
use super::surface_io::{Found, OpenError, SurfaceIo, Told};
use super::trouble::Troubles;
use super::watch::{KnownPorts, Source};
use crate::outgoing::{Asked, Outgoing};
use loophole_wire::ErrorBody;
use loophole_wire::message::{EngineEvent, engine, hardware, ports};
use loophole_wire::plane::{DeviceInput, DeviceOutput, Header, Plane};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// Mails that may wait; then a command is refused, and whoever else has something to say waits.
const MOST_MAIL: usize = 1_024;
/// Ports that may be open at once; each has threads of its own.
const MOST_OPEN: usize = 64;
const MOST_SIMULATED: usize = 256;
const MOST_DESCRIPTOR_BYTES: usize = 4_096;
const MOST_TEXT_BYTES: usize = 1_024;
/// The first list of each way to devices is waited for so long.
const FIRST_LIST_PATIENCE: Duration = Duration::from_secs(3);
/// Right after a plug, the permission may come late.
const PERMISSION_PATIENCE: Duration = Duration::from_secs(2);
const OPEN_AGAIN: Duration = Duration::from_millis(50);
/// No command opens the stream of devices; telemetry and gestures have other numbers.
const DEVICE_STREAM: u32 = 0;

/// What Pulse asks about ports.
pub(crate) enum PortCommand {
    Watch(ports::WatchPorts),
    Open(ports::OpenPort),
    Close(u32),
    AddSimulated(Box<ports::PortDescription>),
    Inject(ports::InjectInput),
    RemoveSimulated(u32),
}

enum Mail {
    Asked(Asked, PortCommand),
    Told(Source, u64, Told),
    Gone(u32, String),
    /// Something is to be told.
    Look,
}

/// The control thread's end. Dropping it ends all threads of devices.
pub(crate) struct Devices {
    mail: SyncSender<Mail>,
    queue: Arc<InputQueue>,
    inputs: Arc<Inputs>,
    outputs: Arc<Outputs>,
    troubles: Arc<Troubles>,
}

/// Acts on the transport; false when it could not.
pub(crate) type Act = Box<dyn Fn(ports::FastPathAction) -> bool + Send>;

impl Devices {
    /// Starts `signal-devices` and `signal-devices-in`; nothing is watched yet.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn start(outgoing: Outgoing, act: Act) -> std::io::Result<Self> {
        let (mail, mails) = sync_channel(MOST_MAIL);
        let of_troubles = mail.clone();
        // Full: it looks anyway.
        let troubles = Arc::new(Troubles::new(Box::new(move || drop(of_troubles.try_send(Mail::Look)))));
        let (queue, inputs, outputs) = (Arc::<InputQueue>::default(), Arc::<Inputs>::default(), Arc::default());
        let (of_gone, of_input, sequence) = (mail.clone(), outgoing.clone(), AtomicU32::new(0));
        let outlets = Outlets {
            said: Box::new(move |records| of_input.planes(&[Plane::DeviceInput(header(&sequence), records)])),
            act,
            // Nobody listens any more when it fails.
            gone: Box::new(move |port, reason| drop(of_gone.send(Mail::Gone(port, reason)))),
            troubles: Arc::clone(&troubles),
        };
        let (of_thread, of_queue) = (Arc::clone(&inputs), Arc::clone(&queue));
        std::thread::Builder::new()
            .name("signal-devices-in".to_owned())
            .spawn(move || of_thread.run(&of_queue, &outlets))?;
        let (of_echo, sequence) = (outgoing.clone(), AtomicU32::new(0));
        let echo = move |record: DeviceInput| of_echo.planes(&[Plane::DeviceEcho(header(&sequence), vec![record])]);
        let hub = Hub {
            mail: mail.clone(),
            outgoing,
            queue: Arc::clone(&queue),
            inputs: Arc::clone(&inputs),
            outputs: Arc::clone(&outputs),
            troubles: Arc::clone(&troubles),
            simulated: SimulatedIo::new(Arc::new(echo)),
            watched: BTreeMap::new(),
            round: 0,
            known: KnownPorts::default(),
            arrived: BTreeMap::new(),
            open: BTreeSet::new(),
            opening: BTreeMap::new(),
            first_lists: None,
        };
        let ended = Arc::clone(&queue);
        let hub_thread = std::thread::Builder::new().name("signal-devices".to_owned()).spawn(move || hub.run(&mails));
        if let Err(error) = hub_thread {
            ended.end();
            return Err(error);
        }
        Ok(Self { mail, queue, inputs, outputs, troubles })
    }

    /// The answer comes from the hub.
    pub(crate) fn ask(&self, asked: &Asked, command: PortCommand) -> Result<(), ErrorBody> {
        let opens = if let PortCommand::Open(open) = &command { Some(open.port) } else { None };
        opens.iter().for_each(|port| self.outputs.expect(*port));
        self.mail.try_send(Mail::Asked(asked.clone(), command)).map_err(|error| {
            opens.iter().for_each(|port| self.outputs.refused(*port));
            let message = match error {
                TrySendError::Full(_) => "too much is asked of devices at once; ask again later",
                TrySendError::Disconnected(_) => "the thread of devices has ended; restart the engine",
            };
            ErrorBody::new("hardware.busy", message)
        })
    }

    pub(crate) fn set_fast_path(&self, entries: Vec<ports::FastPathEntry>) -> Result<(), ErrorBody> {
        let fast_path = FastPath::new(entries).ok_or_else(|| {
            ErrorBody::new("hardware.tooMany", format!("a fast path has at most {MOST_ENTRIES} entries"))
        })?;
        self.inputs.set_fast_path(fast_path);
        Ok(())
    }

    /// Records for devices; never waits.
    pub(crate) fn send(&self, records: Vec<DeviceOutput>) {
        self.outputs.send(records, &self.troubles);
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        self.queue.end();
        self.outputs.end();
        // Full: the hub wakes anyway.
        drop(self.mail.try_send(Mail::Look));
    }
}

fn header(sequence: &AtomicU32) -> Header {
    let sequence = sequence.fetch_add(1, Ordering::Relaxed);
    Header { flags: 0, stream: DEVICE_STREAM, sequence, time_nanos: crate::rt::unix_nanos() }
}

struct Hub {
    mail: SyncSender<Mail>,
    outgoing: Outgoing,
    queue: Arc<InputQueue>,
    inputs: Arc<Inputs>,
    outputs: Arc<Outputs>,
    troubles: Arc<Troubles>,
    simulated: SimulatedIo,
    /// With the round in which it was begun: what an ended one still says does not count.
    watched: BTreeMap<Source, (u64, Box<dyn SurfaceIo>)>,
    round: u64,
    known: KnownPorts,
    /// When each port came.
    arrived: BTreeMap<u32, Instant>,
    open: BTreeSet<u32>,
    opening: BTreeMap<u32, Opening>,
    first_lists: Option<FirstLists>,
}

/// A port that is tried again.
struct Opening {
    asked: Asked,
    wanted: ports::OpenPort,
    again: Instant,
}

/// `watchPorts` is answered when all have come.
struct FirstLists {
    asked: Asked,
    awaited: BTreeSet<Source>,
    until: Instant,
}

impl Hub {
    fn run(mut self, mails: &Receiver<Mail>) {
        while !self.queue.has_ended() {
            let mail = match self.look(Instant::now()) {
                None => mails.recv().ok(),
                Some(next) => match mails.recv_timeout(next.saturating_duration_since(Instant::now())) {
                    Ok(mail) => Some(mail),
                    Err(RecvTimeoutError::Timeout) => Some(Mail::Look),
                    Err(RecvTimeoutError::Disconnected) => None,
                },
            };
            let Some(mail) = mail else { return };
            self.take(mail);
        }
    }

    /// Does what is due; returns when to look again at the latest.
    fn look(&mut self, now: Instant) -> Option<Instant> {
        let due: Vec<u32> =
            self.opening.iter().filter(|(_, opening)| opening.again <= now).map(|(port, _)| *port).collect();
        for port in due {
            if let Some(Opening { asked, wanted, .. }) = self.opening.remove(&port) {
                self.open(asked, wanted);
            }
        }
        if self.first_lists.as_ref().is_some_and(|lists| lists.awaited.is_empty() || lists.until <= now) {
            self.answer_watch();
        }
        let (troubles, next_trouble) = self.troubles.due(now);
        for trouble in troubles {
            self.outgoing.event(None, &EngineEvent::HardwarePortTrouble(trouble));
        }
        let again = self.opening.values().map(|opening| opening.again);
        again.chain(self.first_lists.as_ref().map(|lists| lists.until)).chain(next_trouble).min()
    }

    fn take(&mut self, mail: Mail) {
        match mail {
            Mail::Look => {}
            Mail::Asked(asked, command) => match self.command(&asked, command) {
                Ok(None) => {}
                Ok(Some(event)) => self.outgoing.event(Some(&asked), &event),
                Err(error) => self.outgoing.error(Some(&asked), error),
            },
            Mail::Gone(port, reason) => {
                if self.known.remove(port).is_some() {
                    self.left(port, reason);
                }
            }
            Mail::Told(source, round, told) => {
                if self.watched.get(&source).is_some_and(|(current, _)| *current == round) {
                    self.told(source, told);
                }
            }
        }
    }

    fn command(&mut self, asked: &Asked, command: PortCommand) -> Result<Option<EngineEvent>, ErrorBody> {
        match command {
            PortCommand::Watch(wanted) => {
                self.watch(asked, wanted);
                Ok(None)
            }
            PortCommand::Open(wanted) => {
                self.open(asked.clone(), wanted);
                Ok(None)
            }
            PortCommand::Close(port) => {
                if let Some(opening) = self.opening.remove(&port) {
                    self.outputs.refused(port);
                    self.outgoing.error(Some(&opening.asked), ErrorBody::new("hardware.openPort", "it was closed"));
                } else if !self.close(port) {
                    return Err(ErrorBody::new("hardware.unknownPort", format!("port {port} is not open")));
                }
                Ok(Some(done()))
            }
            PortCommand::AddSimulated(description) => self.add_simulated(*description).map(Some),
            PortCommand::Inject(inject) => {
                let place = self.simulated_place(inject.port)?;
                if self.open.contains(&inject.port) && self.simulated.inject(&place, &inject.bytes) {
                    return Ok(Some(done()));
                }
                let message = format!("port {} is not open; nobody would hear it", inject.port);
                Err(ErrorBody::new("hardware.unknownPort", message))
            }
            PortCommand::RemoveSimulated(port) => {
                let place = self.simulated_place(port)?;
                self.simulated.remove(&place);
                self.known.remove(port);
                self.left(port, "the simulated device was taken away".to_owned());
                Ok(Some(done()))
            }
        }
    }

    fn watch(&mut self, asked: &Asked, wanted: ports::WatchPorts) {
        if self.first_lists.is_some() {
            self.answer_watch();
        }
        let mut awaited = BTreeSet::new();
        let ways = [(Source::Midi, wanted.midi), (Source::Hid, wanted.hid), (Source::Discovery, wanted.osc_discovery)];
        for (source, is_wanted) in ways {
            match (is_wanted, self.watched.contains_key(&source)) {
                (true, false) => {
                    // Peers on the network answer when they like: nobody waits for them.
                    if self.begin(source) && source != Source::Discovery {
                        awaited.insert(source);
                    }
                }
                (false, true) => {
                    if let Some((_, mut io)) = self.watched.remove(&source) {
                        io.unwatch();
                    }
                    self.update(source, Vec::new(), "it is no longer watched");
                }
                (true, true) | (false, false) => {}
            }
        }
        self.first_lists =
            Some(FirstLists { asked: asked.clone(), awaited, until: Instant::now() + FIRST_LIST_PATIENCE });
    }

    fn begin(&mut self, source: Source) -> bool {
        let Some(mut io) = super::system_io(source) else { return false };
        self.round += 1;
        let (mail, round) = (self.mail.clone(), self.round);
        // Nobody listens any more when it fails.
        let outcome = io.watch(Arc::new(move |told| drop(mail.send(Mail::Told(source, round, told)))));
        match outcome {
            Ok(()) => {
                self.watched.insert(source, (round, io));
                true
            }
            Err(reason) => {
                self.failed(source, reason);
                false
            }
        }
    }

    fn answer_watch(&mut self) {
        if let Some(lists) = self.first_lists.take() {
            let ports = ports::Ports { ports: self.known.all() };
            self.outgoing.event(Some(&lists.asked), &EngineEvent::HardwarePorts(ports));
        }
    }

    fn told(&mut self, source: Source, told: Told) {
        match told {
            Told::All(all) => self.update(source, all, "it was unplugged, or its program has ended"),
            Told::Failed(reason) => {
                self.update(source, Vec::new(), &reason);
                self.failed(source, reason);
            }
        }
        if let Some(lists) = &mut self.first_lists {
            lists.awaited.remove(&source);
        }
    }

    fn failed(&self, source: Source, message: String) {
        let code = match source {
            Source::Midi => "hardware.midi",
            Source::Hid => "hardware.hid",
            Source::Discovery | Source::Simulated => "hardware.discovery",
        };
        let error = hardware::Error { device: None, code: code.to_owned(), message };
        self.outgoing.event(None, &EngineEvent::HardwareError(error));
    }

    fn update(&mut self, source: Source, all: Vec<Found>, reason: &str) {
        let (arrived, left) = self.known.update(source, all);
        left.into_iter().for_each(|port| self.left(port, reason.to_owned()));
        // What stands in the answer to watchPorts is not told twice.
        let is_answer = self.first_lists.as_ref().is_some_and(|lists| lists.awaited.contains(&source));
        for port in arrived {
            self.arrived.insert(port.port, Instant::now());
            if !is_answer {
                self.outgoing.event(None, &EngineEvent::HardwarePortArrived(ports::PortArrived { port }));
            }
        }
    }

    /// The port is known no more.
    fn left(&mut self, port: u32, reason: String) {
        self.close(port);
        self.arrived.remove(&port);
        if let Some(opening) = self.opening.remove(&port) {
            self.outgoing.error(Some(&opening.asked), ErrorBody::new("hardware.openPort", reason.clone()));
        }
        self.outgoing.event(None, &EngineEvent::HardwarePortLeft(ports::PortLeft { port, reason }));
    }

    fn close(&mut self, port: u32) -> bool {
        self.inputs.close(port);
        self.outputs.close(port);
        self.open.remove(&port)
    }

    fn open(&mut self, asked: Asked, wanted: ports::OpenPort) {
        let (code, message) = match self.try_open(&wanted) {
            Ok(()) => {
                let opened = ports::PortOpened { port: wanted.port };
                self.outgoing.event(Some(&asked), &EngineEvent::HardwarePortOpened(opened));
                // Only now: nothing of the port comes before it is said to be open.
                if let Some((_, found)) = self.known.get(wanted.port) {
                    self.inputs.open(wanted.port, &found.description);
                }
                return;
            }
            Err(OpenError::Permission(message)) => {
                let again = Instant::now() + OPEN_AGAIN;
                let arrived = self.arrived.get(&wanted.port);
                if arrived.is_some_and(|arrived| arrived.elapsed() < PERMISSION_PATIENCE) {
                    self.opening.insert(wanted.port, Opening { asked, wanted, again });
                    return;
                }
                ("hardware.permission", message)
            }
            Err(OpenError::Refused(message)) => ("hardware.notOpened", message),
            Err(OpenError::Gone(message)) => ("hardware.unknownPort", message),
            Err(OpenError::Failed(message)) => ("hardware.openPort", message),
        };
        if !self.opening.contains_key(&wanted.port) {
            self.outputs.refused(wanted.port);
        }
        self.outgoing.error(Some(&asked), ErrorBody::new(code, message));
    }

    fn try_open(&mut self, wanted: &ports::OpenPort) -> Result<(), OpenError> {
        let port = wanted.port;
        let (source, found) =
            self.known.get(port).cloned().ok_or_else(|| OpenError::Gone(format!("port {port} is not there")))?;
        if self.open.contains(&port) || self.opening.contains_key(&port) {
            return Err(OpenError::Refused(format!("port {port} is open already; close it first")));
        }
        if self.open.len() >= MOST_OPEN {
            return Err(OpenError::Refused(format!("{MOST_OPEN} ports are open; close one first")));
        }
        let input = InputSink::new(port, Arc::clone(&self.queue));
        let io = match (source, self.watched.get_mut(&source)) {
            (Source::Simulated, _) => self.simulated.open(&found, wanted, input)?,
            (_, Some((_, io))) => io.open(&found, wanted, input)?,
            (_, None) => return Err(OpenError::Gone(format!("port {port} is no longer watched"))),
        };
        let mut limits = Limits::of(wanted);
        limits.sysex_chunk_bytes = io.sysex_chunk_bytes(limits.sysex_chunk_bytes);
        let queue = OutputQueue::new(limits);
        let (of_thread, troubles, mail) = (Arc::clone(&queue), Arc::clone(&self.troubles), self.mail.clone());
        let spawned = std::thread::Builder::new().name(format!("signal-port-{port}")).spawn(move || {
            // Nobody listens any more when it fails.
            of_thread.run(port, io, &troubles, &|reason| drop(mail.send(Mail::Gone(port, reason))));
        });
        spawned.map_err(|error| OpenError::Failed(format!("no thread can be started ({error})")))?;
        self.outputs.open(port, queue, &self.troubles);
        self.open.insert(port);
        Ok(())
    }

    fn add_simulated(&mut self, description: ports::PortDescription) -> Result<EngineEvent, ErrorBody> {
        let too_many = |message: String| ErrorBody::new("hardware.tooMany", message);
        let texts = [&description.usb_path, &description.serial, &description.manufacturer, &description.siblings];
        let texts = texts.into_iter().flatten().chain([&description.name, &description.system_id]);
        if texts.map(String::len).any(|length| length > MOST_TEXT_BYTES) {
            return Err(too_many(format!("a text of a port has at most {MOST_TEXT_BYTES} bytes")));
        }
        if description.hid.as_ref().is_some_and(|hid| hid.descriptor.len() > MOST_DESCRIPTOR_BYTES) {
            return Err(too_many(format!("a report descriptor has at most {MOST_DESCRIPTOR_BYTES} bytes")));
        }
        if self.known.count(Source::Simulated) >= MOST_SIMULATED {
            return Err(too_many(format!("{MOST_SIMULATED} simulated ports are there; remove one first")));
        }
        let found = self.simulated.add(description);
        let port = self.known.add(Source::Simulated, found);
        let port = port.ok_or_else(|| too_many("there are too many ports".to_owned()))?;
        self.arrived.insert(port.port, Instant::now());
        Ok(EngineEvent::HardwarePortArrived(ports::PortArrived { port }))
    }

    fn simulated_place(&self, port: u32) -> Result<String, ErrorBody> {
        match self.known.get(port) {
            Some((Source::Simulated, found)) => Ok(found.place.clone()),
            Some(_) => Err(ErrorBody::new("hardware.unknownPort", format!("port {port} is no simulated one"))),
            None => Err(ErrorBody::new("hardware.unknownPort", format!("port {port} is not there"))),
        }
    }
}

fn done() -> EngineEvent {
    EngineEvent::EngineDone(engine::Done {})
}
