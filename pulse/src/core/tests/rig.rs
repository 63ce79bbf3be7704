//! A core with a folder of its own, files that are really read and written, and an engine that answers when told to.

use super::contract::Contract;
use crate::core::{Core, CoreConfig, DemoAssets, Inbound, OpenAtStart, OscConfig, Outbound};
use crate::event::{ModelEvent, Rejection, Reply, Ticket};
use crate::intent::{Intent, Origin};
use crate::jobs;
use crate::view::{AudioConfig, ClientView};
use loophole_wire::message::{EngineCommand, EngineEvent, engine, graph, hardware, media, parameter, transport};
use loophole_wire::plane::DeviceOutput;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub(super) struct Rig {
    pub(super) core: Core,
    pub(super) folder: tempfile::TempDir,
    pub(super) now: u64,
    next_ticket: u64,
    /// Questions to the engine that have no answer.
    pub(super) owed: Vec<(u64, EngineCommand)>,
    pub(super) graph: Shadow,
    pub(super) answers: Vec<(Ticket, Result<Reply, Rejection>)>,
    pub(super) events: Vec<ModelEvent>,
    pub(super) commands: Vec<EngineCommand>,
    /// What devices were told.
    pub(super) told: Vec<DeviceOutput>,
}

/// The graph as an engine would hold it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shadow {
    pub(super) channels: BTreeMap<u32, graph::Channel>,
    pub(super) nodes: BTreeMap<u32, graph::Node>,
    pub(super) loop_region: transport::LoopRegion,
}

impl Shadow {
    pub(super) fn of(snapshot: graph::Snapshot, loop_region: transport::LoopRegion) -> Self {
        Self {
            channels: snapshot.channels.into_iter().map(|channel| (channel.channel_id, channel)).collect(),
            nodes: snapshot.nodes.into_iter().map(|node| (node.node_id, node)).collect(),
            loop_region,
        }
    }

    fn take(&mut self, command: &EngineCommand) {
        match command {
            EngineCommand::GraphApplySnapshot(snapshot) => *self = Self::of(snapshot.clone(), self.loop_region),
            EngineCommand::GraphApplyDelta(delta) => {
                for id in &delta.removed_channels {
                    self.channels.remove(id).expect("only what is there is removed");
                }
                for id in &delta.removed_nodes {
                    self.nodes.remove(id).expect("only what is there is removed");
                }
                self.channels.extend(delta.channels.iter().map(|channel| (channel.channel_id, channel.clone())));
                self.nodes.extend(delta.nodes.iter().map(|node| (node.node_id, node.clone())));
            }
            EngineCommand::ParameterSet(parameter::Set { values }) => {
                for value in values {
                    let parameters = self.nodes.values_mut().flat_map(|node| &mut node.parameters);
                    let mut wanted = parameters.filter(|parameter| parameter.parameter_id == value.parameter_id);
                    wanted.next().expect("only what is there is set").value = value.value;
                }
            }
            EngineCommand::TransportSetLoopRegion(region) => self.loop_region = *region,
            _ => {}
        }
    }
}

/// Whatever the core says in any test is of the shape that the schemas tell.
fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::new(&crate::protocol::schemas()))
}

pub(super) const SONG: &str = include_str!("../../../../assets/demo/song.json");

impl Rig {
    pub(super) fn new() -> Self {
        Self::open(OpenAtStart::Nothing)
    }

