//! Hands on parameters: heard at once, one undo entry at the end.

use super::commit::Record;
use super::{Core, Outbound, Request};
use crate::bus::validate::{find, value};
use crate::core::codes::{Code, reject};
use crate::domains::parameter::many;
use crate::event::{Payload, Rejection};
use crate::intent::gesture::{CreateStream, DestroyStream};
use crate::intent::parameter::{BeginGesture, EndGesture, UpdateGesture};
use crate::intent::{Intent, IntentSpec, Origin};
use crate::model::{Change, Made, Model, Op, ParameterId, Touched};
use crate::view::GestureView;
use crate::view::shapes::transport::{self, Held};
use loophole_wire::decibels::WireValue;
use loophole_wire::message::{EngineCommand, gesture, parameter};
use loophole_wire::plane::GestureValue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// Streams that may be open at once.
const STREAM_LIMIT: usize = 1_024;
/// Parameters that one stream may move.
const TARGET_LIMIT: usize = 65_536;

#[derive(Debug, Default)]
pub(super) struct Gestures {
    /// Parameters that are held one by one.
    single: BTreeMap<ParameterId, GestureView>,
    streams: BTreeMap<u32, Stream>,
    last_stream: u32,
    /// Values of plane frames that could not be used.
    ignored: u64,
    /// Made of the two above when somebody looks.
    view: OnceLock<Arc<BTreeMap<ParameterId, GestureView>>>,
}

#[derive(Debug)]
struct Stream {
    origin: Origin,
    /// Sorted.
    targets: Vec<Target>,
}

#[derive(Debug)]
struct Target {
    id: ParameterId,
    min: f64,
    max: f64,
    /// None = the stream has not moved it.
    value: Option<f64>,
}

impl Gestures {
    /// What is held, with its momentary values.
    pub(super) fn view(&self) -> Arc<BTreeMap<ParameterId, GestureView>> {
        Arc::clone(self.view.get_or_init(|| {
            let mut held = self.single.clone();
            for stream in self.streams.values() {
                let moved = stream.targets.iter().filter_map(|target| Some((target.id, target.value?)));
                held.extend(moved.map(|(id, value)| (id, GestureView { value, origin: stream.origin })));
            }
            Arc::new(held)
        }))
    }

    /// Open streams, with the engine's numbers of what they may move.
    pub(super) fn streams(&self) -> Vec<(u32, Vec<u32>)> {
        let targets = |stream: &Stream| stream.targets.iter().map(|target| target.id.0).collect();
        self.streams.iter().map(|(number, stream)| (*number, targets(stream))).collect()
    }

    pub(super) fn ignored(&self) -> u64 {
        self.ignored
    }

    fn changed(&mut self) {
        self.view = OnceLock::new();
    }

    fn holder(&self, id: ParameterId) -> Option<Origin> {
        self.view().get(&id).map(|held| held.origin)
    }

    /// Another project: nothing is held.
    pub(super) fn clear(&mut self) -> Vec<u32> {
        self.single.clear();
        self.changed();
        std::mem::take(&mut self.streams).into_keys().collect()
    }
}

impl Core {
    pub(super) fn begin_gesture(&mut self, request: Request, ask: &BeginGesture) -> Result<Payload, Rejection> {
        let id = ask.parameter_id;
        find(&self.model.parameters, id, "parameter")?;
        if let Some(holder) = self.gestures.holder(id) {
            if holder != request.origin || !self.gestures.single.contains_key(&id) {
                return Err(held_by(id, holder));
            }
            // Begun twice: what was moved before is kept as it is.
            self.end_single(request.origin, id, false)?;
        }
        let value = find(&self.model.parameters, id, "parameter")?.value;
        self.gestures.single.insert(id, GestureView { value, origin: request.origin });
        self.gesture_changed();
        Ok(Payload::of(&Held { parameter_id: id, value: WireValue(value) }))
    }

    pub(super) fn update_gesture(&mut self, request: Request, ask: &UpdateGesture) -> Result<Payload, Rejection> {
        let id = ask.parameter_id;
        let wanted = value(find(&self.model.parameters, id, "parameter")?, ask.value.0)?;
        let held = self.gestures.single.get_mut(&id).filter(|held| held.origin == request.origin);
        held.ok_or_else(|| not_held(id))?.value = wanted;
        self.gesture_changed();
        self.command(set(vec![(id, wanted)]));
        Ok(Payload::of(&Held { parameter_id: id, value: WireValue(wanted) }))
    }

