//! What a strip and its parts are made of: the one place that knows it.

use super::op::Op;
use super::*;

/// Numbers of ids stay below this; the engine uses the upper half for its own.
pub const ID_LIMIT: u32 = 0x8000_0000;
/// As many channels as the engine takes.
pub const MAX_CHANNELS: usize = 4_096;
/// As many nodes as the engine takes.
pub const MAX_NODES: usize = 65_536;
/// The farthest position, in ticks: 54 million quarter notes.
pub const MAX_TICKS: i64 = 1 << 40;
/// The longest media, in frames: 2,000 years.
pub const MAX_OFFSET_FRAMES: i64 = 1 << 52;
/// The highest fader, in dB.
pub const MAX_FADER_DB: f64 = loophole_surfaces::taper::MAX_DB;
/// The highest gain of a clip or a gain node, in dB.
pub const MAX_GAIN_DB: f64 = 24.0;

/// What a parameter is, before it has an id and a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterSpec {
    pub role: ParameterRole,
    pub name: &'static str,
    pub unit: &'static str,
    pub min: f64,
    pub max: f64,
    pub default: f64,
}

const fn gain(max: f64, default: f64) -> ParameterSpec {
    ParameterSpec { role: ParameterRole::GainDb, name: "Gain", unit: "dB", min: f64::NEG_INFINITY, max, default }
}

impl NodeKind {
    /// The parameters of such a node, in order.
    pub const fn parameters(self) -> &'static [ParameterSpec] {
        const FADER: &[ParameterSpec] = &[gain(MAX_FADER_DB, 0.0)];
        const GAIN: &[ParameterSpec] = &[gain(MAX_GAIN_DB, 0.0)];
        const PAN: &[ParameterSpec] =
            &[ParameterSpec { role: ParameterRole::Pan, name: "Pan", unit: "", min: -1.0, max: 1.0, default: 0.0 }];
        const TEST_TONE: &[ParameterSpec] = &[
            ParameterSpec {
                role: ParameterRole::FrequencyHz,
                name: "Frequency",
                unit: "Hz",
                min: 20.0,
                max: 20_000.0,
                default: 440.0,
            },
            gain(MAX_FADER_DB, -18.0),
        ];
        match self {
            Self::LaneStream | Self::Meter => &[],
            Self::Gain => GAIN,
            Self::Pan => PAN,
            Self::Fader | Self::Send => FADER,
            Self::TestTone => TEST_TONE,
        }
    }

    /// As a person calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LaneStream => "Lane",
            Self::Gain => "Gain",
            Self::Pan => "Pan",
            Self::Fader => "Fader",
            Self::Send => "Send",
            Self::Meter => "Meter",
            Self::TestTone => "Test tone",
        }
    }
}

/// A change that is being put together: ops, new ids, and what the answer says about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    pub ops: Vec<Op>,
    /// The next free number afterwards.
    pub next_id: u32,
    /// What was made, for the answer.
    pub made: Made,
    /// For the undo list; none = the intent's title.
    pub label: Option<String>,
}

impl Change {
    pub fn of(model: &Model) -> Self {
        Self { next_id: model.next_id, ..Self::default() }
    }

    #[must_use]
    pub fn with(mut self, op: Op) -> Self {
        self.ops.push(op);
        self
    }

    #[must_use]
    pub fn labelled(mut self, label: String) -> Self {
        self.label = Some(label);
        self
    }

    /// A number that was never used.
    pub fn id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id = self.next_id.saturating_add(1);
        id
    }

    /// Puts a node with its parameters at their defaults; it still has to be named by its channel.
    pub fn node(&mut self, channel: ChannelId, kind: NodeKind, name: &str) -> Node {
        let id = NodeId(self.id());
        let parameters = kind.parameters().iter().map(|spec| self.parameter(id, spec, spec.default)).collect();
        Node { id, channel, kind, name: name.to_owned(), bypass: false, parameters, target: None, muted: false }
    }

    /// Puts a parameter.
    pub fn parameter(&mut self, node: NodeId, spec: &ParameterSpec, value: f64) -> ParameterId {
        let id = ParameterId(self.id());
        self.ops.push(Op::parameter(Parameter {
            id,
            node,
            role: spec.role,
            name: spec.name.to_owned(),
            unit: spec.unit,
            min: spec.min,
            max: spec.max,
            default: spec.default,
            value,
        }));
        id
    }

    /// Puts a channel with pan, fader and meter, behind the given nodes.
    pub fn channel(
        &mut self,
        id: ChannelId,
        role: ChannelRole,
        name: &str,
        colour: Colour,
        before: Vec<NodeId>,
        output: Option<ChannelId>,
    ) {
        let mut nodes = before;
        for kind in [NodeKind::Pan, NodeKind::Fader, NodeKind::Meter] {
            let node = self.node(id, kind, kind.title());
            nodes.push(node.id);
            self.ops.push(Op::node(node));
        }
        self.ops.push(Op::channel(Channel {
            id,
            role,
            name: name.to_owned(),
            colour,
            output,
            nodes,
            mute: false,
            solo: false,
            arm: false,
            monitor: false,
        }));
    }
}

