//! Playing and where: what was asked, what the engine confirmed, and where the music would be now.

use super::Core;
use super::link::Waiting;
use crate::core::codes::{Code, reject};
use crate::engine::rebuild::{Place, engine_frames};
use crate::engine::to_wire::rescale;
use crate::event::{Happening, ModelEvent, Payload, Rejection};
use crate::intent::transport::Seek;
use crate::model::{MAX_TICKS, Model, TempoMap};
use crate::view::TransportView;
use crate::view::shapes::transport::{self as shapes, Rolling};
use loophole_wire::message::{EngineCommand, engine, transport};

#[derive(Debug, Default)]
pub(super) struct Transport {
    asked_playing: bool,
    confirmed_playing: Option<bool>,
    /// Where the music was at `anchor_nanos`, in frames at the project's rate.
    anchor_frames: i64,
    anchor_nanos: u64,
    /// Where it stood or was sent last.
    shown_frames: i64,
    started_frames: i64,
    jumps: u32,
    /// The request that the engine has not answered yet.
    pending: Option<u64>,
}

impl Transport {
    /// That of the next project: at the start, and a jump away from this one.
    pub(super) fn after(previous: &Self) -> Self {
        Self { jumps: previous.jumps.wrapping_add(1), ..Self::default() }
    }

    pub(super) fn view(&self, model: &Model) -> TransportView {
        let map = TempoMap::new(model, model.sample_rate);
        TransportView {
            asked_playing: self.asked_playing,
            confirmed_playing: self.confirmed_playing,
            position_ticks: map.frames_to_ticks(self.shown_frames),
            position_frames: self.shown_frames,
            started_at_ticks: map.frames_to_ticks(self.started_frames),
            jumps: self.jumps,
        }
    }

    pub(super) fn is_playing(&self) -> bool {
        self.asked_playing
    }

    /// It is to play, and the engine has not said that it does.
    pub(super) fn waits(&self) -> bool {
        self.asked_playing && self.confirmed_playing != Some(true)
    }

    /// Seconds to where it stood or was sent last.
    pub(super) fn shown_seconds(&self, model: &Model) -> f64 {
        self.shown_frames as f64 / f64::from(model.sample_rate.max(1))
    }

    /// Nobody knows what the engine does.
    pub(super) fn unconfirm(&mut self) {
        self.confirmed_playing = None;
        self.pending = None;
    }

    /// Where the music is at a moment, in frames at the project's rate.
    fn position(&self, model: &Model, now: u64) -> i64 {
        if !self.asked_playing {
            return self.anchor_frames;
        }
        let nanos = i128::from(now.saturating_sub(self.anchor_nanos));
        let elapsed = i64::try_from(nanos * i128::from(model.sample_rate) / 1_000_000_000).unwrap_or(i64::MAX);
        let position = self.anchor_frames.saturating_add(elapsed);
        if !model.loop_region.enabled {
            return position;
        }
        let map = TempoMap::new(model, model.sample_rate);
        let start = map.ticks_to_frames(model.loop_region.start_ticks);
        let end = map.ticks_to_frames(model.loop_region.end_ticks);
        if self.anchor_frames >= end || position < end || end <= start {
            return position;
        }
        start + (position - start) % (end - start)
    }

    fn anchor(&mut self, frames: i64, now: u64) {
        (self.anchor_frames, self.anchor_nanos) = (frames, now);
    }

    fn jump(&mut self, frames: i64, now: u64) {
        self.anchor(frames, now);
        self.shown_frames = frames;
        self.jumps = self.jumps.wrapping_add(1);
    }
}

impl Core {
    /// Where the music is, for an engine that has to go on from there.
    pub(super) fn place(&self) -> Place {
        Place {
            position_frames: self.transport.position(&self.model, self.now),
            at_nanos: self.now,
            rolling: self.transport.asked_playing,
        }
    }

    pub(super) fn play(&mut self) -> Result<Payload, Rejection> {
        if !self.transport.asked_playing {
            let position = self.transport.anchor_frames;
            self.transport.asked_playing = true;
            self.transport.anchor(position, self.now);
            (self.transport.shown_frames, self.transport.started_frames) = (position, position);
            self.ask_transport(EngineCommand::TransportPlay(transport::Play { anchor: None }));
        }
        Ok(self.transport_changed())
    }

    pub(super) fn pause(&mut self) -> Result<Payload, Rejection> {
        if self.transport.asked_playing {
            let position = self.transport.position(&self.model, self.now);
            self.halt(position);
            self.ask_transport(EngineCommand::TransportPause(transport::Pause {}));
        }
        Ok(self.transport_changed())
    }

    /// Stops where play began; when it stands already, goes to the start.
    pub(super) fn stop(&mut self) -> Result<Payload, Rejection> {
        let target = if self.transport.asked_playing { self.transport.started_frames } else { 0 };
        self.stop_at(target);
        Ok(self.transport_changed())
    }

    fn halt(&mut self, position: i64) {
        self.transport.asked_playing = false;
        self.transport.anchor(position, self.now);
        self.transport.shown_frames = position;
    }

