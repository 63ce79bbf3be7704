//! The engine as the core sees it: is it there, what was it told, what did it answer.

use super::surface::open_failed;
use super::{Core, Outbound, Request};
use crate::core::codes::Code;
use crate::engine::rebuild::{Session, open_osc};
use crate::event::{Happening, ModelEvent, Payload, Rejection};
use crate::model::routing::audible;
use crate::model::{MediaId, NodeId};
use crate::view::{AudioConfig, EngineState, EngineView, Severity};
use loophole_wire::ErrorBody;
use loophole_wire::message::hardware::AudioHost;
use loophole_wire::message::{EngineCommand, EngineEvent, engine, hardware};
use std::collections::BTreeMap;

#[derive(Debug)]
pub(super) struct Link {
    connected: bool,
    pub(super) view: EngineView,
    /// In Hz; none until the engine has said it.
    rate: Option<u32>,
    pub(super) graph_version: u64,
    /// What the engine knows of who is audible.
    pub(super) audible: BTreeMap<NodeId, bool>,
    next_ticket: u64,
    waiting: BTreeMap<u64, Waiting>,
    lost_at: Option<u64>,
    safe: bool,
    /// The node that was added last by hand: the first suspect when the engine dies again and again.
    pub(super) newest_node: Option<NodeId>,
    has_listed: bool,
}

/// What an answer of the engine is waited for.
#[derive(Debug)]
pub(super) enum Waiting {
    /// The barrier behind a rebuild.
    Sync,
    Transport,
    Graph,
    OpenOsc,
    OpenPort(u32),
    Media(MediaId),
    Audio(Option<Request>),
    /// One of several lists of devices.
    Devices,
}

impl Link {
    pub(super) fn new(wanted: AudioConfig) -> Self {
        Self {
            connected: false,
            view: EngineView { wanted, ..EngineView::default() },
            rate: None,
            graph_version: 0,
            audible: BTreeMap::new(),
            next_ticket: 1,
            waiting: BTreeMap::new(),
            lost_at: None,
            safe: false,
            newest_node: None,
            has_listed: false,
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected
    }

    /// Another project is open: answers about the media of the old one are about nothing, and no node is a suspect.
    pub(super) fn forget_project(&mut self) {
        self.waiting.retain(|_, waiting| !matches!(waiting, Waiting::Media(_)));
        self.newest_node = None;
        self.view.suspect = None;
    }
}

impl Core {
    /// What positions towards the engine count at, in Hz.
    pub(super) fn engine_rate(&self) -> u32 {
        self.link.rate.unwrap_or(self.model.sample_rate)
    }

    /// Tells the engine something; nothing when it is not there, for then the rebuild will.
    pub(super) fn command(&mut self, command: EngineCommand) {
        if self.link.connected {
            self.out.push(Outbound::Engine { ticket: None, command });
        }
    }

    /// Asks the engine; its answer is known by the ticket. None when it is not there.
    pub(super) fn request(&mut self, waiting: Waiting, command: EngineCommand) -> Option<u64> {
        if !self.link.connected {
            return None;
        }
        let ticket = self.link.next_ticket;
        self.link.next_ticket += 1;
        self.link.waiting.insert(ticket, waiting);
        self.out.push(Outbound::Engine { ticket: Some(ticket), command });
        Some(ticket)
    }

    pub(super) fn engine_connected(&mut self, pid: u32, safe: bool, restarts: u32) {
        let first = restarts == 0;
        self.link.connected = true;
        self.link.safe = safe;
        let view = &mut self.link.view;
        view.state = if first { EngineState::Starting } else { EngineState::Restarting };
        (view.pid, view.restarts) = (Some(pid), restarts);
        view.suspect = self.link.newest_node.filter(|node| safe && self.model.nodes.contains_key(node));
        if !safe {
            view.reason = None;
        }
        self.rebuild();
        if safe {
            let message = match self.link.view.suspect.and_then(|node| self.model.nodes.get(&node)) {
                Some(node) => format!(
                    "The engine died too often. It runs on the silent clock, with {} bypassed, until you retry.",
                    node.name
                ),
                None => "The engine died too often. It runs on the silent clock until you retry.".to_owned(),
            };
            self.notice(Severity::Warning, Code::EngineSafeMode, message);
        }
        self.session_changed();
    }

