//! What does not go as it should: told at once, then at most once a second for each port and kind.

use loophole_wire::message::ports::{PortTrouble, PortTroubleKind};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(1);
/// Ports and kinds that are kept apart; more are not told.
const MOST: usize = 1_024;

/// Counts from any thread; the hub tells.
pub(crate) struct Troubles {
    state: Mutex<BTreeMap<(u32, PortTroubleKind), Trouble>>,
    /// Makes the hub look.
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Debug, Default)]
struct Trouble {
    count: u64,
    message: String,
    told: Option<Instant>,
}

impl Troubles {
    pub(crate) fn new(wake: Box<dyn Fn() + Send + Sync>) -> Self {
        Self { state: Mutex::default(), wake }
    }

    pub(crate) fn note(&self, port: u32, kind: PortTroubleKind, count: u64, message: &str) {
        let mut state = self.lock();
        if state.len() >= MOST && !state.contains_key(&(port, kind)) {
            return;
        }
        let trouble = state.entry((port, kind)).or_default();
        let is_first = trouble.count == 0;
        trouble.count += count;
        if trouble.message != message {
            message.clone_into(&mut trouble.message);
        }
        drop(state);
        if is_first {
            (self.wake)();
        }
    }

    /// What is to be told now, and when to look again.
    pub(crate) fn due(&self, now: Instant) -> (Vec<PortTrouble>, Option<Instant>) {
        let (mut due, mut next) = (Vec::new(), None);
        self.lock().retain(|(port, kind), trouble| {
            let again = trouble.told.map(|told| told + EVERY);
            if trouble.count == 0 {
                // Forgotten when it could be told at once anyway.
                return again.is_some_and(|again| again > now);
            }
            if let Some(again) = again.filter(|again| *again > now) {
                next = next.into_iter().chain([again]).min();
                return true;
            }
            trouble.told = Some(now);
            let (count, message) = (std::mem::take(&mut trouble.count), trouble.message.clone());
            due.push(PortTrouble { port: *port, kind: *kind, count, message });
            true
        });
        (due, next)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(u32, PortTroubleKind), Trouble>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_at_once_and_then_once_a_second_with_all_that_was_counted() {
        let (troubles, start) = (Troubles::new(Box::new(|| {})), Instant::now());
        let note = |port| troubles.note(port, PortTroubleKind::Storm, 2, "too much");
        note(1);
        assert_eq!(troubles.due(start).0.len(), 1);
        note(1);
        note(1);
        note(2);
        let (due, next) = troubles.due(start + Duration::from_millis(10));
        assert_eq!((due.len(), due[0].port, next), (1, 2, Some(start + EVERY)));
        let (due, next) = troubles.due(start + EVERY);
        assert_eq!((due.len(), due[0].count, next), (1, 4, None));
        assert_eq!(troubles.due(start + 3 * EVERY), (Vec::new(), None));
        assert!(troubles.lock().is_empty());
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let troubles = Troubles::new(Box::new(|| {}));
        (0..5_000).for_each(|port| troubles.note(port, PortTroubleKind::Dropped, 1, ""));
        assert_eq!(troubles.lock().len(), MOST);
    }
}