    pub(super) fn open(open: OpenAtStart) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), open)
    }

    pub(super) fn in_folder(folder: tempfile::TempDir, open: OpenAtStart) -> Self {
        let config = CoreConfig {
            sample_rate: 48_000,
            data_folder: folder.path().to_owned(),
            audio: AudioConfig::default(),
            osc: OscConfig::default(),
            open,
            demo: DemoAssets { song_json: SONG, files: &[("kick.flac", b"not really"), ("pad.flac", b"a file")] },
        };
        let mut rig = Self {
            core: Core::new(config, [7; 16]),
            folder,
            now: 1_700_000_000_000_000_000,
            next_ticket: 1,
            owed: Vec::new(),
            graph: Shadow::default(),
            answers: Vec::new(),
            events: Vec::new(),
            commands: Vec::new(),
            told: Vec::new(),
        };
        rig.handle(Inbound::Tick);
        rig
    }

    /// Hands something to the core, and does the work on files that it wants.
    pub(super) fn handle(&mut self, inbound: Inbound) {
        let mut out = Vec::new();
        self.core.handle(inbound, self.now, &mut out);
        let mut done = Vec::new();
        for outbound in out {
            match outbound {
                Outbound::Answer { ticket, domain, name, outcome, .. } => {
                    if let Ok(reply) = &outcome {
                        contract().check(&format!("pulse.reply.{domain}.{name}"), &reply.payload.value());
                    }
                    self.answers.push((ticket, outcome));
                }
                Outbound::Event(event) => {
                    if let ModelEvent::Changed { domain, name, payload, .. }
                    | ModelEvent::Happened { domain, name, payload } = &event
                    {
                        contract().check(&format!("pulse.event.{domain}.{name}"), &payload.value());
                    }
                    self.events.push(event);
                }
                Outbound::Engine { ticket, command } => {
                    self.graph.take(&command);
                    self.owed.extend(ticket.map(|ticket| (ticket, command.clone())));
                    self.commands.push(command);
                }
                Outbound::Job { job, work } => done.push((job, jobs::run(work))),
                Outbound::DeviceOutput { records } => self.told.extend(records),
                Outbound::EngineGesture { .. } | Outbound::RestartEngine | Outbound::ViewChanged => {}
            }
        }
        for (job, outcome) in done {
            self.handle(Inbound::JobEnded { job, outcome });
        }
    }

    /// Asks and forgets who asked; the answer may come later.
    pub(super) fn send(&mut self, origin: Origin, intent: Intent) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.handle(Inbound::Intent { origin, ticket, intent });
        ticket
    }

    pub(super) fn answer_of(&mut self, ticket: Ticket) -> Option<Result<Value, Rejection>> {
        let place = self.answers.iter().position(|(answered, _)| *answered == ticket)?;
        Some(self.answers.remove(place).1.map(|reply| reply.payload.value()))
    }

    pub(super) fn ask(&mut self, intent: Intent) -> Result<Value, Rejection> {
        let ticket = self.send(Origin::Aura, intent);
        self.answer_of(ticket).expect("an answer at once")
    }

    /// Asks by name; the payload of the answer, or the code of the refusal.
    pub(super) fn request(&mut self, name: &str, payload: &str) -> Result<Value, String> {
        self.ask(parse(name, payload)).map_err(|rejection| rejection.code)
    }

    pub(super) fn connect(&mut self) {
        self.handle(Inbound::EngineConnected { pid: 42, safe: false, restarts: 0 });
        self.confirm();
    }

    pub(super) fn said(&mut self, ticket: Option<u64>, event: EngineEvent) {
        self.handle(Inbound::EngineEvent { ticket, event });
    }

    /// The engine answers everything that it was asked, as a good one would.
    pub(super) fn confirm(&mut self) {
        for (ticket, command) in std::mem::take(&mut self.owed) {
            let event = self.good_answer(&command);
            self.said(Some(ticket), event);
        }
    }

    fn good_answer(&self, command: &EngineCommand) -> EngineEvent {
        let transport = |rolling, position_frames| {
            EngineEvent::TransportState(transport::State {
                rolling,
                position_frames,
                applied_at_frame: 0,
                loop_region: self.graph.loop_region,
            })
        };
        let here = self.core.place().position_frames;
        match command {
            EngineCommand::EngineSync(_) => {
                EngineEvent::EngineSync(engine::Synced { applied_at_frame: 0, graph_version: 1 })
            }
            EngineCommand::TransportPlay(play) => {
                transport(true, play.anchor.map_or(here, |anchor| anchor.position_frames))
            }
            EngineCommand::TransportPause(_) => transport(false, here),
            EngineCommand::TransportStop(stop) => transport(false, stop.position_frames),
            EngineCommand::TransportSeek(seek) => transport(self.core.place().rolling, seek.position_frames),
            EngineCommand::MediaOpen(open) => EngineEvent::MediaState(media::State {
                media_id: open.media_id,
                frames: 96_000,
                sample_rate: 48_000,
                channels: 2,
                format: "WAV".to_owned(),
                peaks_ready: false,
            }),
            EngineCommand::HardwareOpenDevice(hardware::OpenDevice::Osc { device, .. }) => {
                let endpoint =
                    hardware::OscEndpoint { device: *device, address: "127.0.0.1:9000".to_owned(), peers: Vec::new() };
                EngineEvent::HardwareDevices(hardware::Devices { osc: Some(vec![endpoint]), ..Default::default() })
            }
            EngineCommand::HardwareListAudioDevices(_) => {
                EngineEvent::HardwareDevices(hardware::Devices { audio: Some(Vec::new()), ..Default::default() })
            }
            _ => EngineEvent::EngineDone(engine::Done {}),
        }
    }

    /// One line of a script; what came of it.
    pub(super) fn play(&mut self, line: &str) -> Vec<String> {
        self.answers.clear();
        self.events.clear();
        self.commands.clear();
        let (who, rest) = line.split_once(' ').unwrap_or((line, ""));
        match who {
            "wait" => self.now += rest.parse::<u64>().unwrap() * 1_000_000,
            "engine" if rest == "comes" => self.handle(Inbound::EngineConnected { pid: 42, safe: false, restarts: 0 }),
            "engine" if rest == "comes back" => {
                self.handle(Inbound::EngineConnected { pid: 43, safe: false, restarts: 1 });
            }
            "engine" if rest == "answers" => self.confirm(),
            "engine" if rest == "dies" => self.handle(Inbound::EngineLost { reason: "exit code 9".to_owned() }),
            "osc" => self.osc(rest),
            "client" => self.handle(Inbound::ClientJoined(ClientView {
                connection: rest.parse().unwrap(),
                client_id: "script".to_owned(),
                address: "127.0.0.1:1".to_owned(),
            })),
            "leave" => self.handle(Inbound::ClientLeft { connection: rest.parse().unwrap() }),
            who => {
                let origin = match who.strip_prefix("client:") {
                    Some(connection) => Origin::Client(connection.trim_end_matches('>').parse().unwrap()),
                    None if who == "aura>" => Origin::Aura,
                    None => panic!("who is '{who}'?"),
                };
                let (name, payload) = rest.split_once(' ').unwrap_or((rest, "{}"));
                self.send(origin, parse(name, payload));
            }
        }
        self.lines()
    }

    pub(super) fn osc(&mut self, text: &str) {
        let (address, argument) = text.split_once(' ').map_or((text, None), |(address, rest)| (address, Some(rest)));
        let arguments = argument.map(|text| hardware::OscArgument::Float(text.parse().unwrap())).into_iter().collect();
        let control = hardware::Control {
            device: 0,
            peer: "127.0.0.1:5555".to_owned(),
            peer_is_new: false,
            messages: vec![hardware::OscMessage { address: address.to_owned(), arguments }],
            at_nanos: self.now,
        };
        self.said(None, EngineEvent::HardwareControl(control));
    }

    fn lines(&self) -> Vec<String> {
        let answers = self.answers.iter().map(|(_, outcome)| match outcome {
            Ok(reply) => format!("= {}", brief(&reply.payload.value())).trim_end().to_owned(),
            Err(rejection) => format!("! {}", rejection.code),
        });
        let commands = self.commands.iter().filter_map(told);
        answers.chain(commands).collect()
    }
}

