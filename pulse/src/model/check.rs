//! The invariants of a model, in full: for tests, and for everything that comes from disk.

use super::routing::cycle;
use super::*;
use crate::bus::validate::is_name;
use std::collections::BTreeSet;
use std::fmt::Display;

/// What is wrong with a model, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{entity}: {problem}")]
pub struct Violation {
    /// For example `clip c12`.
    pub entity: String,
    pub problem: String,
}

type Checked = Result<(), Violation>;

fn wrong(entity: impl Display, problem: impl Into<String>) -> Checked {
    Err(Violation { entity: entity.to_string(), problem: problem.into() })
}

fn ensure(right: bool, entity: impl Display, problem: &str) -> Checked {
    if right { Ok(()) } else { wrong(entity, problem) }
}

impl Model {
    /// Whether every invariant holds.
    ///
    /// # Errors
    /// The first violation, with the entity named.
    pub fn check(&self) -> Result<(), Violation> {
        self.check_project()?;
        self.check_ids()?;
        self.check_time()?;
        self.check_tracks()?;
        self.check_clips()?;
        self.check_channels()?;
        self.check_nodes()?;
        self.check_media()
    }

    fn check_project(&self) -> Checked {
        ensure(is_name(&self.name), "project", "the name must have 1 to 200 bytes and no control characters")?;
        ensure(
            (8_000..=384_000).contains(&self.sample_rate),
            "project",
            "the sample rate must be 8,000 to 384,000 Hz",
        )?;
        ensure(self.channels.len() <= MAX_CHANNELS, "project", "there are too many channels")?;
        ensure(self.nodes.len() <= MAX_NODES, "project", "there are too many nodes")
    }

    fn check_ids(&self) -> Checked {
        ensure(self.next_id <= ID_LIMIT, "project", "the next id is over the limit")?;
        let mut seen = BTreeSet::new();
        let mut once = |number: u32, name: &dyn Display| {
            ensure(number >= 1 && number < self.next_id, name, "the number must be at least 1 and below the next id")?;
            ensure(seen.insert(number), name, "the number of the id is used twice")
        };
        macro_rules! table {
            ($table:ident, $what:literal) => {
                for (id, entity) in self.$table.iter() {
                    ensure(*id == entity.id, format_args!("{} {id}", $what), "it stands under another id")?;
                    once(id.0, &format_args!("{} {id}", $what))?;
                }
            };
        }
        table!(tracks, "track");
        table!(lanes, "lane");
        table!(clips, "clip");
        table!(channels, "channel");
        table!(nodes, "node");
        table!(parameters, "parameter");
        table!(media, "media");
        let markers = self.tempo.iter().map(|marker| marker.id).chain(self.signatures.iter().map(|marker| marker.id));
        for id in markers {
            once(id.0, &format_args!("marker {id}"))?;
        }
        Ok(())
    }

    fn check_time(&self) -> Checked {
        ensure(
            self.tempo.first().is_some_and(|marker| marker.ticks == 0),
            "tempo",
            "the first marker must stand at 0",
        )?;
        ensure(
            self.signatures.first().is_some_and(|marker| marker.ticks == 0),
            "signatures",
            "the first marker must stand at 0",
        )?;
        ensure(self.tempo.is_sorted_by(|a, b| a.ticks < b.ticks), "tempo", "the markers must be sorted")?;
        ensure(self.signatures.is_sorted_by(|a, b| a.ticks < b.ticks), "signatures", "the markers must be sorted")?;
        for marker in self.tempo.iter() {
            let name = format_args!("marker {}", marker.id).to_string();
            ensure(marker.ticks <= MAX_TICKS, &name, "it is absurdly far")?;
            ensure((10.0..=999.0).contains(&marker.bpm), &name, "the tempo must be 10 to 999")?;
        }
        for marker in self.signatures.iter() {
            let name = format_args!("marker {}", marker.id).to_string();
            ensure(marker.ticks <= MAX_TICKS, &name, "it is absurdly far")?;
            ensure(is_signature(marker.numerator, marker.denominator), &name, "the signature makes no sense")?;
        }
        let LoopRegion { start_ticks, end_ticks, .. } = self.loop_region;
        ensure(
            0 <= start_ticks && start_ticks < end_ticks && end_ticks <= MAX_TICKS,
            "loop",
            "it must begin at 0 or later and end behind its start",
        )
    }

