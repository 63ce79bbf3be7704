//! Sweeps of a hand: from the first move or touch to rest, one gesture and one undo entry.

use super::{Act, Phase};
use crate::intent::parameter::{BeginGesture, EndGesture, UpdateGesture};
use crate::intent::{Intent, Origin};
use crate::model::ParameterId;
use crate::view::GestureView;
use loophole_wire::decibels::WireValue;
use std::collections::BTreeMap;

/// After so much rest a sweep of a control without touch is over.
pub(super) const REST_NANOS: u64 = 400_000_000;

/// Gestures that a device has open.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweeps {
    open: BTreeMap<ParameterId, Sweep>,
}

#[derive(Clone, Copy, Debug)]
struct Sweep {
    last_at: u64,
    /// The touched element that moves it.
    touched: Option<u16>,
}

impl Sweeps {
    /// Begins a gesture, when there is none. The answer is when to look whether it has come to rest.
    pub(super) fn hold(
        &mut self,
        device: u32,
        id: ParameterId,
        touched: Option<u16>,
        now: u64,
        out: &mut Vec<Act>,
    ) -> Option<u64> {
        let is_new = !self.open.contains_key(&id);
        let sweep = self.open.entry(id).or_insert(Sweep { last_at: now, touched });
        sweep.last_at = now;
        sweep.touched = touched.or(sweep.touched);
        if is_new {
            let intent = Intent::ParameterBeginGesture(BeginGesture { parameter_id: id });
            out.push(ask(device, intent, Phase::Begin));
        }
        is_new.then(|| now.saturating_add(REST_NANOS))
    }

    /// The move of an open gesture.
    pub(super) fn moved(device: u32, id: ParameterId, value: f64, out: &mut Vec<Act>) {
        let intent = Intent::ParameterUpdateGesture(UpdateGesture { parameter_id: id, value: WireValue(value) });
        out.push(ask(device, intent, Phase::Move));
    }

    pub(super) fn is_open(&self, id: ParameterId) -> bool {
        self.open.contains_key(&id)
    }

    /// The hand left an element: what it moved has come to its end.
    pub(super) fn let_go(&mut self, device: u32, element: u16, out: &mut Vec<Act>) {
        self.open.retain(|id, sweep| {
            let is_held = sweep.touched != Some(element);
            if !is_held {
                out.push(end(device, *id));
            }
            is_held
        });
    }

    pub(super) fn let_all_go(&mut self, device: u32, out: &mut Vec<Act>) {
        out.extend(std::mem::take(&mut self.open).into_keys().map(|id| end(device, id)));
    }

    /// Ends a gesture that has come to rest, or says when to look again.
    pub(super) fn rested(&mut self, device: u32, id: ParameterId, now: u64, out: &mut Vec<Act>) -> Option<u64> {
        let sweep = self.open.get(&id)?;
        let over = sweep.last_at.saturating_add(REST_NANOS);
        if sweep.touched.is_some() {
            // It ends when the hand leaves.
            return None;
        }
        if over > now {
            return Some(over);
        }
        self.open.remove(&id);
        out.push(end(device, id));
        None
    }

    /// What is not held (any more) was refused, or ended by somebody else.
    pub(super) fn compare(&mut self, device: u32, held: &BTreeMap<ParameterId, GestureView>) {
        let own = Origin::Surface(device);
        self.open.retain(|id, _| held.get(id).is_some_and(|held| held.origin == own));
    }

    pub(super) fn lost(&mut self, id: ParameterId) {
        self.open.remove(&id);
    }
}

fn end(device: u32, id: ParameterId) -> Act {
    ask(device, Intent::ParameterEndGesture(EndGesture { parameter_id: id, cancel: false }), Phase::End)
}

fn ask(device: u32, intent: Intent, phase: Phase) -> Act {
    Act::Ask { device, intent: Box::new(intent), gesture: Some(phase) }
}
