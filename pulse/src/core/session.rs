//! The session as a whole: its status, its clients, what a person should know.

use super::{Core, Request};
use crate::bus::validate::find;
use crate::core::codes::Code;
use crate::event::{Happening, Payload, Rejection};
use crate::intent::Origin;
use crate::intent::ui::SetContext;
use crate::storage::format;
use crate::view::shapes::session::{StateSummary, Status, Tasks, Warning};
use crate::view::{ClientView, Notice, Severity};
use std::sync::Arc;

/// Notices that are kept.
const NOTICE_LIMIT: usize = 100;

impl Core {
    /// `session.status`.
    pub(super) fn status(&self) -> Status<'_> {
        Status { engine: &self.link.view, project: self.project_shape() }
    }

    pub(super) fn client_joined(&mut self, client: ClientView) {
        let clients = Arc::make_mut(&mut self.clients);
        clients.retain(|known| known.connection != client.connection);
        clients.push(client);
        self.view_changed = true;
    }

    pub(super) fn client_left(&mut self, connection: u32) {
        Arc::make_mut(&mut self.clients).retain(|client| client.connection != connection);
        self.view_changed = true;
        self.end_gestures_of(Origin::Client(connection));
    }

    /// Says something that a person should know.
    pub(super) fn notice(&mut self, severity: Severity, code: Code, message: String) {
        self.keep_notice(severity, code.text().to_owned(), message);
    }

    pub(super) fn notice_of(&mut self, severity: Severity, problem: &Rejection) {
        self.keep_notice(severity, problem.code.clone(), problem.message.clone());
    }

    fn keep_notice(&mut self, severity: Severity, code: String, message: String) {
        let number = self.next_notice;
        self.next_notice += 1;
        let warning = Warning { severity, code: &code, message: &message };
        self.happened((&Happening::SessionWarning(warning)).into());
        let notices = Arc::make_mut(&mut self.notices);
        notices.push(Notice { number, severity, code, message, at_nanos: self.now });
        if notices.len() > NOTICE_LIMIT {
            notices.remove(0);
        }
        self.view_changed = true;
    }

    pub(super) fn tasks_changed(&mut self) {
        self.view_changed = true;
        self.happened((&Happening::SessionTask(Tasks { tasks: &self.tasks })).into());
    }

    /// What the window shows; told to everybody else, so that surfaces and remote windows can follow.
    pub(super) fn set_context(&mut self, request: Request, ask: &SetContext) -> Result<Payload, Rejection> {
        ask.track_id.map(|id| find(&self.model.tracks, id, "track")).transpose()?;
        ask.clip_id.map(|id| find(&self.model.clips, id, "clip")).transpose()?;
        ask.parameter_id.map(|id| find(&self.model.parameters, id, "parameter")).transpose()?;
        let payload = Payload::of(ask);
        self.surfaces.looking.follow(ask);
        self.place_changed();
        self.tell_changed(request, payload.clone());
        Ok(payload)
    }

    pub(super) fn state_summary(&self) -> Payload {
        let model = &self.model;
        let history = self.history.view();
        Payload::of(&StateSummary {
            revision: self.revision,
            tracks: model.tracks.len(),
            lanes: model.lanes.len(),
            clips: model.clips.len(),
            channels: model.channels.len(),
            nodes: model.nodes.len(),
            parameters: model.parameters.len(),
            media: model.media.len(),
            undo: history.undo.len(),
            redo: history.redo.len(),
            clients: self.clients.len(),
            gestures: self.gestures.view().len(),
            ignored_gesture_values: self.gestures.ignored(),
            osc_ignored: self.surface.ignored,
            model_hash: format!("{:016x}", fnv1a(&format::write("", model))),
            engine: None,
        })
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
