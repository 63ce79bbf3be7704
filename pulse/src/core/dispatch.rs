//! One exhaustive match: every intent there is, and who does it.

use super::commit::Record;
use super::{Core, Request, WAITING_LIMIT};
use crate::bus::coalesce::Key;
use crate::bus::permit::permit;
use crate::core::codes::{Code, reject};
use crate::core::message::Inbound;
use crate::core::tracing::tracing;
use crate::domains::{Edit, channel, clip, node, parameter, project, routing, timebase, track, transport};
use crate::event::{Payload, Rejection, Ticket};
use crate::intent::{Intent, Origin, client};
use crate::model::Op;
use crate::view::shapes::client::{Capabilities, Domains};
use crate::view::shapes::{Done, metering::Rate};

impl Core {
    /// Takes an intent that wants an answer.
    pub(super) fn intent(&mut self, origin: Origin, ticket: Ticket, intent: Intent) {
        let request = Request { origin, ticket: Some(ticket), spec: intent.spec() };
        if let Err(rejection) = permit(origin, request.spec) {
            return self.answer(request, Err(rejection));
        }
        if !self.project.opening {
            return self.ask(request, intent);
        }
        if self.waiting.len() >= WAITING_LIMIT {
            let message = "too much waits for the project that is being opened; try again in a moment";
            return self.answer(request, Err(reject(Code::SessionBusy, message)));
        }
        self.waiting.push_back(Inbound::Intent { origin, ticket, intent });
    }

    /// Takes an intent that was permitted.
    pub(super) fn ask(&mut self, request: Request, intent: Intent) {
        let index = intent.index();
        let edit = |edit: Edit| (edit, None);
        // Moves of the same thing by the same hand become one entry.
        let moves = |edit: Edit| {
            let key = edit.as_ref().ok().map(|change| Key {
                origin: request.origin,
                intent: index,
                parameters: change.ops.iter().filter_map(moved).collect(),
            });
            (edit, key)
        };
        let model = &*self.model;
        let (edit, key) = match intent {
            Intent::ProjectRename(ask) => edit(project::rename(model, &ask)),
            Intent::TransportSetLoopRegion(ask) => edit(transport::set_loop_region(model, &ask)),
            Intent::TimebaseUpdateTempoMarker(ask) => edit(timebase::update_tempo(model, &ask)),
            Intent::TimebaseUpdateSignatureMarker(ask) => edit(timebase::update_signature(model, &ask)),
            Intent::TrackCreate(ask) => edit(track::create(model, &ask)),
            Intent::TrackDelete(ask) => edit(track::delete(model, &ask)),
            Intent::TrackDuplicate(ask) => edit(track::duplicate(model, &ask)),
            Intent::TrackMove(ask) => edit(track::move_to(model, &ask)),
            Intent::TrackRename(ask) => edit(track::rename(model, &ask)),
            Intent::TrackSetColour(ask) => edit(track::set_colour(model, &ask)),
            Intent::TrackSetFlags(ask) => edit(track::set_flags(model, &ask)),
            Intent::ClipCreate(ask) => edit(clip::create(model, &ask)),
            Intent::ClipDelete(ask) => edit(clip::delete(model, &ask)),
            Intent::ClipMove(ask) => edit(clip::move_to(model, &ask)),
            Intent::ClipResize(ask) => edit(clip::resize(model, &ask)),
            Intent::ClipSetGain(ask) => edit(clip::set_gain(model, &ask)),
            Intent::ClipSetLooping(ask) => edit(clip::set_looping(model, &ask)),
            Intent::ChannelSetGain(ask) => moves(channel::set_gain(model, &ask)),
            Intent::ChannelSetPan(ask) => moves(channel::set_pan(model, &ask)),
            Intent::ChannelSetFlags(ask) => edit(channel::set_flags(model, &ask)),
            Intent::ChannelRename(ask) => edit(channel::rename(model, &ask)),
            Intent::NodeAdd(ask) => edit(node::add(model, &ask)),
            Intent::NodeRemove(ask) => edit(node::remove(model, &ask)),
            Intent::NodeSetBypass(ask) => edit(node::set_bypass(model, &ask)),
            Intent::ParameterSetValue(ask) => moves(parameter::set_value(model, &ask)),
            Intent::RoutingCreateBus(ask) => edit(routing::create_bus(model, &ask)),
            Intent::RoutingDeleteBus(ask) => edit(routing::delete_bus(model, &ask)),
            Intent::RoutingSetChannelOutput(ask) => edit(routing::set_channel_output(model, &ask)),
            Intent::RoutingAddSend(ask) => edit(routing::add_send(model, &ask)),
            Intent::RoutingRemoveSend(ask) => edit(routing::remove_send(model, &ask)),
            Intent::RoutingSetSendLevel(ask) => moves(routing::set_send_level(model, &ask)),
            Intent::RoutingSetSendMode(ask) => edit(routing::set_send_mode(model, &ask)),
            Intent::RoutingSetSendMuted(ask) => edit(routing::set_send_muted(model, &ask)),
            other => return self.ask_other(request, other),
        };
        let outcome = edit.and_then(|change| self.commit(request, change, Record::Entry { key }));
        self.answer(request, outcome);
    }

