//! The control side's end of the audio thread: one order of commands, and the processor while nothing runs it.

use crate::audio::Process;
use crate::media::stream::StreamBundle;
use crate::rt::RtCommand;
use rtrb::{Producer, PushError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a full ring is waited for before the command is refused.
const RING_PATIENCE: Duration = Duration::from_secs(1);

/// Commands that may wait for lanes.
const MAX_DEFERRED: usize = 1_024;

/// The audio thread took no command for a second, or too many wait for lanes. Whoever has the ticket waits in vain.
#[derive(Debug)]
pub(crate) struct Overloaded {
    pub(crate) ticket: u64,
}

/// Shared by the control thread, the disk thread (which hands its lanes in here) and the thread of reports.
pub(crate) struct AudioLink {
    commands: Mutex<Producer<RtCommand>>,
    locates: Mutex<Locates>,
    parked: Mutex<Option<Box<dyn Process>>>,
}

/// A locate takes until its lanes are filled. What must come after it waits here.
#[derive(Default)]
struct Locates {
    /// The newest that was asked for, until its lanes are there; 0 = none.
    outstanding: u64,
    /// Rolling begins with these: when the music is at their position.
    starts: BTreeMap<u64, u64>,
    deferred: Vec<RtCommand>,
}

impl AudioLink {
    /// With the processor parked.
    pub(crate) fn new(commands: Producer<RtCommand>, processor: Box<dyn Process>) -> Arc<Self> {
        let (commands, parked) = (Mutex::new(commands), Mutex::new(Some(processor)));
        Arc::new(Self { commands, locates: Mutex::default(), parked })
    }

    /// Hands a command over at once; waits a second for room.
    pub(crate) fn push(&self, mut command: RtCommand) -> Result<(), Overloaded> {
        let deadline = Instant::now() + RING_PATIENCE;
        while let Some(back) = self.try_push(command) {
            if Instant::now() > deadline {
                return Err(Overloaded { ticket: back.ticket() });
            }
            command = back;
            self.turn_if_parked();
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    /// Gives the command back when there is no room.
    pub(crate) fn try_push(&self, command: RtCommand) -> Option<RtCommand> {
        lock(&self.commands).push(command).err().map(|PushError::Full(command)| command)
    }

    /// Hands a command over behind all locates that were asked for before it.
    pub(crate) fn push_behind_locates(&self, command: RtCommand) -> Result<(), Overloaded> {
        let mut locates = lock(&self.locates);
        if locates.outstanding == 0 {
            return self.push(command);
        }
        if locates.deferred.len() >= MAX_DEFERRED {
            return Err(Overloaded { ticket: command.ticket() });
        }
        locates.deferred.push(command);
        Ok(())
    }

    /// A locate is asked for; with a time, rolling begins with it.
    pub(crate) fn begin_locate(&self, ticket: u64, start_at_nanos: Option<u64>) {
        let mut locates = lock(&self.locates);
        locates.outstanding = ticket;
        locates.starts.extend(start_at_nanos.map(|at_nanos| (ticket, at_nanos)));
    }

    /// Pauses: no wait for lanes, except behind a play that waits for them.
    pub(crate) fn pause(&self, command: RtCommand) -> Result<(), Overloaded> {
        let mut locates = lock(&self.locates);
        locates.starts.clear();
        if locates.deferred.is_empty() {
            return self.push(command);
        }
        locates.deferred.push(command);
        Ok(())
    }

    /// Panics: at once, before it what waits.
    pub(crate) fn panic(&self, command: RtCommand) -> Result<(), Overloaded> {
        let mut locates = lock(&self.locates);
        locates.starts.clear();
        let deferred = std::mem::take(&mut locates.deferred);
        deferred.into_iter().chain([command]).try_for_each(|command| self.push(command))
    }

    /// Lanes have come; answers what found no room.
    pub(crate) fn deliver(&self, bundle: Box<StreamBundle>) -> Vec<Overloaded> {
        let mut locates = lock(&self.locates);
        let ticket = bundle.ticket;
        let start_at_nanos = locates.starts.remove(&ticket);
        let mut refused: Vec<_> = self.push(RtCommand::Streams { bundle, start_at_nanos }).err().into_iter().collect();
        if ticket != 0 && ticket == locates.outstanding {
            locates.outstanding = 0;
            refused.extend(locates.deferred.drain(..).filter_map(|command| self.push(command).err()));
        }
        refused
    }

    /// The processor, for a backend; none when one has it already.
    pub(crate) fn unpark(&self) -> Option<Box<dyn Process>> {
        lock(&self.parked).take()
    }

    pub(crate) fn park(&self, processor: Box<dyn Process>) {
        *lock(&self.parked) = Some(processor);
    }

    /// While no backend runs the processor, commands are obeyed here, with no time passing.
    pub(crate) fn turn_if_parked(&self) {
        if let Some(processor) = lock(&self.parked).as_mut() {
            processor.process(&mut [], 0);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
