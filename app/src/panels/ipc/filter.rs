//! Which messages a person wants to see: the filter that was typed, and whether meters and heartbeats are left out. Pure.

use super::log::Message;
use loophole_pulse::trace::filter::{self, Row, Status};
use loophole_pulse::trace::{Body, Kind, TraceEntry};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    wanted: filter::Filter,
    /// Plane frames and heartbeats are left out.
    quiet: bool,
}

impl Filter {
    pub(crate) fn new(wanted: filter::Filter, quiet: bool) -> Self {
        Self { wanted, quiet }
    }

    pub(crate) fn is(&self, wanted: &filter::Filter, quiet: bool) -> bool {
        self.wanted == *wanted && self.quiet == quiet
    }

    pub(crate) fn matches(&self, message: &Message) -> bool {
        if self.quiet && is_chatter(&message.entry) {
            return false;
        }
        let row =
            Row { entry: &message.entry, latency_nanos: message.latency_nanos, status: status(message), device: None };
        self.wanted.matches(&row)
    }

    /// Whether the answer may be another one when the reply has come.
    pub(crate) fn waits_for_replies(&self) -> bool {
        self.wanted.waits_for_replies()
    }
}

/// What became of a command; of what answers one, too.
pub(crate) fn status(message: &Message) -> Option<Status> {
    let is_command = message.entry.kind == Kind::Command && !message.entry.id.is_empty();
    match message.partner {
        _ if message.failed => Some(Status::Error),
        Some(_) => Some(Status::Ok),
        None => is_command.then_some(Status::Waiting),
    }
}

/// What comes all the time and says little: meters and positions, heartbeats and pings.
pub(crate) fn is_chatter(entry: &TraceEntry) -> bool {
    matches!(entry.body, Body::Plane { .. }) || matches!(&*entry.name, "heartbeat" | "ping" | "pong")
}

#[cfg(test)]
mod tests {
    use super::super::log::Place;
    use super::super::log::tests::entry;
    use super::*;

    fn message(entry: TraceEntry) -> Message {
        Message { entry, partner: None, latency_nanos: None, failed: false }
    }

    fn seen(text: &str, message: &Message) -> bool {
        Filter::new(text.parse().unwrap(), false).matches(message)
    }

    #[test]
    fn chatter_can_be_left_out() {
        let quiet = Filter::new(filter::Filter::default(), true);
        assert!(!quiet.matches(&message(entry("client", "heartbeat", "{}"))));
        assert!(!quiet.matches(&message(entry("engine", "ping", "{}"))));
        let mut plane = entry("metering", "frames", "{}");
        plane.body = Body::Plane { kind: "meter", stream: 1, sequence: 2, count: 3 };
        let plane = message(plane);
        assert!(!quiet.matches(&plane) && seen("kind == plane", &plane));
        assert!(quiet.matches(&message(entry("engine", "state", "{}"))));
    }

    #[test]
    fn a_filter_sees_what_became_of_a_command() {
        let mut command = message(TraceEntry { id: "7".into(), ..entry("transport", "play", "{}") });
        assert!(seen("status == waiting", &command) && !seen("latency > 1ms", &command));
        (command.partner, command.latency_nanos) = (Some(Place(1)), Some(2_000_000));
        assert!(seen("status == ok and latency > 1ms", &command));
        command.failed = true;
        assert!(seen("status == error", &command));
    }
}