    fn check_tracks(&self) -> Checked {
        let ordered: BTreeSet<TrackId> = self.track_order.iter().copied().collect();
        ensure(ordered.len() == self.track_order.len(), "track order", "a track stands twice")?;
        ensure(ordered.iter().eq(self.tracks.keys()), "track order", "it must hold each track once")?;
        let mut channels = BTreeSet::new();
        let mut lanes = BTreeSet::new();
        for track in self.tracks.values() {
            let name = format!("track {}", track.id);
            ensure(is_name(&track.name), &name, "the name must have 1 to 200 bytes and no control characters")?;
            let role = self.channels.get(&track.channel).map(|channel| channel.role);
            ensure(role == Some(ChannelRole::Track), &name, "its channel is missing or not of a track")?;
            ensure(channels.insert(track.channel), &name, "its channel belongs to another track too")?;
            ensure(!track.lanes.is_empty(), &name, "it has no lane")?;
            for lane in &track.lanes {
                let owner = self.lanes.get(lane).map(|lane| lane.track);
                ensure(owner == Some(track.id), &name, "a lane of it is missing or another track's")?;
                ensure(lanes.insert(*lane), &name, "a lane stands twice")?;
            }
        }
        for lane in self.lanes.values() {
            let name = format!("lane {}", lane.id);
            ensure(lanes.contains(&lane.id), &name, "no track has it")?;
            ensure(is_name(&lane.name), &name, "the name must have 1 to 200 bytes and no control characters")?;
            let node = self.nodes.get(&lane.node);
            let channel = self.tracks.get(&lane.track).map(|track| track.channel);
            ensure(
                node.is_some_and(|node| node.kind == NodeKind::LaneStream && Some(node.channel) == channel),
                &name,
                "its node is missing, or no lane stream of its track's channel",
            )?;
        }
        let nodes: BTreeSet<NodeId> = self.lanes.values().map(|lane| lane.node).collect();
        ensure(nodes.len() == self.lanes.len(), "lanes", "two lanes share a node")?;
        let streams = self.nodes.values().filter(|node| node.kind == NodeKind::LaneStream).count();
        ensure(streams == self.lanes.len(), "nodes", "a lane stream has no lane")?;
        let of_tracks = self.channels.values().filter(|channel| channel.role == ChannelRole::Track).count();
        ensure(of_tracks == self.tracks.len(), "channels", "a track's channel has no track")
    }

    fn check_clips(&self) -> Checked {
        for clip in self.clips.values() {
            let name = format!("clip {}", clip.id);
            ensure(is_name(&clip.name), &name, "the name must have 1 to 200 bytes and no control characters")?;
            let track = self.lanes.get(&clip.lane).map(|lane| lane.track);
            ensure(track == Some(clip.track), &name, "its lane is missing or another track's")?;
            ensure(self.media.contains_key(&clip.media), &name, "its media is missing")?;
            ensure((0..=MAX_TICKS).contains(&clip.start_ticks), &name, "its start is not on the timeline")?;
            ensure((1..=MAX_TICKS).contains(&clip.length_ticks), &name, "its length makes no sense")?;
            ensure((0..=MAX_OFFSET_FRAMES).contains(&clip.offset_frames), &name, "its offset makes no sense")?;
            ensure(clip.gain_db <= MAX_GAIN_DB, &name, "its gain makes no sense")?;
        }
        Ok(())
    }

    fn check_channels(&self) -> Checked {
        let masters = self.channels.values().filter(|channel| channel.role == ChannelRole::Master).count();
        ensure(masters == 1, "channels", "there must be exactly one master")?;
        let buses: BTreeSet<ChannelId> = self
            .channels
            .values()
            .filter(|channel| channel.role == ChannelRole::Bus)
            .map(|channel| channel.id)
            .collect();
        let ordered: BTreeSet<ChannelId> = self.bus_order.iter().copied().collect();
        ensure(ordered == buses && ordered.len() == self.bus_order.len(), "bus order", "it must hold each bus once")?;
        for channel in self.channels.values() {
            self.check_channel(channel)?;
        }
        match cycle(self) {
            Some(id) => wrong(format_args!("channel {id}"), "it feeds itself in a circle"),
            None => Ok(()),
        }
    }