    pub(super) fn end_gesture(&mut self, request: Request, ask: &EndGesture) -> Result<Payload, Rejection> {
        let id = ask.parameter_id;
        let held = self.gestures.single.get(&id).filter(|held| held.origin == request.origin);
        held.ok_or_else(|| not_held(id))?;
        self.end_single(request.origin, id, ask.cancel)
    }

    fn end_single(&mut self, origin: Origin, id: ParameterId, cancel: bool) -> Result<Payload, Rejection> {
        let Some(held) = self.gestures.single.remove(&id) else { return Ok(self.nothing_edited()) };
        self.gesture_changed();
        let request = Request { origin, ticket: None, spec: end_spec() };
        self.keep(request, &[(id, held.value)], cancel)
    }

    /// A hand let go: its last values become the model's, or the engine goes back to the model's.
    fn keep(&mut self, request: Request, values: &[(ParameterId, f64)], cancel: bool) -> Result<Payload, Rejection> {
        let known = values.iter().filter(|(id, _)| self.model.parameters.contains_key(id));
        if cancel {
            let back = known.filter_map(|(id, _)| Some((*id, self.model.parameters.get(id)?.value))).collect();
            self.command(set(back));
            return Ok(self.nothing_edited());
        }
        let mut change = Change::of(&self.model);
        change.ops.extend(known.map(|(id, value)| Op::Value(*id, *value)));
        let label = many(&self.model, values.iter().map(|(id, _)| *id));
        self.commit(request, change.labelled(label), Record::Entry { key: None })
    }

    fn nothing_edited(&self) -> Payload {
        self.edited(Made::Nothing, &Touched::default())
    }

    pub(super) fn create_stream(&mut self, request: Request, ask: &CreateStream) -> Result<Payload, Rejection> {
        let targets = targets(&self.model, &ask.parameter_ids)?;
        if self.gestures.streams.len() >= STREAM_LIMIT {
            let message = format!("{STREAM_LIMIT} streams are open; close one with 'gesture.destroyStream'");
            return Err(reject(Code::GestureTooMany, message));
        }
        self.gestures.last_stream += 1;
        let stream = self.gestures.last_stream;
        let numbers = targets.iter().map(|target| target.id.0).collect();
        self.gestures.streams.insert(stream, Stream { origin: request.origin, targets });
        self.command(EngineCommand::GestureOpen(gesture::Open { stream, targets: numbers }));
        Ok(Payload::of(&transport::Stream { stream }))
    }

    pub(super) fn destroy_stream(&mut self, request: Request, ask: &DestroyStream) -> Result<Payload, Rejection> {
        let open = self.gestures.streams.get(&ask.stream).filter(|stream| stream.origin == request.origin);
        if open.is_none() {
            let message = format!("stream {} is not open for you; 'gesture.createStream' opens one", ask.stream);
            return Err(reject(Code::GestureUnknownStream, message));
        }
        self.end_stream(request, ask.stream, ask.cancel)
    }

    fn end_stream(&mut self, request: Request, number: u32, cancel: bool) -> Result<Payload, Rejection> {
        let Some(stream) = self.gestures.streams.remove(&number) else { return Ok(self.nothing_edited()) };
        self.gesture_changed();
        self.command(EngineCommand::GestureClose(gesture::Close { stream: number }));
        let moved: Vec<_> = stream.targets.iter().filter_map(|target| Some((target.id, target.value?))).collect();
        self.keep(request, &moved, cancel)
    }

