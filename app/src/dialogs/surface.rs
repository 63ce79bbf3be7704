//! Files of control surfaces: other programs' maps and our own are taken in after a look at what becomes of them; what a
//! device has is written to a file.

use super::modal;
use crate::state::{Answer, Session};
use crate::theme;
use eframe::egui::{Align, Button, Context, Id, Label, Layout, RichText, ScrollArea, Ui};
use egui_material_icons::icons;
use loophole_pulse::event::Ticket;
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::surface_files::import::report::{Outcome, Report};
use loophole_pulse::surface_files::import::{self, MAX_BYTES};
use loophole_pulse::surface_files::{FileKind, Severity, lint_file, write_whole};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// Height of the list of what became of each line.
const LIST: f32 = 300.0;
const ROW: f32 = 20.0;

/// A file that is read, looked at and taken in; or written.
pub(super) enum SurfaceDialog {
    /// On a thread of its own.
    Working(Receiver<Result<Option<Found>, String>>),
    /// The person looks at it.
    Found(Found),
    /// Pulse was asked for the first of these texts.
    Asked(Found, Ticket),
    /// What went wrong.
    Failed(String),
}

/// What a file holds.
pub(super) struct Found {
    /// "Ardour MIDI map “Desk”".
    title: String,
    /// How much of it is converted, or what there is to know of the whole.
    summary: Vec<String>,
    lines: Vec<Line>,
    /// Files that are to be taken in, in order.
    texts: Vec<String>,
}

struct Line {
    number: u32,
    what: String,
    became: Became,
    words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Converted,
    Differently,
    Not,
    Wrong,
}

impl SurfaceDialog {
    /// Reads a file.
    pub(super) fn import(ctx: &Context, path: PathBuf) -> Self {
        Self::work(ctx, move || read(&path).map(Some))
    }

    /// Writes a file.
    pub(super) fn export(ctx: &Context, path: PathBuf, text: String) -> Self {
        let write = move || {
            let written = write_whole(&path, text.as_bytes());
            written.map(|()| None).map_err(|error| format!("{} cannot be written: {error}", path.display()))
        };
        Self::work(ctx, write)
    }

    fn work(ctx: &Context, work: impl FnOnce() -> Result<Option<Found>, String> + Send + 'static) -> Self {
        let (sender, answer) = sync_channel(1);
        let ctx = ctx.clone();
        let spawned = std::thread::Builder::new().name("aura-surface-file".to_owned()).spawn(move || {
            // Nobody waits any more when the question was closed meanwhile.
            if sender.send(work()).is_ok() {
                ctx.request_repaint();
            }
        });
        match spawned {
            Ok(_thread) => Self::Working(answer),
            Err(error) => Self::Failed(format!("the system gives no thread for the file: {error}")),
        }
    }

    /// Goes on with the next text; none when it is over.
    pub(super) fn take_answer(self, session: &mut Session, answer: &Answer) -> Option<Self> {
        match self {
            Self::Asked(mut found, ticket) if ticket == answer.ticket => match &answer.outcome {
                Ok(_) => {
                    found.texts.remove(0);
                    if found.texts.is_empty() { None } else { Some(Self::ask(found, session)) }
                }
                Err(rejection) => Some(Self::Failed(rejection.message.clone())),
            },
            other => Some(other),
        }
    }

    fn ask(found: Found, session: &mut Session) -> Self {
        let text = found.texts.first().cloned().unwrap_or_default();
        match session.send(Intent::SurfaceImportProfile(surface::ImportProfile { text }), Some(source())) {
            Some(ticket) => Self::Asked(found, ticket),
            None => Self::Failed("Pulse has ended: nothing can be imported".to_owned()),
        }
    }

    /// None when it is closed.
    pub(super) fn ui(self, ui: &Ui, session: &mut Session) -> Option<Self> {
        let dialog = match self {
            Self::Working(answer) => match answer.try_recv() {
                Err(TryRecvError::Empty) => Self::Working(answer),
                Err(TryRecvError::Disconnected) => Self::Failed("the file could not be worked on".to_owned()),
                Ok(Ok(found)) => Self::Found(found?),
                Ok(Err(message)) => Self::Failed(message),
            },
            other => other,
        };
        let (mut cancelled, mut taken) = (false, false);
        let shown = modal(ui, "loophole.surface file").show(ui, |ui| {
            ui.set_width(620.0);
            match &dialog {
                Self::Working(_) => {
                    ui.heading("Surface file");
                    ui.weak("One moment…");
                }
                Self::Failed(message) => {
                    ui.heading("This did not work");
                    ui.add_space(theme::SPACE_2);
                    ui.horizontal_top(|ui| {
                        ui.label(icons::ICON_ERROR.rich_text().color(theme::tokens(ui).error));
                        ui.add(Label::new(message).wrap());
                    });
                }
                Self::Found(found) | Self::Asked(found, _) => found_ui(ui, found),
            }
            ui.add_space(theme::SPACE_3);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Self::Found(found) = &dialog {
                    let import = Button::new(RichText::new("Import").strong());
                    let import = ui.add_enabled(!found.texts.is_empty(), import);
                    taken = import.on_disabled_hover_text("There is nothing in it to import.").clicked();
                }
                let word = if matches!(dialog, Self::Failed(_)) { "Close" } else { "Cancel" };
                cancelled = ui.button(word).clicked();
            });
        });
        match dialog {
            Self::Found(found) if taken => Some(Self::ask(found, session)),
            dialog if cancelled || shown.should_close() => {
                drop(dialog);
                None
            }
            dialog => Some(dialog),
        }
    }
}