    pub(super) fn stop_at(&mut self, frames: i64) {
        self.halt(frames);
        self.transport.jumps = self.transport.jumps.wrapping_add(1);
        let position_frames = engine_frames(&self.model, frames, self.engine_rate());
        self.ask_transport(EngineCommand::TransportStop(transport::Stop { position_frames }));
    }

    pub(super) fn seek(&mut self, ask: &Seek) -> Result<Payload, Rejection> {
        let map = TempoMap::new(&self.model, self.model.sample_rate);
        let farthest = map.ticks_to_frames(MAX_TICKS);
        let frames = match (ask.position_ticks, ask.position_frames) {
            (Some(ticks), None) if (0..=MAX_TICKS).contains(&ticks) => map.ticks_to_frames(ticks),
            (None, Some(frames)) if (0..=farthest).contains(&frames) => frames,
            (Some(_), None) | (None, Some(_)) => {
                let message = format!("the timeline goes from 0 to {MAX_TICKS} ticks ({farthest} frames)");
                return Err(reject(Code::TransportBadPosition, message));
            }
            (Some(_), Some(_)) | (None, None) => {
                let message = "give exactly one of positionTicks and positionFrames";
                return Err(reject(Code::TransportBadPosition, message));
            }
        };
        self.seek_to(frames);
        Ok(self.transport_changed())
    }

    fn seek_to(&mut self, frames: i64) {
        self.transport.jump(frames, self.now);
        let position_frames = engine_frames(&self.model, frames, self.engine_rate());
        self.ask_transport(EngineCommand::TransportSeek(transport::Seek { position_frames }));
    }

    /// The bars have moved on the timeline: the music stays at its bar.
    pub(super) fn follow_tempo(&mut self, before: &Model) {
        let (old, new) =
            (TempoMap::new(before, before.sample_rate), TempoMap::new(&self.model, self.model.sample_rate));
        let moved = |frames: i64| new.ticks_to_frames(old.frames_to_ticks(frames));
        let position = moved(self.transport.position(before, self.now));
        self.transport.started_frames = moved(self.transport.started_frames);
        if position != self.transport.anchor_frames || self.transport.asked_playing {
            self.seek_to(position);
        }
    }

    pub(super) fn panic(&mut self) -> Result<Payload, Rejection> {
        self.end_all_gestures();
        self.command(EngineCommand::EnginePanic(engine::Panic {}));
        let position = self.transport.position(&self.model, self.now);
        self.stop_at(position);
        Ok(self.transport_changed())
    }

    pub(super) fn ask_transport(&mut self, command: EngineCommand) {
        self.transport.confirmed_playing = None;
        self.transport.pending = self.request(Waiting::Transport, command);
    }

    /// Tells everybody; the answer is the payload.
    pub(super) fn transport_changed(&mut self) -> Payload {
        let happening = Happening::TransportState(self.transport_shape());
        let payload = happening.payload();
        self.happened(ModelEvent::happened(happening.spec(), payload.clone()));
        self.view_changed = true;
        self.surface.stale = true;
        payload
    }

    fn transport_shape(&self) -> shapes::Transport {
        let position_frames = self.transport.position(&self.model, self.now);
        let map = TempoMap::new(&self.model, self.model.sample_rate);
        let position_ticks = map.frames_to_ticks(position_frames);
        let playing = self.transport.asked_playing;
        shapes::Transport {
            revision: self.revision,
            state: if playing { Rolling::Playing } else { Rolling::Stopped },
            position_ticks,
            position_frames,
            bpm: map.bpm_at(position_ticks),
            loop_region: self.model.loop_region,
            confirmed_by_engine: self.transport.confirmed_playing == Some(playing),
        }
    }

    /// The engine says what its transport does; with a ticket, because it was asked.
    pub(super) fn transport_confirmed(&mut self, ticket: Option<u64>, state: &transport::State) {
        if self.transport.pending.is_some() && ticket != self.transport.pending {
            // Of an earlier request: the newest one counts.
            return;
        }
        let asked = self.transport.pending.take().is_some();
        self.transport.confirmed_playing = Some(state.rolling);
        let frames = rescale(state.position_frames, self.engine_rate(), self.model.sample_rate);
        if state.rolling == self.transport.asked_playing {
            self.transport.anchor(frames, self.now);
            if asked && !state.rolling {
                self.transport.shown_frames = frames;
            }
        }
        self.transport_changed();
    }

    /// The engine refused a transport command.
    pub(super) fn transport_refused(&mut self, ticket: u64) {
        if self.transport.pending == Some(ticket) {
            self.transport.pending = None;
        }
    }

    /// From telemetry.
    pub(super) fn engine_position(&mut self, position_frames: i64, rolling: bool, at_nanos: u64) {
        let expected = self.transport.pending.is_none() && rolling && self.transport.asked_playing;
        if expected && at_nanos >= self.transport.anchor_nanos {
            let frames = rescale(position_frames, self.engine_rate(), self.model.sample_rate);
            self.transport.anchor(frames, at_nanos.min(self.now));
            self.surfaces.playhead_moved();
        }
    }
}
