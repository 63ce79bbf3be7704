//! What waits for the core: one lane per kind of sender, each bounded in its own way, so that nobody crowds out another.

use crate::engine::outbox::EngineOutbox;
use crate::event::Ticket;
use crate::intent::Intent;
use crate::jobs::JobOutcome;
use crate::port::SendError;
use crate::server::ClientMail;
use loophole_wire::ErrorBody;
use loophole_wire::message::EngineEvent;
use loophole_wire::plane::Plane;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Intents of the window that may wait; more are refused with `Full`.
const WINDOW_LIMIT: usize = 1_024;
/// Messages of the engine that may wait; then its reader waits, and TCP makes the engine wait.
const ENGINE_LIMIT: usize = 8_192;

/// An intent of the window.
#[derive(Debug)]
pub(crate) struct WindowMail {
    pub(crate) ticket: Ticket,
    pub(crate) intent: Intent,
}

/// What comes from the lower seam.
#[derive(Debug)]
pub(crate) enum EngineMail {
    /// It has shaken hands; what is for it goes to this outbox from now on.
    Connected {
        pid: u32,
        safe: bool,
        restarts: u32,
        outbox: Arc<EngineOutbox>,
    },
    Lost {
        reason: String,
    },
    Stopped {
        reason: String,
    },
    Said {
        ticket: Option<u64>,
        event: EngineEvent,
    },
    Refused {
        ticket: Option<u64>,
        domain: String,
        name: String,
        error: ErrorBody,
    },
    Plane(Plane),
}

/// Everything that came since the core looked last.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) engine: Vec<EngineMail>,
    pub(crate) jobs: Vec<(u64, JobOutcome)>,
    pub(crate) window: Vec<WindowMail>,
    pub(crate) clients: Vec<ClientMail>,
}

/// The core has ended; nobody reads any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended;

#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    lanes: Mutex<Lanes>,
    arrived: Condvar,
    engine_room: Condvar,
}

#[derive(Debug, Default)]
struct Lanes {
    batch: Batch,
    poked: bool,
    core_waits: bool,
    ended: bool,
}

impl Mailbox {
    /// Never waits.
    pub(crate) fn push_window(&self, mail: WindowMail) -> Result<(), SendError> {
        let mut lanes = self.lock();
        if lanes.ended {
            return Err(SendError::Closed);
        }
        if lanes.batch.window.len() >= WINDOW_LIMIT {
            return Err(SendError::Full);
        }
        lanes.batch.window.push(mail);
        self.wake(&mut lanes);
        Ok(())
    }

    /// Takes all that is in `mails`; waits while the lane is full.
    pub(crate) fn push_engine(&self, mails: &mut Vec<EngineMail>) -> Result<(), Ended> {
        let mut lanes = self.lock();
        while lanes.batch.engine.len() >= ENGINE_LIMIT && !lanes.ended {
            lanes = self.engine_room.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
        if lanes.ended {
            return Err(Ended);
        }
        lanes.batch.engine.append(mails);
        self.wake(&mut lanes);
        Ok(())
    }

    /// Never waits: each client has credit for a few batches only, and asks for it before.
    pub(crate) fn push_client(&self, mail: ClientMail) -> Result<(), Ended> {
        let mut lanes = self.lock();
        if lanes.ended {
            return Err(Ended);
        }
        lanes.batch.clients.push(mail);
        self.wake(&mut lanes);
        Ok(())
    }

    /// Never waits: there are no more outcomes than jobs that the core has given out.
    pub(crate) fn push_job(&self, job: u64, outcome: JobOutcome) -> Result<(), Ended> {
        let mut lanes = self.lock();
        if lanes.ended {
            return Err(Ended);
        }
        lanes.batch.jobs.push((job, outcome));
        self.wake(&mut lanes);
        Ok(())
    }

    /// Makes the core look up without a message: something it waits for has changed.
    pub(crate) fn poke(&self) {
        let mut lanes = self.lock();
        lanes.poked = true;
        self.wake(&mut lanes);
    }

    /// From now on nothing is taken; whoever waits is told so.
    pub(crate) fn end(&self) {
        let mut lanes = self.lock();
        lanes.ended = true;
        self.arrived.notify_all();
        self.engine_room.notify_all();
    }

    /// Moves everything that waits into `batch` (which must be empty), after waiting until `deadline` for something.
    ///
    /// # Errors
    /// [`Ended`] after [`Self::end`].
    pub(crate) fn take(&self, deadline: Instant, batch: &mut Batch) -> Result<(), Ended> {
        let mut lanes = self.lock();
        loop {
            if lanes.ended {
                return Err(Ended);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if lanes.poked || !lanes.batch.is_empty() || left == Duration::ZERO {
                break;
            }
            lanes.core_waits = true;
            (lanes, _) = self.arrived.wait_timeout(lanes, left).unwrap_or_else(PoisonError::into_inner);
            lanes.core_waits = false;
        }
        lanes.poked = false;
        let engine_was_full = lanes.batch.engine.len() >= ENGINE_LIMIT;
        std::mem::swap(&mut lanes.batch, batch);
        if engine_was_full {
            self.engine_room.notify_all();
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, lanes: &mut Lanes) {
        if std::mem::take(&mut lanes.core_waits) {
            self.arrived.notify_one();
        }
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.engine.is_empty() && self.jobs.is_empty() && self.window.is_empty() && self.clients.is_empty()
    }
}