    /// What is no plain edit of the model.
    fn ask_other(&mut self, request: Request, intent: Intent) {
        let outcome = match intent {
            Intent::ClientHello(_) | Intent::ClientGoodbye(_) => Err(not_a_connection(request)),
            Intent::ClientHeartbeat(_) | Intent::MeteringUnsubscribe(_) => Ok(Payload::of(&Done {})),
            Intent::ClientSubscribe(client::Subscribe { domains })
            | Intent::ClientUnsubscribe(client::Unsubscribe { domains }) => {
                Ok(Payload::of(&Domains { domains: domains.iter().map(String::as_str).collect() }))
            }
            Intent::ClientUpdateCapabilities(client::UpdateCapabilities { capabilities }) => {
                Ok(Payload::of(&Capabilities { capabilities }))
            }
            Intent::MeteringSubscribe(ask) => Ok(Payload::of(&Rate { rate_hz: ask.rate_hz.unwrap_or(30) })),
            Intent::SessionStatus(_) => Ok(Payload::of(&self.status())),
            Intent::SessionRestartEngine(_) => self.restart_engine(),
            Intent::EnginePanic(_) => self.panic(),
            Intent::ProjectNew(ask) => self.project_new(request, ask),
            Intent::ProjectOpen(ask) => return self.project_open(request, ask),
            Intent::ProjectSave(_) => return self.project_save(request),
            Intent::ProjectSaveAs(ask) => return self.project_save_as(request, &ask),
            Intent::ProjectClose(ask) => self.project_close(request, &ask),
            Intent::ProjectSnapshot(_) => Ok(self.snapshot()),
            Intent::TransportPlay(_) => self.play(),
            Intent::TransportPause(_) => self.pause(),
            Intent::TransportStop(_) => self.stop(),
            Intent::TransportSeek(ask) => self.seek(&ask),
            Intent::TransportSetLoopEnabled(ask) => transport::set_loop_enabled(&self.model, &ask)
                .and_then(|change| self.commit(request, change, Record::Silent)),
            Intent::ParameterBeginGesture(ask) => self.begin_gesture(request, &ask),
            Intent::ParameterUpdateGesture(ask) => self.update_gesture(request, &ask),
            Intent::ParameterEndGesture(ask) => self.end_gesture(request, &ask),
            Intent::GestureCreateStream(ask) => self.create_stream(request, &ask),
            Intent::GestureDestroyStream(ask) => self.destroy_stream(request, &ask),
            Intent::MediaList(_) => Ok(self.media_list()),
            Intent::MediaImport(ask) => return self.import(request, ask),
            Intent::HardwareIoListDevices(_) => Ok(Payload::of(&self.hardware())),
            Intent::HardwareIoRefreshDevices(_) => return self.refresh_devices(request),
            Intent::HardwareIoSetActiveDevices(ask) => return self.set_active_devices(request, ask),
            Intent::HardwareIoSetStreamConfiguration(ask) => return self.set_stream_configuration(request, &ask),
            Intent::HistoryState(_) => Ok(Payload::of(&self.history.view())),
            Intent::HistoryUndo(_) => self.undo(request),
            Intent::HistoryRedo(_) => self.redo(request),
            Intent::UiSetContext(ask) => self.set_context(request, &ask),
            // Asked by a client, it is about the connection; nobody else is told messages this way.
            Intent::DebugTraceSubscribe(ask) => tracing(ask.filter.as_deref()).map(|(_, payload)| payload),
            Intent::DebugTraceUnsubscribe(_) => Ok(Payload::of(&Done {})),
            Intent::DebugStateSummary(_) => Ok(self.state_summary()),
            Intent::DebugEcho(ask) => Ok(Payload::of(&ask)),
            Intent::DebugSimulateError(ask) => Err(simulated(ask.code.as_deref())),
            intent @ (Intent::SurfaceList(_)
            | Intent::SurfaceAdopt(_)
            | Intent::SurfaceIgnore(_)
            | Intent::SurfaceRename(_)
            | Intent::SurfaceSettleTie(_)
            | Intent::SurfaceLearnBegin(_)
            | Intent::SurfaceLearnCancel(_)
            | Intent::SurfaceLearnConfirm(_)
            | Intent::SurfaceCheckMapping(_)
            | Intent::SurfaceAddMapping(_)
            | Intent::SurfaceUpdateMapping(_)
            | Intent::SurfaceRemoveMapping(_)
            | Intent::SurfaceSoloMapping(_)
            | Intent::SurfaceUndoMapping(_)
            | Intent::SurfaceRedoMapping(_)
            | Intent::SurfaceSetPage(_)
            | Intent::SurfaceSetBank(_)
            | Intent::SurfaceImportProfile(_)
            | Intent::SurfaceExportProfile(_)
            | Intent::SurfaceLint(_)
            | Intent::SurfaceSimulate(_)
            | Intent::SurfaceSimulateEnd(_)
            | Intent::SurfaceSimulateInput(_)
            | Intent::SurfaceMonitor(_)) => self.ask_surfaces(intent),
            // The edits: `ask` has done them.
            Intent::ProjectRename(_)
            | Intent::TransportSetLoopRegion(_)
            | Intent::TimebaseUpdateTempoMarker(_)
            | Intent::TimebaseUpdateSignatureMarker(_)
            | Intent::TrackCreate(_)
            | Intent::TrackDelete(_)
            | Intent::TrackDuplicate(_)
            | Intent::TrackMove(_)
            | Intent::TrackRename(_)
            | Intent::TrackSetColour(_)
            | Intent::TrackSetFlags(_)
            | Intent::ClipCreate(_)
            | Intent::ClipDelete(_)
            | Intent::ClipMove(_)
            | Intent::ClipResize(_)
            | Intent::ClipSetGain(_)
            | Intent::ClipSetLooping(_)
            | Intent::ChannelSetGain(_)
            | Intent::ChannelSetPan(_)
            | Intent::ChannelSetFlags(_)
            | Intent::ChannelRename(_)
            | Intent::NodeAdd(_)
            | Intent::NodeRemove(_)
            | Intent::NodeSetBypass(_)
            | Intent::ParameterSetValue(_)
            | Intent::RoutingCreateBus(_)
            | Intent::RoutingDeleteBus(_)
            | Intent::RoutingSetChannelOutput(_)
            | Intent::RoutingAddSend(_)
            | Intent::RoutingRemoveSend(_)
            | Intent::RoutingSetSendLevel(_)
            | Intent::RoutingSetSendMode(_)
            | Intent::RoutingSetSendMuted(_) => unreachable!("edits are taken by `ask`"),
        };
        self.answer(request, outcome);
    }
}

fn moved(op: &Op) -> Option<crate::model::ParameterId> {
    match op {
        Op::Value(id, _) => Some(*id),
        _ => None,
    }
}

fn not_a_connection(request: Request) -> Rejection {
    let message =
        format!("'client.{}' is for headless clients; a window is connected as long as it is there", request.spec.name);
    reject(Code::ClientNotAConnection, message)
}

/// A code that is asked for must be one that exists: clients rely on the list being closed.
fn simulated(code: Option<&str>) -> Rejection {
    let known = super::ERROR_CODES.iter().find(|(known, _)| Some(*known) == code);
    let code = known.map_or(Code::DebugSimulated.text(), |(code, _)| code);
    Rejection::new(code, "this error was asked for with 'debug.simulateError'")
}
