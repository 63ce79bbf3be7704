//! Media: importing, what the engine says of them, their waveforms.

use super::commit::Record;
use super::link::Waiting;
use super::projects::not_run;
use super::{Core, Purpose, Request};
use crate::core::codes::{Code, reject};
use crate::domains::media;
use crate::engine::rebuild::{open_media, peaks_path};
use crate::event::{Happening, Payload, Rejection};
use crate::intent::media::{Import, Place};
use crate::intent::{Intent, Origin};
use crate::jobs::{ImportedFile, Job, JobOutcome};
use crate::model::{Change, MAX_OFFSET_FRAMES, Media, MediaId, Model, NotImported, Op, Touched};
use crate::view::shapes::entities::{self, MediaList, OneMedia};
use crate::view::{MediaStatus, MediaView, Severity, TaskView};
use loophole_wire::message::{EngineCommand, media as wire};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Files that one import may name.
const FILE_LIMIT: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Imports {
    open: BTreeMap<u64, Running>,
    next: u64,
    /// Where the engine was told to keep the peaks of each media file.
    peaks: BTreeMap<MediaId, PathBuf>,
}

/// An import that has no answer yet.
#[derive(Debug)]
struct Running {
    request: Request,
    place: Option<Place>,
    files: Vec<File>,
    failed: Vec<(String, String)>,
    /// The files lie in the project.
    copied: bool,
}

#[derive(Debug)]
struct File {
    asked: String,
    media: Media,
    state: FileState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileState {
    /// The engine has not said what it is.
    Opening,
    Ready,
}

impl Imports {
    /// Media that the engine must open beside those of the model.
    pub(super) fn media(&self) -> Vec<(MediaId, String)> {
        let files = self.open.values().flat_map(|running| &running.files);
        files
            .filter(|file| file.state == FileState::Opening)
            .map(|file| (file.media.id, file.media.path.clone()))
            .collect()
    }
}

impl Core {
    pub(super) fn import(&mut self, request: Request, ask: Import) {
        if ask.paths.is_empty() || ask.paths.len() > FILE_LIMIT {
            let message = format!("name 1 to {FILE_LIMIT} files by their absolute paths");
            return self.answer(request, Err(reject(Code::MediaNothing, message)));
        }
        let import = self.imports.next;
        self.imports.next += 1;
        let title = format!("Importing {} files", ask.paths.len());
        let running = Running { request, place: ask.place, files: Vec::new(), failed: Vec::new(), copied: false };
        self.imports.open.insert(import, running);
        Arc::make_mut(&mut self.tasks).push(TaskView { number: import, title, progress: None });
        self.tasks_changed();
        self.job(
            Purpose::Import { import },
            Job::ImportFiles { folder: self.project.folder.clone(), paths: ask.paths },
        );
    }

    pub(super) fn files_imported(&mut self, import: u64, outcome: JobOutcome) {
        let (files, failed) = match outcome {
            JobOutcome::FilesImported { files, failed } => (files, failed),
            other => return self.end_import(import, Err(not_run(other))),
        };
        if !self.imports.open.contains_key(&import) {
            return;
        }
        let files: Vec<File> = files.into_iter().map(|file| self.file_of(file)).collect();
        let Some(running) = self.imports.open.get_mut(&import) else { return };
        (running.files, running.failed, running.copied) = (files, failed, true);
        let open: Vec<(MediaId, String)> = running
            .files
            .iter()
            .filter(|file| file.state == FileState::Opening)
            .map(|file| (file.media.id, file.media.path.clone()))
            .collect();
        for (id, path) in open {
            self.open_in_engine(id, &path);
        }
        self.finish_imports();
    }

    /// Media that the project has already are ready; others get an id.
    fn file_of(&mut self, file: ImportedFile) -> File {
        let ImportedFile { asked, path, name } = file;
        if let Some(media) = self.model.media.values().find(|media| media.path == path) {
            return File { asked, media: Media::clone(media), state: FileState::Ready };
        }
        let pending =
            self.imports.open.values().flat_map(|running| &running.files).find(|file| file.media.path == path);
        if let Some(file) = pending {
            return File { asked, media: file.media.clone(), state: file.state };
        }
        let model = Arc::make_mut(&mut self.model);
        let id = MediaId(model.next_id);
        model.next_id += 1;
        let media = Media { id, path, name, frames: 0, sample_rate: 48_000, channels: 2 };
        File { asked, media, state: FileState::Opening }
    }

