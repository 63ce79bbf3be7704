//! What the audio thread reports, turned into answers; and where what it is done with is freed.

use crate::link::AudioLink;
use crate::outgoing::{Asked, Outgoing};
use crate::rt::{Applied, RtReport, Trash};
use loophole_wire::ErrorBody;
use loophole_wire::message::transport::LoopRegion;
use loophole_wire::message::{EngineEvent, diagnostics, engine, graph, transport};
use rtrb::Consumer;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is owed to Pulse when the audio thread has done something.
#[derive(Clone, Debug)]
pub(crate) enum Owed {
    Transport {
        asked: Asked,
    },
    Graph {
        asked: Asked,
        channels: u32,
        nodes: u32,
        compile_micros: u64,
    },
    Sync {
        asked: Asked,
    },
    /// The silence after a panic; the state of the engine is the answer.
    Panic {
        asked: Asked,
    },
    /// A control surface moved the transport: Pulse is told, though it did not ask.
    FastPath {
        rolls: bool,
    },
}

/// Commands on their way through the audio thread.
#[derive(Default)]
pub(crate) struct Pending {
    state: Mutex<PendingState>,
    /// Something is awaited that was not before.
    is_owed: Condvar,
}

#[derive(Default)]
struct PendingState {
    next_ticket: u64,
    owed: BTreeMap<u64, (Owed, Instant)>,
    loop_region: LoopRegion,
    graph_version: u64,
    /// As the audio thread said last.
    rolling: bool,
}

impl Pending {
    /// A ticket for a command to the audio thread.
    pub(crate) fn owe(&self, owed: Owed) -> u64 {
        let mut state = self.lock();
        state.next_ticket += 1;
        let ticket = state.next_ticket;
        let was_idle = state.owed.is_empty();
        state.owed.insert(ticket, (owed, Instant::now()));
        if was_idle {
            self.is_owed.notify_one();
        }
        ticket
    }

    /// Takes a ticket back: the command did not get through.
    pub(crate) fn forget(&self, ticket: u64) -> Option<Owed> {
        self.lock().owed.remove(&ticket).map(|(owed, _)| owed)
    }

    pub(crate) fn set_loop(&self, loop_region: LoopRegion) {
        self.lock().loop_region = loop_region;
    }

    pub(crate) fn loop_region(&self) -> LoopRegion {
        self.lock().loop_region
    }

    /// Whether the transport rolls when all is done that a control surface asked for.
    pub(crate) fn will_roll(&self) -> bool {
        let state = self.lock();
        let asked = state.owed.values().rev().find_map(|(owed, _)| match owed {
            Owed::FastPath { rolls } => Some(*rolls),
            _ => None,
        });
        asked.unwrap_or(state.rolling)
    }

    /// The version that is live.
    pub(crate) fn graph_version(&self) -> u64 {
        self.lock().graph_version
    }

    /// What was owed for too long; tickets are given in order of time.
    fn overdue(&self) -> Option<Owed> {
        let mut state = self.lock();
        let oldest = state.owed.first_entry()?;
        (oldest.get().1.elapsed() > PATIENCE).then(|| oldest.remove().0)
    }

    /// Until the rings should be looked at again.
    fn wait(&self) {
        let state = self.lock();
        if state.owed.is_empty() {
            // Woken or not: the rings are looked at.
            drop(self.is_owed.wait_timeout(state, IDLE));
        } else {
            drop(state);
            std::thread::sleep(AWAITED);
        }
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

/// An audio thread that has not answered for this long hangs.
const PATIENCE: Duration = Duration::from_secs(5);
/// Reports of late blocks are told this often at most; the count in them misses none.
const XRUN_PAUSE: Duration = Duration::from_millis(100);

/// What the thread of reports needs of the others.
pub(crate) struct Context {
    pub(crate) link: Arc<AudioLink>,
    pub(crate) pending: Arc<Pending>,
    pub(crate) outgoing: Outgoing,
    pub(crate) engine_state: Box<dyn Fn() -> engine::State + Send>,
    /// Asks for the lanes of a locate again, from where the transport stands.
    pub(crate) locate_again: Box<dyn Fn(u64) + Send>,
}

/// Starts the thread `signal-reports`. It ends when the processor is gone.
pub(crate) fn start(
    mut reports: Consumer<RtReport>,
    mut trash: Consumer<Trash>,
    context: Context,
) -> std::io::Result<()> {
    std::thread::Builder::new().name("signal-reports".to_owned()).spawn(move || {
        let mut xrun_told = None;
        loop {
            context.link.turn_if_parked();
            while let Ok(thing) = trash.pop() {
                drop(thing);
            }
            while let Ok(report) = reports.pop() {
                receive(report, &context, &mut xrun_told);
            }
            if reports.is_abandoned() {
                return;
            }
            while let Some(owed) = context.pending.overdue() {
                let message = "the audio thread has not answered for five seconds; it hangs";
                context.outgoing.error(owed.asked(), ErrorBody::new("engine.overloaded", message));
            }
            context.pending.wait();
        }
    })?;
    Ok(())
}

fn receive(report: RtReport, context: &Context, xrun_told: &mut Option<Instant>) {
    match report {
        RtReport::Applied(applied) => answer(applied, context),
        RtReport::Swapped(applied) => {
            context.pending.lock().graph_version = applied.graph_version;
            answer(applied, context);
        }
        RtReport::Deferred { ticket } => (context.locate_again)(ticket),
        RtReport::Xrun { count, at_frame, over_micros } => {
            if xrun_told.is_none_or(|told: Instant| told.elapsed() >= XRUN_PAUSE) {
                *xrun_told = Some(Instant::now());
                let xrun = diagnostics::Xrun { count, at_frame, over_micros };
                context.outgoing.event(None, &EngineEvent::DiagnosticsXrun(xrun));
            }
        }
        RtReport::NotANumber { node_id } => {
            let message = "the node gives samples that are no numbers; they are silenced".to_owned();
            context.outgoing.event(None, &EngineEvent::GraphNodeFault(graph::NodeFault { node_id, message }));
        }
    }
}

impl Owed {
    /// None when nobody asked.
    pub(crate) fn asked(&self) -> Option<&Asked> {
        match self {
            Self::Transport { asked } | Self::Graph { asked, .. } | Self::Sync { asked } | Self::Panic { asked } => {
                Some(asked)
            }
            Self::FastPath { .. } => None,
        }
    }
}

fn answer(applied: Applied, context: &Context) {
    context.pending.lock().rolling = applied.rolling;
    let Some(owed) = context.pending.forget(applied.ticket) else { return };
    let outgoing = &context.outgoing;
    match owed {
        Owed::Transport { .. } | Owed::FastPath { .. } => {
            let event = transport::State {
                rolling: applied.rolling,
                position_frames: applied.position,
                applied_at_frame: applied.at_frame,
                loop_region: applied.loop_region,
            };
            outgoing.event(owed.asked(), &EngineEvent::TransportState(event));
        }
        Owed::Graph { asked, channels, nodes, compile_micros } => {
            let event = graph::State { version: applied.graph_version, channels, nodes, compile_micros };
            outgoing.event(Some(&asked), &EngineEvent::GraphState(event));
        }
        Owed::Sync { asked } => {
            let event = engine::Synced { applied_at_frame: applied.at_frame, graph_version: applied.graph_version };
            outgoing.event(Some(&asked), &EngineEvent::EngineSync(event));
        }
        Owed::Panic { asked } => outgoing.event(Some(&asked), &EngineEvent::EngineState((context.engine_state)())),
    }
}