    fn check_channel(&self, channel: &Channel) -> Checked {
        let name = format!("channel {}", channel.id);
        ensure(is_name(&channel.name), &name, "the name must have 1 to 200 bytes and no control characters")?;
        let can_be_fed = |id: ChannelId| self.channels.get(&id).is_some_and(|fed| fed.role != ChannelRole::Track);
        ensure(channel.output.is_none_or(can_be_fed), &name, "its output is missing or a track's channel")?;
        ensure(channel.role != ChannelRole::Master || channel.output.is_none(), &name, "the master has an output")?;
        // Places of a strip, in their order; what stands at the same place may mix.
        let mut place = 0;
        let (mut pans, mut faders, mut meters) = (0, 0, 0);
        for id in &channel.nodes {
            let Some(node) = self.nodes.get(id).filter(|node| node.channel == channel.id) else {
                return wrong(name, "a node of it is missing or another channel's");
            };
            let next = match node.kind {
                NodeKind::LaneStream => 0,
                NodeKind::Gain | NodeKind::TestTone => 1,
                NodeKind::Send if place >= 3 => 4,
                NodeKind::Send => 1,
                NodeKind::Pan => 2,
                NodeKind::Fader => 3,
                NodeKind::Meter => 5,
            };
            ensure(next >= place, &name, "its nodes stand in the wrong order")?;
            place = next;
            pans += usize::from(node.kind == NodeKind::Pan);
            faders += usize::from(node.kind == NodeKind::Fader);
            meters += usize::from(node.kind == NodeKind::Meter);
            if node.kind == NodeKind::Send {
                ensure(
                    node.target.is_some_and(can_be_fed),
                    format_args!("node {id}"),
                    "its target is missing or a track's channel",
                )?;
            } else {
                ensure(node.target.is_none(), format_args!("node {id}"), "only a send has a target")?;
            }
        }
        ensure((pans, faders, meters) == (1, 1, 1), &name, "it must have one pan, one fader and one meter")
    }

    fn check_nodes(&self) -> Checked {
        let mut listed = BTreeSet::new();
        for id in self.channels.values().flat_map(|channel| &channel.nodes) {
            ensure(listed.insert(*id), format_args!("node {id}"), "it stands in two places")?;
        }
        let mut parameters = BTreeSet::new();
        for node in self.nodes.values() {
            let name = format!("node {}", node.id);
            ensure(listed.contains(&node.id), &name, "no channel has it")?;
            ensure(is_name(&node.name), &name, "the name must have 1 to 200 bytes and no control characters")?;
            let specs = node.kind.parameters();
            ensure(node.parameters.len() == specs.len(), &name, "it has the wrong number of parameters")?;
            for (id, spec) in node.parameters.iter().zip(specs) {
                let Some(parameter) = self.parameters.get(id).filter(|parameter| parameter.node == node.id) else {
                    return wrong(name, "a parameter of it is missing or another node's");
                };
                ensure(parameters.insert(*id), &name, "a parameter stands twice")?;
                check_parameter(parameter, spec)?;
            }
        }
        ensure(parameters.len() == self.parameters.len(), "parameters", "one belongs to no node")
    }

    fn check_media(&self) -> Checked {
        let mut paths = BTreeSet::new();
        for media in self.media.values() {
            let name = format!("media {}", media.id);
            ensure(is_name(&media.name), &name, "the name must have 1 to 200 bytes and no control characters")?;
            ensure(is_media_path(&media.path), &name, "its path must be a file directly in media/")?;
            ensure(paths.insert(&media.path), &name, "its file belongs to other media too")?;
            ensure((1_000..=768_000).contains(&media.sample_rate), &name, "its sample rate makes no sense")?;
            ensure((1..=256).contains(&media.channels), &name, "its number of channels makes no sense")?;
            ensure(media.frames <= MAX_OFFSET_FRAMES as u64, &name, "its length makes no sense")?;
        }
        Ok(())
    }
}

fn check_parameter(parameter: &Parameter, spec: &ParameterSpec) -> Checked {
    let name = format!("parameter {}", parameter.id);
    let same = parameter.role == spec.role
        && parameter.name == spec.name
        && parameter.unit == spec.unit
        && (parameter.min, parameter.max, parameter.default) == (spec.min, spec.max, spec.default);
    ensure(same, &name, "it is not what its node has")?;
    // NaN is in no range.
    ensure((parameter.min..=parameter.max).contains(&parameter.value), &name, "its value is out of range")
}

/// Whether a signature makes sense.
pub fn is_signature(numerator: u8, denominator: u8) -> bool {
    (1..=64).contains(&numerator) && denominator.is_power_of_two() && denominator <= 64
}

/// Whether a path leads to a file directly in the project's media folder, and nowhere else.
pub fn is_media_path(path: &str) -> bool {
    path.strip_prefix("media/").is_some_and(|file| {
        !file.is_empty()
            && file.len() <= 255
            && file != "."
            && file != ".."
            && !file.chars().any(|letter| letter.is_control() || "/\\".contains(letter))
    })
}
