//! Which project is open: new, open, save, save as, close, and the beginning.

use super::commit::Record;
use super::{Core, OpenAtStart, Purpose, Request, transport};
use crate::core::codes::{Code, reject};
use crate::event::{Happening, ModelEvent, Payload, Rejection};
use crate::intent::project::{Close, New, Open, SaveAs};
use crate::jobs::{Job, JobOutcome, OpenedProject, ReadAtStart, SavedProject};
use crate::model::{ClipIndex, Model};
use crate::storage::demo;
use crate::storage::settings::OscConfig;
use crate::view::shapes::project::{self as shapes, InProject, Snapshot};
use crate::view::{AudioConfig, MediaView, ProjectView, Severity};
use loophole_wire::message::{EngineCommand, gesture, media};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a project is called that nobody named.
pub(super) const UNTITLED: &str = "Untitled";

#[derive(Debug)]
pub(super) struct Project {
    pub(super) id: String,
    /// Where media and cache are: the project's folder, or the draft's.
    pub(super) folder: PathBuf,
    /// None = never saved.
    path: Option<PathBuf>,
    /// The first message has come, and what a start opens was asked for.
    pub(super) begun: bool,
    /// Another project is on its way: intents wait.
    pub(super) opening: bool,
    saving: bool,
    /// The state of the history that was saved.
    pub(super) saved_state: u64,
    /// Changes that cannot be undone were not saved.
    pub(super) changed_silently: bool,
    /// Its media are being written: the engine is told of them when they are there.
    pub(super) media_pending: bool,
    /// Counts projects: what was begun for an earlier one is not for this one.
    pub(super) epoch: u64,
}

impl Project {
    /// A project that was never saved.
    pub(super) fn draft(data_folder: &Path, id: String) -> Self {
        let folder = draft_folder(data_folder, &id);
        Self {
            id,
            folder,
            path: None,
            begun: false,
            opening: false,
            saving: false,
            saved_state: 0,
            changed_silently: false,
            media_pending: false,
            epoch: 0,
        }
    }

    pub(super) fn view(&self, model: &Model, dirty: bool) -> ProjectView {
        ProjectView { id: self.id.clone(), name: model.name.clone(), path: self.path.clone(), dirty }
    }
}

fn draft_folder(data_folder: &Path, name: &str) -> PathBuf {
    data_folder.join("drafts").join(format!("{name}.loophole"))
}

impl Core {
    /// Asks for the settings and for what a start opens.
    pub(super) fn begin(&mut self) {
        self.project.begun = true;
        self.project.opening = true;
        let read = match &self.config.open {
            OpenAtStart::Nothing | OpenAtStart::Demo => ReadAtStart::Nothing,
            OpenAtStart::Project(path) => ReadAtStart::Project(path.clone()),
            OpenAtStart::LastOrDemo => ReadAtStart::LastProject,
        };
        self.job(Purpose::Begin, Job::Begin { data_folder: self.config.data_folder.clone(), read });
    }

    pub(super) fn begun(&mut self, outcome: JobOutcome) {
        self.project.opening = false;
        let (settings, opened) = match outcome {
            JobOutcome::Begun { settings, opened } => (settings, opened),
            other => (Err(not_run(other)), None),
        };
        match settings {
            Ok(settings) => self.settings = settings,
            Err(problem) => self.notice_of(Severity::Warning, &problem),
        }
        self.use_settings();
        self.read_surface_files();
        match (opened, &self.config.open) {
            (Some(Ok(opened)), _) => {
                let request = self.own_request();
                self.install_opened(request, *opened);
            }
            (Some(Err(problem)), OpenAtStart::LastOrDemo) => {
                self.notice_of(Severity::Warning, &problem);
                self.begin_with_demo();
            }
            (Some(Err(problem)), _) => self.notice_of(Severity::Error, &problem),
            (None, OpenAtStart::Demo | OpenAtStart::LastOrDemo) => self.begin_with_demo(),
            (None, OpenAtStart::Nothing | OpenAtStart::Project(_)) => {}
        }
        self.session_changed();
    }