    /// Tells a new engine everything, and waits at a barrier until it is done.
    fn rebuild(&mut self) {
        self.link.audible = audible(&self.model);
        self.link.graph_version += 1;
        let [process, media, music, transport] = self.session(|session| {
            let transport = vec![session.transport()];
            [session.process(), session.media(), session.music(), transport]
        });
        for command in process.into_iter().chain(media).chain(music).chain(transport) {
            match &command {
                EngineCommand::EngineStart(_) => drop(self.request(Waiting::Audio(None), command)),
                EngineCommand::HardwareOpenDevice(_) => drop(self.request(Waiting::OpenOsc, command)),
                EngineCommand::GraphApplySnapshot(_) => drop(self.request(Waiting::Graph, command)),
                // Its files are being written still: they are opened when they are there.
                EngineCommand::MediaOpen(_) if self.project.media_pending => {}
                EngineCommand::MediaOpen(_) => self.open_media(command),
                EngineCommand::TransportPlay(_) | EngineCommand::TransportSeek(_) => self.ask_transport(command),
                _ => self.command(command),
            }
        }
        self.command(Session::metering());
        self.request(Waiting::Sync, EngineCommand::EngineSync(engine::Sync {}));
    }

    /// The music has moved to other frames, or is another one: graph, loop and place are sent again.
    pub(super) fn resend_music(&mut self) {
        self.link.audible = audible(&self.model);
        self.link.graph_version += 1;
        let (music, transport) = self.session(|session| (session.music(), session.transport()));
        for command in music {
            match &command {
                EngineCommand::GraphApplySnapshot(_) => drop(self.request(Waiting::Graph, command)),
                _ => self.command(command),
            }
        }
        self.ask_transport(transport);
    }

    fn resend_graph(&mut self) {
        self.link.audible = audible(&self.model);
        self.link.graph_version += 1;
        let snapshot = self.heard(|heard| heard.snapshot(self.link.graph_version));
        self.request(Waiting::Graph, EngineCommand::GraphApplySnapshot(snapshot));
    }

    /// Opens every media file of the project in the engine, and says where peaks belong.
    pub(super) fn open_all_media(&mut self) {
        let (configure, media) = self.session(|session| (session.configure(), session.media()));
        self.command(configure);
        for command in media {
            self.open_media(command);
        }
    }