/// Colours that new tracks and buses take in turn.
const PALETTE: [[u8; 3]; 10] = [
    [0xe0, 0x5a, 0x4f],
    [0xe0, 0xa2, 0x4f],
    [0xd8, 0xbd, 0x4a],
    [0x8f, 0xb8, 0x4f],
    [0x4f, 0xb8, 0x8a],
    [0x4f, 0xa8, 0xc8],
    [0x4f, 0x8f, 0xe0],
    [0x7a, 0x78, 0xe0],
    [0xb0, 0x78, 0xd8],
    [0xd8, 0x70, 0xa8],
];

/// The colour of the n-th thing.
pub fn palette(index: usize) -> Colour {
    Colour(PALETTE[index % PALETTE.len()])
}

impl Model {
    /// An empty project: a master, 120 bpm, 4/4, a loop of four bars that is off.
    pub fn empty(name: &str, sample_rate: u32) -> Self {
        let mut model = Self { name: name.to_owned(), sample_rate, next_id: 1, ..Self::default() };
        let mut change = Change::of(&model);
        let master = ChannelId(change.id());
        change.channel(master, ChannelRole::Master, "Master", Colour([0x90; 3]), Vec::new(), None);
        let tempo = TempoMarker { id: MarkerId(change.id()), ticks: 0, bpm: 120.0 };
        let signature = SignatureMarker { id: MarkerId(change.id()), ticks: 0, numerator: 4, denominator: 4 };
        change.ops.extend([
            Op::Tempo(Arc::new(vec![tempo])),
            Op::Signatures(Arc::new(vec![signature])),
            Op::LoopRange { start_ticks: 0, end_ticks: 16 * TICKS_PER_QUARTER },
        ]);
        model.apply_change(change);
        model
    }

    /// Applies all ops of a change; the answer are the inverses, in the order to apply them.
    pub fn apply_change(&mut self, change: Change) -> Vec<Op> {
        self.next_id = self.next_id.max(change.next_id);
        let mut inverses: Vec<Op> = change.ops.into_iter().filter_map(|op| self.apply(op)).collect();
        inverses.reverse();
        inverses
    }

    /// The one channel that feeds the device.
    pub fn master(&self) -> Option<&Arc<Channel>> {
        self.channels.values().find(|channel| channel.role == ChannelRole::Master)
    }

    /// The track of a channel, if it is a track's.
    pub fn track_of(&self, channel: ChannelId) -> Option<&Arc<Track>> {
        self.tracks.values().find(|track| track.channel == channel)
    }

    /// The first node of a kind in a channel's strip.
    pub fn node_of(&self, channel: &Channel, kind: NodeKind) -> Option<&Arc<Node>> {
        channel.nodes.iter().filter_map(|id| self.nodes.get(id)).find(|node| node.kind == kind)
    }

    /// The parameter of a role in a node.
    pub fn parameter_of(&self, node: &Node, role: ParameterRole) -> Option<&Arc<Parameter>> {
        node.parameters.iter().filter_map(|id| self.parameters.get(id)).find(|parameter| parameter.role == role)
    }

    /// The fader's parameter of a channel.
    pub fn fader(&self, channel: &Channel) -> Option<&Arc<Parameter>> {
        self.parameter_of(self.node_of(channel, NodeKind::Fader)?, ParameterRole::GainDb)
    }

    /// The panorama's parameter of a channel.
    pub fn pan(&self, channel: &Channel) -> Option<&Arc<Parameter>> {
        self.parameter_of(self.node_of(channel, NodeKind::Pan)?, ParameterRole::Pan)
    }

    /// The sends of a channel, in the order of its strip.
    pub fn sends<'a>(&'a self, channel: &'a Channel) -> impl Iterator<Item = &'a Arc<Node>> {
        channel.nodes.iter().filter_map(|id| self.nodes.get(id)).filter(|node| node.kind == NodeKind::Send)
    }

    /// Whether a send stands behind the fader of its channel.
    pub fn is_post_fader(&self, send: &Node) -> bool {
        let Some(channel) = self.channels.get(&send.channel) else { return false };
        let fader = self.node_of(channel, NodeKind::Fader).map(|fader| fader.id);
        let place = |wanted: NodeId| channel.nodes.iter().position(|id| *id == wanted);
        place(send.id) > fader.and_then(place)
    }
}
