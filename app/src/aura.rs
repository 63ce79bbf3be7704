//! The window as eframe runs it: `logic` takes over what is new, `ui` lays out, then what was asked for is done.

mod saved;

use crate::action::{Action, Actions, Command, Keymap};
use crate::dialogs::{self, Dialogs, FilePicker};
use crate::panels::banner::{BannerState, banner_ui};
use crate::panels::dock::{self, Layout, Pane, PanelStates, dock_ui};
use crate::panels::footer::{FooterTexts, footer_ui};
use crate::panels::hardware::learn::{LearnState, learn_ui};
use crate::panels::header::{HeaderState, header_ui};
use crate::panels::menu::menu_ui;
use crate::panels::notifications::{Notifications, level_of};
use crate::panels::palette::{Offer, offers};
use crate::panels::shortcuts::{ShortcutsState, shortcuts_ui};
use crate::state::{Answer, Report, Selection, Session, do_session_part};
use crate::theme::{self, ThemeChoice};
use crate::widgets::FRAME;
use crate::widgets::json_tree::json_tree_ui;
use crate::widgets::palette::{Chosen, PaletteState, palette_ui};
use crate::widgets::toasts::{Level, Toasts};
use eframe::egui::{self, CentralPanel, Context, Frame, Margin, Panel, ScrollArea, Ui, ViewportCommand, Window};
use loophole_pulse::event::Ticket;
use loophole_pulse::intent::Intent;
use saved::Saved;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// What a person set, kept between runs.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: ThemeChoice,
    pub zoom: f32,
    pub keymap: Keymap,
}

impl Default for Settings {
    fn default() -> Self {
        Self { theme: ThemeChoice::default(), zoom: 1.0, keymap: Keymap::default() }
    }
}

/// The window.
pub struct Aura {
    session: Session,
    settings: Settings,
    layout: Layout,
    panels: PanelStates,
    header: HeaderState,
    banner: BannerState,
    shortcuts: ShortcutsState,
    learn: LearnState,
    palette: Option<PaletteState>,
    dialogs: Dialogs,
    toasts: Toasts,
    notifications: Notifications,
    hint: String,
    /// The palette asked this and wants to show the answer.
    asked_by_palette: Option<Ticket>,
    reply: Option<(&'static str, Value)>,
    actions: Actions,
}

const ZOOM_RANGE: std::ops::RangeInclusive<f32> = 0.5..=3.0;

impl Aura {
    /// Opens on what was saved in `storage`.
    pub fn new(
        ctx: &Context,
        storage: Option<&dyn eframe::Storage>,
        session: Session,
        picker: Arc<dyn FilePicker>,
    ) -> Self {
        theme::install(ctx);
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let saved = Saved::load(storage);
        theme::apply(ctx, saved.settings.theme);
        ctx.set_zoom_factor(saved.settings.zoom);
        Self {
            session,
            settings: saved.settings,
            layout: saved.layout,
            panels: saved.panels,
            header: HeaderState::default(),
            banner: BannerState::default(),
            shortcuts: ShortcutsState::default(),
            learn: LearnState::default(),
            palette: None,
            dialogs: Dialogs::new(picker),
            toasts: Toasts::default(),
            notifications: Notifications::default(),
            hint: String::new(),
            asked_by_palette: None,
            reply: None,
            actions: Actions::default(),
        }
    }

    /// What the window knows.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Asks for something that nobody has pressed a button for.
    pub(crate) fn ask(&mut self, intent: Intent) {
        self.session.send(intent, None);
    }

    /// Takes over what is new; paints nothing.
    pub fn take_over(&mut self, ctx: &Context) {
        self.session.drain();
        for answer in self.session.take_answers() {
            self.take_answer(ctx, &answer);
        }
        let notices = Arc::clone(&self.session.view().notices);
        let reports = self.session.take_reports();
        for report in self.notifications.new_notices(&notices).into_iter().chain(reports) {
            self.tell(report);
        }
        if ctx.input(|input| input.viewport().close_requested()) {
            self.dialogs.close_requested(ctx, &self.session);
        }
    }

    /// Lays the window out, then does what was asked for.
    pub fn show(&mut self, ui: &mut Ui) {
        self.take_shortcuts(ui);
        self.actions.wants_controls = self.learn.wants_controls(ui);
        self.bars_ui(ui);
        // The footer is laid out before the panels: it shows what the last frame had to say.
        let said = std::mem::take(&mut self.hint);
        let center = Frame::new().fill(theme::tokens(ui).background);
        CentralPanel::no_frame().frame(center).show(ui, |ui| {
            dock_ui(ui, &mut self.layout, &self.session, &mut self.panels, &mut self.actions);
        });
        learn_ui(ui, &self.session, &mut self.learn, &mut self.actions);
        self.take_dropped(ui);
        self.overlays_ui(ui);
        let asked: Vec<Action> = self.actions.drain().collect();
        for action in asked {
            self.act(ui, action);
        }
        if self.hint != said {
            ui.request_repaint();
        }
        self.stay_awake(ui);
    }