    /// Opens one media file in the engine; nothing when that is not there, for then the rebuild will.
    fn open_in_engine(&mut self, id: MediaId, path: &str) {
        let command = open_media(&self.project.folder, id, path);
        self.open_media(command);
    }

    /// Sends a `media.open`, and remembers where its peaks will be.
    pub(super) fn open_media(&mut self, command: EngineCommand) {
        if let EngineCommand::MediaOpen(open) = &command {
            let id = MediaId(open.media_id);
            self.imports.peaks.extend(open.peaks_path.as_ref().map(|path| (id, PathBuf::from(path))));
            self.request(Waiting::Media(id), command);
        }
    }

    /// The engine says what a file is. `asked`: as the answer to `media.open`, not of its own accord.
    pub(super) fn media_state(&mut self, asked: bool, state: &wire::State) {
        let id = MediaId(state.media_id);
        let sane = (1_000..=768_000).contains(&state.sample_rate)
            && (1..=256).contains(&state.channels)
            && state.frames <= MAX_OFFSET_FRAMES as u64;
        if !sane {
            return self.media_missing(id, "the engine says absurd things of it");
        }
        if asked {
            self.learn(id, state);
        }
        if self.model.media.contains_key(&id) {
            self.set_status(id, MediaStatus::Ready);
        }
        if state.peaks_ready {
            self.load_peaks(id);
        }
    }

    /// Length, rate and channels of a file, for an import or for media whose file is another one than it was.
    fn learn(&mut self, id: MediaId, state: &wire::State) {
        let wire::State { frames, sample_rate, channels, .. } = *state;
        let mut imported = false;
        for file in self.imports.open.values_mut().flat_map(|running| &mut running.files) {
            if file.media.id == id && file.state == FileState::Opening {
                (file.media.frames, file.media.sample_rate, file.media.channels) = (frames, sample_rate, channels);
                file.state = FileState::Ready;
                imported = true;
            }
        }
        if imported {
            return self.finish_imports();
        }
        if let Some(media) = self.model.media.get(&id) {
            let found = Media { frames, sample_rate, channels, ..Media::clone(media) };
            let change = Change::of(&self.model).with(Op::media(found));
            let request =
                Request { origin: Origin::Pulse, ticket: None, spec: Intent::MediaList(Default::default()).spec() };
            // A fact about a file; there is nothing to refuse and nobody waits.
            let _payload = self.commit(request, change, Record::Fact);
        }
    }

    pub(super) fn media_missing(&mut self, id: MediaId, reason: &str) {
        let mut imported = false;
        for running in self.imports.open.values_mut() {
            let failed = running.files.iter().filter(|file| file.media.id == id && file.state == FileState::Opening);
            running.failed.extend(failed.map(|file| (file.asked.clone(), reason.to_owned())));
            let before = running.files.len();
            running.files.retain(|file| file.media.id != id || file.state != FileState::Opening);
            imported |= before != running.files.len();
        }
        if imported {
            return self.finish_imports();
        }
        if let Some(media) = self.model.media.get(&id).cloned() {
            let known = self.media.get(&id).map(|view| &view.status);
            if known != Some(&MediaStatus::Missing(reason.to_owned())) {
                self.notice(
                    Severity::Warning,
                    Code::MediaMissing,
                    format!("{} cannot be played: {reason}", media.path),
                );
            }
            self.set_status(id, MediaStatus::Missing(reason.to_owned()));
        }
    }

    fn set_status(&mut self, id: MediaId, status: MediaStatus) {
        let media = Arc::make_mut(&mut self.media);
        media.entry(id).or_default().status = status;
        self.media_changed(id);
    }

    fn media_changed(&mut self, id: MediaId) {
        self.view_changed = true;
        if let Some(media) = self.model.media.get(&id) {
            let media = entities::Media::of(media, self.media.get(&id));
            self.happened((&Happening::MediaState(OneMedia { media })).into());
        }
    }

    /// Imports that wait for nothing any more become one undo entry each.
    fn finish_imports(&mut self) {
        let done =
            |running: &Running| running.copied && running.files.iter().all(|file| file.state == FileState::Ready);
        let ready: Vec<u64> =
            self.imports.open.iter().filter(|(_, running)| done(running)).map(|(import, _)| *import).collect();
        for import in ready {
            let outcome = self.commit_import(import);
            self.end_import(import, outcome);
        }
    }

