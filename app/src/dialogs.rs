//! Questions that stand in the way: where to open and save, unsaved changes, a new name, about.

mod about;
mod path;
mod picker;
mod recording;
mod surface;
mod unsaved;

pub use picker::{Ask, FilePicker, SystemPicker};

use crate::panels::ipc::Recorded;
use crate::state::{Answer, Session};
use crate::theme;
use eframe::egui::{self, Context, Frame, Id, Key, Modal, TextEdit, Ui, ViewportCommand};
use loophole_pulse::event::Ticket;
use loophole_pulse::intent::{Intent, media, project, surface as intent_surface};
use path::PathDialog;
use recording::RecordingWork;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use surface::SurfaceDialog;

/// The questions that are open.
pub struct Dialogs {
    picker: Arc<dyn FilePicker>,
    open: Option<Dialog>,
    /// Goes on when this save is done.
    saving: Option<(Ticket, Then)>,
    /// Pulse was asked for what a device has; the name is the device's.
    exporting: Option<(Ticket, String)>,
    /// What Pulse gave, while a person is asked for the place.
    exported: Option<String>,
    /// A recording of messages is being written or read.
    recording: Option<RecordingWork>,
    /// Nothing stands in the way of closing the window.
    may_close: bool,
}

enum Dialog {
    Path(PathDialog),
    Unsaved(Then),
    Rename {
        text: String,
        is_new: bool,
    },
    About,
    /// None while it is shown.
    Surface(Option<SurfaceDialog>),
}

/// What cannot stand in the name of a file everywhere.
const FORBIDDEN: &str = "/\\:*?\"<>|";

/// What comes after the question about unsaved changes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Then {
    Nothing,
    New,
    OpenDemo,
    AskOpen,
    Open(PathBuf),
    Quit,
}

impl Dialogs {
    /// None is open.
    pub fn new(picker: Arc<dyn FilePicker>) -> Self {
        Self { picker, open: None, saving: None, exporting: None, exported: None, recording: None, may_close: false }
    }

