//! The header: transport, position, tempo, project, undo, engine, palette.

mod engine_pill;
mod place;
mod tempo;

use crate::action::{Actions, Command, Keymap};
use crate::panels::hardware;
use crate::panels::refusal::refusal_ui;
use crate::state::Session;
use crate::theme;
use crate::widgets::toggle::{Face, Lit, toggle_ui};
use eframe::egui::{self, Align, Color32, Id, Layout, Response, RichText, Sense, Ui, Vec2};
use egui_material_icons::{MaterialIcon, icons};
use loophole_pulse::view::surfaces::Target;
use loophole_pulse::view::surfaces::surface_mapping::target::TransportAction;

/// What the header keeps between frames; nothing of it is saved.
#[derive(Debug, Default)]
pub struct HeaderState {
    tempo: tempo::TempoState,
    place: place::PlaceState,
}

/// Shows the header.
pub fn header_ui(ui: &mut Ui, session: &Session, state: &mut HeaderState, keymap: &Keymap, actions: &mut Actions) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = theme::SPACE_1;
        transport_ui(ui, session, keymap, actions);
        gap(ui);
        place::place_ui(ui, session, &mut state.place, actions);
        gap(ui);
        tempo::tempo_ui(ui, session, &mut state.tempo, actions);
        gap(ui);
        history_ui(ui, session, keymap, actions);
        gap(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            palette_ui(ui, keymap, actions);
            engine_pill::engine_pill_ui(ui, session, actions);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| project_ui(ui, session, actions));
        });
    });
}

fn gap(ui: &mut Ui) {
    ui.add_space(theme::SPACE_2);
}

/// The source of what a command's button asks: refusals come back to it.
pub(crate) fn command_id(command: Command) -> Id {
    Id::unique("loophole.header").with(command)
}

fn transport_ui(ui: &mut Ui, session: &Session, keymap: &Keymap, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let transport = session.view().transport;
    let (asked, confirmed) = (transport.asked_playing, transport.confirmed_playing);
    let playing = match (asked, confirmed) {
        (true, Some(true)) => Lit::On,
        (false, Some(false)) => Lit::Ready,
        _ => Lit::Asked,
    };
    let button = TransportButton {
        size: theme::TRANSPORT_BUTTON,
        points: theme::TEXT_ICON + 2.0,
        lit: Lit::Off,
        colour: tokens.accent,
    };
    button.ui(ui, session, keymap, Command::ToStart, icons::ICON_SKIP_PREVIOUS, "Go to the start", actions);
    let (icon, name) = if asked { (icons::ICON_PAUSE, "Pause") } else { (icons::ICON_PLAY_ARROW, "Play") };
    let play =
        TransportButton { size: theme::PLAY_BUTTON, points: theme::TEXT_ICON_LARGE, lit: playing, colour: tokens.play };
    let response = play.ui(ui, session, keymap, Command::PlayOrPause, icon, name, actions);
    if playing == Lit::Asked {
        response.on_hover_text(if asked {
            "Waiting for the engine to play."
        } else {
            "Waiting for the engine to stop."
        });
    }
    button.ui(ui, session, keymap, Command::Stop, icons::ICON_STOP, "Stop", actions);
    let looping = if session.view().model.loop_region.enabled { Lit::On } else { Lit::Off };
    TransportButton { lit: looping, colour: tokens.loop_region, ..button }.ui(
        ui,
        session,
        keymap,
        Command::ToggleLoop,
        icons::ICON_REPEAT,
        "Loop",
        actions,
    );
}

#[derive(Clone, Copy)]
struct TransportButton {
    size: Vec2,
    points: f32,
    lit: Lit,
    colour: Color32,
}

impl TransportButton {
    #[expect(clippy::too_many_arguments, reason = "what every button of the header needs")]
    fn ui(
        self,
        ui: &mut Ui,
        session: &Session,
        keymap: &Keymap,
        command: Command,
        icon: MaterialIcon,
        name: &str,
        actions: &mut Actions,
    ) -> Response {
        let unavailable = command.unavailable(session);
        let response = ui
            .add_enabled_ui(unavailable.is_none(), |ui| {
                toggle_ui(ui, name, Face::Icon(icon, self.points), self.lit, self.colour, self.size)
            })
            .inner;
        explain(&response, ui, keymap, command, unavailable, actions);
        if response.clicked() {
            press(session, command, actions);
        }
        refusal_ui(ui, session, command_id(command), response.rect, name, actions);
        if let Some(target) = target_of(command) {
            hardware::mappable_ui(ui, &response, name, &|| target.clone(), actions);
        }
        response
    }
}

