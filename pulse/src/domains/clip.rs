//! Clips: stretches of media on the timeline.

use super::Edit;
use crate::bus::validate::{clip_gain, find, name, position};
use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::intent::clip::{Create, Delete, Move, Resize, SetGain, SetLooping};
use crate::model::*;

pub(crate) fn create(model: &Model, ask: &Create) -> Edit {
    let track = find(&model.tracks, ask.track_id, "track")?;
    let media = find(&model.media, ask.media_id, "media")?;
    let start_ticks = position(ask.start_ticks)?;
    let offset_frames = offset(media, ask.offset_frames.unwrap_or(0))?;
    let mut change = Change::of(model);
    let clip = Clip {
        id: ClipId(change.id()),
        track: track.id,
        lane: first_lane(track)?,
        name: ask.name.as_deref().map_or_else(|| Ok(media.name.clone()), name)?,
        media: media.id,
        start_ticks,
        length_ticks: match ask.length_ticks {
            Some(ticks) => length(ticks)?,
            None => natural_length(model, media, start_ticks, offset_frames),
        },
        offset_frames,
        looped: ask.looped,
        gain_db: clip_gain(ask.gain_db.map_or(0.0, |gain| gain.0))?,
    };
    change.made = Made::Clip(ClipMade { clip_id: clip.id });
    let label = format!("Create clip {}", clip.name);
    Ok(change.with(Op::clip(clip)).labelled(label))
}

/// How long a clip is that plays all of its media from an offset.
pub(super) fn natural_length(model: &Model, media: &Media, start_ticks: i64, offset_frames: i64) -> i64 {
    let map = TempoMap::new(model, media.sample_rate);
    let frames = i64::try_from(media.frames).unwrap_or(i64::MAX).saturating_sub(offset_frames);
    if frames <= 0 {
        return 4 * TICKS_PER_QUARTER;
    }
    let end = map.frames_to_ticks(map.ticks_to_frames(start_ticks).saturating_add(frames));
    (end - start_ticks).clamp(1, MAX_TICKS)
}

pub(super) fn first_lane(track: &Track) -> Result<LaneId, Rejection> {
    let none = || reject(Code::ModelUnknownId, format!("track {} has no lane", track.id));
    track.lanes.first().copied().ok_or_else(none)
}

pub(crate) fn delete(model: &Model, ask: &Delete) -> Edit {
    let mut change = Change::of(model);
    for id in not_empty(&ask.clip_ids)? {
        find(&model.clips, *id, "clip")?;
        change.ops.push(Op::Clip(*id, None));
    }
    let label = some_clips(model, ask.clip_ids.iter().copied());
    Ok(change.labelled(format!("Delete {label}")))
}

pub(crate) fn move_to(model: &Model, ask: &Move) -> Edit {
    let mut change = Change::of(model);
    for wanted in not_empty(&ask.moves)? {
        let clip = find(&model.clips, wanted.clip_id, "clip")?;
        let start_ticks = position(wanted.start_ticks)?;
        let (track, lane) = match wanted.track_id {
            Some(id) if id != clip.track => (id, first_lane(find(&model.tracks, id, "track")?)?),
            Some(_) | None => (clip.track, clip.lane),
        };
        change.ops.push(Op::clip(Clip { start_ticks, track, lane, ..Clip::clone(clip) }));
    }
    let label = some_clips(model, ask.moves.iter().map(|wanted| wanted.clip_id));
    Ok(change.labelled(format!("Move {label}")))
}

pub(crate) fn resize(model: &Model, ask: &Resize) -> Edit {
    let clip = find(&model.clips, ask.clip_id, "clip")?;
    let media = find(&model.media, clip.media, "media")?;
    let (start_ticks, length_ticks) = (position(ask.start_ticks)?, length(ask.length_ticks)?);
    let offset_frames = if clip.looped {
        // A loop is from its offset to the end of the media; it begins anew where the clip begins.
        clip.offset_frames
    } else {
        let map = TempoMap::new(model, media.sample_rate);
        clip.offset_frames + map.ticks_to_frames(start_ticks) - map.ticks_to_frames(clip.start_ticks)
    };
    if offset_frames < 0 {
        let map = TempoMap::new(model, media.sample_rate);
        let earliest = map.frames_to_ticks(map.ticks_to_frames(clip.start_ticks) - clip.offset_frames);
        let message = format!("the media of {} begins at tick {earliest}; the clip cannot begin before it", clip.id);
        return Err(reject(Code::ClipBadRange, message).with_details(serde_json::json!({ "earliestTicks": earliest })));
    }
    if !clip.looped && media.frames > 0 && offset_frames as u64 >= media.frames {
        let message = format!("the media of {} has ended by tick {start_ticks}; nothing would be left", clip.id);
        return Err(reject(Code::ClipBadRange, message));
    }
    let label = format!("Trim clip {}", clip.name);
    Ok(Change::of(model)
        .with(Op::clip(Clip { start_ticks, length_ticks, offset_frames, ..Clip::clone(clip) }))
        .labelled(label))
}

pub(crate) fn set_gain(model: &Model, ask: &SetGain) -> Edit {
    let clip = find(&model.clips, ask.clip_id, "clip")?;
    let gain_db = clip_gain(ask.gain_db.0)?;
    let label = format!("Set gain of clip {}", clip.name);
    Ok(Change::of(model).with(Op::clip(Clip { gain_db, ..Clip::clone(clip) })).labelled(label))
}

pub(crate) fn set_looping(model: &Model, ask: &SetLooping) -> Edit {
    let clip = find(&model.clips, ask.clip_id, "clip")?;
    let label = if ask.looped { "Loop clip" } else { "Play clip once" };
    let label = format!("{label}: {}", clip.name);
    Ok(Change::of(model).with(Op::clip(Clip { looped: ask.looped, ..Clip::clone(clip) })).labelled(label))
}

fn offset(media: &Media, frames: i64) -> Result<i64, Rejection> {
    let known = media.frames == 0 || (frames as u64) < media.frames;
    if (0..=MAX_OFFSET_FRAMES).contains(&frames) && known {
        return Ok(frames);
    }
    let message = format!("offset {frames} is not inside media {}, which has {} frames", media.id, media.frames);
    Err(reject(Code::ClipBadRange, message))
}

fn length(ticks: i64) -> Result<i64, Rejection> {
    if (1..=MAX_TICKS).contains(&ticks) {
        return Ok(ticks);
    }
    Err(reject(Code::ClipBadRange, format!("a clip cannot be {ticks} ticks long; use 1 to {MAX_TICKS}")))
}

fn not_empty<T>(list: &[T]) -> Result<&[T], Rejection> {
    if list.is_empty() { Err(reject(Code::ClipNothing, "no clip was named; name at least one")) } else { Ok(list) }
}

fn some_clips(model: &Model, mut ids: impl ExactSizeIterator<Item = ClipId>) -> String {
    match (ids.len(), ids.next().and_then(|id| model.clips.get(&id))) {
        (1, Some(clip)) => format!("clip {}", clip.name),
        (count, _) => format!("{count} clips"),
    }
}
