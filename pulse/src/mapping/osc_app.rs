//! What the addresses of an OSC app mean: controls become intents, and what is heard becomes feedback. Pure.

use crate::intent::{Intent, channel, track, transport};
use crate::model::{Channel, Model, ParameterId, TempoMap, Track};
use crate::view::GestureView;
use loophole_surfaces::control::ControlValue;
use loophole_surfaces::osc_map::Control;
use loophole_surfaces::taper;
use loophole_wire::decibels::WireValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The intent of a control that was moved; none when it means nothing here, for example a track that is not there.
pub fn intent(model: &Model, control: Control, value: ControlValue) -> Option<Intent> {
    Some(match (control, value) {
        (Control::TrackVolume { track_number }, ControlValue::Fader(place)) => {
            set_gain(model.channels.get(&track_at(model, track_number)?.channel)?, place)
        }
        (Control::MasterVolume, ControlValue::Fader(place)) => set_gain(model.master()?, place),
        (Control::TrackPan { track_number }, ControlValue::Pan(pan)) => {
            let channel_id = track_at(model, track_number)?.channel;
            Intent::ChannelSetPan(channel::SetPan { channel_id, pan })
        }
        (Control::TrackMute { track_number }, ControlValue::Switch(on)) => {
            Intent::TrackSetFlags(track::SetFlags { mute: Some(on), ..flags(track_at(model, track_number)?) })
        }
        (Control::TrackSolo { track_number }, ControlValue::Switch(on)) => {
            Intent::TrackSetFlags(track::SetFlags { solo: Some(on), ..flags(track_at(model, track_number)?) })
        }
        (Control::TransportPlay, ControlValue::Button(true)) => Intent::TransportPlay(transport::Play {}),
        (Control::TransportStop, ControlValue::Button(true)) => Intent::TransportStop(transport::Stop {}),
        (Control::TransportSeek, ControlValue::Seconds(seconds)) => {
            let ticks = TempoMap::new(model, model.sample_rate).seconds_to_ticks(seconds);
            Intent::TransportSeek(transport::Seek { position_ticks: Some(ticks), position_frames: None })
        }
        (_, _) => return None,
    })
}

fn track_at(model: &Model, number: u32) -> Option<&Arc<Track>> {
    let place = usize::try_from(number.checked_sub(1)?).ok()?;
    model.tracks.get(model.track_order.get(place)?)
}

fn set_gain(channel: &Channel, place: f64) -> Intent {
    let gain_db = WireValue(taper::db_of_position(place));
    Intent::ChannelSetGain(channel::SetGain { channel_id: channel.id, gain_db })
}

fn flags(track: &Track) -> track::SetFlags {
    track::SetFlags { track_id: track.id, mute: None, solo: None, arm: None, monitor: None }
}

/// Everything that an app shows, as it is now. `held` wins over the model.
pub fn shown(
    model: &Model,
    held: &BTreeMap<ParameterId, GestureView>,
    playing: bool,
    position_seconds: f64,
) -> BTreeMap<Control, ControlValue> {
    let mut shown = BTreeMap::from([
        (Control::TransportPlay, ControlValue::Button(playing)),
        (Control::TransportStop, ControlValue::Button(!playing)),
        (Control::TransportSeek, ControlValue::Seconds(position_seconds.max(0.0))),
    ]);
    let heard = |id: ParameterId, value: f64| held.get(&id).map_or(value, |gesture| gesture.value);
    let volume = |channel: &Channel| {
        let fader = model.fader(channel)?;
        Some(ControlValue::Fader(taper::position_of_db(heard(fader.id, fader.value))))
    };
    shown.extend(model.master().and_then(|master| Some((Control::MasterVolume, volume(master)?))));
    for (track_number, id) in (1_u32..).zip(model.track_order.iter()) {
        let Some(channel) = model.tracks.get(id).and_then(|track| model.channels.get(&track.channel)) else { continue };
        shown.extend(volume(channel).map(|volume| (Control::TrackVolume { track_number }, volume)));
        let pan = model.pan(channel).map(|pan| ControlValue::Pan(heard(pan.id, pan.value)));
        shown.extend(pan.map(|pan| (Control::TrackPan { track_number }, pan)));
        shown.insert(Control::TrackMute { track_number }, ControlValue::Switch(channel.mute));
        shown.insert(Control::TrackSolo { track_number }, ControlValue::Switch(channel.solo));
    }
    shown
}