fn source() -> Id {
    Id::unique("loophole.surface import")
}

fn found_ui(ui: &mut Ui, found: &Found) {
    let tokens = theme::tokens(ui);
    ui.heading("Import for control surfaces");
    ui.add_space(theme::SPACE_1);
    ui.add(Label::new(RichText::new(&found.title).strong()).wrap());
    for line in &found.summary {
        ui.add(Label::new(line).wrap());
    }
    if found.lines.is_empty() {
        return;
    }
    ui.add_space(theme::SPACE_2);
    let scroll = ScrollArea::vertical().id_salt("import report").max_height(LIST).auto_shrink([false, true]);
    scroll.show_rows(ui, ROW, found.lines.len(), |ui, rows| {
        for line in found.lines.get(rows).unwrap_or_default() {
            let (icon, ink, word) = match line.became {
                Became::Converted => (icons::ICON_CHECK, tokens.ok, "converted"),
                Became::Differently => (icons::ICON_SWAP_HORIZ, tokens.warning, "differently"),
                Became::Not => (icons::ICON_DO_NOT_DISTURB_ON, tokens.warning, "not converted"),
                Became::Wrong => (icons::ICON_ERROR, tokens.error, "wrong in the file"),
            };
            ui.horizontal(|ui| {
                ui.set_height(ROW - 2.0);
                ui.label(icon.rich_text().color(ink)).on_hover_text(word);
                ui.label(RichText::new(format!("line {}", line.number)).small().weak());
                let text =
                    if line.what.is_empty() { line.words.clone() } else { format!("{}: {}", line.what, line.words) };
                let label = ui.add(Label::new(RichText::new(&text).small()).truncate());
                label.on_hover_text(format!("line {}, {word}\n{text}", line.number));
            });
        }
    });
}

/// Reads a profile or mapping set of our own, or a map of another program.
fn read(path: &Path) -> Result<Found, String> {
    let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)).map_err(cannot)?;
    let text = import::decode(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
        return Ok(own(&text, path));
    }
    let imported = import::import(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(foreign(imported.report, imported.files.into_iter().map(|file| file.text).collect()))
}

fn own(text: &str, path: &Path) -> Found {
    let (kind, findings) = lint_file(text);
    let kind = match kind {
        FileKind::Profile => "Profile",
        FileKind::MappingSet => "Mapping set",
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    let summary = match (is_wrong, findings.len()) {
        (true, _) => "It cannot be imported before this is put right:".to_owned(),
        (false, 0) => "Nothing is wrong with it.".to_owned(),
        (false, _) => "It can be imported, but look at this:".to_owned(),
    };
    let lines = findings.into_iter().map(|finding| Line {
        number: finding.line,
        what: String::new(),
        became: if finding.severity == Severity::Error { Became::Wrong } else { Became::Differently },
        words: format!("{}: {}", finding.message, finding.advice),
    });
    let texts = if is_wrong { Vec::new() } else { vec![text.to_owned()] };
    Found { title: format!("{kind} “{name}”"), summary: vec![summary], lines: lines.collect(), texts }
}

fn foreign(report: Report, texts: Vec<String>) -> Found {
    let mut summary = vec![report.counts.to_string()];
    summary.extend(report.notes);
    let lines = report.entries.into_iter().map(|entry| {
        let (became, words) = match entry.outcome {
            Outcome::Converted { to } => (Became::Converted, to),
            Outcome::Differently { to, difference } => (Became::Differently, format!("{to}, {difference}")),
            Outcome::ControlOnly { element, reason } => {
                (Became::Not, format!("{element} is there to be mapped: {reason}"))
            }
            Outcome::Left { reason } => (Became::Not, reason),
            Outcome::Defect { fault } => (Became::Wrong, fault),
        };
        Line { number: entry.line, what: entry.what, became, words }
    });
    let title = format!("{} “{}”", report.format, report.title);
    Found { title, summary, lines: lines.collect(), texts }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "<ArdourMIDIBindings name='Acme Desk'>\n<Binding channel='1' ctl='7' uri='/route/gain B1'/>\n\
                       <Binding channel='1' ctl='8' uri='/route/trim B1'/></ArdourMIDIBindings>";

    fn found(name: &str, text: &str) -> Result<Found, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn every_line_of_another_programs_map_says_what_became_of_it() {
        let found = found("desk.map", MAP).unwrap();
        assert!(found.title.contains("Acme Desk"), "{}", found.title);
        assert!(found.summary[0].contains("1 of 2 converted"), "{:?}", found.summary);
        let lines: Vec<_> = found.lines.iter().map(|line| (line.number, line.became)).collect();
        assert_eq!(lines, [(2, Became::Converted), (3, Became::Not)]);
        assert_eq!(found.texts.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_not_taken_in() {
        let found = found("x.toml", "schema = 1\nid = \"a\"\n").unwrap();
        assert!(found.texts.is_empty() && found.lines.iter().any(|line| line.became == Became::Wrong));
        assert!(self::found("x.map", "<a/>").is_err_and(|error| error.contains("no map that is known")));
        assert!(read(Path::new("/nowhere/at.all")).is_err_and(|error| error.contains("cannot be read")));
    }
}