    fn commit_import(&mut self, import: u64) -> Result<Payload, Rejection> {
        let Some(running) = self.imports.open.get(&import) else { return Err(nothing("it was given up")) };
        let failed: Vec<NotImported> = running
            .failed
            .iter()
            .map(|(path, reason)| NotImported { path: path.clone(), reason: reason.clone() })
            .collect();
        if running.files.is_empty() {
            let message = match running.failed.as_slice() {
                [(path, reason)] => format!("{path} cannot be imported: {reason}"),
                failed => format!("none of {} files can be imported; the reasons are in details.failed", failed.len()),
            };
            return Err(reject(Code::MediaNothing, message).with_details(Failed { failed: &failed }));
        }
        let (request, place) = (running.request, running.place.clone());
        // Another import may have brought the same file in the meantime.
        let current = |media: &Media| {
            self.model
                .media
                .values()
                .find(|known| known.path == media.path)
                .map_or_else(|| media.clone(), |known| Media::clone(known))
        };
        let files: Vec<Media> = running.files.iter().map(|file| current(&file.media)).collect();
        let change = media::import(&self.model, &files, place.as_ref(), failed)?;
        self.commit(request, change, Record::Entry { key: None })
    }

    fn end_import(&mut self, import: u64, outcome: Result<Payload, Rejection>) {
        let Some(running) = self.imports.open.remove(&import) else { return };
        Arc::make_mut(&mut self.tasks).retain(|task| task.number != import);
        self.tasks_changed();
        self.answer(running.request, outcome);
    }

    /// Nothing will come of the imports that run.
    pub(super) fn fail_imports(&mut self, reason: &str) {
        let running: Vec<u64> = self.imports.open.keys().copied().collect();
        for import in running {
            self.end_import(import, Err(nothing(reason)));
        }
    }

    /// Media came into the model or left it.
    pub(super) fn follow_media(&mut self, before: &Model, touched: &Touched) {
        for id in &touched.media {
            match (before.media.get(id), self.model.media.get(id)) {
                (None, Some(media)) => {
                    let path = media.path.clone();
                    let known =
                        self.imports.open.values().flat_map(|running| &running.files).any(|file| file.media.id == *id);
                    let status = if known { MediaStatus::Ready } else { MediaStatus::Opening };
                    Arc::make_mut(&mut self.media).insert(*id, MediaView { status, peaks: None });
                    if known {
                        self.load_peaks(*id);
                    } else {
                        self.open_in_engine(*id, &path);
                    }
                }
                (Some(_), None) => {
                    Arc::make_mut(&mut self.media).remove(id);
                    self.command(EngineCommand::MediaClose(wire::Close { media_id: id.0 }));
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
    }

    fn load_peaks(&mut self, id: MediaId) {
        let Some(media) = self.model.media.get(&id) else { return };
        let path =
            self.imports.peaks.get(&id).cloned().unwrap_or_else(|| peaks_path(&self.project.folder, &media.path));
        self.job(Purpose::LoadPeaks { epoch: self.project.epoch }, Job::LoadPeaks { media: id, path });
    }

    pub(super) fn peaks_loaded(&mut self, epoch: u64, outcome: JobOutcome) {
        let JobOutcome::PeaksLoaded { media, peaks } = outcome else { return };
        if epoch != self.project.epoch || !self.model.media.contains_key(&media) {
            return;
        }
        match peaks {
            Ok(peaks) => {
                Arc::make_mut(&mut self.media).entry(media).or_default().peaks = Some(peaks);
                self.media_changed(media);
            }
            Err(reason) => self.notice(Severity::Info, Code::MediaPeaks, format!("no waveform: {reason}")),
        }
    }

    pub(super) fn media_list(&self) -> Payload {
        let media = self.model.media.values().map(|media| entities::Media::of(media, self.media.get(&media.id)));
        Payload::of(&MediaList { media: media.collect() })
    }
}

fn nothing(reason: &str) -> Rejection {
    reject(Code::MediaNothing, format!("nothing was imported: {reason}"))
}

/// The details of an import that brought nothing.
#[derive(serde::Serialize)]
struct Failed<'a> {
    failed: &'a [NotImported],
}
