//! Parameter values on their way to the audio thread: newest wins per parameter, and every set is counted.

use crate::graph::compile::{Target, target_of};
use crate::graph::{Graph, GraphError, Layout, compile};
use crate::rt::{RtCommand, SetBatch};
use crate::session::Session;

/// The newest values, and which of them the audio thread does not have yet.
#[derive(Default)]
pub(crate) struct Parameters {
    layout: Layout,
    /// Places in the layout, in the order in which they were set first.
    changed: Vec<u32>,
    is_changed: Vec<bool>,
    /// Sets that were accepted since the last batch.
    sets: u32,
}

impl Parameters {
    /// Where a parameter stands, until the graph changes.
    pub(crate) fn find(&self, parameter_id: u32) -> Option<u32> {
        self.layout.find(parameter_id)
    }

    /// Takes a value in the parameter's own unit; what is no number is left out.
    pub(crate) fn set(&mut self, place: u32, value: f64) {
        let Some(slot) = self.layout.slot_mut(place).filter(|_| !value.is_nan()) else { return };
        slot.value = value;
        self.sets = self.sets.saturating_add(1);
        if let Some(is_changed) = self.is_changed.get_mut(place as usize)
            && !std::mem::replace(is_changed, true)
        {
            self.changed.push(place);
        }
    }

    /// Hands over what has changed. `push` gives a command back when there is no room; what did not go stays for the
    /// next time. True when all of it went.
    pub(crate) fn flush(&mut self, mut push: impl FnMut(RtCommand) -> Option<RtCommand>) -> bool {
        let mut done = 0;
        while done < self.changed.len() || self.sets > 0 {
            let mut batch = SetBatch { sets: self.sets, ..SetBatch::default() };
            let mut taken = 0;
            for place in self.changed.iter().skip(done) {
                let Some(slot) = self.layout.slot_mut(*place) else { continue };
                let fits = match target_of(slot.role, slot.value) {
                    Target::One(target) => batch.push(slot.index, target),
                    // Both halves or none.
                    Target::Two(left, right) => {
                        batch.has_room_for(2) && batch.push(slot.index, left) && batch.push(slot.index + 1, right)
                    }
                };
                if !fits {
                    break;
                }
                taken += 1;
            }
            if push(RtCommand::Set(batch)).is_some() {
                break;
            }
            self.sets = 0;
            done += taken;
        }
        for place in self.changed.drain(..done) {
            if let Some(is_changed) = self.is_changed.get_mut(place as usize) {
                *is_changed = false;
            }
        }
        self.changed.is_empty() && self.sets == 0
    }

    pub(crate) fn session(&self) -> &Session {
        self.layout.session()
    }

    /// A graph for the audio thread; until it is [taken](Self::take), nothing here has changed.
    ///
    /// # Errors
    /// What is wrong with the session.
    pub(crate) fn compile(&self, session: Session, rate: u32, ticket: u64) -> Result<(Box<Graph>, Layout), GraphError> {
        compile(session, rate, ticket, &self.layout)
    }

    /// From now on values go to this graph. Call it with nothing left to flush.
    pub(crate) fn take(&mut self, layout: Layout) {
        self.changed.clear();
        self.is_changed.clear();
        self.is_changed.resize(layout.parameters(), false);
        self.layout = layout;
    }

    /// A session that differs in regions only.
    pub(crate) fn replace_session(&mut self, session: Session) {
        self.layout.replace_session(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parameters(count: u32) -> Parameters {
        let parameter =
            |id: u32, role: &str| json!({ "parameterId": id, "role": role, "value": 0, "smoothingMillis": 0 });
        let nodes: Vec<_> = (0..count)
            .map(|n| match n % 2 {
                0 => json!({ "nodeId": 100 + n, "kind": "gain", "bypass": false, "parameters": [parameter(n, "gainDb")] }),
                _ => json!({ "nodeId": 100 + n, "kind": "pan", "bypass": false, "parameters": [parameter(n, "pan")] }),
            })
            .collect();
        let ids: Vec<_> = (0..count).map(|n| 100 + n).collect();
        let channel = json!({ "channelId": 1, "role": "master", "output": null, "nodeIds": ids });
        let snapshot = json!({ "version": 1, "channels": [channel], "nodes": nodes });
        let session = Session::from_snapshot(&serde_json::from_value(snapshot).unwrap()).unwrap();
        let mut parameters = Parameters::default();
        let (_, layout) = parameters.compile(session, 48_000, 1).unwrap();
        parameters.take(layout);
        parameters
    }

    /// Flushes into a ring with room for so many batches: (sets counted, values), and whether all went.
    fn flush(parameters: &mut Parameters, room: usize) -> (u32, Vec<(u32, f32)>, bool) {
        let (mut sets, mut values, mut batches) = (0, Vec::new(), 0);
        let all = parameters.flush(|command| match command {
            RtCommand::Set(batch) if batches < room => {
                batches += 1;
                sets += batch.sets;
                values.extend_from_slice(batch.values());
                None
            }
            other => Some(other),
        });
        (sets, values, all)
    }

    #[test]
    fn the_newest_wins_and_all_are_counted() {
        let mut parameters = parameters(2);
        let gain = parameters.find(0).unwrap();
        for step in 0..1_000 {
            parameters.set(gain, f64::from(-step));
        }
        parameters.set(gain, 0.0);
        parameters.set(gain, f64::NAN);
        let (sets, values, all) = flush(&mut parameters, 100);
        assert_eq!((sets, values.len(), values[0].1, all), (1_001, 1, 1.0, true));
        assert_eq!(flush(&mut parameters, 100), (0, vec![], true));
    }

    #[test]
    fn what_finds_no_room_goes_the_next_time() {
        let mut parameters = parameters(500);
        for id in 0..500 {
            let place = parameters.find(id).unwrap();
            parameters.set(place, -1.0);
        }
        let (mut counted, mut arrived) = (0, std::collections::BTreeSet::new());
        for round in 0..100 {
            let (sets, values, all) = flush(&mut parameters, round % 3);
            counted += sets;
            arrived.extend(values.iter().map(|(slot, _)| *slot));
            if all {
                break;
            }
        }
        // A pan is two values.
        assert_eq!((counted, arrived.len()), (500, 750));
    }
}