    /// What was chosen in the last run, where this run was not told otherwise.
    fn use_settings(&mut self) {
        if self.config.audio == AudioConfig::default() && self.settings.audio != AudioConfig::default() {
            self.link.view.wanted = self.settings.audio.clone();
            self.apply_audio(None);
        }
        if self.config.osc == OscConfig::default()
            && let Some(osc) = self.settings.osc.clone().filter(|osc| *osc != self.config.osc)
        {
            self.surface.want(osc);
            self.reopen_osc();
        }
    }

    fn begin_with_demo(&mut self) {
        let request = self.own_request();
        if let Err(problem) = self.install_demo(request) {
            self.notice_of(Severity::Warning, &problem);
        }
    }

    /// What Pulse does of its own accord.
    fn own_request(&self) -> Request {
        let spec = crate::intent::Intent::ProjectOpen(Open::default()).spec();
        Request { origin: crate::intent::Origin::Pulse, ticket: None, spec }
    }

    pub(super) fn project_new(&mut self, request: Request, ask: New) -> Result<Payload, Rejection> {
        self.may_leave(ask.discard_changes)?;
        let name = ask.name.as_deref().map_or(Ok(UNTITLED.to_owned()), crate::bus::validate::name)?;
        Ok(self.install_empty(request, &name))
    }

    pub(super) fn project_close(&mut self, request: Request, ask: &Close) -> Result<Payload, Rejection> {
        self.may_leave(ask.discard_changes)?;
        Ok(self.install_empty(request, UNTITLED))
    }

    fn install_empty(&mut self, request: Request, name: &str) -> Payload {
        let id = self.names.next();
        let folder = draft_folder(&self.config.data_folder, &id);
        let model = Model::empty(name, self.config.sample_rate);
        self.install(request, id, model, folder, None, false)
    }

    pub(super) fn project_open(&mut self, request: Request, ask: Open) {
        if let Err(rejection) = self.may_leave(ask.discard_changes) {
            return self.answer(request, Err(rejection));
        }
        match ask.path {
            None => {
                let outcome = self.install_demo(request);
                self.answer(request, outcome);
            }
            Some(path) => match absolute(&path) {
                Ok(path) => {
                    self.project.opening = true;
                    self.job(Purpose::Open(request), Job::OpenProject { path });
                }
                Err(rejection) => self.answer(request, Err(rejection)),
            },
        }
    }

    fn may_leave(&self, discard_changes: bool) -> Result<(), Rejection> {
        if self.project.saving {
            return Err(reject(Code::ProjectBusy, "the project is being saved; try again when that is done"));
        }
        if self.is_dirty() && !discard_changes {
            let message = "there are changes that were not saved; save them, or say discardChanges";
            return Err(reject(Code::ProjectUnsavedChanges, message));
        }
        Ok(())
    }

    pub(super) fn project_opened(&mut self, request: Request, outcome: JobOutcome) {
        self.project.opening = false;
        let outcome = match outcome {
            JobOutcome::ProjectOpened(Ok(opened)) => Ok(self.install_opened(request, *opened)),
            JobOutcome::ProjectOpened(Err(rejection)) => Err(rejection),
            other => Err(not_run(other)),
        };
        self.answer(request, outcome);
    }

    fn install_opened(&mut self, request: Request, opened: OpenedProject) -> Payload {
        let OpenedProject { id, model, folder } = opened;
        let payload = self.install(request, id, model, folder.clone(), Some(folder.clone()), false);
        self.remember(&folder);
        payload
    }

    fn install_demo(&mut self, request: Request) -> Result<Payload, Rejection> {
        let model = demo::model_of(self.config.demo.song_json, self.config.sample_rate)?;
        let id = self.names.next();
        // Always the same folder: ten megabytes more each time would be a poor welcome.
        let folder = draft_folder(&self.config.data_folder, "demo");
        let payload = self.install(request, id, model, folder.clone(), None, true);
        self.job(Purpose::WriteDemo, Job::WriteDemo { folder, files: self.config.demo.files });
        Ok(payload)
    }

