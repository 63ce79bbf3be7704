//! The one way in which the model changes: ops are applied, recorded, told to clients and to the engine.

use super::Core;
use super::Request;
use crate::bus::coalesce::Key;
use crate::core::codes::{Code, reject};
use crate::engine::to_wire::{Difference, Heard};
use crate::event::{ModelEvent, Payload, Rejection};
use crate::model::routing::audible;
use crate::model::{Change, ID_LIMIT, Made, Model, NodeId, NodeKind, Op, Stepped, TempoMap, Touched};
use crate::view::shapes::edit::{Edited, changes};
use loophole_wire::message::{EngineCommand, parameter};
use std::sync::Arc;

/// What becomes of the inverses.
#[derive(Debug)]
pub(super) enum Record {
    /// One undo entry; with a key, it joins the one before when that has the same key.
    Entry {
        key: Option<Key>,
    },
    /// Cannot be undone, but wants to be saved.
    Silent,
    /// Not a person's doing: nothing to undo and nothing to save.
    Fact,
    Undo,
    Redo,
}

impl Core {
    /// Applies a change and tells everybody. The answer is the payload for whoever asked.
    pub(super) fn commit(&mut self, request: Request, change: Change, record: Record) -> Result<Payload, Rejection> {
        if change.next_id > ID_LIMIT {
            return Err(reject(Code::ProjectFull, "this project has used up all its ids; begin a new one"));
        }
        let Change { ops, next_id, made, label } = change;
        let before = Arc::clone(&self.model);
        let (touched, inverse) = self.apply(ops);
        if inverse.is_empty() {
            self.model = before;
            if matches!(record, Record::Undo | Record::Redo) {
                self.step_history(record, inverse);
            }
            return Ok(self.edited(made, &Touched::default()));
        }
        let next_id = next_id.max(before.next_id);
        Arc::make_mut(&mut self.model).next_id = next_id;
        self.revision += 1;
        self.view_changed = true;
        match record {
            Record::Entry { key } => self.record(request, label, key, inverse),
            Record::Silent => self.project.changed_silently = true,
            Record::Fact => {}
            Record::Undo | Record::Redo => self.step_history(record, inverse),
        }
        self.follow(&before, &touched);
        let payload = self.edited(made, &touched);
        self.tell_changed(request, payload.clone());
        if self.told_dirty != self.is_dirty() {
            self.session_changed();
        }
        Ok(payload)
    }

    /// Applies ops; answers what they touched and the ops that take them back, in order.
    fn apply(&mut self, ops: Vec<Op>) -> (Touched, Vec<Op>) {
        let mut touched = Touched::default();
        let mut inverse = Vec::with_capacity(ops.len());
        let model = Arc::make_mut(&mut self.model);
        for op in ops {
            if let Some(back) = model.apply(op) {
                touched.note(&back);
                inverse.push(back);
            }
        }
        inverse.reverse();
        (touched, inverse)
    }

    fn record(&mut self, request: Request, label: Option<String>, key: Option<Key>, inverse: Vec<Op>) {
        let joined = key.as_ref().and_then(|key| self.coalescer.joins(key, self.now));
        let only_values = inverse.iter().all(|op| matches!(op, Op::Value(..)));
        let serial = match joined.filter(|_| only_values) {
            Some(serial) => self.history.join(serial, &inverse),
            None => None,
        };
        let serial = serial.unwrap_or_else(|| {
            let label = label.unwrap_or_else(|| request.spec.title.to_owned());
            self.history.record(label, request.origin, inverse)
        });
        self.coalescer.changed(key, serial, self.now);
    }

    fn step_history(&mut self, record: Record, inverse: Vec<Op>) {
        self.coalescer.forget();
        match record {
            Record::Undo => self.history.undone(inverse),
            Record::Redo => self.history.redone(inverse),
            Record::Entry { .. } | Record::Silent | Record::Fact => {}
        }
        self.view_changed = true;
    }

