//! Media that were imported, and the clips that were wanted of them.

use super::{
    Edit,
    clip::{first_lane, natural_length},
    routing::output_or_master,
    track,
};
use crate::bus::validate::{find, position, room};
use crate::event::Rejection;
use crate::intent::media::Place;
use crate::model::*;
use std::sync::Arc;

/// Puts the media, and clips where they were wanted. `failed` is for the answer.
pub(crate) fn import(model: &Model, files: &[Media], place: Option<&Place>, failed: Vec<NotImported>) -> Edit {
    let mut change = Change::of(model);
    for media in files.iter().filter(|file| !model.media.contains_key(&file.id)) {
        change.ops.push(Op::media(media.clone()));
    }
    let media_ids = files.iter().map(|file| file.id).collect();
    let (clip_ids, track_ids) = place.map(|place| put_clips(&mut change, model, files, place)).transpose()?.unzip();
    change.made = Made::Media(MediaMade { media_ids, clip_ids, track_ids, failed });
    let label = match files {
        [media] => format!("Import {}", media.name),
        _ => format!("Import {} files", files.len()),
    };
    Ok(change.labelled(label))
}

fn put_clips(
    change: &mut Change,
    model: &Model,
    files: &[Media],
    place: &Place,
) -> Result<(Vec<ClipId>, Vec<TrackId>), Rejection> {
    let mut start_ticks = position(place.start_ticks)?;
    let (mut clips, mut tracks) = (Vec::new(), Vec::new());
    let existing = place.track_id.map(|id| find(&model.tracks, id, "track").cloned()).transpose()?;
    if existing.is_none() {
        room(model, files.len(), 4 * files.len())?;
    }
    for media in files {
        let track = match &existing {
            Some(track) => Arc::clone(track),
            None => {
                let colour = palette(model.tracks.len() + tracks.len());
                let track = track::add(change, &media.name, colour, output_or_master(model, None)?);
                tracks.push(track.id);
                Arc::new(track)
            }
        };
        let length_ticks = natural_length(model, media, start_ticks, 0);
        let clip = Clip {
            id: ClipId(change.id()),
            track: track.id,
            lane: first_lane(&track)?,
            name: media.name.clone(),
            media: media.id,
            start_ticks,
            length_ticks,
            offset_frames: 0,
            looped: false,
            gain_db: 0.0,
        };
        clips.push(clip.id);
        change.ops.push(Op::clip(clip));
        if existing.is_some() {
            start_ticks = position(start_ticks + length_ticks)?;
        }
    }
    if !tracks.is_empty() {
        let order = model.track_order.iter().chain(&tracks).copied().collect();
        change.ops.push(Op::TrackOrder(Arc::new(order)));
    }
    Ok((clips, tracks))
}
