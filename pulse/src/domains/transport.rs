//! The loop, which is part of the project.

use super::Edit;
use crate::bus::validate::position;
use crate::core::codes::{Code, reject};
use crate::intent::transport::{SetLoopEnabled, SetLoopRegion};
use crate::model::{Change, Model, Op, TempoMap};

/// The engine refuses shorter loops.
const SHORTEST_LOOP_FRAMES: i64 = 64;

pub(crate) fn set_loop_region(model: &Model, ask: &SetLoopRegion) -> Edit {
    let (start_ticks, end_ticks) = (position(ask.start_ticks)?, position(ask.end_ticks)?);
    // At the lowest rate that a device may have, so that it holds at each.
    let map = TempoMap::new(model, 8_000);
    if map.ticks_to_frames(end_ticks) - map.ticks_to_frames(start_ticks) < SHORTEST_LOOP_FRAMES {
        let message = format!(
            "a loop from {start_ticks} to {end_ticks} ticks is too short; it must last at least 8 milliseconds"
        );
        return Err(reject(Code::TransportBadLoop, message));
    }
    Ok(Change::of(model).with(Op::LoopRange { start_ticks, end_ticks }))
}

pub(crate) fn set_loop_enabled(model: &Model, ask: &SetLoopEnabled) -> Edit {
    Ok(Change::of(model).with(Op::LoopEnabled(ask.enabled)))
}