    pub(super) fn demo_written(&mut self, outcome: JobOutcome) {
        if let JobOutcome::DemoWritten(Err(problem)) = &outcome {
            self.notice_of(Severity::Error, problem);
        }
        if std::mem::take(&mut self.project.media_pending) {
            self.open_all_media();
        }
    }

    /// Another project takes the place of this one.
    fn install(
        &mut self,
        request: Request,
        id: String,
        model: Model,
        folder: PathBuf,
        path: Option<PathBuf>,
        media_pending: bool,
    ) -> Payload {
        self.leave();
        self.model = Arc::new(model);
        self.clips = ClipIndex::of(&self.model);
        self.history.clear();
        self.coalescer.forget();
        self.revision += 1;
        self.project = Project {
            path,
            begun: true,
            saved_state: self.history.state(),
            media_pending,
            epoch: self.project.epoch + 1,
            folder,
            ..Project::draft(&self.config.data_folder, id)
        };
        self.media = Arc::new(self.model.media.keys().map(|id| (*id, MediaView::default())).collect());
        self.link.forget_project();
        if !media_pending {
            self.open_all_media();
        }
        self.resend_music();
        let payload = self.in_project();
        self.tell_changed(request, payload.clone());
        self.surface.stale = true;
        self.surfaces.project_changed();
        self.read_project_maps();
        self.session_changed();
        self.transport_changed();
        payload
    }

    /// The engine forgets the project that is left.
    fn leave(&mut self) {
        self.fail_imports("another project was opened");
        for stream in self.gestures.clear() {
            self.command(EngineCommand::GestureClose(gesture::Close { stream }));
        }
        self.stop_at(0);
        self.transport = transport::Transport::after(&self.transport);
        let closed: Vec<u32> = self.model.media.keys().map(|id| id.0).collect();
        for media_id in closed {
            self.command(EngineCommand::MediaClose(media::Close { media_id }));
        }
    }

    pub(super) fn project_save(&mut self, request: Request) {
        match self.may_save() {
            Ok(Some(folder)) => {
                let serial = self.begin_saving();
                let project = self.saved_project(Arc::clone(&self.model));
                self.job(Purpose::Save { request, serial }, Job::SaveProject { folder, project });
            }
            Ok(None) => {
                let message = "this project was never saved; use 'project.saveAs' with a path";
                self.answer(request, Err(reject(Code::ProjectNeedsPath, message)));
            }
            Err(rejection) => self.answer(request, Err(rejection)),
        }
    }

    pub(super) fn project_save_as(&mut self, request: Request, ask: &SaveAs) {
        let to = match self.may_save().and_then(|_| absolute(&ask.path)) {
            Ok(to) => to,
            Err(rejection) => return self.answer(request, Err(rejection)),
        };
        let serial = self.begin_saving();
        let mut model = Model::clone(&self.model);
        model.name = name_of(&to).unwrap_or(model.name);
        let project = self.saved_project(Arc::new(model));
        let work = Job::SaveProjectAs { from: self.project.folder.clone(), to, project };
        self.job(Purpose::SaveAs { request, serial }, work);
    }

    fn may_save(&self) -> Result<Option<PathBuf>, Rejection> {
        if self.project.saving {
            return Err(reject(Code::ProjectBusy, "the project is being saved already"));
        }
        Ok(self.project.path.clone())
    }

    fn begin_saving(&mut self) -> u64 {
        self.project.saving = true;
        self.project.changed_silently = false;
        self.coalescer.forget();
        self.history.state()
    }

    fn saved_project(&self, model: Arc<Model>) -> SavedProject {
        SavedProject { id: self.project.id.clone(), model }
    }

