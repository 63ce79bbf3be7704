//! Asks for a path: the system's dialog opens by itself, and a field is there for where it does not.

use super::picker::{Ask, FilePicker};
use super::{Then, modal};
use crate::theme;
use eframe::egui::{self, Button, Context, Key, RichText, TextEdit, Ui};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// One question.
pub(super) struct PathDialog {
    ask: Ask,
    discard_changes: bool,
    then: Then,
    text: String,
    is_new: bool,
    browsing: Option<Browsing>,
    note: Option<&'static str>,
}

struct Browsing {
    answer: Receiver<Vec<PathBuf>>,
    since: f64,
}

/// What became of it.
pub(super) enum Picked {
    Waiting,
    Cancelled,
    Paths(Vec<PathBuf>),
}

/// Nobody cancels a dialog this fast: there was none.
const TOO_FAST_SECONDS: f64 = 0.5;

impl PathDialog {
    /// Opens it, and the system's one with it.
    pub(super) fn begin(
        ctx: &Context,
        picker: &Arc<dyn FilePicker>,
        ask: Ask,
        discard_changes: bool,
        then: Then,
    ) -> Self {
        let text = suggestion(&ask);
        let mut dialog = Self { ask, discard_changes, then, text, is_new: true, browsing: None, note: None };
        dialog.browse(ctx, picker);
        dialog
    }

    pub(super) fn ask(&self) -> &Ask {
        &self.ask
    }

    pub(super) fn discard_changes(&self) -> bool {
        self.discard_changes
    }

    pub(super) fn then(&self) -> &Then {
        &self.then
    }

    fn browse(&mut self, ctx: &Context, picker: &Arc<dyn FilePicker>) {
        let (sender, answer) = sync_channel(1);
        let (picker, ask, ctx) = (Arc::clone(picker), self.ask.clone(), ctx.clone());
        let since = ctx.input(|input| input.time);
        let spawned = std::thread::Builder::new().name("aura-file-dialog".to_owned()).spawn(move || {
            let paths = picker.pick(&ask);
            // Nobody waits any more when the question was closed meanwhile.
            if sender.send(paths).is_ok() {
                ctx.request_repaint();
            }
        });
        match spawned {
            Ok(_thread) => self.browsing = Some(Browsing { answer, since }),
            Err(_error) => self.note = Some("The system gives no thread for its file dialog. Type a path instead."),
        }
    }

    /// What the system's dialog said, if it said something.
    fn poll(&mut self, ctx: &Context) -> Picked {
        let Some(browsing) = &self.browsing else { return Picked::Waiting };
        let paths = match browsing.answer.try_recv() {
            Err(TryRecvError::Empty) => return Picked::Waiting,
            Err(TryRecvError::Disconnected) => Vec::new(),
            Ok(paths) => paths,
        };
        let took = ctx.input(|input| input.time) - browsing.since;
        self.browsing = None;
        if !paths.is_empty() {
            return Picked::Paths(paths);
        }
        if took < TOO_FAST_SECONDS {
            self.note = Some("This system has no file dialog that answers. Type a path instead.");
            return Picked::Waiting;
        }
        Picked::Cancelled
    }

    pub(super) fn ui(&mut self, ui: &Ui, picker: &Arc<dyn FilePicker>) -> Picked {
        let mut picked = self.poll(ui);
        let (title, verb, help) = match self.ask {
            Ask::OpenProject => ("Open project", "Open", "A folder that ends in .loophole"),
            Ask::SaveProject { .. } => ("Save project as", "Save", "A folder that does not exist yet"),
            Ask::ImportAudio => ("Import audio", "Import", "A WAV, AIFF, FLAC, MP3 or Ogg Vorbis file"),
            Ask::ImportSurface => (
                "Import for control surfaces",
                "Look at it",
                "A profile or mapping set (.toml), or a map of Ardour (.map), Mixxx (.midi.xml) or QLC+ (.qxi)",
            ),
            Ask::ExportSurface { .. } => ("Export mappings", "Export", "A file that ends in .toml"),
            Ask::SaveRecording { .. } => {
                ("Save messages", "Save", "A file that ends in .mcap, or in .jsonl for one line of JSON each")
            }
            Ask::OpenRecording => ("Open a recording of messages", "Open", "A file that ends in .mcap or .jsonl"),
        };
        let shown = modal(ui, "loophole.path").show(ui, |ui| {
            ui.set_width(460.0);
            ui.heading(title);
            ui.add_space(theme::SPACE_2);
            let label = ui.label(help);
            let field = TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY);
            let response = ui.add(field).labelled_by(label.id).accessible_name("Path");
            if std::mem::take(&mut self.is_new) {
                response.request_focus();
            }
            let enter = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let waiting = self.browsing.is_some().then_some("The system's file dialog is open.");
            ui.label(RichText::new(self.note.or(waiting).unwrap_or(" ")).small().weak());
            ui.add_space(theme::SPACE_2);
            ui.horizontal(|ui| {
                if ui.add_enabled(self.browsing.is_none(), Button::new("Browse…")).clicked() {
                    self.note = None;
                    self.browse(ui, picker);
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let path = typed(&self.text);
                    let clicked = ui.add_enabled(path.is_some(), Button::new(verb)).clicked();
                    if let (Some(path), true) = (path, clicked || enter) {
                        picked = Picked::Paths(vec![path]);
                    }
                    if ui.button("Cancel").clicked() {
                        picked = Picked::Cancelled;
                    }
                });
            });
        });
        if matches!(picked, Picked::Waiting) && shown.should_close() { Picked::Cancelled } else { picked }
    }
}

fn home() -> Option<PathBuf> {
    directories::UserDirs::new().map(|folders| folders.home_dir().to_owned())
}

fn suggestion(ask: &Ask) -> String {
    let (Ask::SaveProject { name } | Ask::ExportSurface { name } | Ask::SaveRecording { name }) = ask else {
        return String::new();
    };
    let folders = directories::UserDirs::new();
    let folder = folders.as_ref().map(|folders| folders.audio_dir().unwrap_or_else(|| folders.home_dir()));
    folder.map_or_else(|| name.clone(), |folder| folder.join(name).to_string_lossy().into_owned())
}

/// The absolute path that was typed; `~` is the home folder.
fn typed(text: &str) -> Option<PathBuf> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let path = match text.strip_prefix("~/") {
        Some(rest) => home()?.join(rest),
        None => PathBuf::from(text),
    };
    std::path::absolute(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_absolute() {
        assert_eq!(typed("  /tmp/a b.loophole "), Some(PathBuf::from("/tmp/a b.loophole")));
        assert!(typed("song.loophole").is_some_and(|path| path.is_absolute()));
        assert_eq!(typed("   "), None);
    }
}