    fn bars_ui(&mut self, ui: &mut Ui) {
        let tokens = theme::tokens(ui);
        let (session, keymap, actions) = (&self.session, &self.settings.keymap, &mut self.actions);
        let bar = |margin| Frame::new().fill(tokens.raised).inner_margin(margin);
        let checked = checked(&self.settings, &self.learn);
        Panel::top("menu").frame(bar(Margin::symmetric(6, 1))).show_separator_line(false).show(ui, |ui| {
            menu_ui(ui, session, keymap, &checked, actions);
        });
        let header = Panel::top("header").exact_size(theme::HEADER_HEIGHT).frame(bar(Margin::symmetric(8, 3)));
        header.show(ui, |ui| header_ui(ui, session, &mut self.header, keymap, actions));
        banner_ui(ui, session, &mut self.banner, actions);
        let texts = FooterTexts { hint: &self.hint, unseen: self.notifications.unseen() };
        let footer = Panel::bottom("footer").exact_size(theme::FOOTER_HEIGHT).frame(bar(Margin::symmetric(8, 1)));
        footer.show(ui, |ui| footer_ui(ui, session, texts, actions));
    }

    fn overlays_ui(&mut self, ui: &mut Ui) {
        shortcuts_ui(ui, &mut self.shortcuts, &mut self.settings.keymap);
        self.notifications.ui(ui);
        self.reply_ui(ui);
        self.palette_ui(ui);
        self.dialogs.ui(ui, &mut self.session);
        if let Some(recorded) = self.dialogs.take_recording(&mut self.session) {
            self.panels.ipc.open(recorded);
            self.look_at(Pane::Ipc);
        }
        self.toasts.ui(ui, theme::FOOTER_HEIGHT);
    }

    fn palette_ui(&mut self, ui: &Ui) {
        let Some(state) = &mut self.palette else { return };
        let (offers, entries) = offers(ui, &self.session, &self.settings.keymap);
        match palette_ui(ui, &entries, state) {
            Chosen::Nothing => return,
            Chosen::Closed => {}
            Chosen::Entry(index) => match offers.get(index) {
                Some(Offer::Command(command)) => self.actions.command(*command),
                Some(Offer::Intent(spec)) => {
                    self.asked_by_palette = (spec.bare)().and_then(|intent| self.session.send(intent, None));
                }
                None => {}
            },
        }
        self.palette = None;
    }

