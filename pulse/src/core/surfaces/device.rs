//! One control surface: its ports, what it is, and how far it is on its way to being used.

use loophole_surfaces::decode::Decoder;
use loophole_surfaces::element::Element;
use loophole_surfaces::encode::Encoder;
use loophole_surfaces::facts::DeviceFacts;
use loophole_surfaces::fingerprint::InstanceKey;
use loophole_surfaces::profile::matching::port_matches;
use loophole_surfaces::profile::{Message, Profile};
use loophole_wire::message::ports::Port;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::handshake::Connecting;
use crate::mapping::Problem;
use crate::view::surfaces::{KnownSurface, LiveElement, SurfaceState, SurfaceView};

/// One control surface.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) number: u32,
    /// Ports of this engine's life; empty while it is away.
    pub(super) ports: BTreeMap<u32, Port>,
    /// Equal for all ports of the box.
    pub(super) group: String,
    pub(super) facts: DeviceFacts,
    pub(super) state: SurfaceState,
    /// Probing and starting end by themselves: nanoseconds since 1970-01-01T00:00:00Z.
    pub(super) deadline: Option<u64>,
    pub(super) simulated: bool,
    /// An OSC app has no port; it is where it last sent from (`ip:port`).
    pub(super) peer: Option<String>,
    pub(super) profile: Option<Arc<Profile>>,
    /// What its mappings are kept under: the profile's id, or a name made from the fingerprint.
    pub(super) model_key: String,
    pub(super) key: Option<InstanceKey>,
    /// Its number among the boxes that are remembered.
    pub(super) known: Option<u32>,
    /// Only this mapping works.
    pub(super) solo: Option<String>,
    /// Why mappings of it do nothing.
    pub(super) problems: Vec<Problem>,
    pub(super) own_name: Option<String>,
    /// The person's choice wins over what was recognised.
    pub(super) chosen_profile: Option<String>,
    pub(super) confidence: f32,
    pub(super) reasons: Vec<String>,
    pub(super) trouble: Option<String>,
    pub(super) could_be: Vec<KnownSurface>,
    pub(super) elements: Arc<Vec<Element>>,
    pub(super) decoder: Option<Decoder>,
    pub(super) encoder: Option<Encoder>,
    /// How far it is in saying that it listens.
    pub(super) connecting: Connecting,
    /// The next startup message.
    pub(super) startup_at: usize,
    pub(super) next_heartbeat: Option<u64>,
    pub(super) live: Vec<LiveElement>,
    pub(super) events: u64,
    /// The picture of it that was published last.
    pub(super) view: Option<Arc<SurfaceView>>,
    pub(super) live_changed: bool,
}

impl Device {
    pub(super) fn new(number: u32, group: String, facts: DeviceFacts, simulated: bool) -> Self {
        Self {
            number,
            ports: BTreeMap::new(),
            group,
            facts,
            state: SurfaceState::Seen,
            deadline: None,
            simulated,
            peer: None,
            profile: None,
            model_key: String::new(),
            key: None,
            known: None,
            solo: None,
            problems: Vec::new(),
            own_name: None,
            chosen_profile: None,
            confidence: 0.0,
            reasons: Vec::new(),
            trouble: None,
            could_be: Vec::new(),
            elements: Arc::default(),
            decoder: None,
            encoder: None,
            connecting: Connecting::default(),
            startup_at: 0,
            next_heartbeat: None,
            live: Vec::new(),
            events: 0,
            view: None,
            live_changed: false,
        }
    }

    /// For people: the own name, the model's, or the port's.
    pub(super) fn name(&self) -> String {
        let model = || self.profile.as_ref().map(|profile| profile.name.clone());
        self.own_name.clone().or_else(model).unwrap_or_else(|| self.facts.name.clone())
    }

    /// Its controls do something.
    pub(super) fn is_used(&self) -> bool {
        matches!(self.state, SurfaceState::Live | SurfaceState::Unknown | SurfaceState::Starting)
    }

    /// What it is, is settled.
    pub(super) fn is_identified(&self) -> bool {
        !self.model_key.is_empty()
    }

    /// Other elements than before: what is decoded and encoded follows.
    pub(super) fn use_elements(&mut self, elements: Vec<Element>) {
        self.decoder = Some(Decoder::new(&elements, self.facts.transport, self.facts.descriptor.as_deref()));
        self.encoder = Some(Encoder::new(&elements, self.facts.transport, self.facts.descriptor.as_deref()));
        self.live = vec![LiveElement::default(); elements.len()];
        self.elements = Arc::new(elements);
    }

    pub(super) fn startup_message(&self) -> Option<&Message> {
        self.profile.as_ref()?.startup.get(self.startup_at)
    }

    /// When values that wait for their other half have waited long enough.
    pub(super) fn due_nanos(&self) -> Option<u64> {
        self.decoder.as_ref().and_then(Decoder::due_nanos)
    }

    /// It is there, whatever is done with it.
    pub(super) fn is_here(&self) -> bool {
        !self.ports.is_empty() || self.peer.is_some()
    }

    /// The port that is listened to, of several.
    pub(super) fn input_port(&self) -> Option<u32> {
        let wanted = self.profile.as_ref().and_then(|profile| profile.matching.input_port.as_deref());
        self.choose(wanted, |port| port.description.inputs)
    }

    /// The port that is spoken to, of several.
    pub(super) fn output_port(&self) -> Option<u32> {
        let wanted = self.profile.as_ref().and_then(|profile| profile.matching.output_port.as_deref());
        self.choose(wanted, |port| port.description.outputs)
    }

    fn choose(&self, glob: Option<&str>, can: impl Fn(&Port) -> bool) -> Option<u32> {
        let able = || self.ports.values().filter(|port| can(port));
        let named = glob.and_then(|glob| able().find(|port| port_matches(glob, &port.description.name)));
        named.or_else(|| able().next()).map(|port| port.port)
    }
}
