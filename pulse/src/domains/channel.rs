//! Channels: the strips of the mixer.

use super::{Edit, track::Flags};
use crate::bus::validate::{find, name, unknown, value};
use crate::core::codes::{Code, reject};
use crate::intent::channel::{Rename, SetFlags, SetGain, SetPan};
use crate::model::{Change, Channel, ChannelRole, Model, Op};

pub(crate) fn set_gain(model: &Model, ask: &SetGain) -> Edit {
    let channel = find(&model.channels, ask.channel_id, "channel")?;
    let fader = model.fader(channel).ok_or_else(|| unknown(channel.id, "fader of channel"))?;
    let gain_db = value(fader, ask.gain_db.0)?;
    Ok(Change::of(model).with(Op::Value(fader.id, gain_db)).labelled(format!("Set gain of {}", channel.name)))
}

pub(crate) fn set_pan(model: &Model, ask: &SetPan) -> Edit {
    let channel = find(&model.channels, ask.channel_id, "channel")?;
    let pan = model.pan(channel).ok_or_else(|| unknown(channel.id, "pan of channel"))?;
    Ok(Change::of(model).with(Op::Value(pan.id, value(pan, ask.pan)?)).labelled(format!("Set pan of {}", channel.name)))
}

pub(crate) fn set_flags(model: &Model, ask: &SetFlags) -> Edit {
    let channel = find(&model.channels, ask.channel_id, "channel")?;
    let flags = Flags { mute: ask.mute, solo: ask.solo, ..Flags::default() };
    Ok(Change::of(model).with(Op::channel(flags.on(channel))).labelled(flags.label(channel, &channel.name)))
}

pub(crate) fn rename(model: &Model, ask: &Rename) -> Edit {
    let channel = find(&model.channels, ask.channel_id, "channel")?;
    if channel.role == ChannelRole::Track {
        let message = format!("{} belongs to a track; use 'track.rename', which renames both", channel.id);
        return Err(reject(Code::ChannelNotForTracks, message));
    }
    let name = name(&ask.name)?;
    let label = format!("Rename channel {} to {name}", channel.name);
    Ok(Change::of(model).with(Op::channel(Channel { name, ..Channel::clone(channel) })).labelled(label))
}