    fn reply_ui(&mut self, ui: &Ui) {
        let Some((title, value)) = &self.reply else { return };
        let mut open = true;
        let window = Window::new(*title).id(egui::Id::unique("loophole.reply")).open(&mut open).default_width(420.0);
        window.show(ui, |ui| ScrollArea::both().max_height(360.0).show(ui, |ui| json_tree_ui(ui, "reply", value)));
        if !open || ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape)) {
            self.reply = None;
        }
    }

    fn take_shortcuts(&mut self, ui: &Ui) {
        if self.dialogs.is_open() || self.palette.is_some() || self.shortcuts.is_listening() {
            return;
        }
        for command in self.settings.keymap.consume(ui, ui.text_edit_focused()) {
            self.actions.command(command);
        }
    }

    /// Files that no panel took.
    fn take_dropped(&mut self, ui: &Ui) {
        let dropped = ui.input_mut(|input| std::mem::take(&mut input.raw.dropped_files));
        let paths: Vec<PathBuf> = dropped.into_iter().map(|file| file.path().to_owned()).collect();
        let project = paths.iter().find(|path| path.extension().is_some_and(|ending| ending == "loophole"));
        if let Some(project) = project {
            self.dialogs.open_path(ui, &mut self.session, project.clone());
        } else if !paths.is_empty() {
            dialogs::import(&mut self.session, &paths);
        }
    }

    fn take_answer(&mut self, ctx: &Context, answer: &Answer) {
        self.dialogs.take_answer(ctx, &mut self.session, answer);
        if self.asked_by_palette == Some(answer.ticket) {
            self.asked_by_palette = None;
            if let Ok(reply) = &answer.outcome
                && let payload = reply.payload.value()
                && payload.as_object().is_some_and(|fields| !fields.is_empty())
            {
                self.reply = Some((answer.title, payload));
            }
        }
    }

    fn tell(&mut self, report: Report) {
        // What libraries under the engine grumble is for the list only.
        if report.code != "engine.stderr" {
            self.toasts.push(level_of(report.severity), report.message.clone());
        }
        self.notifications.push(report);
    }

    fn show_notifications(&mut self) {
        self.toasts.clear();
        self.notifications.toggle();
    }

    fn act(&mut self, ctx: &Context, action: Action) {
        match do_session_part(&mut self.session, action) {
            Some(Action::Command(command)) => self.run(ctx, command),
            Some(Action::Hint(text)) => {
                // The footer has been laid out already: it shows this in the next frame.
                if text != self.hint {
                    self.hint = text;
                }
            }
            Some(Action::ExportSurface(device)) => self.dialogs.export_surface(&mut self.session, device),
            Some(Action::ShowNotifications) => self.show_notifications(),
            Some(Action::Intent { .. } | Action::Select(_) | Action::Dismiss(_) | Action::LookAt(_)) | None => {}
        }
    }

    fn run(&mut self, ctx: &Context, command: Command) {
        if let Some(reason) = command.unavailable(&self.session) {
            return self.toasts.push(Level::Info, format!("{}: {reason}", command.text()));
        }
        let session = &mut self.session;
        match command {
            Command::NewProject => self.dialogs.new_project(ctx, session),
            Command::OpenProject => self.dialogs.ask_open(ctx, session),
            Command::OpenDemo => self.dialogs.open_demo(ctx, session),
            Command::Save => self.dialogs.save(ctx, session),
            Command::SaveAs => self.dialogs.save_as(ctx, session),
            Command::RenameProject => self.dialogs.rename(session),
            Command::ImportAudio => self.dialogs.import(ctx),
            Command::ImportSurface => self.dialogs.import_surface(ctx),
            Command::About => self.dialogs.about(),
            Command::SaveRecording => self.dialogs.save_recording(ctx),
            Command::OpenRecording => self.dialogs.open_recording(ctx),
            Command::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            Command::SelectNone => session.select(Selection::default()),
            Command::Palette => {
                self.palette = if self.palette.is_some() { None } else { Some(PaletteState::opened()) };
            }
            Command::ShowArranger => self.look_at(Pane::Arranger),
            Command::ShowMixer => self.look_at(Pane::Mixer),
            Command::ShowIpc => self.look_at(Pane::Ipc),
            Command::ShowDevices => self.look_at(Pane::Devices),
            Command::ShowSurfaces => self.look_at(Pane::Surfaces),
            Command::MapToHardware => self.learn.toggle_pointing(),
            Command::HardwareNames => self.learn.toggle_names(),
            Command::ShowEngine => self.look_at(Pane::Engine),
            Command::Notifications => self.show_notifications(),
            Command::ResetLayout => self.layout = dock::default_layout(),
            Command::ZoomIn => self.zoom(ctx, self.settings.zoom + 0.1),
            Command::ZoomOut => self.zoom(ctx, self.settings.zoom - 0.1),
            Command::ZoomReset => self.zoom(ctx, 1.0),
            Command::ThemeDark => self.set_theme(ctx, ThemeChoice::Dark),
            Command::ThemeLight => self.set_theme(ctx, ThemeChoice::Light),
            Command::ThemeHighContrast => self.set_theme(ctx, ThemeChoice::HighContrast),
            Command::Shortcuts => self.shortcuts.toggle(),
            Command::Undo
            | Command::Redo
            | Command::AddTrack
            | Command::AddBus
            | Command::DuplicateTrack
            | Command::DeleteSelection
            | Command::PlayOrPause
            | Command::Stop
            | Command::ToStart
            | Command::ToggleLoop
            | Command::Panic
            | Command::RestartEngine
            | Command::RefreshDevices => self.ask_pulse(command),
        }
        ctx.request_repaint();
    }

    /// Brings a panel to the front; surfaces follow.
    pub(crate) fn look_at(&mut self, pane: Pane) {
        dock::show(&mut self.layout, pane);
        if let Some(context) = pane.context() {
            self.session.look_at(context);
        }
    }

    fn ask_pulse(&mut self, command: Command) {
        if let Some(intent) = command.intent(&self.session) {
            self.session.send(intent, Some(crate::panels::header::command_id(command)));
        }
    }

    fn zoom(&mut self, ctx: &Context, factor: f32) {
        self.settings.zoom = ((factor * 10.0).round() / 10.0).clamp(*ZOOM_RANGE.start(), *ZOOM_RANGE.end());
        ctx.set_zoom_factor(self.settings.zoom);
    }

    fn set_theme(&mut self, ctx: &Context, theme: ThemeChoice) {
        self.settings.theme = theme;
        theme::apply(ctx, theme);
    }

    /// Paints again while the playhead moves; what else moves on the screen asks for itself, and else the window sleeps until Pulse
    /// or a hand wakes it.
    fn stay_awake(&self, ctx: &Context) {
        if self.session.engine_is_there() && self.session.is_rolling() {
            ctx.request_repaint_after(FRAME);
        }
    }
}

/// Commands that are a choice which is made now.
fn checked(settings: &Settings, learn: &LearnState) -> Vec<Command> {
    let theme = match settings.theme {
        ThemeChoice::Dark => Command::ThemeDark,
        ThemeChoice::Light => Command::ThemeLight,
        ThemeChoice::HighContrast => Command::ThemeHighContrast,
    };
    let names = learn.names_stay().then_some(Command::HardwareNames);
    std::iter::once(theme).chain(names).collect()
}

impl eframe::App for Aura {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.take_over(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        saved::store(storage, &self.settings, &self.layout, &self.panels);
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