    pub(super) fn project_saved(&mut self, request: Request, serial: u64, outcome: JobOutcome) {
        let outcome = match outcome {
            JobOutcome::ProjectSaved(outcome) => outcome,
            other => Err(not_run(other)),
        };
        let folder = self.project.folder.clone();
        self.saved(request, serial, outcome.map(|()| folder));
    }

    pub(super) fn project_saved_as(&mut self, request: Request, serial: u64, outcome: JobOutcome) {
        let outcome = match outcome {
            JobOutcome::ProjectSavedAs(outcome) => outcome,
            other => Err(not_run(other)),
        };
        if let Ok(folder) = &outcome {
            self.project.folder.clone_from(folder);
            self.project.path = Some(folder.clone());
            if let Some(name) = name_of(folder) {
                let change = crate::model::Change::of(&self.model).with(crate::model::Op::Name(name));
                // A name that came from a folder is a good name; nothing else can be refused.
                let _payload = self.commit(request, change, Record::Fact);
            }
        }
        self.saved(request, serial, outcome);
    }

    fn saved(&mut self, request: Request, serial: u64, outcome: Result<PathBuf, Rejection>) {
        self.project.saving = false;
        let outcome = outcome.map(|folder| {
            self.project.saved_state = serial;
            self.remember(&folder);
            self.in_project()
        });
        self.project.changed_silently |= outcome.is_err();
        self.session_changed();
        self.answer(request, outcome);
    }

    fn remember(&mut self, folder: &Path) {
        self.settings.remember(folder);
        self.save_settings();
    }

    pub(super) fn save_settings(&mut self) {
        let work = Job::SaveSettings { data_folder: self.config.data_folder.clone(), settings: self.settings.clone() };
        self.job(Purpose::SaveSettings, work);
    }

    pub(super) fn settings_saved(&mut self, outcome: JobOutcome) {
        if let JobOutcome::SettingsSaved(Err(problem)) = &outcome {
            self.notice_of(Severity::Warning, problem);
        }
    }

    /// The project as it is told.
    pub(super) fn project_shape(&self) -> shapes::Project {
        shapes::Project::of(self.project.view(&self.model, self.is_dirty()), self.revision)
    }

    fn in_project(&self) -> Payload {
        Payload::of(&InProject { revision: self.revision, project: self.project_shape() })
    }

    pub(super) fn snapshot(&self) -> Payload {
        let recent = &self.settings.recent_projects;
        Payload::of(&Snapshot::of(&self.model, &self.media, self.project_shape(), recent))
    }

    /// Something of the session changed that `session.status` tells.
    pub(super) fn session_changed(&mut self) {
        self.view_changed = true;
        self.told_dirty = self.is_dirty();
        let happening = Happening::SessionState(self.status());
        let (spec, payload) = (happening.spec(), happening.payload());
        if self.told_status.as_ref() != Some(&payload) {
            self.told_status = Some(payload.clone());
            self.happened(ModelEvent::happened(spec, payload));
        }
    }
}

/// Why there is no outcome of the wanted kind.
pub(super) fn not_run(outcome: JobOutcome) -> Rejection {
    let reason = match outcome {
        JobOutcome::NotRun { reason } => reason,
        _ => "its outcome is of another kind".to_owned(),
    };
    reject(Code::SessionJobFailed, format!("the work on files was not done: {reason}"))
}

fn absolute(path: &str) -> Result<PathBuf, Rejection> {
    let path = PathBuf::from(path);
    if path.is_absolute() && path.file_name().is_some() && !path.as_os_str().to_string_lossy().contains('\0') {
        return Ok(path);
    }
    let shown: String = path.to_string_lossy().chars().filter(|letter| !letter.is_control()).take(100).collect();
    Err(reject(Code::ProjectBadPath, format!("'{shown}' is not an absolute path to a folder")))
}

/// `/music/Song.loophole` → `Song`, when that can be a name.
fn name_of(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_string_lossy();
    let name = name.strip_suffix(".loophole").unwrap_or(&name).trim();
    crate::bus::validate::is_name(name).then(|| name.to_owned())
}
