//! What the audio thread reports, turned into answers; and where what it is done with is freed.

use crate::outgoing::{Asked, Outgoing};
use crate::rt::command::{RtReport, RtState, Trash};
use loophole_wire::message::transport::LoopRegion;
use loophole_wire::message::{EngineEvent, diagnostics, engine, graph, transport};
use rtrb::Consumer;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is owed to Pulse when the audio thread has done something.
#[derive(Clone, Debug)]
pub(crate) enum Owed {
    Transport { asked: Asked },
    Graph { asked: Asked, channels: u32, nodes: u32, compile_micros: u64 },
    Sync { asked: Asked },
    /// The silence after a panic; the state of the engine is the answer.
    Panic { asked: Asked },
    /// Nothing is owed, but it was asked with a ticket.
    Nothing,
}

/// Commands on their way through the audio thread.
#[derive(Default)]
pub(crate) struct Pending {
    state: Mutex<PendingState>,
}

#[derive(Default)]
struct PendingState {
    next_ticket: u64,
    owed: BTreeMap<u64, Owed>,
    loop_region: LoopRegion,
    engine_state: Option<engine::State>,
    xruns: u32,
}

impl Pending {
    /// A ticket for a command to the audio thread.
    pub(crate) fn owe(&self, owed: Owed) -> u64 {
        let mut state = self.lock();
        state.next_ticket += 1;
        let ticket = state.next_ticket;
        state.owed.insert(ticket, owed);
        ticket
    }

    /// Takes a ticket back: the command did not get through.
    pub(crate) fn forget(&self, ticket: u64) -> Option<Owed> {
        self.lock().owed.remove(&ticket)
    }

    pub(crate) fn set_loop(&self, loop_region: LoopRegion) {
        self.lock().loop_region = loop_region;
    }

    pub(crate) fn loop_region(&self) -> LoopRegion {
        self.lock().loop_region
    }

    pub(crate) fn set_engine_state(&self, engine_state: engine::State) {
        self.lock().engine_state = Some(engine_state);
    }

    fn is_awaited(&self) -> bool {
        !self.lock().owed.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, PendingState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While something is awaited, the rings are looked at this often: well below a block, so that a barrier costs little
/// more than the block it waits for. The audio thread cannot wake anybody: that would be a system call.
const AWAITED: Duration = Duration::from_micros(100);
/// Else this often.
const IDLE: Duration = Duration::from_millis(4);

/// Starts the thread `signal-reports`.
pub(crate) fn start(mut reports: Consumer<RtReport>, mut trash: Consumer<Trash>, pending: Arc<Pending>, outgoing: Outgoing) -> std::io::Result<()> {
    std::thread::Builder::new().name("signal-reports".to_owned()).spawn(move || {
        loop {
            while let Ok(thing) = trash.pop() {
                drop(thing);
            }
            while let Ok(report) = reports.pop() {
                match report {
                    RtReport::Applied { ticket, state } => {
                        if let Some(owed) = pending.forget(ticket) {
                            answer(owed, state, &pending, &outgoing);
                        }
                    }
                    RtReport::Late { at_frame, over_micros } => {
                        let count = {
                            let mut state = pending.lock();
                            state.xruns += 1;
                            state.xruns
                        };
                        outgoing.event(None, &EngineEvent::DiagnosticsXrun(diagnostics::Xrun { count, at_frame, over_micros }));
                    }
                }
            }
            if reports.is_abandoned() {
                return;
            }
            std::thread::sleep(if pending.is_awaited() { AWAITED } else { IDLE });
        }
    })?;
    Ok(())
}

fn answer(owed: Owed, state: RtState, pending: &Pending, outgoing: &Outgoing) {
    match owed {
        Owed::Transport { asked } => {
            let event = transport::State {
                rolling: state.rolling,
                position_frames: state.position,
                applied_at_frame: state.engine_frames,
                loop_region: pending.loop_region(),
            };
            outgoing.event(Some(&asked), &EngineEvent::TransportState(event));
        }
        Owed::Graph { asked, channels, nodes, compile_micros } => {
            let event = graph::State { version: state.graph_version, channels, nodes, compile_micros };
            outgoing.event(Some(&asked), &EngineEvent::GraphState(event));
        }
        Owed::Sync { asked } => {
            let event = engine::Synced { applied_at_frame: state.engine_frames, graph_version: state.graph_version };
            outgoing.event(Some(&asked), &EngineEvent::EngineSync(event));
        }
        Owed::Panic { asked } => {
            let engine_state = pending.lock().engine_state.clone();
            if let Some(engine_state) = engine_state {
                outgoing.event(Some(&asked), &EngineEvent::EngineState(engine_state));
            }
        }
        Owed::Nothing => {}
    }
}