/// What a button of the header is for a mapping.
fn target_of(command: Command) -> Option<Target> {
    let transport = |action| Some(hardware::transport(action));
    match command {
        Command::PlayOrPause => transport(TransportAction::TogglePlay),
        Command::Stop => transport(TransportAction::Stop),
        Command::ToStart => transport(TransportAction::ToStart),
        Command::ToggleLoop => transport(TransportAction::ToggleLoop),
        Command::Undo => Some(Target::Undo),
        Command::Redo => Some(Target::Redo),
        _ => None,
    }
}

/// A command from the header: its refusal comes back to the button.
fn press(session: &Session, command: Command, actions: &mut Actions) {
    match command.intent(session) {
        Some(intent) => actions.intent_from(command_id(command), intent),
        None => actions.command(command),
    }
}

fn explain(
    response: &Response,
    ui: &Ui,
    keymap: &Keymap,
    command: Command,
    unavailable: Option<&str>,
    actions: &mut Actions,
) {
    let keys = keymap.shown_text(ui, command);
    let keys = if keys.is_empty() { keys } else { format!(" ({keys})") };
    let text = format!("{}{keys}", unavailable.unwrap_or(command.spec().tooltip));
    if response.hovered() || response.contains_pointer() {
        actions.hint(&text);
    }
    response.clone().on_hover_text(&text).on_disabled_hover_text(text);
}

fn history_ui(ui: &mut Ui, session: &Session, keymap: &Keymap, actions: &mut Actions) {
    let history = &session.view().history;
    let entries = [
        (Command::Undo, icons::ICON_UNDO, history.undo.last()),
        (Command::Redo, icons::ICON_REDO, history.redo.last()),
    ];
    for (command, icon, entry) in entries {
        let button = egui::Button::new(icon.rich_text().size(theme::TEXT_ICON)).frame_when_inactive(false);
        let response = ui.add_enabled(command.unavailable(session).is_none(), button).accessible_name(command.text());
        let what = entry.map_or_else(
            || command.unavailable(session).unwrap_or_default().to_owned(),
            |entry| format!("{}: {} ({})", command.text(), entry.label, keymap.shown_text(ui, command)),
        );
        if response.contains_pointer() {
            actions.hint(&what);
        }
        if response.clone().on_hover_text(&what).on_disabled_hover_text(what).clicked() {
            press(session, command, actions);
        }
        refusal_ui(ui, session, command_id(command), ui.min_rect(), command.text(), actions);
        if let Some(target) = target_of(command) {
            hardware::mappable_ui(ui, &response, command.text(), &|| target.clone(), actions);
        }
    }
}

fn project_ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let project = &session.view().project;
    let place = project.path.as_ref().map_or_else(|| "not saved yet".to_owned(), |path| path.display().to_string());
    let state = if project.dirty { "Unsaved changes" } else { "Saved" };
    let name = if project.name.is_empty() { "Untitled" } else { &project.name };
    ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
    if project.dirty {
        let (rect, dot) = ui.allocate_exact_size(Vec2::splat(9.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 3.5, tokens.warning);
        dot.on_hover_text("There are unsaved changes.");
    }
    let button = egui::Button::new(RichText::new(name).strong()).frame_when_inactive(false).truncate();
    let response = ui.add(button).accessible_name(format!("Project {name}, {}", state.to_lowercase()));
    if response.contains_pointer() {
        actions.hint(format!("{state}; {place}. Click to rename."));
    }
    if response.on_hover_text(format!("{state}\n{place}")).clicked() {
        actions.command(Command::RenameProject);
    }
}

fn palette_ui(ui: &mut Ui, keymap: &Keymap, actions: &mut Actions) {
    let button = egui::Button::new(icons::ICON_SEARCH.rich_text().size(theme::TEXT_ICON));
    let response = ui.add(button).accessible_name("Command palette");
    explain(&response, ui, keymap, Command::Palette, None, actions);
    if response.clicked() {
        actions.command(Command::Palette);
    }
}