pub(super) fn parse(name: &str, payload: &str) -> Intent {
    let (domain, name) = name.split_once('.').unwrap();
    let payload = RawValue::from_string(payload.to_owned()).unwrap();
    Intent::parse(domain, name, &payload).unwrap_or_else(|error| panic!("{domain}.{name}: {error}"))
}

/// A payload on one line: changed entities by their ids only.
fn brief(payload: &Value) -> String {
    let Value::Object(fields) = payload else { return payload.to_string() };
    let ids = |value: &Value| -> String {
        let lists = value.as_object().into_iter().flatten();
        let text = lists.map(|(name, list)| match list.as_array() {
            Some(list) => list.iter().map(|entity| format!(" {}", id_of(name, entity))).collect::<String>(),
            None => format!(" {name}={list}"),
        });
        text.collect()
    };
    if let (Some(state), Some(frames)) = (fields.get("state"), fields.get("positionFrames")) {
        let confirmed = if fields["confirmedByEngine"] == true { ", confirmed" } else { "" };
        return format!("{} at {frames}{confirmed}", state.as_str().unwrap_or_default());
    }
    if let Some(engine) = fields.get("engine") {
        let text = |name: &str| engine[name].to_string();
        let (state, restarts, outage) = (text("state"), text("restarts"), text("lastOutageMillis"));
        return format!("engine {state}, restarts {restarts}, outage {outage}, dirty {}", fields["project"]["dirty"]);
    }
    let mut parts = Vec::new();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "revision") {
        match name.as_str() {
            "changed" => parts.push(format!("changed:{}", ids(value))),
            "removed" => parts.push(format!("removed:{}", ids(value))),
            _ => parts.push(format!("{name}={value}")),
        }
    }
    parts.retain(|part| part != "changed:" && part != "removed:");
    parts.join(" ")
}