    /// Moves as they come over the plane: clamped, forwarded in one piece. What is no target of the stream, is no
    /// number or is held by another hand is left out and counted.
    pub(super) fn gesture_frame(&mut self, origin: Origin, number: u32, mut values: Vec<GestureValue>) {
        let count = values.len();
        // Nobody else holds anything, most of the time.
        let others = !self.gestures.single.is_empty() || self.gestures.streams.len() > 1;
        let held = if others { self.gestures.view() } else { Arc::default() };
        let Some(stream) = self.gestures.streams.get_mut(&number).filter(|stream| stream.origin == origin) else {
            self.gestures.ignored += count as u64;
            return;
        };
        values.retain_mut(|move_| {
            let id = ParameterId(move_.target);
            let Ok(place) = stream.targets.binary_search_by_key(&id, |target| target.id) else { return false };
            let target = &mut stream.targets[place];
            let free = target.value.is_some() || !held.contains_key(&id);
            if move_.value.is_nan() || !free {
                return false;
            }
            let value = f64::from(move_.value).clamp(target.min, target.max);
            target.value = Some(value);
            move_.value = value as f32;
            true
        });
        self.gestures.ignored += (count - values.len()) as u64;
        if values.is_empty() {
            return;
        }
        self.gesture_changed();
        if self.link.is_connected() {
            self.out.push(Outbound::EngineGesture { stream: number, values });
        }
    }

    /// Whoever is gone holds nothing any more; what it moved is kept.
    pub(super) fn end_gestures_of(&mut self, origin: Origin) {
        self.end_gestures(|holder| holder == origin);
    }

    pub(super) fn end_all_gestures(&mut self) {
        self.end_gestures(|_| true);
    }

    fn end_gestures(&mut self, wanted: impl Fn(Origin) -> bool) {
        let single: Vec<_> = self
            .gestures
            .single
            .iter()
            .filter(|(_, held)| wanted(held.origin))
            .map(|(id, held)| (*id, held.origin))
            .collect();
        for (id, origin) in single {
            // Nobody waits for the answer, and a value that was clamped is not refused.
            let _kept = self.end_single(origin, id, false);
        }
        let streams: Vec<_> = self
            .gestures
            .streams
            .iter()
            .filter(|(_, stream)| wanted(stream.origin))
            .map(|(number, stream)| (*number, stream.origin))
            .collect();
        for (number, origin) in streams {
            let request = Request { origin, ticket: None, spec: destroy_spec() };
            let _kept = self.end_stream(request, number, false);
        }
    }

    /// Parameters that are gone cannot be held.
    pub(super) fn drop_lost_gestures(&mut self) {
        let parameters = &self.model.parameters;
        let before = self.gestures.single.len();
        self.gestures.single.retain(|id, _| parameters.contains_key(id));
        let mut dropped = before != self.gestures.single.len();
        for stream in self.gestures.streams.values_mut() {
            let before = stream.targets.len();
            stream.targets.retain(|target| parameters.contains_key(&target.id));
            dropped |= before != stream.targets.len();
        }
        if dropped {
            self.gesture_changed();
        }
    }

    fn gesture_changed(&mut self) {
        self.gestures.changed();
        self.surface.stale = true;
        self.view_changed = true;
    }
}

fn targets(model: &Model, ids: &[ParameterId]) -> Result<Vec<Target>, Rejection> {
    let ids: BTreeSet<ParameterId> = ids.iter().copied().collect();
    if ids.is_empty() || ids.len() > TARGET_LIMIT {
        return Err(reject(Code::GestureTooMany, format!("a stream moves 1 to {TARGET_LIMIT} parameters")));
    }
    let target = |id: ParameterId| {
        let parameter = find(&model.parameters, id, "parameter")?;
        Ok(Target { id, min: parameter.min, max: parameter.max, value: None })
    };
    ids.into_iter().map(target).collect()
}

fn set(values: Vec<(ParameterId, f64)>) -> EngineCommand {
    let values =
        values.into_iter().map(|(id, value)| parameter::ParameterValue { parameter_id: id.0, value: WireValue(value) });
    EngineCommand::ParameterSet(parameter::Set { values: values.collect() })
}

fn end_spec() -> &'static IntentSpec {
    Intent::ParameterEndGesture(EndGesture { parameter_id: ParameterId(0), cancel: false }).spec()
}

fn destroy_spec() -> &'static IntentSpec {
    Intent::GestureDestroyStream(DestroyStream { stream: 0, cancel: false }).spec()
}

fn held_by(id: ParameterId, holder: Origin) -> Rejection {
    reject(Code::ParameterHeld, format!("{id} is held by {holder}; try again when it lets go"))
}

fn not_held(id: ParameterId) -> Rejection {
    reject(Code::ParameterNotHeld, format!("you do not hold {id}; begin with 'parameter.beginGesture'"))
}