    /// Keys belong to the question.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(crate) fn new_project(&mut self, ctx: &Context, session: &mut Session) {
        self.unless_unsaved(ctx, session, Then::New);
    }

    pub(crate) fn open_demo(&mut self, ctx: &Context, session: &mut Session) {
        self.unless_unsaved(ctx, session, Then::OpenDemo);
    }

    pub(crate) fn ask_open(&mut self, ctx: &Context, session: &mut Session) {
        self.unless_unsaved(ctx, session, Then::AskOpen);
    }

    pub(crate) fn open_path(&mut self, ctx: &Context, session: &mut Session, path: PathBuf) {
        self.unless_unsaved(ctx, session, Then::Open(path));
    }

    pub(crate) fn save(&mut self, ctx: &Context, session: &mut Session) {
        self.save_then(ctx, session, Then::Nothing);
    }

    pub(crate) fn save_as(&mut self, ctx: &Context, session: &Session) {
        self.ask_path(ctx, Ask::SaveProject { name: file_name(session) }, false, Then::Nothing);
    }

    pub(crate) fn import(&mut self, ctx: &Context) {
        self.ask_path(ctx, Ask::ImportAudio, false, Then::Nothing);
    }

    pub(crate) fn import_surface(&mut self, ctx: &Context) {
        self.ask_path(ctx, Ask::ImportSurface, false, Then::Nothing);
    }

    pub(crate) fn save_recording(&mut self, ctx: &Context) {
        self.ask_path(ctx, Ask::SaveRecording { name: recording::file_name() }, false, Then::Nothing);
    }

    pub(crate) fn open_recording(&mut self, ctx: &Context) {
        self.ask_path(ctx, Ask::OpenRecording, false, Then::Nothing);
    }

    /// A recording that was read since the last call.
    pub(crate) fn take_recording(&mut self, session: &mut Session) -> Option<Recorded> {
        let (work, recorded) = self.recording.take()?.poll(session);
        self.recording = work;
        recorded
    }

    /// Writes the person's own mappings of a device to a file; a person is asked where when Pulse has given them.
    pub(crate) fn export_surface(&mut self, session: &mut Session, device: u32) {
        let devices = &session.view().surfaces.devices;
        let name = devices.iter().find(|known| known.device == device).map(|known| known.name.clone());
        let ask = intent_surface::ExportProfile { device, only_own: true };
        let ticket = session.send(Intent::SurfaceExportProfile(ask), None);
        self.exporting = ticket.map(|ticket| (ticket, name.unwrap_or_default()));
    }

    pub(crate) fn rename(&mut self, session: &Session) {
        self.open = Some(Dialog::Rename { text: session.view().project.name.clone(), is_new: true });
    }

    pub(crate) fn about(&mut self) {
        self.open = Some(Dialog::About);
    }

    /// Somebody wants to close the window; asks first when something would be lost.
    pub(crate) fn close_requested(&mut self, ctx: &Context, session: &Session) {
        if self.may_close || !session.view().project.dirty || session.has_ended() {
            return;
        }
        ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        self.open = Some(Dialog::Unsaved(Then::Quit));
    }

    /// Looks whether an answer is the one that something waits for.
    pub(crate) fn take_answer(&mut self, ctx: &Context, session: &mut Session, answer: &Answer) {
        self.take_surface_answer(ctx, session, answer);
        if let Some((ticket, then)) = self.saving.take() {
            if ticket != answer.ticket {
                self.saving = Some((ticket, then));
            } else if answer.outcome.is_ok() {
                self.go_on(ctx, session, then, false);
            }
        }
    }

    fn take_surface_answer(&mut self, ctx: &Context, session: &mut Session, answer: &Answer) {
        if let Some(Dialog::Surface(dialog)) = &mut self.open {
            *dialog = dialog.take().and_then(|dialog| dialog.take_answer(session, answer));
            if dialog.is_none() {
                self.open = None;
            }
        }
        let Some((_, name)) = self.exporting.take_if(|(ticket, _)| *ticket == answer.ticket) else { return };
        // A refusal stands in the notifications.
        let Ok(reply) = &answer.outcome else { return };
        let text = reply.payload.value().get("text").and_then(|text| text.as_str()).map(str::to_owned);
        self.exported = text;
        let name: String = name.chars().filter(|letter| !FORBIDDEN.contains(*letter)).collect();
        self.ask_path(ctx, Ask::ExportSurface { name: format!("{}.toml", name.trim()) }, false, Then::Nothing);
    }

    /// Shows what is open.
    pub(crate) fn ui(&mut self, ui: &Ui, session: &mut Session) {
        let Some(mut dialog) = self.open.take() else { return };
        let stays = match &mut dialog {
            Dialog::Path(dialog) => self.path_ui(ui, session, dialog),
            Dialog::Unsaved(then) => self.unsaved_ui(ui, session, then.clone()),
            Dialog::Rename { text, is_new } => rename_ui(ui, session, text, is_new),
            Dialog::About => about::about_ui(ui),
            Dialog::Surface(dialog) => {
                *dialog = dialog.take().and_then(|dialog| dialog.ui(ui, session));
                dialog.is_some()
            }
        };
        if stays {
            self.open = Some(dialog);
        }
    }

    fn path_ui(&mut self, ui: &Ui, session: &mut Session, dialog: &mut PathDialog) -> bool {
        match dialog.ui(ui, &self.picker) {
            path::Picked::Waiting => true,
            path::Picked::Cancelled => false,
            path::Picked::Paths(paths) => {
                self.take_paths(ui, session, dialog, &paths);
                false
            }
        }
    }

    fn take_paths(&mut self, ctx: &Context, session: &mut Session, dialog: &PathDialog, paths: &[PathBuf]) {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let Some(first) = paths.first() else { return };
        match dialog.ask() {
            Ask::OpenProject => {
                let open = project::Open { path: Some(text(first)), discard_changes: dialog.discard_changes() };
                session.send(Intent::ProjectOpen(open), None);
            }
            Ask::SaveProject { .. } => {
                let ticket = session.send(Intent::ProjectSaveAs(project::SaveAs { path: text(first) }), None);
                self.saving = ticket.map(|ticket| (ticket, dialog.then().clone()));
            }
            Ask::ImportAudio => import(session, paths),
            Ask::ImportSurface => {
                self.open = Some(Dialog::Surface(Some(SurfaceDialog::import(ctx, first.clone()))));
            }
            Ask::ExportSurface { .. } => {
                let text = self.exported.take().unwrap_or_default();
                self.open = Some(Dialog::Surface(Some(SurfaceDialog::export(ctx, first.clone(), text))));
            }
            Ask::SaveRecording { .. } => {
                self.recording = Some(RecordingWork::save(ctx, session, first.clone()));
            }
            Ask::OpenRecording => self.recording = Some(RecordingWork::open(ctx, first.clone())),
        }
    }

    fn unsaved_ui(&mut self, ui: &Ui, session: &mut Session, then: Then) -> bool {
        match unsaved::unsaved_ui(ui, project_name(session)) {
            unsaved::Choice::Waiting => true,
            unsaved::Choice::Cancel => false,
            unsaved::Choice::Save => {
                self.save_then(ui, session, then);
                // This may have opened the question for a path in place of this one.
                false
            }
            unsaved::Choice::Discard => {
                self.go_on(ui, session, then, true);
                false
            }
        }
    }

    fn save_then(&mut self, ctx: &Context, session: &mut Session, then: Then) {
        if session.view().project.path.is_some() {
            let ticket = session.send(Intent::ProjectSave(project::Save::default()), None);
            self.saving = ticket.map(|ticket| (ticket, then));
        } else {
            self.ask_path(ctx, Ask::SaveProject { name: file_name(session) }, false, then);
        }
    }

    fn unless_unsaved(&mut self, ctx: &Context, session: &mut Session, then: Then) {
        if session.view().project.dirty {
            self.open = Some(Dialog::Unsaved(then));
        } else {
            self.go_on(ctx, session, then, false);
        }
    }

    fn go_on(&mut self, ctx: &Context, session: &mut Session, then: Then, discard_changes: bool) {
        let path = match then {
            Then::Nothing => return,
            Then::Quit => {
                self.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
                return;
            }
            Then::AskOpen => return self.ask_path(ctx, Ask::OpenProject, discard_changes, Then::Nothing),
            Then::New => {
                session.send(Intent::ProjectNew(project::New { name: None, discard_changes }), None);
                return;
            }
            Then::OpenDemo => None,
            Then::Open(path) => Some(path.to_string_lossy().into_owned()),
        };
        session.send(Intent::ProjectOpen(project::Open { path, discard_changes }), None);
    }

    fn ask_path(&mut self, ctx: &Context, ask: Ask, discard_changes: bool, then: Then) {
        self.open = Some(Dialog::Path(PathDialog::begin(ctx, &self.picker, ask, discard_changes, then)));
    }
}

