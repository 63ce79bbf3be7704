//! The upper seam: what a window holds of Pulse, and Pulse's end of it.

use super::mailbox::{Mailbox, WindowMail};
use crate::event::{ModelEvent, Ticket};
use crate::intent::Intent;
use crate::port::{EnginePort, PulsePort, SendError};
use crate::telemetry::TelemetryView;
use crate::view::SessionView;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Events that wait for the window. When it does not look, the oldest that are no answers go: the view says it all.
const EVENTS_LIMIT: usize = 4_096;
/// Intents whose answer the window has not looked at; more are refused with `Full`.
const UNANSWERED_LIMIT: usize = 8_192;

/// Pulse, as a window sees it. Nothing here blocks.
pub struct PulseHandle {
    mailbox: Arc<Mailbox>,
    upward: Arc<Upward>,
    view: triple_buffer::Output<Arc<SessionView>>,
    telemetry: triple_buffer::Output<TelemetryView>,
    next_ticket: u64,
}

/// Pulse's end of the seam.
pub(super) struct WindowEnd {
    upward: Arc<Upward>,
    view: triple_buffer::Input<Arc<SessionView>>,
    telemetry: triple_buffer::Input<TelemetryView>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

#[derive(Debug, Default)]
struct Upward {
    events: Mutex<VecDeque<ModelEvent>>,
    unanswered: AtomicUsize,
    dropped: AtomicU64,
}

/// Both ends.
pub(super) fn pair(
    mailbox: Arc<Mailbox>,
    view: Arc<SessionView>,
    wake: Arc<dyn Fn() + Send + Sync>,
) -> (PulseHandle, WindowEnd) {
    let upward = Arc::<Upward>::default();
    let (view_in, view_out) = triple_buffer::triple_buffer(&view);
    let (telemetry_in, telemetry_out) = triple_buffer::triple_buffer(&TelemetryView::default());
    let handle =
        PulseHandle { mailbox, upward: Arc::clone(&upward), view: view_out, telemetry: telemetry_out, next_ticket: 1 };
    (handle, WindowEnd { upward, view: view_in, telemetry: telemetry_in, wake })
}

impl std::fmt::Debug for PulseHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PulseHandle").field("next_ticket", &self.next_ticket).finish_non_exhaustive()
    }
}

impl EnginePort for PulseHandle {
    type Command = Intent;
    type Event = ModelEvent;
    type Telemetry = TelemetryView;

    fn send(&mut self, intent: Intent) -> Result<Ticket, SendError> {
        if self.upward.unanswered.load(Ordering::Relaxed) >= UNANSWERED_LIMIT {
            return Err(SendError::Full);
        }
        let ticket = Ticket(self.next_ticket);
        self.upward.unanswered.fetch_add(1, Ordering::Relaxed);
        match self.mailbox.push_window(WindowMail { ticket, intent }) {
            Ok(()) => {
                self.next_ticket += 1;
                Ok(ticket)
            }
            Err(error) => {
                self.upward.unanswered.fetch_sub(1, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    fn drain(&mut self, events: &mut Vec<ModelEvent>) {
        let before = events.len();
        events.extend(self.upward.lock().drain(..));
        let answers = events.iter().skip(before).filter(|event| is_answer(event)).count();
        self.upward.unanswered.fetch_sub(answers, Ordering::Relaxed);
    }

    fn telemetry(&mut self) -> &TelemetryView {
        self.telemetry.read()
    }
}

impl PulsePort for PulseHandle {
    fn view(&mut self) -> Arc<SessionView> {
        Arc::clone(self.view.read())
    }
}

impl PulseHandle {
    /// Events that were dropped because the window did not look; never answers.
    pub fn events_dropped(&self) -> u64 {
        self.upward.dropped.load(Ordering::Relaxed)
    }
}

impl WindowEnd {
    pub(super) fn publish_view(&mut self, view: Arc<SessionView>) {
        self.view.write(view);
    }

    pub(super) fn publish_telemetry(&mut self, telemetry: TelemetryView) {
        self.telemetry.write(telemetry);
    }

    /// After the view that belongs to them: whoever hears of a change must see it.
    pub(super) fn publish_events(&self, events: &mut Vec<ModelEvent>) {
        self.upward.push(events);
    }

    pub(super) fn wake(&self) {
        (self.wake)();
    }
}

impl Upward {
    fn push(&self, events: &mut Vec<ModelEvent>) {
        let mut queue = self.lock();
        for event in events.drain(..) {
            if queue.len() >= EVENTS_LIMIT {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                match queue.iter().position(|event| !is_answer(event)) {
                    Some(oldest) => drop(queue.remove(oldest)),
                    None if is_answer(&event) => {}
                    None => continue,
                }
            }
            queue.push_back(event);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<ModelEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_answer(event: &ModelEvent) -> bool {
    matches!(event, ModelEvent::Answered { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Payload;

    fn happened() -> ModelEvent {
        ModelEvent::Happened { domain: "session", name: "state", payload: Payload::of(&serde_json::Value::Null) }
    }

    fn answered(ticket: u64) -> ModelEvent {
        let outcome = Err(loophole_wire::ErrorBody::new("a.b", ""));
        ModelEvent::Answered { ticket: Ticket(ticket), domain: "debug", name: "echo", outcome }
    }

    #[test]
    fn when_the_window_does_not_look_events_are_lost_but_never_answers() {
        let upward = Upward::default();
        upward.push(&mut (0..10).map(answered).collect());
        for _ in 0..3 {
            upward.push(&mut (0..EVENTS_LIMIT).map(|_| happened()).collect());
        }
        let queue = upward.lock();
        assert_eq!(queue.len(), EVENTS_LIMIT);
        assert_eq!(queue.iter().filter(|event| is_answer(event)).count(), 10);
    }
}