    /// Calls with everything that the engine holds, as Pulse knows it.
    fn session<T>(&self, call: impl FnOnce(&Session<'_>) -> T) -> T {
        let audio = self.audio_to_start();
        let importing = self.imports.media();
        let streams = self.gestures.streams();
        self.heard(|heard| {
            call(&Session {
                heard: *heard,
                folder: &self.project.folder,
                audio: &audio,
                osc: &self.surface.wanted,
                importing: &importing,
                streams: &streams,
                place: self.place(),
                graph_version: self.link.graph_version,
            })
        })
    }

    fn audio_to_start(&self) -> AudioConfig {
        let wanted = self.link.view.wanted.clone();
        if !self.link.safe {
            return wanted;
        }
        AudioConfig { host: AudioHost::Silent, device: None, capture_path: None, ..wanted }
    }

    pub(super) fn engine_lost(&mut self, reason: String) {
        self.disconnect();
        self.link.view.state = EngineState::Lost;
        self.link.lost_at.get_or_insert(self.now);
        self.notice(Severity::Warning, Code::EngineLost, format!("{} It comes back by itself.", sentence(&reason)));
        self.link.view.reason = Some(reason);
        self.session_changed();
        self.transport_changed();
    }

    pub(super) fn engine_stopped(&mut self, reason: String) {
        self.disconnect();
        self.link.view.state = EngineState::Stopped;
        self.notice(Severity::Error, Code::EngineStopped, format!("the engine cannot run: {reason}"));
        self.link.view.reason = Some(reason);
        self.fail_imports("the engine is not there to read the file");
        self.session_changed();
        self.transport_changed();
    }

    fn disconnect(&mut self) {
        self.link.connected = false;
        self.link.view.pid = None;
        self.link.view.device = None;
        self.link.view.device_reason = None;
        self.surface.lost();
        self.ports_lost();
        self.transport.unconfirm();
        let waiting = std::mem::take(&mut self.link.waiting);
        for waiting in waiting.into_values() {
            if let Waiting::Audio(Some(request)) = waiting {
                let status = Payload::of(&self.status());
                // The wish is kept; the next engine starts with it.
                self.answer(request, Ok(status));
            }
        }
        self.end_refresh();
    }

    /// Ends the engine and starts it again.
    pub(super) fn restart_engine(&mut self) -> Result<Payload, Rejection> {
        self.link.view.state = EngineState::Restarting;
        self.out.push(Outbound::RestartEngine);
        self.session_changed();
        Ok(Payload::of(&self.status()))
    }

    pub(super) fn engine_event(&mut self, ticket: Option<u64>, event: EngineEvent) {
        let waiting = ticket.and_then(|ticket| self.link.waiting.remove(&ticket));
        match event {
            EngineEvent::EngineState(state) => self.engine_state(state),
            EngineEvent::EngineConfigResolved(resolved) => self.config_resolved(&resolved),
            EngineEvent::EngineWarning(warning) => self.engine_says(Severity::Warning, warning),
            EngineEvent::EngineFatalError(warning) => self.engine_says(Severity::Error, warning),
            EngineEvent::HardwareDevices(devices) => self.devices_found(devices),
            EngineEvent::HardwareDeviceLost(lost) => self.device_lost(&lost),
            EngineEvent::HardwareControl(control) => self.control(&control),
            EngineEvent::HardwarePorts(ports) => ports.ports.into_iter().for_each(|port| self.port_arrived(port)),
            EngineEvent::HardwarePortArrived(arrived) => self.port_arrived(arrived.port),
            EngineEvent::HardwarePortLeft(left) => self.port_left(&left),
            EngineEvent::HardwarePortTrouble(trouble) => self.port_trouble(&trouble),
            EngineEvent::HardwareError(error) => self.hardware_error(&error),
            EngineEvent::TransportState(state) => self.transport_confirmed(ticket, &state),
            EngineEvent::GraphState(state) => {
                self.link.view.graph_version = state.version;
                self.view_changed = true;
            }
            EngineEvent::GraphNodeFault(fault) => {
                let message = format!("node n{} misbehaves: {}", fault.node_id, fault.message);
                self.notice(Severity::Error, Code::EngineNodeFault, message);
            }
            // An answer to a question about an earlier project is about nothing.
            EngineEvent::MediaState(_) | EngineEvent::MediaMissing(_) if ticket.is_some() && waiting.is_none() => {}
            EngineEvent::MediaState(state) => self.media_state(waiting.is_some(), &state),
            EngineEvent::MediaMissing(missing) => self.media_missing(MediaId(missing.media_id), &missing.reason),
            EngineEvent::DiagnosticsXrun(xrun) => self.xrun(&xrun),
            EngineEvent::EngineSync(synced) => self.synced(matches!(waiting, Some(Waiting::Sync)), synced),
            // The link's own, or said by telemetry better.
            EngineEvent::EngineHandshake(_)
            | EngineEvent::EnginePing(_)
            | EngineEvent::EngineDone(_)
            | EngineEvent::HardwarePortOpened(_)
            | EngineEvent::DiagnosticsPerformance(_) => {}
        }
        match waiting {
            Some(Waiting::Audio(Some(request))) => {
                let status = Payload::of(&self.status());
                self.answer(request, Ok(status));
            }
            Some(Waiting::Devices) => self.end_refresh_if_done(),
            Some(
                Waiting::Audio(None)
                | Waiting::Sync
                | Waiting::Transport
                | Waiting::Graph
                | Waiting::OpenOsc
                | Waiting::OpenPort(_)
                | Waiting::Media(_),
            )
            | None => {}
        }
    }

    pub(super) fn engine_refused(&mut self, ticket: Option<u64>, domain: &str, name: &str, error: ErrorBody) {
        let waiting = ticket.and_then(|ticket| self.link.waiting.remove(&ticket).map(|waiting| (ticket, waiting)));
        match waiting {
            Some((_, Waiting::Audio(Some(request)))) => self.answer(request, Err(error)),
            Some((_, Waiting::Media(id))) => self.media_missing(id, &error.message),
            Some((_, Waiting::OpenPort(port))) => self.port_refused(port, error.message),
            Some((_, Waiting::OpenOsc)) => {
                open_failed(&mut self.surface.view, &error.message);
                self.notice(Severity::Warning, Code::HardwareFault, format!("OSC: {}", error.message));
                self.session_changed();
            }
            Some((ticket, Waiting::Transport)) => {
                self.transport_refused(ticket);
                self.notice(Severity::Warning, Code::EngineFault, format!("{domain}.{name}: {}", error.message));
            }
            Some((_, Waiting::Devices)) => self.end_refresh_if_done(),
            Some((_, Waiting::Graph)) => self.notice(Severity::Error, Code::EngineGraphRefused, error.message),
            // A delta: what the engine holds is not what the model says, so it gets the whole graph.
            Some((_, Waiting::Audio(None) | Waiting::Sync)) | None if domain == "graph" => {
                self.notice(Severity::Error, Code::EngineGraphRefused, error.message);
                self.resend_graph();
            }
            Some((_, Waiting::Audio(None) | Waiting::Sync)) | None => {
                self.notice(Severity::Warning, Code::EngineFault, format!("{domain}.{name}: {}", error.message));
            }
        }
    }

    fn engine_says(&mut self, severity: Severity, warning: engine::Warning) {
        let engine::Warning { code, message, .. } = warning;
        self.notice(severity, Code::EngineFault, format!("{message} ({code})"));
    }

    fn engine_state(&mut self, state: engine::State) {
        let view = &mut self.link.view;
        view.device = state.device;
        view.device_reason = state.reason;
        view.latency_frames = state.latency_frames;
        view.graph_version = state.graph_version;
        self.session_changed();
    }

    /// The device has the last word about the rate; at another one, every position is another number.
    fn config_resolved(&mut self, resolved: &engine::ConfigResolved) {
        let before = self.engine_rate();
        self.link.rate = Some(resolved.sample_rate);
        self.link.view.device = Some(resolved.device.clone());
        if resolved.sample_rate != before {
            self.resend_music();
        }
        self.session_changed();
    }

    fn synced(&mut self, rebuilt: bool, synced: engine::Synced) {
        self.link.view.graph_version = synced.graph_version;
        if !rebuilt {
            return;
        }
        self.link.view.state = if self.link.safe { EngineState::Safe } else { EngineState::Running };
        if let Some(lost_at) = self.link.lost_at.take() {
            self.link.view.last_outage_millis = Some(self.now.saturating_sub(lost_at) as f64 / 1e6);
        }
        self.session_changed();
        if !std::mem::replace(&mut self.link.has_listed, true) {
            self.list_devices();
        }
        self.watch_ports();
    }

    fn device_lost(&mut self, lost: &hardware::DeviceLost) {
        let hardware::DeviceLost { host, name, reason, fallback } = lost;
        let message = format!("{name} ({host}) is gone: {reason}. {fallback}");
        self.notice(Severity::Warning, Code::HardwareLost, message);
    }

    fn hardware_error(&mut self, error: &hardware::Error) {
        self.notice(Severity::Warning, Code::HardwareFault, format!("{} ({})", error.message, error.code));
        self.happened((&Happening::HardwareIoError(error)).into());
    }

    fn xrun(&mut self, xrun: &loophole_wire::message::diagnostics::Xrun) {
        self.happened((&Happening::HardwareIoXrun(xrun)).into());
    }

    /// Tells of something that happened by itself.
    pub(super) fn happened(&mut self, event: ModelEvent) {
        self.out.push(Outbound::Event(event));
    }

    /// Opens the OSC endpoint as it is wanted now, or closes it.
    pub(super) fn reopen_osc(&mut self) {
        let close = hardware::CloseDevice { device: crate::engine::rebuild::OSC_DEVICE };
        if self.surface.view.listening.is_some() {
            self.command(EngineCommand::HardwareCloseDevice(close));
        }
        self.surface.lost();
        if self.surface.wanted.enabled {
            let open = open_osc(&self.surface.wanted);
            self.request(Waiting::OpenOsc, open);
        }
    }

    /// Whether an answer is waited for that matches.
    pub(super) fn waits_for(&self, wanted: impl Fn(&Waiting) -> bool) -> bool {
        self.link.waiting.values().any(wanted)
    }
}

/// With a full stop at its end, once.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}