    /// Everything beside the model that depends on it.
    fn follow(&mut self, before: &Model, touched: &Touched) {
        for id in &touched.clips {
            self.clips.follow(before.clips.get(id), self.model.clips.get(id));
        }
        if !touched.parameters.is_empty() {
            self.drop_lost_gestures();
        }
        if !touched.media.is_empty() {
            self.follow_media(before, touched);
        }
        let added = touched.nodes.iter().filter(|id| !before.nodes.contains_key(id));
        let by_hand = |id: &&NodeId| {
            self.model.nodes.get(id).is_some_and(|node| matches!(node.kind, NodeKind::Gain | NodeKind::TestTone))
        };
        if let Some(newest) = added.filter(by_hand).max() {
            self.link.newest_node = Some(*newest);
        }
        let shown = !touched.parameters.is_empty() || !touched.channels.is_empty() || touched.track_order;
        self.surface.stale |= shown || touched.tempo;
        self.tell_engine(before, touched);
        if touched.tempo {
            self.follow_tempo(before);
        }
        if touched.loop_region || touched.tempo {
            self.transport_changed();
        }
    }

    /// The smallest change that makes the engine play the model as it is now.
    fn tell_engine(&mut self, before: &Model, touched: &Touched) {
        if !touched.channels.is_empty() || !touched.nodes.is_empty() {
            let told = std::mem::replace(&mut self.link.audible, audible(&self.model));
            let difference = self.heard(|heard| heard.difference(before, touched, &told));
            self.send_difference(difference);
        } else if !(touched.parameters.is_empty()
            && touched.clips.is_empty()
            && touched.lanes.is_empty()
            && touched.media.is_empty()
            && !touched.tempo)
        {
            let difference = self.heard(|heard| heard.difference(before, touched, heard.audible));
            self.send_difference(difference);
        }
        if touched.loop_region || touched.tempo {
            let region = self.heard(|heard| heard.loop_region());
            self.command(EngineCommand::TransportSetLoopRegion(region));
        }
    }

    fn send_difference(&mut self, difference: Difference) {
        let Difference { delta, values } = difference;
        if let Some(mut delta) = delta {
            self.link.graph_version += 1;
            delta.version = self.link.graph_version;
            self.command(EngineCommand::GraphApplyDelta(delta));
        }
        if !values.is_empty() {
            self.command(EngineCommand::ParameterSet(parameter::Set { values }));
        }
    }

    /// Calls with everything that what is heard depends on.
    pub(super) fn heard<T>(&self, call: impl FnOnce(&Heard<'_>) -> T) -> T {
        let engine_rate = self.engine_rate();
        let map = TempoMap::new(&self.model, engine_rate);
        let held = self.gestures.view();
        call(&Heard {
            model: &self.model,
            clips: &self.clips,
            map: &map,
            engine_rate,
            held: &held,
            audible: &self.link.audible,
            suspect: self.link.view.suspect,
        })
    }

    /// What is answered and told of a change.
    pub(super) fn edited(&self, made: Made, touched: &Touched) -> Payload {
        let (changed, removed) = changes(&self.model, &self.media, touched);
        Payload::of(&Edited { revision: self.revision, changed, removed, made })
    }

    /// Tells the window and all clients but the one who asked that the model is another one.
    pub(super) fn tell_changed(&mut self, request: Request, payload: Payload) {
        let Request { origin, spec, .. } = request;
        let changed =
            ModelEvent::Changed { revision: self.revision, domain: spec.domain, name: spec.name, origin, payload };
        self.out.push(super::Outbound::Event(changed));
    }

    pub(super) fn undo(&mut self, request: Request) -> Result<Payload, Rejection> {
        self.coalescer.forget();
        let Some((label, ops)) = self.history.undo() else {
            return Err(reject(Code::HistoryNothing, "there is nothing to undo"));
        };
        self.step(request, label, ops, Record::Undo)
    }

    pub(super) fn redo(&mut self, request: Request) -> Result<Payload, Rejection> {
        self.coalescer.forget();
        let Some((label, ops)) = self.history.redo() else {
            return Err(reject(Code::HistoryNothing, "there is nothing to redo"));
        };
        self.step(request, label, ops, Record::Redo)
    }

    fn step(&mut self, request: Request, label: String, ops: Vec<Op>, record: Record) -> Result<Payload, Rejection> {
        let change = Change { ops, made: Made::Step(Stepped { label }), ..Change::of(&self.model) };
        self.commit(request, change, record)
    }

    /// Whether there is something that was not saved.
    pub(super) fn is_dirty(&self) -> bool {
        self.project.changed_silently || self.history.state() != self.project.saved_state
    }
}