/// Imports files, each on a new track at the playhead.
pub(crate) fn import(session: &mut Session, paths: &[PathBuf]) {
    let place = media::Place { track_id: None, start_ticks: session.position_ticks_now() };
    let paths = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    session.send(Intent::MediaImport(media::Import { paths, place: Some(place) }), None);
}

/// A question in the middle of the window.
fn modal(ui: &Ui, id: &'static str) -> Modal {
    Modal::new(Id::unique(id)).frame(Frame::popup(ui.style()).inner_margin(theme::SPACE_4))
}

fn file_name(session: &Session) -> String {
    let name: String = project_name(session).chars().filter(|letter| !FORBIDDEN.contains(*letter)).collect();
    format!("{}.loophole", name.trim())
}

fn project_name(session: &Session) -> &str {
    let name = session.view().project.name.trim();
    if name.is_empty() { "Untitled" } else { name }
}

fn rename_ui(ui: &Ui, session: &mut Session, text: &mut String, is_new: &mut bool) -> bool {
    let mut stays = true;
    let shown = modal(ui, "loophole.rename").show(ui, |ui| {
        ui.set_width(320.0);
        ui.heading("Rename project");
        ui.add_space(theme::SPACE_2);
        let response = ui.add(TextEdit::singleline(text).desired_width(f32::INFINITY)).accessible_name("Project name");
        if std::mem::take(is_new) {
            response.request_focus();
        }
        let enter = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(theme::SPACE_3);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let name = text.trim();
            let rename = ui.add_enabled(!name.is_empty(), egui::Button::new("Rename")).clicked();
            if (rename || enter) && !name.is_empty() {
                session.send(Intent::ProjectRename(project::Rename { name: name.to_owned() }), None);
                stays = false;
            }
            stays &= !ui.button("Cancel").clicked();
        });
    });
    stays && !shown.should_close()
}
