//! What Pulse says to a window: answers, and what happened.

use crate::intent::Origin;
use loophole_wire::ErrorBody;
use serde_json::Value;

/// Names one request until its answer; given out by the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// The answer to an intent that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The model's revision afterwards.
    pub revision: u64,
    /// What the protocol says the event's payload is.
    pub payload: Value,
}

/// Why an intent was not done: what was asked, why not, what would work.
pub type Rejection = ErrorBody;

/// Everything that the upper seam carries upwards besides views and telemetry.
#[derive(Clone, Debug)]
pub enum ModelEvent {
    /// The answer to the intent with this ticket.
    Answered { ticket: Ticket, domain: &'static str, name: &'static str, outcome: Result<Reply, Rejection> },
    /// Somebody (perhaps oneself) changed the model. The payload is that of the answer; clients get it as the event
    /// `domain.name`.
    Changed { revision: u64, domain: &'static str, name: &'static str, origin: Origin, payload: Value },
    /// Something of its own accord, as it goes to headless clients: `session.state`, `transport.state`, …
    Happened { domain: &'static str, name: &'static str, payload: Value },
}
