//! The demo song: its data made into a model, its files into a folder.

use super::files::{cannot_write, remove_quietly, write_synced};
use crate::core::codes::{Code, reject};
use crate::domains::{channel, clip, routing, timebase, track, transport};
use crate::event::Rejection;
use crate::intent;
use crate::model::{Change, ChannelId, Made, Media, MediaId, Model, Op};
use loophole_wire::decibels::WireValue;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Song {
    name: String,
    tempo_bpm: f64,
    signature: (u8, u8),
    #[serde(rename = "loop")]
    loop_region: intent::transport::SetLoopRegion,
    media: Vec<SongMedia>,
    buses: Vec<SongChannel>,
    tracks: Vec<SongChannel>,
    #[serde(default)]
    master_gain_db: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SongMedia {
    file: String,
    frames: u64,
    sample_rate: u32,
    channels: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SongChannel {
    key: String,
    name: String,
    colour: String,
    gain_db: f64,
    pan: f64,
    output: String,
    #[serde(default)]
    sends: Vec<SongSend>,
    #[serde(default)]
    clips: Vec<SongClip>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SongSend {
    to: String,
    gain_db: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SongClip {
    media: String,
    name: String,
    start_ticks: i64,
    length_ticks: i64,
    offset_frames: i64,
    looped: bool,
    gain_db: f64,
}

/// The song as a model, made by what anybody else could ask for as well.
///
/// # Errors
/// There is no song, or it does not fit together.
pub fn model_of(song_json: &str, sample_rate: u32) -> Result<Model, Rejection> {
    if song_json.is_empty() {
        return Err(reject(Code::ProjectNoDemo, "the demo song is not part of this program"));
    }
    let song: Song = serde_json::from_str(song_json)
        .map_err(|error| reject(Code::ProjectNoDemo, format!("the demo song cannot be read: {error}")))?;
    Maker::new(&song, sample_rate).make(&song)
}

struct Maker {
    model: Model,
    channels: BTreeMap<String, ChannelId>,
    media: BTreeMap<String, MediaId>,
}

impl Maker {
    fn new(song: &Song, sample_rate: u32) -> Self {
        let model = Model::empty(&song.name, sample_rate);
        let master = model.master().map(|master| ("master".to_owned(), master.id));
        Self { channels: master.into_iter().collect(), model, media: BTreeMap::new() }
    }

    fn make(mut self, song: &Song) -> Result<Model, Rejection> {
        let (numerator, denominator) = song.signature;
        let tempo = intent::timebase::UpdateTempoMarker { marker_id: None, bpm: song.tempo_bpm };
        self.apply(timebase::update_tempo(&self.model, &tempo)?);
        let signature = intent::timebase::UpdateSignatureMarker { marker_id: None, numerator, denominator };
        self.apply(timebase::update_signature(&self.model, &signature)?);
        self.apply(transport::set_loop_region(&self.model, &song.loop_region)?);
        for media in &song.media {
            self.add_media(media);
        }
        for bus in &song.buses {
            let ask = intent::routing::CreateBus {
                name: Some(bus.name.clone()),
                colour: Some(bus.colour.clone()),
                output_channel_id: Some(self.channel(&bus.output)?),
            };
            let change = routing::create_bus(&self.model, &ask)?;
            self.name_channel(bus, &change);
            self.apply(change);
            self.set_strip(bus)?;
        }
        for track in &song.tracks {
            self.add_track(track)?;
        }
        let master = self.channel("master")?;
        let gain = intent::channel::SetGain { channel_id: master, gain_db: WireValue(song.master_gain_db) };
        self.apply(channel::set_gain(&self.model, &gain)?);
        Ok(self.model)
    }

    fn add_media(&mut self, media: &SongMedia) {
        let mut change = Change::of(&self.model);
        let id = MediaId(change.id());
        let name = media.file.rsplit_once('.').map_or(media.file.as_str(), |(stem, _)| stem);
        change.ops.push(Op::media(Media {
            id,
            path: format!("media/{}", media.file),
            name: name.to_owned(),
            frames: media.frames,
            sample_rate: media.sample_rate,
            channels: media.channels,
        }));
        self.media.insert(media.file.clone(), id);
        self.apply(change);
    }

    fn add_track(&mut self, song: &SongChannel) -> Result<(), Rejection> {
        let ask = intent::track::Create {
            name: Some(song.name.clone()),
            colour: Some(song.colour.clone()),
            index: None,
            output_channel_id: Some(self.channel(&song.output)?),
        };
        let change = track::create(&self.model, &ask)?;
        self.name_channel(song, &change);
        self.apply(change);
        self.set_strip(song)?;
        let Some(track_id) = self.model.track_order.last().copied() else { return Ok(()) };
        for clip in &song.clips {
            let media_id = self.media.get(&clip.media).copied().ok_or_else(|| unknown(&clip.media))?;
            let ask = intent::clip::Create {
                track_id,
                media_id,
                start_ticks: clip.start_ticks,
                length_ticks: Some(clip.length_ticks),
                offset_frames: Some(clip.offset_frames),
                looped: clip.looped,
                gain_db: Some(WireValue(clip.gain_db)),
                name: Some(clip.name.clone()),
            };
            self.apply(clip::create(&self.model, &ask)?);
        }
        Ok(())
    }

    fn set_strip(&mut self, song: &SongChannel) -> Result<(), Rejection> {
        let channel_id = self.channel(&song.key)?;
        let gain = intent::channel::SetGain { channel_id, gain_db: WireValue(song.gain_db) };
        self.apply(channel::set_gain(&self.model, &gain)?);
        self.apply(channel::set_pan(&self.model, &intent::channel::SetPan { channel_id, pan: song.pan })?);
        for send in &song.sends {
            let ask = intent::routing::AddSend {
                channel_id,
                target_channel_id: self.channel(&send.to)?,
                gain_db: Some(WireValue(send.gain_db)),
                mode: None,
            };
            self.apply(routing::add_send(&self.model, &ask)?);
        }
        Ok(())
    }

    fn name_channel(&mut self, song: &SongChannel, change: &Change) {
        let id = match &change.made {
            Made::Track(made) => made.channel_id,
            Made::Bus(made) => made.channel_id,
            _ => return,
        };
        self.channels.insert(song.key.clone(), id);
    }

    fn channel(&self, key: &str) -> Result<ChannelId, Rejection> {
        self.channels.get(key).copied().ok_or_else(|| unknown(key))
    }

    fn apply(&mut self, change: Change) {
        self.model.apply_change(change);
    }
}

fn unknown(key: &str) -> Rejection {
    reject(Code::ProjectNoDemo, format!("the demo song names '{key}', which it does not have"))
}

/// Writes the song's files, where they are not there with the same length yet.
///
/// # Errors
/// The folder cannot be written.
pub fn write_files(folder: &Path, files: &[(&str, &[u8])]) -> Result<(), Rejection> {
    let media = folder.join("media");
    std::fs::create_dir_all(&media)
        .and_then(|()| std::fs::create_dir_all(folder.join("cache")))
        .map_err(|error| cannot_write(&media, &error))?;
    for (name, content) in files {
        let path = media.join(name);
        if std::fs::metadata(&path).is_ok_and(|there| there.len() == content.len() as u64) {
            continue;
        }
        // Beside, then renamed: another Loophole may be reading the one that is there.
        let beside = media.join(format!(".{name}.part"));
        write_synced(&beside, content).and_then(|()| std::fs::rename(&beside, &path)).map_err(|error| {
            remove_quietly(&beside);
            cannot_write(&path, &error)
        })?;
    }
    Ok(())
}