fn id_of(list: &str, entity: &Value) -> String {
    let key = match list {
        "tracks" => "trackId",
        "lanes" => "laneId",
        "clips" => "clipId",
        "channels" => "channelId",
        "nodes" => "nodeId",
        "parameters" => "parameterId",
        "media" => "mediaId",
        _ => "markerId",
    };
    let id = if entity.is_object() { &entity[key] } else { entity };
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// What the engine was told, briefly; none for what scripts do not look at.
fn told(command: &EngineCommand) -> Option<String> {
    let list = |ids: &mut dyn Iterator<Item = u32>| ids.map(|id| format!(" {id}")).collect::<String>();
    let number = |value: f64| if value == f64::NEG_INFINITY { "-inf".to_owned() } else { value.to_string() };
    Some(match command {
        EngineCommand::GraphApplyDelta(delta) => {
            let mut text = "engine: graph".to_owned();
            for (name, mut ids) in [
                (" channels", delta.channels.iter().map(|channel| channel.channel_id).collect::<Vec<_>>().into_iter()),
                (" nodes", delta.nodes.iter().map(|node| node.node_id).collect::<Vec<_>>().into_iter()),
                (" without channels", delta.removed_channels.clone().into_iter()),
                (" without nodes", delta.removed_nodes.clone().into_iter()),
            ] {
                let ids = list(&mut ids);
                if !ids.is_empty() {
                    text = format!("{text}{name}{ids}");
                }
            }
            text
        }
        EngineCommand::ParameterSet(set) => {
            let values = set.values.iter().map(|value| match value.parameter_id.checked_sub(0x8000_0000) {
                Some(node) => format!(" audible({node})={}", value.value.0),
                None => format!(" {}={}", value.parameter_id, number(value.value.0)),
            });
            format!("engine: set{}", values.collect::<String>())
        }
        EngineCommand::HardwareSendFeedback(feedback) => {
            let message = |message: &hardware::OscMessage| match message.arguments.first() {
                Some(hardware::OscArgument::Float(number)) => format!(" {}={number}", message.address),
                Some(hardware::OscArgument::Int(number)) => format!(" {}={number}", message.address),
                other => format!(" {}={other:?}", message.address),
            };
            let to = if feedback.only_to.is_some() { "engine: feedback to one" } else { "engine: feedback" };
            format!("{to}{}", feedback.messages.iter().map(message).collect::<String>())
        }
        EngineCommand::GraphApplySnapshot(snapshot) => {
            format!("engine: whole graph, {} channels, {} nodes", snapshot.channels.len(), snapshot.nodes.len())
        }
        EngineCommand::EngineConfigure(_)
        | EngineCommand::HardwareOpenDevice(_)
        | EngineCommand::HardwareListAudioDevices(_)
        | EngineCommand::HardwareWatchPorts(_)
        | EngineCommand::HardwareOpenPort(_)
        | EngineCommand::HardwareListMidiDevices(_)
        | EngineCommand::HardwareListHidDevices(_)
        | EngineCommand::HardwareListOscEndpoints(_)
        | EngineCommand::MeteringOpen(_) => return None,
        EngineCommand::EngineStart(_) => "engine: start".to_owned(),
        EngineCommand::EngineSync(_) => "engine: sync".to_owned(),
        other => {
            let spec = other.spec();
            format!("engine: {}.{} {}", spec.domain, spec.name, other.payload().get())
        }
    })
}
