//! The thread `pulse-engine` when the engine is a model in memory: for tests, and wherever no process is wanted.

use super::from_wire::{EngineMessage, Said};
use super::keeper::{Control, KeeperHandle};
use super::memory::MemoryEngine;
use super::outbox::{EngineItem, EngineOutbox};
use crate::port::EnginePort;
use crate::runtime::clock::unix_nanos;
use crate::runtime::mailbox::{EngineMail, Mailbox};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// How often time passes for it.
const STEP: Duration = Duration::from_millis(5);

/// Starts the thread; the engine can be looked into from outside at any time.
pub(crate) fn start(engine: Arc<Mutex<MemoryEngine>>, mailbox: Arc<Mailbox>) -> std::io::Result<KeeperHandle> {
    let (control, orders) = sync_channel(64);
    let thread = Builder::new().name("pulse-engine".to_owned()).spawn(move || {
        let mut restarts = 0;
        while keep(&engine, &mailbox, &orders, restarts).is_ok() {
            restarts += 1;
            *engine.lock().unwrap_or_else(PoisonError::into_inner) = MemoryEngine::default();
        }
    })?;
    Ok(KeeperHandle { control, thread })
}

/// The session ends.
struct NoMore;

/// One life of the engine; `Ok` when a new one is wanted.
fn keep(
    engine: &Mutex<MemoryEngine>,
    mailbox: &Mailbox,
    orders: &Receiver<Control>,
    restarts: u32,
) -> Result<(), NoMore> {
    let outbox = Arc::new(EngineOutbox::default());
    let (pid, safe) = (std::process::id(), false);
    let mut mails = vec![EngineMail::Connected { pid, safe, restarts, outbox: Arc::clone(&outbox) }];
    let (mut items, mut said) = (Vec::new(), Vec::new());
    loop {
        mailbox.push_engine(&mut mails).map_err(|_ended| NoMore)?;
        outbox.take(Some(Instant::now() + STEP), &mut items);
        let cost = items.iter().map(EngineItem::cost_bytes).sum();
        {
            let mut engine = engine.lock().unwrap_or_else(PoisonError::into_inner);
            mails.extend(engine.advance(unix_nanos()).into_iter().map(EngineMail::Plane));
            for item in items.drain(..) {
                match item {
                    EngineItem::Command { ticket, command, .. } => engine.command(ticket, command),
                    EngineItem::Gesture { stream, values } => engine.gesture(stream, &values),
                    // It has no devices.
                    EngineItem::DeviceOutput { .. } => {}
                }
            }
            engine.drain(&mut said);
        }
        mails.extend(said.drain(..).map(mail_of));
        if outbox.written(cost) {
            mailbox.poke();
        }
        match orders.try_recv() {
            Ok(Control::Restart) => {
                outbox.close();
                mails.push(EngineMail::Lost { reason: "The engine is started again, as asked.".to_owned() });
                return mailbox.push_engine(&mut mails).map_err(|_ended| NoMore);
            }
            Ok(Control::Shutdown) | Err(TryRecvError::Disconnected) => return Err(NoMore),
            Ok(Control::Ready { .. } | Control::Greeted { .. } | Control::Ended { .. }) | Err(TryRecvError::Empty) => {}
        }
    }
}

fn mail_of(message: EngineMessage) -> EngineMail {
    match message {
        EngineMessage { ticket, said: Said::Event(event) } => EngineMail::Said { ticket, event },
        EngineMessage { ticket, said: Said::Refused { domain, name, error } } => {
            EngineMail::Refused { ticket, domain, name, error }
        }
    }
}
